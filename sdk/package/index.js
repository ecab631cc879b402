/**
 * Load the SDK that the service hosts, and reach it from modules. An import does nothing: neither on a server nor in a
 * browser.
 */

/** @typedef {import('./dastra.js').CookieConsent} CookieConsent */

/** @type {Promise<CookieConsent> | undefined} */
let loading;

/** Whether the widget is unavailable on this page. */
let isLost = false;
let isWatched = false;

/** @param {import('./dastra.js').Command[]} commands */
const push = (...commands) => (window.dastra ??= /** @type {Window['dastra']} */ ([])).push(...commands);

/** @param {import('./index.js').Options} options */
function scriptOf({host, key, build, integrity, nonce}) {
  const script = document.createElement('script');
  script.src = `${host.replace(/\/$/, '')}/sdk/${build ? `${build}/` : ''}dastra.js?key=${encodeURIComponent(key)}`;
  script.async = true;
  if (nonce) script.nonce = nonce;
  if (integrity) Object.assign(script, {integrity, crossOrigin: 'anonymous'});
  return script;
}

/**
 * Start the widget once for the page.
 * @type {typeof import('./index.js').load}
 */
export function load(options) {
  if (typeof document === 'undefined') return new Promise(() => {}); // a server has no visitor
  loading ??= new Promise((resolve, reject) => {
    const {widgetId, lang, userId} = options;
    push(['loadCookieConsent', /** @type {import('./dastra.js').LoadOptions} */ ({widgetId, lang, userId})]);
    push([
      'cookieReady',
      (manager, problem) => (problem ? reject(new Error(`Consent is ${problem}.`)) : resolve(manager)),
    ]);
    const fail = (/** @type {unknown} */ error) => {
      loading = undefined; // a later call may succeed
      reject(error);
      // The SDK's own event, which it cannot dispatch itself: placeholders and pages need to listen to one alone.
      dispatchEvent(new CustomEvent('dastra:unavailable', {detail: {status: 0}}));
    };
    const insert = () => {
      if (window.dastra.version) return; // the page has the script
      try {
        const script = scriptOf(options);
        script.addEventListener('error', () => fail(new Error(`Could not load ${script.src}`)));
        document.head.append(script);
      } catch (error) {
        queueMicrotask(() => fail(error)); // Trusted Types; once `loading` is set
      }
    };
    // A tag of the page that has not run yet is waited for: a page under Trusted Types cannot have a second one.
    const isComing = [...document.scripts].some(({src}) => /\/dastra\.js(\?|$)/.test(src));
    if (isComing && document.readyState !== 'complete') addEventListener('load', insert);
    else insert();
  });
  return loading;
}

/** Open the window, as soon as the settings have loaded. */
export const openCookieConsent = () => void push(['openCookieConsent']);

/** @type {typeof import('./index.js').hasConsent} */
export const hasConsent = service =>
  typeof window !== 'undefined' && !!window.dastra?.cookieConsent?.consent.getServiceConsent(service);

/** @type {typeof import('./index.js').consentTo} */
export const consentTo = service =>
  void push([
    'cookieReady',
    ({consent}, problem) => {
      if (problem) return; // nothing could be saved
      consent.setServiceConsent(service, true);
      consent.save();
    },
  ]);

/** @type {typeof import('./index.js').isUnavailable} */
export const isUnavailable = () => isLost;

/** Note whether the widget is unavailable, also if that is known already. Nothing is noted before someone listens. */
function watch() {
  if (isWatched) return;
  isWatched = true;
  const note = (/** @type {boolean} */ problem) => () => void (isLost = problem);
  addEventListener('dastra:unavailable', note(true));
  addEventListener('dastra:consents:ready', note(false));
  push(['cookieReady', (_, problem) => note(!!problem)()]);
}

/** @type {typeof import('./index.js').onConsentChange} */
export function onConsentChange(service, changed) {
  watch(); // first, so that `changed` finds the answer
  const names = [`consent:${service}`, `refused:${service}`, 'unavailable', 'consents:ready'].map(
    name => `dastra:${name}`,
  );
  const tell = () => changed(); // without the event, which would look like a consent
  for (const name of names) addEventListener(name, tell);
  return () => {
    for (const name of names) removeEventListener(name, tell);
  };
}
