/** Consent for Vue: a composable, and a frame that waits for it. */
import {defineComponent, h, onMounted, onUnmounted, readonly, ref} from 'vue';
import {consentTo, hasConsent, isUnavailable, onConsentChange} from './index.js';
import {outageOf} from './outage.js';

/** @type {typeof import('./vue.js').useConsent} */
export const useConsent = service => useAnswer(service, () => hasConsent(service));

/** @param {string} service @param {() => boolean} ask */
function useAnswer(service, ask) {
  const answer = ref(false);
  const update = () => {
    answer.value = ask();
  };
  /** @type {() => void} */
  let end;
  onMounted(() => {
    end = onConsentChange(service, update);
    update();
  });
  onUnmounted(() => end());
  return readonly(answer);
}

/** @type {typeof import('./vue.js').ConsentFrame} */
export const ConsentFrame = defineComponent({
  inheritAttrs: false,
  props: {service: {type: String, required: true}, buttonLabel: {type: String, required: true}},
  setup({service, buttonLabel}, {attrs, slots}) {
    const consent = useConsent(service);
    const isLost = useAnswer(service, isUnavailable);
    return () => (consent.value ? h('iframe', attrs) : placeholder(attrs));

    /** @param {Record<string, unknown>} attributes */
    function placeholder({class: names, style, width, height}) {
      const button = () => h('button', {type: 'button', onClick: () => consentTo(service)}, buttonLabel);
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
