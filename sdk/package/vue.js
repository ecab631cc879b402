/** Consent for Vue: a composable, and a frame that waits for it. */
import {defineComponent, h, onMounted, onUnmounted, readonly, ref} from 'vue';
import {consentTo, hasConsent, onConsentChange} from './index.js';

/** @type {typeof import('./vue.js').useConsent} */
export function useConsent(service) {
  const consent = ref(false);
  const update = () => {
    consent.value = hasConsent(service);
  };
  /** @type {() => void} */
  let end;
  onMounted(() => {
    end = onConsentChange(service, update);
    update();
  });
  onUnmounted(() => end());
  return readonly(consent);
}

/** @type {typeof import('./vue.js').ConsentFrame} */
export const ConsentFrame = defineComponent({
  inheritAttrs: false,
  props: {service: {type: String, required: true}, buttonLabel: {type: String, required: true}},
  setup({service, buttonLabel}, {attrs, slots}) {
    const consent = useConsent(service);
    return () => (consent.value ? h('iframe', attrs) : placeholder(attrs));

    /** @param {Record<string, unknown>} attributes */
    function placeholder({class: names, style, width, height}) {
      const button = h('button', {type: 'button', onClick: () => consentTo(service)}, buttonLabel);
      return h('div', {class: names, style: [{width: sized(width), height: sized(height)}, style]}, [
        slots['default']?.(),
        button,
      ]);
    }
  },
});

/** An attribute's number is pixels. @param {any} value */
const sized = value => (value && Number.isFinite(Number(value)) ? `${value}px` : value);
