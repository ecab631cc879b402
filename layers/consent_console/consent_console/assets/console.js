// What the console adds to its pages. Every form works without it.

const focusFaults = (root) => root.querySelector("[data-focus]")?.focus();

// A colour can be typed or chosen: each control follows the other.
document.addEventListener("input", ({ target }) => {
  if (target.dataset.colourOf) {
    const typed = document.getElementById(target.dataset.colourOf);
    typed.value = target.value;
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (/^#[0-9a-f]{6}$/i.test(target.value) && target.classList.contains("hex")) {
    target.previousElementSibling.value = target.value;
  }
});

// What is typed and not saved yet is not left without a question.
const typed = new WeakSet();
document.addEventListener("input", ({ target }) => target.form?.matches("[data-guard]") && typed.add(target.form));
document.addEventListener("submit", ({ target }) => typed.delete(target));
addEventListener("beforeunload", (event) => {
  if ([...document.forms].some((form) => typed.has(form))) event.preventDefault();
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

document.addEventListener("click", async ({ target }) => {
  if (!target.dataset.copies) return;
  await navigator.clipboard.writeText(document.getElementById(target.dataset.copies).href);
  target.parentElement.querySelector("[role=status]").textContent = "Copied";
});

// A file that was asked for is marked: the page stays while the browser stores it.
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-once]")) target.querySelector("[data-done]").hidden = false;
});

focusFaults(document);
