/** Consent for Vue: a composable, and a frame that waits for it. */
import {defineComponent, h, onMounted, onUnmounted, readonly, ref, toValue, watch} from 'vue';
import {consentTo, hasConsent, isUnavailable, onConsentChange} from './index.js';
import {outageOf} from './outage.js';

/** @type {typeof import('./vue.js').useConsent} */
export const useConsent = service => useAnswer(service, hasConsent);

/**
 * Return the answer for a service, which may be another one later. A component may be reused for other content, so the
 * answer for the one before must not stay until the next tick.
 * @param {import('vue').MaybeRefOrGetter<string>} service
 * @param {(service: string) => boolean} ask
 */
function useAnswer(service, ask) {
  const answer = ref(false);
  let end = () => {};
  const follow = (/** @type {string} */ slug) => {
    end();
    const update = () => void (answer.value = ask(slug));
    end = onConsentChange(slug, update);
    update();
  };
  // Only once mounted: until then a page that a server has drawn is the same here.
  onMounted(() => watch(() => toValue(service), follow, {immediate: true, flush: 'sync'}));
  onUnmounted(() => end());
  return readonly(answer);
}

/** @type {typeof import('./vue.js').ConsentFrame} */
export const ConsentFrame = defineComponent({
  inheritAttrs: false,
  props: {service: {type: String, required: true}, buttonLabel: {type: String, required: true}},
  setup(props, {attrs, slots}) {
    const service = () => props.service;
    const consent = useConsent(service);
    const isLost = useAnswer(service, isUnavailable);
    const frame = ref(/** @type {HTMLIFrameElement | null} */ (null));
    let isAsked = false;
    const ask = () => {
      isAsked = true;
      consentTo(props.service);
    };
    const focus = () => {
      if (isAsked) frame.value?.focus({preventScroll: true}); // the button has gone
      isAsked = false;
    };
    watch(consent, focus, {flush: 'post'});
    return () => (consent.value ? h('iframe', {...attrs, ref: frame}) : placeholder(attrs));

    /** @param {Record<string, unknown>} attributes */
    function placeholder({class: names, style, width, height}) {
      const button = () => h('button', {type: 'button', onClick: ask}, props.buttonLabel);
      return h(
        'div',
        {class: names, style: [{width: sized(width), height: sized(height)}, style]},
        isLost.value ? neutral(attrs) : [slots['default']?.(), button()],
      );
    }
  },
});

/** @param {{src?: string, title?: string}} frame */
function neutral(frame) {
  const {lang, text, href, name} = outageOf(frame);
  return [h('p', {lang}, text), href && h('a', {href}, name)];
}

/** An attribute's number is pixels. @param {any} value */
const sized = value => (value && Number.isFinite(Number(value)) ? `${value}px` : value);
