// The window must not take the focus from a form beside the preview: not before a person has pressed something in here.
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function (...options) {
  if (window === top || (navigator.userActivation?.hasBeenActive ?? true)) focus.apply(this, options);
};

// On the page of a preview, before the SDK: scheme, place and version of the page's address reach the settings, the screen
// of the address is opened, and the page around this one is told which text was pressed.

const query = new URLSearchParams(location.search);
let settings = null;

const ask = window.fetch;
window.fetch = async (address, options) => {
  const url = new URL(address);
  for (const name of ["scheme", "place", "version"]) if (query.has(name)) url.searchParams.set(name, query.get(name));
  const answer = await ask(url, options);
  if (answer.ok) settings = await answer.clone().json();
  return answer;
};

const shadow = () => document.getElementById("dastra-consent-window")?.shadowRoot;

// The first screen leads to the settings, unless there is nothing to ask: then they are shown at once.
const showSettings = () => {
  const button = shadow()?.querySelector('[part~="settings"]');
  if (button) button.click();
  else if (!shadow()?.querySelector(".second")) requestAnimationFrame(showSettings);
};

// The window of a preview waits for no timer and no scrolling.
window.dastra = window.dastra || [];
dastra.push([
  "cookieReady",
  (manager, problem) => {
    const wantsSettings = query.get("screen") === "settings";
    if (problem || !(wantsSettings || settings.timerTrigger || settings.scrollTrigger)) return;
    manager.consent.open();
    if (wantsSettings) showSettings();
  },
]);

// --- Texts ------------------------------------------------------------------------------------------------------------

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

const letters = (text) => text.replace(/\s+/g, "");

const plain = (text) => letters(text.replace(/<[^>]*>/g, "").replace(/&(lt|gt|amp);/g, (found) => ENTITIES[found]));

// The screens share some words: the name of a text of the other screen comes last.
const nameOf = (text, isSecond) => {
  const found = Object.keys(settings.translation).filter((name) => {
    const value = settings.translation[name];
    return typeof value === "string" && plain(value) === text;
  });
  return found.find((name) => name.startsWith(isSecond ? "inner" : "startup")) ?? found[0];
};

addEventListener(
  "click",
  (event) => {
    const path = event.composedPath().filter((each) => each instanceof Element && each.getRootNode() === shadow());
    if (parent === window || !settings) return;
    const isSecond = path.some((each) => each.matches(".second"));
    for (const each of path) {
      const text = letters(each.textContent) || letters(each.getAttribute("aria-label") ?? "");
      const name = text && nameOf(text, isSecond);
      if (name) return parent.postMessage({ text: name, lang: settings.lang }, location.origin);
    }
  },
  true,
);
