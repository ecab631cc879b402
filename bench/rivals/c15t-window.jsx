// c15t's window as its React quickstart has it, without a backend.
import {ConsentBanner, ConsentDialog, ConsentManagerProvider} from '@c15t/react';
import '@c15t/react/styles.css';
import {createRoot} from 'react-dom/client';

const options = {mode: 'offline', consentCategories: ['necessary', 'measurement', 'marketing'], overrides: {country: 'DE'}};
const root = document.body.appendChild(document.createElement('div'));
createRoot(root).render(
  <ConsentManagerProvider options={options}>
    <ConsentBanner />
    <ConsentDialog />
  </ConsentManagerProvider>,
);
