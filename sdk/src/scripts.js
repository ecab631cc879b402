/** Release scripts: each runs once, in document order, when all of its services have consent. Part of the file for what is held. */
import {attempt, element, trusted} from './handed_over.js';
import {begins, ends, eventOf} from './late.js';
import {give, hasNonce, tell} from './release.js';

/** What a copy does not take over. Listeners stay with the held form, which hears of the end as well. */
const OURS = /^(type|(data-)?(blocked-)?src|on(load|error)|data-astro-exec)$/;

/** Return a script's address, which automatic blocking may hold. @param {HTMLScriptElement} script */
const addressOf = script =>
  script.getAttribute('data-src') ?? script.getAttribute('src') ?? script.getAttribute('data-blocked-src');

/** Routers of the page compare what this attribute is on, and load the page anew if it has changed. */
const TRACKED = '[data-turbo-track],[data-turbolinks-track]';

/** The attribute has no effect on an inline script. @param {HTMLScriptElement} script */
const isAsync = script => script.hasAttribute('async') && addressOf(script) !== null;

/** Whether the browser runs scripts of that type. @param {HTMLScriptElement} script */
const isRun = ({type}) => /^(module)?$|(java|ecma)script/i.test(type);

/**
 * Whether it will dispatch load or error; browsers with modules skip `nomodule` scripts silently.
 * @param {HTMLScriptElement} script
 */
const willEnd = script => script.hasAttribute('src') && !script.noModule && isRun(script);

/**
 * Return what tells a script from others: its address or text, and its attributes. A nonce is new on each page, and
 * routers add classes to what they show.
 * @param {HTMLScriptElement} script
 */
const keyOf = script =>
  [
    /** @type {any} */ (element('a', {href: addressOf(script)})).href,
    script.text,
    ...[...script.attributes]
      .map(({name, value}) => (OURS.test(name) || /^(nonce|class)$/.test(name) ? '' : name + value))
      .sort(),
  ].join('');

/** What has run, for the life of the page. @type {string[]} */
const ran = [];

/**
 * @typedef {HTMLScriptElement & {dastraIsOver?: boolean}} Held It does not run any more: it has, or a router shows again
 *   what has. The element knows it, because a page may have replaced `WeakMap`.
 */

/** A script that enters the page later may be one that has run. @param {HTMLScriptElement} held */
const isAgain = held =>
  document.readyState !== 'loading' && ran.includes(keyOf(held)) && !held.hasAttribute('data-consent-every-visit');

/**
 * Return a copy that runs when it enters the page. A script from innerHTML never runs, and neither does its clone.
 * @param {HTMLScriptElement} held
 */
function runnable(held) {
  const made = document.createElement('script');
  made.async = false; // keeps the order; an attribute may change that below
  for (const {name, value} of held.attributes) if (!OURS.test(name)) attempt(() => made.setAttribute(name, value));
  made.type = held.getAttribute('data-type') ?? '';
  made.nonce = held.nonce; // browsers hide the nonce from the attribute
  const address = addressOf(held);
  if (address === null) made.text = trusted().createScript(held.text);
  else give(made, 'src', address);
  return made;
}

/** Give a copy that has run the attributes of its held form, in their order. @param {Held} script @param {Held} held */
function disguise(script, held) {
  for (const name of script.getAttributeNames()) script.removeAttribute(name);
  for (const {name, value} of held.attributes) attempt(() => give(script, name, value));
  script.nonce = held.nonce; // other scripts look for one that has it
}

/** Scripts that later ones wait for. @type {HTMLScriptElement[]} */
let loading = [];

/**
 * Release the scripts that may run. The browser keeps the order of external scripts. An inline script runs at once, so
 * it waits until earlier scripts have ended, and later ones wait for it.
 * @param {() => Held[]} all Returns the held scripts, in the order of the document.
 * @param {(script: HTMLScriptElement) => boolean | null} allows
 */
export function releaseScripts(all, allows) {
  let isStuck = false;
  const scripts = all();
  for (const held of scripts) held.dastraIsOver ??= isAgain(held);
  for (const held of scripts) {
    // A script that has just run may have changed the page.
    if (held.dastraIsOver || !held.isConnected || !allows(held)) continue;
    isStuck ||= addressOf(held) === null && loading.length > 0;
    if (!isStuck || isAsync(held)) run(held, () => releaseScripts(all, allows));
  }
}

/** @param {Held} held @param {() => void} goOn */
function run(held, goOn) {
  held.dastraIsOver = true; // before a policy is asked, which may let observers run
  if (!hasNonce(held, addressOf(held) ?? held.text)) return;
  ran.push(keyOf(held));
  const script = /** @type {Held | null} */ (attempt(() => runnable(held)));
  if (!script) return;
  script.dastraIsOver = true;
  const hasEnd = willEnd(script);
  const isRunnable = isRun(script);
  const end = () => {
    ends(script);
    if (isRunnable && held.matches(TRACKED)) disguise(script, held);
  };
  if (hasEnd && !isAsync(held)) loading.push(script);
  for (const type of ['load', 'error'])
    script.addEventListener(type, () => {
      loading = loading.filter(each => each !== script);
      end();
      held.dispatchEvent(eventOf(type, false));
      goOn();
    });
  begins(script);
  held.replaceWith(script);
  if (isRunnable) script.setAttribute('type', 'dastra/released'); // so that a copy of it does not run by itself
  if (!hasEnd) end();
  tell(script);
}
