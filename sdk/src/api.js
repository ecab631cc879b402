/** The API for pages: `window.dastra.cookieConsent`, and the argument of `cookieReady`. */

/**
 * @param {import('./consent.js').Consent} consent
 * @param {object} widget The actions behind the page's calls.
 * @param {(isOpen: boolean) => void} widget.showWindow Open the window, or close it.
 * @param {() => void} widget.carryOut Apply the current choices, and dispatch the events.
 * @param {(choices: Choices) => void} widget.saveChoices
 * @returns {import('../dastra.js').CookieConsent}
 */
export function pageApi(consent, {showWindow, carryOut, saveChoices}) {
  /** @param {string} slug @param {boolean} choice */
  const setServiceConsent = (slug, choice) =>
    consent.set(
      consent.services.filter(service => service.slug === slug),
      choice,
    );
  return {
    consent: {
      open: () => showWindow(true),
      close: () => showWindow(false),
      getAllConsents: () => consent.allConsents,
      hasConsented: () => consent.hasConsented,
      getPurposeConsent: purpose => {
        const services = consent.servicesOf(purpose);
        return services.length > 0 && services.every(({slug}) => consent.current[slug]);
      },
      setPurposeConsent: (purpose, choice) => consent.set(consent.servicesOf(purpose), choice),
      getServiceConsent: slug => consent.current[slug] === true,
      setServiceConsent,
      setServicePurpose: setServiceConsent, // the documentation's other name
      save: () => saveChoices(consent.current),
      dispatchEvent: () => {
        consent.applyForPageView();
        carryOut();
      },
    },
  };
}
