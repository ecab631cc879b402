import {StrictMode, useEffect, useState} from 'react';
import {createRoot} from 'react-dom/client';
import {load, openCookieConsent} from 'consent-platform';
import {ConsentFrame, useConsent} from 'consent-platform/react';

const {host, key, widget, film} = Object.fromEntries(new URLSearchParams(location.search));

function App() {
  const [isReady, setReady] = useState('loading');
  const [service, setService] = useState('youtube');
  useEffect(() => {
    load({host, key, widgetId: widget}).then(
      ({consent}) => setReady(`ready ${consent.hasConsented()}`),
      () => setReady('unavailable'),
    );
  }, []);
  return (
    <main>
      <p id="state">{isReady}</p>
      <p id="chat">{String(useConsent('drift'))}</p>
      <ConsentFrame
        service={service}
        buttonLabel={`Show ${service}`}
        src={film}
        title="A film"
        width="320"
        height="180"
      >
        <p>YouTube learns that you watch it.</p>
      </ConsentFrame>
      <button id="other" onClick={() => setService('drift')}>
        Another film
      </button>
      <button id="settings" onClick={openCookieConsent}>
        Cookie settings
      </button>
    </main>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
