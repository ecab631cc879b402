import {createApp, h, onMounted, ref} from 'vue';
import {load, openCookieConsent} from 'consent-platform';
import {ConsentFrame, useConsent} from 'consent-platform/vue';

const {host, key, widget, film} = Object.fromEntries(new URLSearchParams(location.search));

createApp({
  setup() {
    const isReady = ref('loading');
    const service = ref('youtube');
    const chat = useConsent('drift');
    onMounted(async () => {
      const {consent} = await load({host, key, widgetId: widget});
      isReady.value = `ready ${consent.hasConsented()}`;
    });
    const frame = {src: film, title: 'A film', width: 320, height: 180};
    return () =>
      h('main', [
        h('p', {id: 'state'}, isReady.value),
        h('p', {id: 'chat'}, String(chat.value)),
        h(ConsentFrame, {...frame, service: service.value, buttonLabel: `Show ${service.value}`}, () => h('p', 'YouTube learns that you watch it.')),
        h('button', {id: 'other', onClick: () => (service.value = 'drift')}, 'Another film'),
        h('button', {id: 'settings', onClick: openCookieConsent}, 'Cookie settings'),
      ]);
  },
}).mount('#root');
