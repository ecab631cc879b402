/** The first screen of the window, and what both screens have. */
import {element, icon} from './dom.js';
import {richText} from './rich_text.js';
import {HREF} from './shapes.js';

const CROSS = 'M6 6l12 12M18 6L6 18';

/**
 * @typedef {object} Actions
 * @property {(choices: Choices | boolean, action: Action) => void} decide true and false apply to all services.
 * @property {() => void} close
 * @property {() => void} settings
 * @property {(() => void) | null} back null if there is no first screen to return to.
 * @property {() => void} leave Called by Escape.
 * @property {any[]} proof The last decision in this browser, and the outbox.
 * @property {() => Promise<unknown[]>} history
 */

/** @param {string} part @param {string | undefined} label @param {() => void} click */
export const button = (part, label, click) => element(`button.${part}.button.dastra-cw-button`, {click}, label);

/** Both answers, equal in every respect: refusing first, as it comes first in the reading order. @param {Settings} settings @param {Actions} actions */
export const answers = ({translation}, {decide}) => [
  button('refuse-all', translation.buttonLaterLabel, () => decide(false, 'RefuseAll')),
  button('accept-all', translation.buttonAcceptAllLabel, () => decide(true, 'AcceptAll')),
];

/** @param {string} part @param {string} path @param {string | undefined} label @param {() => void} click */
export const iconButton = (part, path, label, click) =>
  element(`button.${part}.icon`, {'aria-label': label, click}, icon(path));

/** @param {string} part @param {string} src */
export const image = (part, src) => src && element(`img.${part}`, {src, alt: ''});

/** A link, unless its address could run a script. @param {string} href @param {string | null} [label] */
export const link = (href, label) => href && HREF.test(href) && element('a', {href, target: '_blank'}, label || href);

/**
 * @param {Settings} settings
 * @param {Actions} actions
 * @param {string | undefined} title
 * @param {unknown} back
 */
export const header = ({translation, displayLogo, buttonLogoUrl}, {close}, title, back) =>
  element(
    'div.header', // <header> would add a second banner landmark to the page
    {},
    back,
    displayLogo && image('logo', buttonLogoUrl),
    element('h2.title', {id: 'title'}, title),
    iconButton('close', CROSS, translation.buttonCloseLabel ?? translation.buttonBackLabel, close),
  );

/** @param {Settings} settings @param {string | undefined} text */
export const disclaimer = ({translation, cookieNoticeUrl}, text) =>
  element(
    'div.text',
    {},
    element('div', {id: 'text'}, richText(text)),
    ' ',
    link(cookieNoticeUrl, translation.noticeUrlButtonLabel),
    element('p.failure', {role: 'status'}),
  );

/** Say on a shown screen that the other one did not load. @param {HTMLElement} screen @param {string} text */
export const noteFailure = (screen, text) => screen.querySelector('.failure')?.replaceChildren(text);

/** @param {string} names @param {Actions} actions @param {Node[]} children */
export function dialog(names, {leave}, ...children) {
  const left = (/** @type {Event} */ event) => {
    event.preventDefault();
    leave();
  };
  const attributes = {
    tabindex: -1,
    'aria-labelledby': 'title',
    'aria-describedby': 'text',
    cancel: left,
    keydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Escape' && left(event),
  };
  return /** @type {HTMLDialogElement} */ (
    element(`dialog.window.${names}.dastra-cw-container`, attributes, ...children)
  );
}

/** @param {Settings} settings @param {Actions} actions @param {string} place */
export function firstScreen(settings, actions, place) {
  const {translation} = settings;
  return dialog(
    place,
    actions,
    header(settings, actions, translation.startupTitle, null),
    disclaimer(settings, translation.startupDisclaimer),
    element(
      'div.buttons',
      {},
      ...answers(settings, actions),
      button('settings', translation.buttonSettingsLabel, actions.settings),
    ),
  );
}
