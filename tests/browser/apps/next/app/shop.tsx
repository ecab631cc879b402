'use client';

import {useEffect, useState} from 'react';
import {load, openCookieConsent, type CookieConsent} from 'consent-platform';
import {ConsentFrame, useConsent} from 'consent-platform/react';

export function Shop() {
  const [options, setOptions] = useState<Record<string, string>>({});
  const [isReady, setReady] = useState('loading');
  const [service, setService] = useState('youtube');
  useEffect(() => {
    const given = Object.fromEntries(new URLSearchParams(location.search));
    setOptions(given);
    load({host: given.host, key: given.key, widgetId: given.widget}).then(({consent}: CookieConsent) =>
      setReady(`ready ${consent.hasConsented()}`),
    );
  }, []);
  return (
    <>
      <p id="state">{isReady}</p>
      <p id="chat">{String(useConsent('drift'))}</p>
      <ConsentFrame
        service={service}
        buttonLabel={`Show ${service}`}
        src={options.film}
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
    </>
  );
}
