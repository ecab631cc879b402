"""Have two third-party auditors look at pages: ``auditors.py CHROMIUM URL …``. Runs in ``.venv-audit``.

Prints JSON: the contacted hosts and the cookies by auditor, before any choice and after a refusal.
"""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from urllib.parse import urlsplit

from consentcrawl import crawl
from cookieradar import scanner
from playwright.async_api import Browser, BrowserType, async_playwright

# No request leaves this machine: that a page tries is enough.
FLAGS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
LAUNCH = BrowserType.launch

# consentcrawl knows its consent managers from a list, and presses what stands there: this one refuses.
REFUSAL = [{"id": "ours", "actions": [{"type": "css-selector", "value": "#dastra-consent-window .refuse-all"}]}]


def use(chromium: str) -> None:
    """Both launch the browser that Playwright would download: let it be this one."""

    async def launch(self: BrowserType, **_: object) -> Browser:
        return await LAUNCH(self, headless=True, executable_path=chromium, args=FLAGS)

    BrowserType.launch = launch  # type: ignore[method-assign] # Playwright has no setting for it
    crawl.get_consent_managers = lambda: REFUSAL


async def cookieradar(url: str) -> dict[str, object]:
    """Clean sessions; the refusal is followed by a reload, and only what comes then counts."""
    result = await scanner.scan(url)
    for session in (result.pre_consent, result.post_reject):
        if session.error:
            raise RuntimeError(session.error)
    return {
        "refused": result.post_reject.consent_clicked,
        "before": session_of(result.pre_consent),
        "after": session_of(result.post_reject),
        "accepted": session_of(result.post_accept),
    }


def session_of(session: scanner.SessionResult) -> dict[str, object]:
    hosts = {request.host for request in session.external} | {
        urlsplit(tracker.url).hostname for tracker in session.trackers
    }
    return {"hosts": sorted(hosts), "cookies": cookie_names(session.cookies)}


def cookie_names(cookies: Iterable[Mapping[str, str]]) -> list[str]:
    return sorted(cookie["name"] for cookie in cookies)


async def consentcrawl(url: str) -> dict[str, object]:
    """One session: before the button is pressed, and all of it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch()
        found = await crawl.crawl_url(url, browser, tracking_domains_list=scanner.TRACKER_DOMAINS, screenshot=False)
        await browser.close()
    if found["status"] != "success":
        raise RuntimeError(found["status_msg"])
    return {
        "refused": found["consent_manager"].get("id") == "ours",
        "before": {
            "hosts": sorted(found["third_party_domains_no_consent"]),
            "cookies": cookie_names(found["cookies_no_consent"]),
        },
        "after": {"hosts": sorted(found["third_party_domains_all"]), "cookies": cookie_names(found["cookies_all"])},
    }


async def main(chromium: str, *urls: str) -> None:
    use(chromium)
    auditors = {"cookieradar": cookieradar, "consentcrawl": consentcrawl}
    found = [
        {"auditor": f"{name} {version(name)}", "url": url, **await audit(url)}
        for url in urls
        for name, audit in auditors.items()
    ]
    print(json.dumps(found))


asyncio.run(main(*sys.argv[1:]))
