/** The file for widgets with policies or tags, and for visitors who opt out by a signal. */
import {consentMode} from './consent_mode.js';
import {handOver} from './handed_over.js';
import {Rules} from './rules.js';

handOver(() => /** @type {const} */ ([consentMode(), Rules]));
