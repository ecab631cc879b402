/** The consent window, and when it opens. */
import {notePresses} from './clicks.js';
import {element, icon, styleSheet} from './dom.js';
import {attempt} from './guard.js';
import {firstScreen, noteFailure} from './screens.js';
import {themeOf} from './theme.js';
import css from './window.css';

const SHIELD = 'M12 3l8 3v6q0 7-8 9-8-2-8-9V6zM9 12l2 2 4-4';

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

/** Do this after the next frame; a page that is not drawn has none. @param {() => void} work */
function afterFrame(work) {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    work();
  };
  attempt(() => requestAnimationFrame(() => setTimeout(once)));
  setTimeout(once, 200);
}

/** @param {() => void} work */
function whenBody(work) {
  if (document.body) work();
  else document.addEventListener('DOMContentLoaded', work);
}

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
  #place = '';
  /** Made when it is first shown: a window comes sooner without it. @type {HTMLElement | null} */
  #floating = null;
  #root = this.#host;
  /** @type {HTMLDialogElement | null} */
  #dialog = null;
  /** The screen that is shown: null is the first one. @type {Details | null} */
  #second = null;
  /** @type {Details | null} */
  #loaded = null;
  /** The switches' state. @type {Choices} */
  #draft = {};
  /** @type {Element | null} */
  #returnTo = null;
  #isAsked = false;
  /** The visitor waits for the second screen. */
  #isWaiting = false;
  /** The first screen that the page's server has included, until this one takes its place. */
  #included = document.getElementById('dastra-first-screen');
  /** The first screen lies over the page, which waits. */
  #isOver;

  /** @param {Settings} settings @param {Dependencies} dependencies */
  constructor(settings, dependencies) {
    this.#dependencies = dependencies;
    this.#isOver = settings.overlay && !this.#included;
    this.use(settings);
    notePresses();
    this.#attach();
    // Once a frame at most, so that a page that keeps removing the host does not freeze.
    const look = () => {
      const late = document.getElementById('dastra-first-screen');
      if (late !== this.#included) late?.remove();
      if (!this.#host.isConnected) requestAnimationFrame(() => this.#attach());
    };
    new MutationObserver(look).observe(window.document, {subtree: true, childList: true});
  }

  /** Show the texts of these settings. An open window stays open, with its switches as they are. @param {Settings} settings */
  use(settings) {
    const {translation, direction, layout, position, theme, customCSS} = settings;
    const hasFocus = !!this.#shadow.activeElement;
    this.#settings = settings;
    this.#place = [layout, position].join('.');
    this.#root = element('div.root', {
      id: 'dastra-widget',
      lang: translation.lang || null,
      dir: direction ?? 'auto',
    });
    this.#floating = null;
    this.#shadow.adoptedStyleSheets = [css, '', themeOf('.root', theme), customCSS ?? ''].map(styleSheet);
    this.#shadow.replaceChildren(this.#root);
    this.#wait(this.#isWaiting);
    Promise.resolve().then(() => this.#rest()); // unless a screen is shown in this task
    if (this.#dialog) this.#show(this.#second, hasFocus, this.#draft);
  }

  /** Open the window because the visitor wants it. */
  open() {
    if (!this.#dialog && !this.#isWaiting) whenBody(() => this.#begin(true));
  }

  /** Ask at once, or after the time or scrolling that the owner has set. */
  ask() {
    const {timerTrigger, scrollTrigger} = this.#settings;
    const screen = this.#included;
    let isOver = false;
    const go = () => {
      if (!isOver && !this.#dialog && this.#dependencies.isDue()) this.#begin(false);
      isOver = true;
      return this.#dialog;
    };
    const again = () => this.ask();
    if (screen?.isConnected)
      return this.#load(loaded => {
        if (loaded) return loaded[8](screen, go, again);
        screen.remove();
        again();
      });
    const ask = () => whenBody(go);
    if (scrollTrigger) this.#dependencies.details(loaded => (loaded ? loaded[6](scrollTrigger, ask) : ask()));
    if (timerTrigger) setTimeout(ask, timerTrigger * 1000);
    else if (!scrollTrigger) ask(); // in the task of the answer: it is in the next frame
  }

  /** Close without a choice. */
  close() {
    if (this.#end()) this.#dependencies.onClose();
  }

  /** Close after a choice. */
  decided() {
    if (this.#end()) setTimeout(() => this.say(this.#settings.translation.successMessage, true)); // after a frame
  }

  /** Close after a choice elsewhere, unless the visitor opened the window. */
  withdraw() {
    this.#included?.remove();
    if (this.#isAsked) this.#end();
  }

  /** @param {boolean} isWanted */
  #begin(isWanted) {
    const {isDue, onShow} = this.#dependencies;
    this.#isAsked = !isWanted;
    this.#returnTo = this.#focused();
    const isElsewhere = !isWanted && !!this.#returnTo; // do not interrupt a visitor who types in the page
    if (!isDue()) this.#showSettings();
    else if (this.#isOver) this.#later(() => this.#show(null, true));
    else this.#show(null, !isElsewhere);
    if (isElsewhere) this.say(this.#settings.translation.startupTitle, false);
    onShow();
  }

  /** Load the second file, which watches over the window from then on. @param {(loaded: Details | null) => void} [done] */
  #load(done) {
    const attach = () => this.#attach();
    attach();
    this.#dependencies.details(loaded => {
      this.#loaded = loaded;
      if (loaded) this.#watch ??= new loaded[2](this.#host, attach, () => this.#end());
      attach();
      done?.(loaded);
    });
  }

  /**
   * Go on once the second file has loaded, and the frame after the press is drawn, unless the window is closed meanwhile.
   * @param {(loaded: Details | null) => void} go
   */
  #later(go) {
    this.#wait(true);
    const proceed = (/** @type {Details | null} */ loaded) => {
      if (!this.#isWaiting) return;
      this.#wait(false);
      go(loaded);
    };
    this.#load(loaded => afterFrame(() => proceed(loaded)));
  }

  /** @param {boolean} isWaiting */
  #wait(isWaiting) {
    this.#isWaiting = isWaiting;
    this.#root.classList.toggle('waiting', isWaiting);
  }

  /** Show the second screen as soon as it has loaded. If it cannot, the first one says so. */
  #showSettings() {
    this.#later(loaded => {
      if (loaded) return this.#show(loaded, true);
      if (!this.#dialog) this.#show(null, true);
      // When the screen is open: assistive technology reads what changes, not what is there.
      const text = this.#settings.translation.failureMessage ?? 'The settings did not load.';
      setTimeout(() => this.#dialog && noteFailure(this.#dialog, text));
    });
  }

  /**
   * Return what the buttons of a screen do. A screen that is closed answers no more: a second click may come before the
   * browser knows.
   * @param {() => boolean} isOpen
   * @param {boolean} isSecond
   * @returns {import('./screens.js').Actions}
   */
  #actions(isOpen, isSecond) {
    const {proof, history, isDue, decide} = this.#dependencies;
    const ifOpen =
      (/** @type {(...given: any[]) => void} */ work) =>
      (/** @type {any[]} */ ...given) => {
        if (isOpen()) work(...given);
      };
    const close = () => this.close();
    const back = isDue() ? ifOpen(() => this.#show(null, true)) : null;
    return {
      decide: ifOpen(decide),
      close,
      back,
      leave: (isSecond && back) || close,
      settings: ifOpen(() => this.#showSettings()),
      proof: proof(),
      history,
    };
  }

  /** @param {Details | null} second The second screen; null shows the first. @param {boolean} takesFocus */
  #show(second, takesFocus, draft = this.#dependencies.draft()) {
    this.#included?.remove();
    const actions = this.#actions(() => dialog.open, !!second);
    const dialog = second
      ? second[0](this.#settings, actions, draft)
      : firstScreen(this.#settings, actions, this.#place);
    dialog.addEventListener('close', () => dialog === this.#dialog && this.close()); // a browser may do it without asking
    this.#dialog = dialog;
    this.#second = second;
    this.#draft = draft;
    const put = () => {
      this.#root.querySelector('dialog')?.remove(); // it may still fade out
      if (dialog === this.#dialog) this.#open(dialog, takesFocus);
    };
    // The second screen is built and laid out in two tasks: neither is long on a slow processor.
    if (second) setTimeout(put);
    else put();
  }

  /** @param {HTMLDialogElement} dialog @param {boolean} takesFocus */
  #open(dialog, takesFocus) {
    const over = this.#second ?? (this.#isOver && this.#loaded);
    this.#attach();
    if (dialog !== this.#dialog) return; // the page has written itself anew: another one is shown
    this.#rest();
    dialog.open = true; // before the browser sees it: what is closed is transparent, and would fade in
    this.#root.prepend(dialog);
    if (over) {
      dialog.classList.add('modal');
      if (!over[1](dialog)) return this.#end();
    } else {
      // Once it is seen and the browser has nothing to do; a busy page is not waited for.
      const load = () => this.#load();
      requestAnimationFrame(() =>
        (window.requestIdleCallback ?? setTimeout)(load, /** @type {any} */ ({timeout: 2000})),
      );
    }
    // After the frame that shows it, unless the visitor has gone elsewhere meanwhile.
    const before = this.#focused();
    const focus = () => dialog === this.#dialog && before === this.#focused() && dialog.focus({preventScroll: true});
    if (takesFocus) requestAnimationFrame(() => setTimeout(focus));
  }

  /** Put the host where it belongs, and on top. It stays where the page has moved it. */
  #attach() {
    const parent = this.#watch?.placeFor() ?? document.documentElement;
    if (this.#host.isConnected && parent === this.#parent) return;
    this.#parent = parent;
    attempt(() => {
      parent.append(this.#host); // while a page is written anew, there may be none
      if (this.#root.firstChild) this.#host.showPopover();
    });
    const part = this.#root.querySelector('button');
    if (part && !part.onclick)
      this.use(this.#settings); // document.open has ended all listeners
    else this.#watch?.moved();
  }

  /** @returns {boolean} whether the window was open */
  #end() {
    const dialog = this.#dialog;
    this.#wait(false);
    if (!dialog) return false;
    const hadFocus = dialog.contains(this.#shadow.activeElement);
    this.#dialog = null;
    Object.assign(dialog, {onmousedown: (/** @type {Event} */ event) => event.preventDefault()}); // where watch.js looks
    dialog.close();
    // After the frame. The dialog itself still takes the second click of a double one.
    setTimeout(() => {
      for (const part of dialog.children) /** @type {HTMLElement} */ (part).inert = true;
    });
    // A form may have a field called focus.
    const giveFocus = (/** @type {any} */ target) => attempt(() => target.focus({preventScroll: true}));
    if (hadFocus && this.#returnTo?.isConnected) giveFocus(this.#returnTo);
    // It fades out. Then comes the floating button, which a second click of a double one would press.
    setTimeout(() => {
      dialog.remove();
      this.#rest();
      if (hadFocus && !this.#focused()) giveFocus(this.#floating);
    }, 300);
    return true;
  }

  /** Show the button that opens the window again. */
  #rest() {
    if (this.#dialog || this.#included?.isConnected || !this.#settings.showFixedButton) this.#floating?.remove();
    else this.#root.append((this.#floating ??= this.#floatingButton()));
    attempt(() => this.#host.showPopover()); // it may be open
  }

  #floatingButton() {
    const {translation, position, fixedButtonPosition, buttonLogoUrl} = this.#settings;
    const fetch = () => this.#load();
    return element(
      `button.floating-button.${fixedButtonPosition || position}.dastra-cw-trigger-button`,
      {
        'aria-label': translation.fixedButtonLabel ?? translation.innerTitle,
        // Not by the second click of a double one, which was meant for what lay here before.
        click: (/** @type {any} */ {detail}) => detail > 1 || this.open(),
        pointerenter: fetch,
        focus: fetch,
      },
      buttonLogoUrl ? element('img', {src: buttonLogoUrl, alt: ''}) : icon(SHIELD),
    );
  }

  #focused() {
    const active = document.activeElement;
    if (active === this.#host) return this.#shadow.activeElement;
    return active === document.body ? null : active;
  }

  /** Announce a text. @param {any} text @param {boolean} isSeen */
  say(text, isSeen) {
    this.#load(() => this.#watch?.say(text, isSeen));
  }
}
