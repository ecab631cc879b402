/** The file that shows proofs to people. */
import {handOver} from './handed_over.js';
import {receipts} from './receipts.js';

handOver(() => /** @type {const} */ ([receipts]));
