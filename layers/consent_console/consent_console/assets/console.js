// The console's additions to its pages. Every form works without them.

const focusFaults = (root) => root.querySelector("[data-focus]")?.focus();

// A colour can be typed or chosen: each control follows the other.
document.addEventListener("input", ({ target }) => {
  if (target.dataset.colourOf) {
    const typed = document.getElementById(target.dataset.colourOf);
    typed.value = target.value;
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (/^#?[0-9a-f]{6}$/i.test(target.value) && target.classList.contains("hex")) {
    target.previousElementSibling.value = `#${target.value.replace("#", "")}`;
  }
});

// --- Forms that are saved as one types -------------------------------------------------------------------------------

/** The fields that a form would send now, with the button that sends it. */
const fieldsOf = (form, button) => {
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  return fields;
};

// A page with something that is not saved asks before it is left.
const typed = new WeakSet();
const guarded = (element) => element?.closest?.("form[data-guard]") ?? null;
document.addEventListener("input", ({ target }) => guarded(target) && typed.add(guarded(target)));
document.addEventListener("submit", (event) => event.defaultPrevented || typed.delete(event.target));
addEventListener("beforeunload", (event) => {
  if ([...document.forms].some((form) => typed.has(form))) event.preventDefault();
});

// A text that is to be pasted elsewhere, or a link, can be copied, unless the browser forbids it.
document.addEventListener("click", async ({ target }) => {
  if (!target.dataset.copies) return;
  const { value, href } = document.getElementById(target.dataset.copies);
  const said = target.parentElement.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(value ?? href);
    said.textContent = "Copied";
  } catch {
    const instead = href ? "copy the link's address" : "select the text and copy it";
    said.textContent = `Your browser does not allow it: ${instead}`;
  }
});

// A request waits for the one before it, so it takes its fields when it begins: the draft has another number by then.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (guarded(ctx.sourceElement)) ctx.request.body = fieldsOf(ctx.sourceElement, ctx.request.submitter);
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  const form = guarded(ctx.sourceElement);
  if (!form || ctx.hx.retarget) return;
  if (fieldsOf(form, ctx.request.submitter).toString() === ctx.request.body.toString()) {
    if (ctx.response.status < 400) typed.delete(form);
    return;
  }
  // More has been typed meanwhile and will be sent: it is not replaced by the answer, of which the number counts.
  const draft = tasks[0]?.fragment.querySelector("[name=draft]");
  if (draft) form.elements.draft.value = draft.value;
  event.preventDefault();
});

/** Let switches and choices follow the page: a browser does not, once a person has used them. */
const follow = (control) => {
  if ("defaultChecked" in control) control.checked = control.defaultChecked;
  for (const option of control.options ?? []) option.selected = option.defaultSelected;
};

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = guarded(ctx.sourceElement);
  if (form && !ctx.hx.retarget) [...form.elements].forEach(follow);
  if (ctx.sourceEvent?.type === "submit") focusFaults(document);
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!guarded(ctx?.sourceElement)) return;
  const said = document.createElement("p");
  said.className = "message bad";
  said.textContent = "Not saved: the console did not answer. What you typed is still here. Press Save to try again.";
  document.getElementById("session").replaceChildren(said);
});

// The window in a preview takes the focus when it opens. A person who neither pressed it nor came by Tab keeps the field.
let before = null;
let isByTab = false;
document.addEventListener("focusin", ({ target }) => (before = guarded(target) ? target : before));
document.addEventListener("keydown", ({ key }) => (isByTab = key === "Tab"));
addEventListener("blur", () => {
  const frame = document.activeElement;
  if (frame?.matches("[data-preview] iframe:not(:hover)") && before?.isConnected && !isByTab) before.focus();
});

// The session is renewed while the page is open, so that a person who has lost a group is out within minutes.
const TEN_MINUTES = 600_000;
if (document.querySelector(".person")) {
  setInterval(() => fetch("/login/renew", { headers: { "HX-Request": "true" } }), TEN_MINUTES);
}

// The preview shows what its controls say. They keep their state when a save brings a new frame.
const shown = new Map();

const arrange = (preview) => {
  const frame = preview.querySelector("iframe");
  const address = new URL(frame.src);
  for (const control of preview.querySelectorAll("[data-shows]")) {
    const name = control.dataset.shows;
    const value = shown.get(name);
    const isChoice = control.type === "radio";
    if (isChoice) control.checked = value ? control.value === value : control.checked;
    else if ([...control.options].some((option) => option.value === value)) control.value = value;
    if (!isChoice) address.searchParams.set(name, control.value);
    else if (control.checked) frame.width = control.value;
  }
  if (address.href === frame.src) return;
  const next = frame.cloneNode(); // a new frame, because another address of the same one would be a step of the history
  next.src = address.href;
  frame.replaceWith(next);
};

document.addEventListener("change", ({ target }) => {
  if (!target.dataset.shows) return;
  shown.set(target.dataset.shows, target.value);
  arrange(target.closest("[data-preview]"));
});
document.addEventListener("htmx:after:swap", () => {
  if (shown.size) document.querySelectorAll("[data-preview]").forEach(arrange);
});

// A text that is pressed in the preview leads to its field. The frame has no origin, so its window tells who speaks.
addEventListener("message", ({ source, data }) => {
  const frames = [...document.querySelectorAll("[data-preview] iframe")];
  if (frames.some((frame) => frame.contentWindow === source))
    document.getElementById(`f-translations.${data?.lang}.${data?.text}`)?.focus();
});

// A file that was asked for is marked: the page stays while the browser stores it.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-once]")) target.querySelector("[data-done]").hidden = false;
});

focusFaults(document);
