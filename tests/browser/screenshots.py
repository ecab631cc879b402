"""Take the pictures of docs/images: ``make screenshots``."""

from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import check_output

from playwright.sync_api import Browser, Page, expect, sync_playwright

from consent_core.dossier import dossier_of
from local import ROOT
from ops.dossier import page as dossier_page
from tests.browser.conftest import FLAGS, Json, part
from tests.dossiers import NOW, evidence
from tests.local_process import running

IMAGES = ROOT / "docs" / "images"
DESKTOP: Json = {"viewport": {"width": 1280, "height": 800}}
PHONE: Json = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}


def main() -> None:
    """Both screens, on a desktop and a phone; the first one also in the dark; and a dossier."""
    IMAGES.mkdir(exist_ok=True)
    with running() as stack, browser() as chromium:
        for name, options in (("desktop", DESKTOP), ("phone", PHONE), ("dark", {**DESKTOP, "color_scheme": "dark"})):
            page = opened(chromium, stack.shop, options)
            take(page, f"{name}-first")
            if name != "dark":
                part(page, "settings").click()
                part(page, "view-services").nth(1).click()
                take(page, f"{name}-second")
        page = chromium.new_page(**DESKTOP)
        page.set_content(dossier_page(dossier_of(evidence(), NOW)))
        take(page, "dossier")


@contextmanager
def browser() -> Iterator[Browser]:
    found = check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True).strip()  # noqa: S603 - ours
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


def opened(chromium: Browser, shop: str, options: Json) -> Page:
    page = chromium.new_context(locale="en-GB", reduced_motion="reduce", **options).new_page()
    page.goto(shop)
    expect(part(page, "window")).to_be_visible()
    page.evaluate("document.fonts.ready")
    return page


def take(page: Page, name: str) -> None:
    page.evaluate("document.activeElement?.blur()")  # no focus ring in a picture
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
