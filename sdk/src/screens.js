/** The two screens of the window. */
import {element, icon} from './dom.js';
import {attempt} from './guard.js';
import {richText} from './rich_text.js';

const CROSS = 'M6 6l12 12M18 6L6 18';
const ARROW = 'M15 5l-7 7 7 7';
/** The contract has no text for the X. */
const CLOSE = /** @type {Record<string, string>} */ ({en: 'Close', fr: 'Fermer', nl: 'Sluiten', de: 'Schließen'});

/**
 * @typedef {object} Actions
 * @property {() => void} close
 * @property {() => void} accept
 * @property {() => void} refuse
 * @property {(choices: Choices) => void} save
 * @property {() => void} settings
 * @property {(() => void) | null} back
 * @property {() => unknown} proof
 */

/** @param {string} part @param {string | undefined} label @param {() => void} click */
const button = (part, label, click) => element('button', `${part} button`, {type: 'button', click}, label);

/** @param {string} part @param {string} path @param {string | undefined} label @param {() => void} click */
const iconButton = (part, path, label, click) =>
  element('button', `${part} icon`, {type: 'button', 'aria-label': label, click}, icon(path));

/** @param {string} href @param {string} [label] Absent: the address itself, for the contract has no text. */
const link = (href, label) =>
  element(
    'a',
    'link',
    {href, target: '_blank', rel: 'noopener'},
    label || attempt(() => new URL(href).host, href),
  );

/** @param {string} name @param {Settings} settings @param {Actions} actions @param {boolean} isModal */
function header(name, {texts, lang, displayLogo, buttonLogoUrl}, {close, back}, isModal) {
  const label = CLOSE[lang.slice(0, 2)] ?? texts.buttonBackLabel ?? CLOSE.en;
  return element(
    'header',
    'header',
    {},
    isModal && back && iconButton('back', ARROW, texts.buttonBackLabel, back),
    displayLogo && buttonLogoUrl && element('img', 'logo', {src: buttonLogoUrl, alt: ''}),
    element('h2', 'title', {id: 'title'}, texts[name]),
    iconButton('close', CROSS, label, close),
  );
}

/** @param {string} name @param {Settings} settings */
const text = (name, {texts, cookieNoticeUrl}) =>
  element(
    'div',
    'text',
    {},
    element('p', '', {id: 'text'}, richText(texts[name] ?? '')),
    cookieNoticeUrl && element('p', 'notice', {}, link(cookieNoticeUrl, texts.noticeUrlButtonLabel)),
  );

const DIALOG = {role: 'dialog', tabindex: -1, 'aria-labelledby': 'title', 'aria-describedby': 'text'};

/** @param {Settings} settings @param {string} place @param {Actions} actions */
export function firstScreen(settings, place, actions) {
  const {texts} = settings;
  return element(
    'dialog',
    `window ${place}`,
    DIALOG,
    header('startupTitle', settings, actions, false),
    text('startupDisclaimer', settings),
    element(
      'div',
      'buttons',
      {},
      button('refuse-all', texts.buttonLaterLabel, actions.refuse),
      button('settings', texts.buttonSettingsLabel, actions.settings),
      button('accept-all', texts.buttonAcceptAllLabel, actions.accept),
    ),
  );
}

/** @param {Settings} settings @param {Choices} choices @param {Actions} actions */
export function secondScreen(settings, choices, actions) {
  const {texts, groups} = settings;
  const drawing = drawn(settings, choices);
  const proof = actions.proof();
  const body = element(
    'div',
    'body',
    {},
    text('innerDisclaimer', settings),
    ...groups.map(drawing.card),
    !!proof && proofOf(proof, texts),
  );
  return element(
    'dialog',
    'window modal',
    {...DIALOG, 'aria-modal': true},
    header('innerTitle', settings, actions, true),
    body,
    element(
      'div',
      'buttons',
      {},
      button('refuse-all', texts.buttonLaterLabel, actions.refuse),
      button('save', texts.buttonConfirmLabel, () => actions.save(drawing.draft)),
      button('accept-all', texts.buttonAcceptAllLabel, actions.accept),
    ),
  );
}

