import {hasConsent} from 'consent-platform';
import {Shop} from './shop';

export default function Page() {
  return (
    <main>
      <p id="server">{String(hasConsent('youtube'))}</p>
      <Shop />
    </main>
  );
}
