/** The file for pages that hold something: what releases it, and what stands for frames. */
import {handOver} from './handed_over.js';
import {prepare} from './late.js';
import {leave, place} from './placeholders.js';
import {release} from './release.js';
import {releaseScripts} from './scripts.js';

handOver(() => {
  prepare();
  return [releaseScripts, place, leave, release];
});
