/** The second screen of the window: a switch for each purpose and service, their cookies, and the proof. */
import {
  answers,
  attempt,
  button,
  dialog,
  disclaimer,
  element,
  header,
  iconButton,
  image,
  link,
  objects,
  richText,
} from './handed_over.js';
import {duration} from './duration.js';
import {fill} from './fill.js';
import {honoured, isOnIn, receiptFor, withReceipts} from './page.js';
import {Selection} from './selection.js';

/** @typedef {import('./screens.js').Actions} Actions */

const ARROW = 'M15 5l-7 7 7 7';

/** Visitors could not know what they consent to: unclassified services stay held. @param {Group} group */
const isShown = ({purpose}) => purpose < 5;

/** @param {Settings} settings @param {Actions} actions @param {Choices} choices These follow the switches. */
export function secondScreen(settings, actions, choices) {
  const {translation, groups} = settings;
  const {back} = actions;
  const selection = new Selection(choices);
  return dialog(
    'second',
    actions,
    header(
      settings,
      actions,
      translation.innerTitle,
      back && iconButton('back', ARROW, translation.buttonBackLabel, back),
    ),
    element(
      'div.body',
      {},
      disclaimer(settings, translation.innerDisclaimer),
      honoured() && element('p.signal', {}, honoured()),
      ...groups.filter(isShown).map(group => card(group, settings, selection)),
      controllerOf(settings),
      actions.proof[0] && proofOf(actions, settings),
    ),
    element(
      'div.buttons',
      {},
      ...answers(settings, actions),
      button('save', translation.buttonConfirmLabel, () => actions.decide(selection.choices, 'Selection')),
    ),
  );
}

/** Say who answers for the site. @param {Settings} settings */
function controllerOf({controller, translation}) {
  if (!controller) return null;
  const {name, address, contact, dataProtectionOfficer} = controller;
  const line = (/** @type {string | undefined} */ label, /** @type {unknown[]} */ ...texts) =>
    element(
      'p',
      {},
      label && element('b', {}, label),
      ...texts.filter(text => text).flatMap(text => [element('br', {}), element('bdi', {}, text)]),
    );
  return element(
    'div.controller',
    {},
    line(translation.controllerLabel, name, address, contact),
    dataProtectionOfficer && line(translation.dataProtectionOfficerLabel, dataProtectionOfficer),
  );
}

/**
 * Return content that opens on a click, and is built only then. What opens at the lower edge comes into sight.
 * @param {string} part
 * @param {unknown[]} label
 * @param {() => unknown[]} make
 */
function details(part, label, make) {
  const click = () => made.children.length > 1 || made.append(element('div', {}, ...make()));
  const toggle = () => made.scrollIntoView({block: 'nearest'});
  const made = element('details', {toggle}, element(`summary.${part}`, {click}, ...label));
  return made;
}

/**
 * Show the proof in this browser until the service's proofs arrive, and the decisions that the service has refused: for people,
 * with a receipt once the service has the proof, and as they are.
 * @param {Actions} actions
 * @param {Settings} settings
 */
const proofOf = ({proof: [proof, outbox], history}, settings) =>
  details('view-proof', [settings.translation.viewProof], () => {
    const shown = element('pre.proof', {tabindex: 0});
    const receipt = element('div.receipt', {});
    const json = /** @type {HTMLDetailsElement} */ (details('view-json', ['JSON'], () => [shown]));
    /** @param {Json[]} proofs @param {boolean} isHeld */
    const show = (proofs, isHeld) => {
      shown.textContent = JSON.stringify(proofs.length > 1 || isHeld ? proofs : proofs[0], null, 2);
      withReceipts(made => {
        if (made) receipt.replaceChildren(...made(proofs, settings, isHeld && receiptFor, isOnIn));
        // What the visitor looks at stays in sight.
        if (json.open) json.scrollIntoView({block: 'nearest'});
        else if (!isHeld) receipt.scrollIntoView({block: 'nearest'});
      });
    };
    const refused = objects(outbox).flatMap(entry => {
      const {refused, to, decision} = /** @type {any} */ ({__proto__: null, ...entry}); // its own members alone
      return refused && `${to}`.startsWith(`${proof.widgetId}?`) ? [{refused, ...decision}] : [];
    });
    show([proof, ...refused], false);
    history().then(proofs => proofs.length && show([.../** @type {Json[]} */ (proofs), ...refused], true));
    return [receipt, json];
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
function card({label, excerpt, description, purpose, services}, settings, selection) {
  const {translation, lang} = settings;
  const count = element('span.count', {});
  const show = () => {
    const on = services.filter(service => selection.isOn([service])).length;
    count.textContent = purpose
      ? fill(translation.activeCountLabel, {
          count: on.toLocaleString(lang),
          total: services.length.toLocaleString(lang),
        })
      : (translation.alwaysActiveLabel ?? '');
  };
  selection.watch(show);
  return element(
    'section.card',
    {},
    purpose && toggle('purpose-switch', {'aria-label': label, 'data-purpose': purpose}, services, selection),
    details(
      'view-services.dastra-cw-viewmore-button',
      [element('h3.card-title.dastra-cw-collection-title', {}, label), element('div', {}, richText(excerpt)), count],
      () => [richText(description), ...services.map(service => serviceOf(service, settings, selection))],
    ),
  );
}

/** @param {Service} service @param {Settings} settings @param {Selection} selection */
const serviceOf = (service, {translation, lang}, selection) =>
  element(
    'div.service',
    {},
    element(
      'div.row',
      {},
      element('h4', {}, image('service-logo', service.logoUrl), service.name),
      !service.defaultConsent &&
        toggle('service-switch', {'aria-label': service.name, 'data-slug': service.slug}, [service], selection),
    ),
    element('div', {}, richText(service.description)),
    element('p.domain', {}, service.domain.join(', ')),
    link(
      service.privacyPolicyUrl,
      fill(translation.privacyPolicyLabel, service) || attempt(() => new URL(service.privacyPolicyUrl).host),
    ),
    service.cookies.length + service.storage.length > 0 &&
      details('view-cookies', [richText(translation.cookieDeclaration)], () => [
        ...service.cookies.map(({name, description, expiryDays}) =>
          cookieOf(name, duration(expiryDays, lang, translation), description),
        ),
        ...service.storage.map(name => cookieOf(name, translation.untilDeletedLabel)),
      ]),
  );

/** @param {string} name @param {string | null | undefined} kept @param {string | null} [description] */
const cookieOf = (name, kept, description) =>
  element(
    'div.cookie',
    {},
    element('b', {}, name),
    kept && ` · ${kept}`,
    element('br', {}),
    richText(description ?? ''),
  );
