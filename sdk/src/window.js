/** The consent window, and when it opens. */
import {notePresses} from './clicks.js';
import {COLOURS, themeOf} from './colours.js';
import {element, icon, styleSheet} from './dom.js';
import {attempt} from './guard.js';
import {firstScreen, noteFailure} from './screens.js';
import css from './window.css';

const SHIELD = 'M12 3l8 3v6q0 7-8 9-8-2-8-9V6zM9 12l2 2 4-4';
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)/;

/**
 * @typedef {object} Dependencies
 * @property {() => Choices} draft The switches' state when the window opens.
 * @property {() => any[]} proof The last decision in this browser, and the outbox.
 * @property {import('./screens.js').Actions['history']} history The service's proofs; empty without an answer.
 * @property {() => boolean} isDue
 * @property {import('./screens.js').Actions['decide']} decide
 * @property {() => void} onShow
 * @property {() => void} onClose Closed without a choice.
 * @property {import('./on_demand.js').OnDemand} details Loads the second file.
 *
 * @typedef {import('./on_demand.js').Details} Details
 */

/** @param {() => void} work */
function whenBody(work) {
  if (document.body) work();
  else document.addEventListener('DOMContentLoaded', work);
}

/** Call when the browser has shown what is there and has nothing to do; a busy page is not waited for. @param {() => void} work */
const whenIdle = work =>
  requestAnimationFrame(() => (window.requestIdleCallback ?? setTimeout)(work, /** @type {any} */ ({timeout: 2000})));