/** @param {unknown} proof @param {Record<string, string>} texts */
function proofOf(proof, texts) {
  const shown = element('pre', 'proof', {tabindex: 0, hidden: ''}, JSON.stringify(proof, null, 2));
  const toggle = element('button', 'view-proof link', {type: 'button', 'aria-expanded': false}, texts.viewProof);
  toggle.addEventListener('click', () => {
    shown.hidden = !shown.hidden;
    toggle.setAttribute('aria-expanded', String(!shown.hidden));
  });
  return element('div', 'notice', {}, toggle, shown);
}

/**
 * The cards, with switches that follow each other: a purpose is on when all of its services are.
 * @param {Settings} settings
 * @param {Choices} choices
 */
function drawn({texts, lang}, choices) {
  /** @type {Choices} */
  const draft = {...choices};
  /** @type {(() => void)[]} */
  const watchers = [];

  /** @param {string} part @param {Record<string, string | number>} data @param {Service[]} services @param {string} label */
  function toggle(part, data, services, label) {
    const asked = services.filter(({necessary}) => !necessary);
    const isOn = () => asked.every(({slug}) => draft[slug]);
    const click = () => {
      const wanted = !isOn();
      for (const {slug} of asked) draft[slug] = wanted;
      for (const watch of watchers) watch();
    };
    const attributes = {type: 'button', role: 'switch', 'aria-label': label, ...data, click};
    const made = element('button', `${part} switch`, attributes);
    made.disabled = !asked.length;
    const watch = () => made.setAttribute('aria-checked', String(isOn()));
    watchers.push(watch);
    watch();
    return made;
  }

  /** @param {number} days */
  const span = days =>
    attempt(() => new Intl.NumberFormat(lang, {style: 'unit', unit: 'day', unitDisplay: 'long'}).format(days), '');

  /** @param {Cookie} cookie */
  const cookie = ({name, description, expiryDays}) =>
    element(
      'li',
      'cookie',
      {},
      element('code', '', {}, name),
      expiryDays > 0 && ` · ${span(expiryDays)}`,
      element('div', '', {}, richText(description)),
    );

  /** @param {Service} service */
  const service = service =>
    element(
      'li',
      'service',
      {},
      element(
        'div',
        'row',
        {},
        element(
          'h4',
          '',
          {},
          !!service.logoUrl && element('img', 'service-logo', {src: service.logoUrl, alt: ''}),
          service.name,
        ),
        toggle('service-switch', {'data-slug': service.slug}, [service], service.name),
      ),
      element('div', 'description', {}, richText(service.description)),
      element('p', 'domain', {}, service.domain.join(', ')),
      service.privacyPolicyUrl && link(service.privacyPolicyUrl),
      service.cookies.length > 0 &&
        element(
          'details',
          '',
          {},
          element('summary', '', {}, `${texts.cookieDeclaration} (${service.cookies.length})`),
          element('ul', '', {}, ...service.cookies.map(cookie)),
        ),
    );

  /** @param {Group} group */
  const card = group =>
    element(
      'section',
      'card',
      {},
      element(
        'div',
        'row',
        {},
        element('div', '', {}, element('h3', '', {}, group.label), element('div', '', {}, richText(group.excerpt))),
        toggle('purpose-switch', {'data-purpose': group.purpose}, group.services, group.label),
      ),
      element('div', 'description', {}, richText(group.description)),
      element(
        'details',
        '',
        {},
        element('summary', '', {}, `${texts.buttonViewMoreLabel} (${group.services.length})`),
        element('ul', '', {}, ...group.services.map(service)),
      ),
    );

  return {card, draft};
}
