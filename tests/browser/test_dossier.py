"""A dossier in a real browser: without scripts and requests, and accessible."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from consent_core.dossier.claims import Evidence, dossier_of
from consent_core.reports.dossier import page as written
from tests.browser.conftest import Json
from tests.browser.test_accessibility import PHONE, RULES
from tests.dossiers import NOW, evidence, kept, proof
from tests.unit.test_dossier_page import hostile

DESKTOP: Json = {"viewport": {"width": 1280, "height": 900}}
TROUBLED = evidence(stored=[proof(erasedAt="2026-11-25T12:00:00.000Z")], kept=[kept(proof(), is_unchanged=False)])

type Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opened:
    """Open a dossier as its recipient does. Its requests, console messages and dialogs are in ``asked``."""

    def page_of(given: Evidence, asked: list[str], **options: object) -> Page:
        file = tmp_path / "dossier.html"
        file.write_text(written(dossier_of(given, NOW)), "utf-8")
        chosen: Json = {**DESKTOP, **options}
        page = browser.new_context(**chosen).new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: asked.append(message.text))
        page.on("dialog", lambda dialog: asked.append(dialog.message))
        page.goto(file.as_uri())
        asked.remove(file.as_uri())
        return page

    return page_of


def findings(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    return [f"{fault['id']}: {node['target']} {node['html'][:120]}" for fault in found for node in fault["nodes"]]


@pytest.mark.parametrize("given", [evidence(), TROUBLED], ids=["whole", "troubled"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_the_page_asks_for_nothing(
    opened: Opened, given: Evidence, scheme: str, device: Json
) -> None:
    asked: list[str] = []
    page = opened(given, asked, color_scheme=scheme, bypass_csp=True, **device)  # axe is a script

    assert findings(page) == []
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("text", ["<img src='https://evil.test/x' onerror='alert(1)'>", "<script>alert(1)</script>"])
def test_foreign_text_is_shown_and_never_executed(opened: Opened, text: str) -> None:
    asked: list[str] = []
    page = opened(hostile(text), asked, bypass_csp=True)  # escaping alone must be enough

    assert asked == []
    assert page.get_by_text(text, exact=True).first.is_visible()


FETCH_AND_RUN = """() => new Promise(done => {
  const script = document.createElement('script');
  script.text = 'document.title = 1';
  const image = new Image();
  image.onerror = done;
  image.src = 'https://evil.test/x';
  document.body.append(script, image);
})"""


def test_the_policy_allows_neither_scripts_nor_requests(opened: Opened) -> None:
    asked: list[str] = []
    page = opened(evidence(), asked)

    page.evaluate(FETCH_AND_RUN)

    refused = [each for each in asked if "violates the following Content Security Policy" in each]
    assert (page.title(), len(refused)) == ("Consent dossier", 2)


def test_it_prints_on_a4_in_the_light(opened: Opened) -> None:
    page = opened(evidence(), [], color_scheme="dark")
    page.emulate_media(media="print")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    (size, *_others) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
    assert [round(float(points)) for points in size] == [595, 842]
