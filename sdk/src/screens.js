/** The two screens of the window. */
import {element, icon} from './dom.js';
import {attempt} from './guard.js';
import {richText} from './rich_text.js';
import {Selection} from './selection.js';

const CROSS = 'M6 6l12 12M18 6L6 18';
const ARROW = 'M15 5l-7 7 7 7';

/** The definition has no text for the X. */
const CLOSE = /** @type {Record<string, string>} */ ({en: 'Close', fr: 'Fermer', nl: 'Sluiten', de: 'Schließen'});

/**
 * @typedef {object} Actions
 * @property {(choices: Choices | boolean, action: Action) => void} decide true and false apply to all services.
 * @property {() => void} close
 * @property {() => void} settings
 * @property {(() => void) | null} back null if there is no first screen to return to.
 * @property {() => void} leave Called by Escape.
 * @property {unknown} proof
 * @property {() => Promise<unknown[]>} history
 */

/** @param {string} part @param {string | undefined} label @param {() => void} click */
const button = (part, label, click) => element(`button.${part}.button`, {click}, label);

/** @param {string} part @param {string} path @param {string | undefined} label @param {() => void} click */
const iconButton = (part, path, label, click) =>
  element(`button.${part}.icon`, {'aria-label': label, click}, icon(path));

/** @param {string} part @param {string} src */
const image = (part, src) => src && element(`img.${part}`, {src, alt: ''});

/** A link. Without a label it shows its host. @param {string} href @param {string} [label] */
const link = (href, label) =>
  href && element('a', {href, target: '_blank'}, label || attempt(() => new URL(href).host));

/**
 * @param {Settings} settings
 * @param {Actions} actions
 * @param {string | undefined} title
 * @param {(() => void) | null} back
 */
const header = ({translation, lang, displayLogo, buttonLogoUrl}, {close}, title, back) =>
  element(
    'div.header', // <header> would add a second banner landmark to the page
    {},
    back && iconButton('back', ARROW, translation.buttonBackLabel, back),
    displayLogo && image('logo', buttonLogoUrl),
    element('h2.title', {id: 'title'}, title),
    iconButton('close', CROSS, CLOSE[lang.slice(0, 2)] ?? translation.buttonBackLabel, close),
  );

/** @param {Settings} settings @param {string | undefined} text */
const disclaimer = ({translation, cookieNoticeUrl}, text) =>
  element(
    'div.text',
    {},
    element('p', {id: 'text'}, richText(text)),
    link(cookieNoticeUrl, translation.noticeUrlButtonLabel),
  );

/** @param {string} names @param {Actions} actions @param {Node[]} children */
function dialog(names, {leave}, ...children) {
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
  return /** @type {HTMLDialogElement} */ (element(`dialog.window.${names}`, attributes, ...children));
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
      button('refuse-all', translation.buttonLaterLabel, () => actions.decide(false, 'RefuseAll')),
      button('settings', translation.buttonSettingsLabel, actions.settings),
      button('accept-all', translation.buttonAcceptAllLabel, () => actions.decide(true, 'AcceptAll')),
    ),
  );
}

/** @param {Settings} settings @param {Actions} actions @param {Choices} choices */
export function secondScreen(settings, actions, choices) {
  const {translation, groups} = settings;
  const selection = new Selection(choices);
  return dialog(
    'modal',
    actions,
    header(settings, actions, translation.innerTitle, actions.back),
    element(
      'div.body',
      {},
      disclaimer(settings, translation.innerDisclaimer),
      ...groups.map(group => card(group, settings, selection)),
      actions.proof && proofOf(actions, translation.viewProof),
    ),
    element(
      'div.buttons',
      {},
      button('refuse-all', translation.buttonLaterLabel, () => actions.decide(false, 'RefuseAll')),
      button('accept-all', translation.buttonAcceptAllLabel, () => actions.decide(true, 'AcceptAll')),
      button('save', translation.buttonConfirmLabel, () => actions.decide(selection.choices, 'Selection')),
    ),
  );
}

/**
 * Return content that opens on a click, and is built only then.
 * @param {string} part
 * @param {string | Node | undefined} label
 * @param {() => Node[]} make
 */
function details(part, label, make) {
  const click = () => made.children.length > 1 || made.append(...make());
  const made = element('details', {}, element(`summary.${part}`, {click}, label));
  return made;
}

/**
 * Show the proof in this browser until the service's proofs arrive.
 * @param {Actions} actions
 * @param {string | undefined} label
 */
const proofOf = ({proof, history}, label) =>
  details('view-proof', label, () => {
    const shown = element('pre.proof', {tabindex: 0});
    const show = (/** @type {unknown} */ value) => (shown.textContent = JSON.stringify(value, null, 2));
    show(proof);
    history().then(proofs => proofs.length && show(proofs));
    return [shown];
  });

/**
 * Return a switch. A purpose's switch and those of its services follow each other.
 * @param {string} part
 * @param {Record<string, unknown>} data
 * @param {Service[]} services
 * @param {Selection} selection
 */
function toggle(part, data, services, selection) {
  const click = () => selection.flip(services);
  const disabled = services.every(service => service.defaultConsent);
  const made = element(`button.${part}.switch`, {role: 'switch', disabled, ...data, click});
  selection.watch(() => made.setAttribute('aria-checked', /** @type {any} */ (selection.isOn(services))));
  return made;
}

/** @param {Group} group @param {Settings} settings @param {Selection} selection */
const card = ({label, excerpt, description, purpose, services}, settings, selection) =>
  element(
    'section.card',
    {},
    element(
      'div.row',
      {},
      element('div', {}, element('h3', {}, label), element('p', {}, richText(excerpt))),
      toggle('purpose-switch', {'aria-label': label, 'data-purpose': purpose}, services, selection),
    ),
    element('p.description', {}, richText(description)),
    details('view-services', `${settings.translation.buttonViewMoreLabel} (${services.length})`, () =>
      services.map(service => serviceOf(service, settings, selection)),
    ),
  );

/** @param {Service} service @param {Settings} settings @param {Selection} selection */
const serviceOf = (service, {translation, lang}, selection) =>
  element(
    'div.service',
    {},
    element(
      'div.row',
      {},
      element('h4', {}, image('service-logo', service.logoUrl), service.name),
      toggle('service-switch', {'aria-label': service.name, 'data-slug': service.slug}, [service], selection),
    ),
    element('p.description', {}, richText(service.description)),
    element('p.domain', {}, service.domain.join(', ')),
    link(service.privacyPolicyUrl),
    service.cookies.length &&
      details('view-cookies', richText(translation.cookieDeclaration), () =>
        service.cookies.map(each => cookieOf(each, lang)),
      ),
  );

/** @param {Cookie} cookie @param {string} lang */
const cookieOf = ({name, description, expiryDays}, lang) =>
  element(
    'p.cookie',
    {},
    element('b', {}, name),
    expiryDays && ` · ${days(expiryDays, lang)}`,
    element('br', {}),
    richText(description),
  );

/** @param {number} count @param {string} lang */
const days = (count, lang) =>
  attempt(() => count.toLocaleString(lang, {style: 'unit', unit: 'day', unitDisplay: 'long'}));
