/** The command queue `window.dastra`: an array whose `push` runs commands once the SDK has loaded. */
import {call, list, parts, warn} from './guard.js';

/**
 * Return the page's queue with what pages may use from the script's first moment on. The array stays the same: pages
 * keep references to it.
 * @param {{dastra?: any}} page `window`
 * @param {string} version The SDK's version, for pages to read.
 */
export function prepared(page, version) {
  const queue = list(page.dastra);
  return (page.dastra = Object.assign(queue, {version, openCookieConsent: () => queue.push(['openCookieConsent'])}));
}

/**
 * Run the commands pushed so far in order, and later ones at once.
 * @param {unknown[]} queue
 * @param {Record<string, (...values: any[]) => void>} commands
 */
export function listen(queue, commands) {
  /** @param {unknown} command */
  function run(command) {
    if (typeof command === 'function') return call(command);
    const [name, ...values] = parts(command);
    if (!Object.hasOwn(commands, name)) return warn(`Not a command: ${String(name)}`);
    call(commands[name], ...values);
  }

  for (const command of queue) call(run, command); // a command may push another, which runs after the others
  queue.length = 0;
  queue.push = (...pushed) => {
    for (const command of pushed) call(run, command);
    return 0;
  };
}

/** Whether an SDK runs already, because the page includes the script twice. @param {unknown} queue */
export const isHeard = queue => Object.hasOwn(list(queue), 'push');
