/** Release scripts: each runs once, in document order, when all of its services have consent. Part of the file for what is held. */
import {attempt, element, trusted} from './handed_over.js';
import {begins, ends} from './late.js';
import {give, hasNonce, tell} from './release.js';

/** What a copy does not take over. Listeners stay with the held form, which hears of the end as well. */
const OURS = /^(type|(data-)?(blocked-)?src|on(load|error)|data-astro-exec)$/;

/** Return a script's address, which automatic blocking may hold. @param {HTMLScriptElement} script */
const addressOf = script =>
  script.getAttribute('data-src') ?? script.getAttribute('src') ?? script.getAttribute('data-blocked-src');

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

/** Scripts that do not run any more: they have, or a router shows again what has. @type {WeakMap<Element, boolean>} */
const isOver = new WeakMap();

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

/** Scripts that later ones wait for. @type {HTMLScriptElement[]} */
let loading = [];

/**
 * Release the scripts that may run. The browser keeps the order of external scripts. An inline script runs at once, so
 * it waits until earlier scripts have ended, and later ones wait for it.
 * @param {() => HTMLScriptElement[]} all Returns the held scripts, in the order of the document.
 * @param {(script: HTMLScriptElement) => boolean | null} allows
 */
export function releaseScripts(all, allows) {
  let isStuck = false;
  const scripts = all();
  for (const held of scripts) if (!isOver.has(held)) isOver.set(held, isAgain(held));
  for (const held of scripts) {
    // A script that has just run may have changed the page.
    if (isOver.get(held) || !held.isConnected || !allows(held)) continue;
    isStuck ||= addressOf(held) === null && loading.length > 0;
    if (!isStuck || isAsync(held)) run(held, () => releaseScripts(all, allows));
  }
}

/** @param {HTMLScriptElement} held @param {() => void} goOn */
function run(held, goOn) {
  isOver.set(held, true); // before a policy is asked, which may let observers run
  if (!hasNonce(held, addressOf(held) ?? held.text)) return;
  ran.push(keyOf(held));
  const script = attempt(() => runnable(held));
  if (!script) return;
  isOver.set(script, true);
  const hasEnd = willEnd(script);
  const isRunnable = isRun(script);
  if (hasEnd && !isAsync(held)) loading.push(script);
  for (const end of ['load', 'error'])
    script.addEventListener(end, () => {
      loading = loading.filter(each => each !== script);
      ends(script);
      held.dispatchEvent(new Event(end));
      goOn();
    });
  begins(script);
  held.replaceWith(script);
  if (isRunnable) script.setAttribute('type', 'dastra/released'); // so that a copy of it does not run by itself
  if (!hasEnd) ends(script);
  tell(script);
}
