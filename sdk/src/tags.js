/** The file for widgets that tell the tags of Google or Microsoft. */
import {consentMode} from './consent_mode.js';
import {handOver} from './handed_over.js';

handOver(consentMode);