export class ConsentWindow {
  #dependencies;
  /** It belongs to no body and no layout: a child of <html>, on top of everything. */
  #host = element('div', {
    id: 'dastra-consent-window',
    popover: 'manual',
    'data-nosnippet': '',
    'data-turbo-permanent': '',
  });
  #shadow = this.#host.attachShadow({mode: 'open'});
  /** Part of the second file. @type {import('./watch.js').Watch | null} */
  #watch = null;
  /** @type {unknown} */
  #parent;
  #settings = /** @type {Settings} */ ({});
  #position = '';
  #floating = this.#host;
  #root = this.#host;
  /** @type {HTMLDialogElement | null} */
  #dialog = null;
  /** The screen that is shown: null is the first one. @type {Details | null} */
  #second = null;
  /** The switches' state. @type {Choices} */
  #draft = {};
  /** @type {Element | null} */
  #returnTo = null;
  #isAsked = false;
  /** The visitor waits for the second screen. */
  #isWaiting = false;

  /** @param {Settings} settings @param {Dependencies} dependencies */
  constructor(settings, dependencies) {
    this.#dependencies = dependencies;
    this.use(settings);
    notePresses();
    this.#attach();
    // Once a frame at most, so that a page that keeps removing the host does not freeze.
    const look = () => this.#host.isConnected || requestAnimationFrame(() => this.#attach());
    new MutationObserver(look).observe(window.document, {subtree: true, childList: true});
  }

  /** Show the texts of these settings. An open window stays open, with its switches as they are. @param {Settings} settings */
  use(settings) {
    const {lang, translation, position, fontFamily, customCSS, buttonLogoUrl} = settings;
    const colours = COLOURS.map(name => settings[name]);
    const hasFocus = !!this.#shadow.activeElement;
    const fetch = () => this.#load();
    this.#settings = settings;
    this.#position = `${position}`;
    this.#floating = element(
      `button.floating-button.${position}.dastra-cw-trigger-button`,
      {'aria-label': translation.innerTitle, click: () => this.open(), pointerenter: fetch, focus: fetch},
      buttonLogoUrl ? element('img', {src: buttonLogoUrl, alt: ''}) : icon(SHIELD),
    );
    this.#root = element(
      `div.root${colours.join('') ? '' : '.auto'}`,
      {id: 'dastra-widget', lang: lang || null, dir: RIGHT_TO_LEFT.test(lang) ? 'rtl' : 'ltr'},
      this.#floating,
    );
    this.#shadow.adoptedStyleSheets = [css, '', themeOf(colours, fontFamily), customCSS ?? ''].map(styleSheet);
    this.#shadow.replaceChildren(this.#root);
    this.#rest();
    if (this.#dialog) this.#show(this.#second, hasFocus, this.#draft);
  }

  /** Open the window because the visitor wants it. */
  open() {
    if (!this.#dialog && !this.#isWaiting) whenBody(() => this.#begin(true));
  }

  /** Ask at once, or after the time or scrolling that the owner has set. */
  ask() {
    const {timerTrigger, scrollTrigger} = this.#settings;
    let isOver = false;
    const go = () => {
      if (!isOver && !this.#dialog && this.#dependencies.isDue()) this.#begin(false);
      isOver = true;
    };
    const ask = () => whenBody(go);
    if (scrollTrigger) this.#dependencies.details(loaded => (loaded ? loaded[6](scrollTrigger, ask) : ask()));
    // Even at once it is a task of its own, which keeps tasks short.
    if (timerTrigger || !scrollTrigger) setTimeout(ask, (timerTrigger || 0) * 1000);
  }

  /** Close without a choice. */
  close() {
    if (this.#end()) this.#dependencies.onClose();
  }

  /** Close after a choice. */
  decided() {
    if (this.#end()) this.#say(this.#settings.translation.successMessage, true);
  }

  /** Close after a choice elsewhere, unless the visitor opened the window. */
  withdraw() {
    if (this.#isAsked) this.#end();
  }

  /** @param {boolean} isWanted */
  #begin(isWanted) {
    const {isDue, onShow} = this.#dependencies;
    this.#isAsked = !isWanted;
    this.#returnTo = this.#focused();
    const isElsewhere = !isWanted && !!this.#returnTo; // do not interrupt a visitor who types in the page
    if (isDue()) this.#show(null, !isElsewhere);
    else this.#showSettings();
    if (isElsewhere) this.#say(this.#settings.translation.startupTitle, false);
    onShow();
  }

  /** Load the second file, which watches over the window from then on. @param {(loaded: Details | null) => void} [done] */
  #load(done) {
    const attach = () => this.#attach();
    attach();
    this.#dependencies.details(loaded => {
      if (loaded) this.#watch ??= new loaded[2](this.#host, attach, () => this.#end());
      attach();
      done?.(loaded);
    });
  }

  /** Show the second screen as soon as it has loaded. If it cannot, the first one says so. */
  #showSettings() {
    this.#isWaiting = true;
    this.#load(loaded => {
      if (!this.#isWaiting) return; // closed meanwhile
      this.#isWaiting = false;
      if (loaded) return this.#show(loaded, true);
      if (!this.#dialog) this.#show(null, true);
      // When the screen is open: assistive technology reads what changes, not what is there.
      const text = this.#settings.translation.failureMessage ?? 'The settings did not load.';
      setTimeout(() => this.#dialog && noteFailure(this.#dialog, text));
    });
  }

  /** @param {Details | null} second The second screen; null shows the first. @param {boolean} takesFocus */
  #show(second, takesFocus, draft = this.#dependencies.draft()) {
    const {proof, history, isDue, decide} = this.#dependencies;
    const close = () => this.close();
    const back = isDue() ? () => this.#show(null, true) : null;
    const leave = second && back ? back : close;
    const actions = {decide, close, back, leave, settings: () => this.#showSettings(), proof: proof(), history};
    const before = this.#dialog;
    const dialog = second
      ? second[0](this.#settings, actions, draft)
      : firstScreen(this.#settings, actions, this.#position);
    this.#dialog = dialog;
    this.#second = second;
    this.#draft = draft;
    // Building and layout are separate tasks, so that neither is long on a slow processor.
    setTimeout(() => {
      before?.remove();
      if (dialog === this.#dialog) this.#open(dialog, second, takesFocus);
    });
  }

  /** @param {HTMLDialogElement} dialog @param {Details | null} second The second screen; null shows the first. @param {boolean} takesFocus */
  #open(dialog, second, takesFocus) {
    this.#attach();
    this.#root.prepend(dialog);
    this.#floating.hidden = true;
    if (second) {
      if (!second[1](dialog)) return this.#end();
    } else {
      dialog.open = true;
      whenIdle(() => this.#load());
    }
    if (takesFocus) dialog.focus({preventScroll: true});
  }

  /** Put the host where it belongs, and on top. It stays where the page has moved it. */
  #attach() {
    const parent = this.#watch?.placeFor() ?? document.documentElement;
    if (this.#host.isConnected && parent === this.#parent) return;
    this.#parent = parent;
    attempt(() => {
      parent.append(this.#host); // while a page is written anew, there may be none
      this.#host.showPopover();
    });
    if (this.#floating.onclick) this.#watch?.moved();
    else this.use(this.#settings); // document.open has ended all listeners
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
    // a form may have a field called focus
    if (hadFocus) attempt(() => /** @type {HTMLElement} */ (target).focus({preventScroll: true}));
    return true;
  }

  /** Show the button that opens the window again. */
  #rest() {
    this.#floating.hidden = !!this.#dialog || !this.#settings.showFixedButton;
  }

  #focused() {
    const active = document.activeElement;
    if (active === this.#host) return this.#shadow.activeElement;
    return active === document.body ? null : active;
  }

  /** Announce a text. @param {any} text @param {boolean} isSeen */
  #say(text, isSeen) {
    this.#load(() => this.#watch?.say(text, isSeen));
  }
}
