/** The command queue: `window.dastra`, an array before the SDK is there and the SDK's own ear from then on. */
import {call, list, warn} from './guard.js';

/**
 * Run what has been pushed, in order, and whatever will be. The array stays the same, for pages keep references to it.
 * @param {{dastra?: any}} page `window`
 * @param {Record<string, (...values: any[]) => void>} commands
 * @param {string} version The SDK's, for pages to read.
 */
export function listen(page, commands, version) {
  const queue = list(page.dastra);
  page.dastra = Object.assign(queue, {version});

  /** @param {unknown} command */
  function run(command) {
    if (typeof command === 'function') return call(command);
    const [name, ...values] = list(command);
    if (!Object.hasOwn(commands, name)) return warn(`Not a command: ${String(name)}`);
    call(commands[name], ...values);
  }

  for (const command of queue) call(run, command); // one of them may push another: its turn comes
  queue.length = 0;
  queue.push = (...pushed) => {
    for (const command of pushed) call(run, command);
    return 0;
  };
}

/** Whether an SDK listens already: the script is there twice. @param {unknown} queue */
export const isHeard = queue => Object.hasOwn(list(queue), 'push');
