/** Consent for Vue: a composable, and a frame that waits for it. */
import type {DefineComponent, IframeHTMLAttributes, MaybeRefOrGetter, Ref} from 'vue';

/** Whether a service has consent: false until that is known, and on the server. A ref or a getter is followed. */
export function useConsent(service: MaybeRefOrGetter<string>): Readonly<Ref<boolean>>;

/**
 * A frame that is drawn with consent. Before, it is a box of its size with the slot's content and a button that has
 * `buttonLabel` and consents to `service`. While the widget is unavailable, it has a sentence and a link to the content
 * instead.
 */
export const ConsentFrame: DefineComponent<{service: string; buttonLabel: string} & IframeHTMLAttributes>;
