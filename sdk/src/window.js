/** The consent window, and when it opens. */
import {themeOf} from './colours.js';
import {element, icon, styleSheet} from './dom.js';
import {firstScreen, noteFailure} from './screens.js';
import css from './window.css';

const SHIELD = 'M12 3l8 3v6c0 5-3.4 8-8 9.5C7.4 20 4 17 4 12V6zM8.5 12l2.5 2.5 4.5-5';
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)/;

/**
 * @typedef {object} Dependencies
 * @property {Settings} settings
 * @property {() => Choices} draft The switches' state when the window opens.
 * @property {() => unknown} proof The last decision in this browser.
 * @property {import('./screens.js').Actions['history']} history The service's proofs; empty without an answer.
 * @property {() => boolean} isDue
 * @property {import('./screens.js').Actions['decide']} decide
 * @property {() => void} onShow
 * @property {() => void} onClose Closed without a choice.
 * @property {ReturnType<typeof import('./on_demand.js').onDemand>} details Load the second screen.
 */

/** @param {() => void} work */
function whenBody(work) {
  if (document.body) work();
  else document.addEventListener('DOMContentLoaded', work);
}

/** Call when the browser has shown what is there and has nothing to do. @param {() => void} work */
const whenIdle = work => requestAnimationFrame(() => (window.requestIdleCallback ?? setTimeout)(work));

export class ConsentWindow {
  /** @type {Dependencies} */
  #dependencies;
  #host = element('div', {id: 'dastra-consent-window'});
  #shadow = this.#host.attachShadow({mode: 'open'});
  #status = element('div.status', {role: 'status'});
  #place;
  #floating;
  #root;
  /** @type {HTMLDialogElement | null} */
  #dialog = null;
  /** @type {Element | null} */
  #returnTo = null;
  #isAsked = false;
  /** The visitor waits for the second screen. */
  #isWaiting = false;

