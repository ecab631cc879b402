/** The consent window: what asks, and when. Its screens are in screens.js. */
import {themeOf} from './colours.js';
import {element, icon, style} from './dom.js';
import {firstScreen, secondScreen} from './screens.js';
import css from './window.css';

const SHIELD = 'M12 3l8 3v6c0 5-3.4 8-8 9.5C7.4 20 4 17 4 12V6zM8.5 12l2.5 2.5 4.5-5';
const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ku|ps|sd|ug|ur|yi)/;

/**
 * @typedef {object} Surroundings
 * @property {Settings} settings
 * @property {string} nonce
 * @property {() => Choices} draft What the switches show when the window opens.
 * @property {() => unknown} proof
 * @property {() => boolean} isDue
 * @property {(choices: Choices, action: Action) => void} decide
 * @property {() => void} onShow
 * @property {() => void} onClose Closed without a choice.
 */

/** @param {() => void} work */
function whenBody(work) {
  if (document.body) work();
  else document.addEventListener('DOMContentLoaded', work);
}

/** @param {Surroundings} surroundings */
export function createWindow(surroundings) {
  const {settings, nonce, draft, proof, isDue, decide, onShow, onClose} = surroundings;
  const {texts, position} = settings;
  const place = position.replace(/(?=[A-Z])/g, ' ').trim();
  const theme = themeOf(settings.colours, settings.fontFamily);
  const host = element('div', '', {id: 'dastra-consent-window'});
  const shadow = host.attachShadow({mode: 'open'});
  const status = element('div', 'status', {role: 'status'});
  const floating = element(
    'button',
    `floating-button ${place}`,
    {type: 'button', 'aria-label': texts.innerTitle, hidden: '', click: () => open()},
    settings.buttonLogoUrl ? element('img', '', {src: settings.buttonLogoUrl, alt: ''}) : icon(SHIELD),
  );
  const root = element(
    'div',
    `root ${Object.keys(settings.colours).length ? '' : 'auto'}`,
    {lang: settings.lang, dir: RIGHT_TO_LEFT.test(settings.lang) ? 'rtl' : 'ltr'},
    floating,
    status,
  );
  /** @type {HTMLDialogElement | null} */
  let dialog = null;
  /** @type {Element | null} */
  let returnTo = null;
  let isAsked = false;

  style(shadow, nonce, [css, theme, settings.customCSS]);
  shadow.append(root);
  whenBody(() => document.body.append(host));
  rest();

  /** The window is closed: the button that opens it again is there. */
  function rest() {
    floating.hidden = !settings.showFixedButton;
  }

  /** @param {string} text @param {boolean} isSeen */
  function say(text, isSeen) {
    status.classList.toggle('quiet', !isSeen);
    status.textContent = text;
    setTimeout(() => status.replaceChildren(), 5000);
  }

  const focused = () => {
    const active = document.activeElement;
    return active === host ? shadow.activeElement : active === document.body ? null : active;
  };

  /** @param {'first' | 'second'} screen @param {boolean} takesFocus */
  function show(screen, takesFocus) {
    const isModal = screen === 'second';
    const actions = {
      close,
      accept: () => decide(everything(true), 'AcceptAll'),
      refuse: () => decide(everything(false), 'RefuseAll'),
      save: (/** @type {Choices} */ choices) => decide(choices, 'Selection'),
      settings: () => show('second', true),
      back: isDue() ? () => show('first', true) : null,
      proof,
    };
    dialog?.remove();
    dialog = isModal ? secondScreen(settings, draft(), actions) : firstScreen(settings, place, actions);
    dialog.addEventListener(isModal ? 'cancel' : 'keydown', event => {
      if (event instanceof KeyboardEvent && event.key !== 'Escape') return;
      event.preventDefault();
      (actions.back && isModal ? actions.back : close)();
    });
    root.prepend(dialog);
    floating.hidden = true;
    if (isModal) dialog.showModal();
    else dialog.setAttribute('open', '');
    if (takesFocus) dialog.focus({preventScroll: true});
  }

  /** @param {boolean} choice */
  const everything = choice =>
    Object.fromEntries(settings.groups.flatMap(group => group.services.map(({slug}) => [slug, choice])));

  /** @param {boolean} takesFocus */
  function begin(takesFocus) {
    returnTo = focused();
    isAsked = !takesFocus;
    show(isDue() ? 'first' : 'second', takesFocus || !returnTo);
    if (!takesFocus && returnTo) say(texts.startupTitle ?? '', false);
    onShow();
  }

  function open() {
    if (!dialog) whenBody(() => begin(true));
  }

  function end() {
    if (!dialog) return false;
    const hadFocus = dialog.contains(shadow.activeElement);
    dialog.remove();
    dialog = null;
    rest();
    const target = returnTo?.isConnected && returnTo !== document.body ? returnTo : floating;
    if (hadFocus && target instanceof HTMLElement) target.focus({preventScroll: true});
    return true;
  }

  function close() {
    if (end()) onClose();
  }

  /** Ask by itself: at once, or after the time or the scrolling that the owner has set. */
  function ask() {
    const {timerTrigger, scrollTrigger} = settings;
    const go = () => {
      if (!dialog && isDue()) begin(false);
    };
    if (!timerTrigger && !scrollTrigger) return whenBody(go);
    const onScroll = () => {
      if (scrollY >= scrollTrigger) goOnce();
    };
    const goOnce = () => {
      removeEventListener('scroll', onScroll);
      clearTimeout(timer);
      whenBody(go);
    };
    const timer = timerTrigger ? setTimeout(goOnce, timerTrigger * 1000) : 0;
    if (scrollTrigger) addEventListener('scroll', onScroll, {passive: true});
  }

  return {
    open,
    close,
    ask,
    /** A choice has been made. */
    decided() {
      if (end()) say(texts.successMessage ?? '', true);
    },
    /** A choice has been made elsewhere: what asked by itself goes again. */
    withdraw() {
      if (isAsked) end();
    },
  };
}
