"""Let others audit the shop: ``make audit``. Prints what they find as Markdown; fails if they find anything.

Three pages: the demo shop; a page with the tags of well-known companies in blocked form; and the same page with these
tags as they are sold, so that the silence about the others means something.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_ops.stack import Stack
from local import ROOT
from local.embedded_aws import DEMO_WIDGETS
from tests.browser.third_party import Site
from tests.local_process import LocalStack, running

WIDGET = 1001
DEFINITION: dict[str, Any] = json.loads(DEMO_WIDGETS[0].read_text("utf-8"))
TAGS = {
    "analytics": "https://www.googletagmanager.com/gtag/js?id=G-1",
    "ads": "https://securepubads.g.doubleclick.net/tag/js/gpt.js",
    "social": "https://connect.facebook.net/en_US/fbevents.js",
    "heatmap": "https://static.hotjar.com/c/hotjar-1.js",
}
PIXEL = "https://www.facebook.com/tr?id=1&ev=PageView"
FILM = "https://www.youtube.com/embed/1"
COOKIE = "document.cookie = '_ga=GA1.1.1.1; Path=/';"
SERVICES = [
    *({"name": slug.title(), "slug": slug, "purpose": "Marketing"} for slug in ("ads", "social", "heatmap", "films")),
    {"name": "Analytics", "slug": "analytics", "purpose": "Analytical", "cookies": [{"name": "_ga"}]},
]


def blocked() -> str:
    held = "".join(
        f'<script type="dastra/script" data-consent="{slug}" data-src="{url}" async></script>'
        for slug, url in TAGS.items()
    )
    return f"""{held}<script type="dastra/script" data-consent="analytics">{COOKIE}</script>
      <img alt="" data-consent="social" data-src="{PIXEL}">
      <iframe title="A film" data-consent="films" data-blocked-src="{FILM}" width="320" height="180"></iframe>"""


def plain() -> str:
    sold = "".join(f'<script src="{url}" async></script>' for url in TAGS.values())
    return f"""{sold}<script>{COOKIE}</script><img alt="" src="{PIXEL}">
      <iframe title="A film" src="{FILM}" width="320" height="180"></iframe>"""


def pages(stack: LocalStack, site: Site) -> dict[str, str]:
    """The addresses of what is audited, by what it is."""
    definition = {**DEFINITION, "id": WIDGET, "services": SERVICES}
    publish(
        Stack(stack.aws).widgets(), definition_from_json(json.dumps(definition)), actor="audit", now=datetime.now(UTC)
    )
    return {
        "the demo shop": stack.shop,
        "well-known tags, blocked": site.page(WIDGET, blocked()),
        "well-known tags, plain": site.page(WIDGET, plain()),
    }


def findings(urls: list[str]) -> list[dict[str, Any]]:
    python = ROOT / ".venv-audit" / "bin" / "python"
    chromium = subprocess.check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True).strip()  # noqa: S603
    script = Path(__file__).with_name("auditors.py")
    command: list[Path | str] = [python, "-Wignore::SyntaxWarning", script, chromium, *urls]
    printed = subprocess.check_output(command, text=True)  # noqa: S603 - ours
    found: list[dict[str, Any]] = json.loads(printed)
    return found


def foreign(session: dict[str, list[str]]) -> list[str]:
    """Hosts that are not ours, and cookies that are not the consent's."""
    hosts = [host for host in session["hosts"] if not host.startswith(("127.0.0.1", "localhost"))]
    return hosts + [f"cookie {name}" for name in session["cookies"] if name != "euconsent"]


def row(page: str, found: dict[str, Any]) -> str:
    cells = [page, found["auditor"]]
    for session in ("before", "after"):
        cells.append(", ".join(foreign(found[session])) or "nothing")
    return f"| {' | '.join(cells)} |"


def is_as_it_should_be(page: str, found: dict[str, Any]) -> bool:
    if not found["refused"]:
        return False
    contacts = foreign(found["before"]) + foreign(found["after"])
    return bool(contacts) is ("plain" in page)


def main() -> int:
    with running() as stack:
        site = Site(stack.api, DEFINITION["keys"][0])
        named = pages(stack, site)
        found = findings(list(named.values()))
        site.close()
    names = {url: page for page, url in named.items()}
    print(
        f"{datetime.now(UTC):%Y-%m-%d}\n\n| Page | Auditor | Before any choice | After a refusal |\n|---|---|---|---|"
    )
    for each in found:
        print(row(names[each["url"]], each))
    return 0 if all(is_as_it_should_be(names[each["url"]], each) for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
