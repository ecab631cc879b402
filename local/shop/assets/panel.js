// The panel "What is kept": cookie, storage and proof, shown live.
"use strict";

const SERVICES = ["analytics", "drift", "youtube"];
const shown = {kept: ""};

const show = (id, text) => { document.getElementById(id).textContent = text; };

const pretty = text => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function consentCookies() {
  const cookies = document.cookie.split("; ").map(cookie => cookie.split("=").map(decoded));
  return cookies.filter(([, value]) => value?.startsWith("{")).map(([name, value]) => `${name}\n${pretty(value)}`).join("\n");
}

function stored() {
  return Object.keys(localStorage).filter(name => name.startsWith("dastra-")).sort()
    .map(name => `${name}\n${pretty(localStorage[name])}`).join("\n\n");
}

async function proof() {
  const {consentId} = JSON.parse(localStorage[`dastra-consents:${window.dastra?.widgetId}`] ?? "{}");
  if (!consentId) return "none";
  const body = JSON.stringify({consentId});
  const answer = await fetch("/proofs", {method: "POST", headers: {"content-type": "application/json"}, body});
  const history = await answer.json();
  return history.sort((a, b) => b.date.localeCompare(a.date)).map(each => JSON.stringify(each, null, 2)).join("\n\n") || "none";
}

async function refresh() {
  show("cookie", consentCookies() || "none");
  const kept = stored();
  if (kept === shown.kept) return;
  shown.kept = kept;
  show("storage", kept || "nothing");
  show("proof", await proof().catch(error => `cannot be shown: ${error.message}`));
}

function verdict(service, verdict) {
  const says = document.querySelector(`[data-service="${service}"]`);
  says.dataset.verdict = verdict;
  says.querySelector("span").textContent = verdict;
}

const VERDICTS = {consent: "consented", refused: "refused"};
for (const service of SERVICES)
  for (const [told, says] of Object.entries(VERDICTS)) addEventListener(`dastra:${told}:${service}`, () => verdict(service, says));
// What was told before this script was there.
for (const {event} of window.dataLayer ?? []) {
  const [, told, service] = /^dastra:(consent|refused):(.+)$/.exec(event) ?? [];
  if (SERVICES.includes(service)) verdict(service, VERDICTS[told]);
}

document.getElementById("privacy-settings").addEventListener("click", () => {
  window.dastra = window.dastra || [];
  window.dastra.push(["cookieReady", manager => manager.consent.open()]);
});

setInterval(() => void refresh(), 500);
void refresh();
