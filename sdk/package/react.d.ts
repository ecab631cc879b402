/** Consent for React: a hook, and a frame that waits for it. */
import type {ComponentProps, ReactElement} from 'react';

/** Whether a service has consent: false until that is known, and on the server. */
export function useConsent(service: string): boolean;

export interface ConsentFrameProps extends ComponentProps<'iframe'> {
  /** The slug of the service. */
  service: string;
  /** The words of the button that consents to this service. `children` are what stands above it. */
  buttonLabel: string;
}

/**
 * A frame that is drawn with consent; before, a box of its size with the children and a button. While the widget is
 * unavailable, the box has a sentence and a link to the content instead.
 */
export function ConsentFrame(props: ConsentFrameProps): ReactElement;