  /** @param {Dependencies} dependencies */
  constructor(dependencies) {
    this.#dependencies = dependencies;
    const {lang, translation, position, colours, fontFamily, customCSS, buttonLogoUrl} = dependencies.settings;
    const fetch = () => dependencies.details(this.#host);
    this.#place = String(position).replace(/(?=[A-Z])/g, '.'); // BottomLeft: .Bottom.Left
    this.#floating = element(
      `button.floating-button${this.#place}`,
      {'aria-label': translation.innerTitle, click: () => this.open(), pointerenter: fetch, focus: fetch},
      buttonLogoUrl ? element('img', {src: buttonLogoUrl, alt: ''}) : icon(SHIELD),
    );
    this.#root = element(
      `div.root${colours.some(Boolean) ? '' : '.auto'}`,
      {lang: lang || null, dir: RIGHT_TO_LEFT.test(lang) ? 'rtl' : 'ltr'},
      this.#floating,
      this.#status,
    );
    this.#shadow.adoptedStyleSheets = [css, '', themeOf(colours, fontFamily), customCSS].map(styleSheet);
    this.#shadow.append(this.#root);
    this.#rest();
    whenBody(() => document.body.append(this.#host));
  }

  /** Open the window because the visitor wants it. */
  open() {
    if (!this.#dialog && !this.#isWaiting) whenBody(() => this.#begin(true));
  }

  /** Ask at once, or after the time or scrolling that the owner has set. */
  ask() {
    const {timerTrigger, scrollTrigger} = this.#dependencies.settings;
    const go = () => {
      removeEventListener('scroll', look);
      if (!this.#dialog && this.#dependencies.isDue()) this.#begin(false);
    };
    const look = () => scrollY >= scrollTrigger && go();
    if (scrollTrigger) addEventListener('scroll', look, {passive: true});
    // Even at once it is a task of its own, which keeps tasks short.
    if (timerTrigger || !scrollTrigger) setTimeout(() => whenBody(go), (timerTrigger || 0) * 1000);
  }

  /** Close without a choice. */
  close() {
    if (this.#end()) this.#dependencies.onClose();
  }

  /** Close after a choice. */
  decided() {
    if (this.#end()) this.#say(this.#dependencies.settings.translation.successMessage, true);
  }

  /** Close after a choice elsewhere, unless the visitor opened the window. */
  withdraw() {
    if (this.#isAsked) this.#end();
  }

  /** @param {boolean} isWanted */
  #begin(isWanted) {
    const {settings, isDue, onShow} = this.#dependencies;
    this.#isAsked = !isWanted;
    this.#returnTo = this.#focused();
    const isElsewhere = !isWanted && !!this.#returnTo; // do not interrupt a visitor who types in the page
    if (isDue()) this.#show(null, !isElsewhere);
    else this.#showSettings();
    if (isElsewhere) this.#say(settings.translation.startupTitle, false);
    onShow();
  }

  /** Show the second screen as soon as it has loaded. If it cannot, the first one says so. */
  #showSettings() {
    const {details, settings} = this.#dependencies;
    this.#isWaiting = true;
    this.#attach();
    details(this.#host, loaded => {
      if (!this.#isWaiting) return; // closed meanwhile
      this.#isWaiting = false;
      if (loaded) return this.#show(loaded, true);
      if (!this.#dialog) this.#show(null, true);
      // When the screen is open: assistive technology reads what changes, not what is there.
      setTimeout(() => this.#dialog && noteFailure(this.#dialog, settings.lang));
    });
  }

  /** @param {import('./on_demand.js').Details | null} second The second screen; null shows the first. @param {boolean} takesFocus */
  #show(second, takesFocus) {
    const {settings, draft, proof, history, isDue, decide} = this.#dependencies;
    const close = () => this.close();
    const back = isDue() ? () => this.#show(null, true) : null;
    const leave = second && back ? back : close;
    const actions = {decide, close, back, leave, settings: () => this.#showSettings(), proof: proof(), history};
    const before = this.#dialog;
    const dialog = second
      ? second[0](settings, actions, draft())
      : firstScreen(settings, actions, this.#place.slice(1));
    this.#dialog = dialog;
    // Building and layout are separate tasks, so that neither is long on a slow processor.
    setTimeout(() => {
      before?.remove();
      if (dialog === this.#dialog) this.#open(dialog, second, takesFocus);
    });
  }

  /** @param {HTMLDialogElement} dialog @param {import('./on_demand.js').Details | null} second @param {boolean} takesFocus */
  #open(dialog, second, takesFocus) {
    this.#attach();
    this.#root.prepend(dialog);
    this.#floating.hidden = true;
    if (second) {
      this.#shadow.adoptedStyleSheets[1]?.replaceSync(second[1]);
      dialog.showModal();
    } else {
      dialog.open = true;
      whenIdle(() => this.#dependencies.details(this.#host));
    }
    if (takesFocus) dialog.focus({preventScroll: true});
  }

  #attach() {
    if (!this.#host.isConnected) document.body.append(this.#host); // the page has replaced its body
  }

  /** @returns {boolean} whether the window was open */
  #end() {
    const dialog = this.#dialog;
    this.#isWaiting = false;
    if (!dialog) return false;
    const hadFocus = dialog.contains(this.#shadow.activeElement);
    const target = this.#returnTo?.isConnected ? this.#returnTo : this.#floating;
    this.#dialog = null;
    dialog.remove();
    this.#rest();
    if (hadFocus) /** @type {HTMLElement} */ (target).focus({preventScroll: true});
    return true;
  }

  /** Show the button that opens the window again. */
  #rest() {
    this.#floating.hidden = !this.#dependencies.settings.showFixedButton;
  }

  #focused() {
    const active = document.activeElement;
    if (active === this.#host) return this.#shadow.activeElement;
    return active === document.body ? null : active;
  }

  /** Announce a text; the next announcement replaces it. @param {any} text @param {boolean} isSeen */
  #say(text, isSeen) {
    this.#status.classList.toggle('unseen', !isSeen);
    this.#status.textContent = text;
    setTimeout(() => this.#status.replaceChildren(), 5000);
  }
}
