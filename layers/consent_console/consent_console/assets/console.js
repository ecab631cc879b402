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

// A text that is to be pasted elsewhere can be copied; without this script it can be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    const said = await navigator.clipboard.writeText(field.value).then(() => "Copied", () => "Select it and copy it by hand");
    field.select();
    button.nextElementSibling.textContent = said;
  });
}

// The session is renewed while the page is open, so that a person who has lost a group is out within minutes.
const TEN_MINUTES = 600_000;
if (document.querySelector(".person")) {
  setInterval(() => fetch("/login/renew", { headers: { "HX-Request": "true" } }), TEN_MINUTES);
}

focusFaults(document);
