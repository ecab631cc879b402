"""The npm package: from a page's own module, and in applications that other companies' tools build."""

import os
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256, sha384
from pathlib import Path
from shutil import copytree, ignore_patterns
from subprocess import run
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, Route, expect

from local import ROOT
from tests.browser.conftest import KEY, Publish, Visitor, part, settled
from tests.browser.third_party import ThirdParty
from tests.matrices import sampled

SDK = ROOT / "functions" / "widget_sdk" / "dastra.js"
PACKAGE = ROOT / "sdk" / "package"
APPS = ROOT / "tests" / "browser" / "apps"

# How each application is built from its folder, and where the result is.
BUILDS = {
    "react": (("../node_modules/.bin/vite", "build", "--base", "./"), "dist"),
    "vue": (("../node_modules/.bin/vite", "build", "--base", "./"), "dist"),
    "next": (("../node_modules/.bin/next", "build"), "out"),
}


def test_a_page_loads_a_pinned_build_by_the_package_under_a_policy_of_nonces(
    visitor: Visitor, publish: Publish
) -> None:
    page = visitor.context.new_page()
    file = SDK.read_bytes()
    build, integrity = sha256(file).hexdigest()[:16], b64encode(sha384(file).digest()).decode()
    policy = f"script-src 'nonce-n1' 'self'; connect-src {visitor.stack.api}"
    options = f"""{{host: '{visitor.stack.api}', key: '{KEY}', widgetId: {publish()}, nonce: 'n1',
      build: '{build}', integrity: 'sha384-{integrity}'}}"""
    html = f"""<!doctype html><html lang="en"><title>A page</title><body><script type="module" nonce="n1">
      import {{load, openCookieConsent}} from './package/index.js';
      openCookieConsent();
      const {{consent}} = await load({options});
      document.title = `consented: ${{consent.hasConsented()}}`;
    </script>"""
    headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
    page.route("**/own-page", lambda route: route.fulfill(body=html, headers=headers))
    serve(page, "package", PACKAGE)
    page.goto(f"{visitor.stack.shop}/own-page")

    expect(part(page, "window")).to_be_visible()
    expect(page).to_have_title("consented: false")
    assert [request.url for request in visitor.requests if f"/sdk/{build}/dastra.js" in request.url]


def serve(page: Page, path: str, folder: Path) -> None:
    """Serve a folder's files under a path of every site."""

    def answer(route: Route) -> None:
        name = route.request.url.partition(f"/{path}/")[2].partition("?")[0]
        route.fulfill(path=folder / (name or "index.html"))

    page.route(f"**/{path}/**", answer)


def command(*arguments: str, folder: Path) -> None:
    run(arguments, cwd=folder, check=True, env={**os.environ, "NEXT_TELEMETRY_DISABLED": "1"})  # noqa: S603 - ours


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build an application, as its developer does: the package is installed from its file."""
    folder = copytree(APPS, tmp_path_factory.mktemp("apps") / "apps", ignore=ignore_patterns("node_modules"))
    command("node", "pack.js", str(folder), folder=ROOT / "sdk")
    command("npm", "ci", "--ignore-scripts", "--loglevel=error", folder=folder)
    (package,) = folder.glob("*.tgz")
    command("npm", "install", "--no-save", "--ignore-scripts", "--loglevel=error", f"./{package.name}", folder=folder)

    def build(name: str) -> Path:
        arguments, result = BUILDS[name]
        command(*arguments, folder=folder / name)
        return folder / name / result

    return build


@pytest.mark.parametrize("name", sampled(BUILDS, sample=0))
def test_an_application_asks_and_follows_the_visitor(
    visitor: Visitor, publish: Publish, third_party: ThirdParty, built: Callable[[str], Path], name: str
) -> None:
    page = visitor.context.new_page()
    serve(page, "app", built(name))
    film = third_party.url("films/film.html")
    query = {"host": visitor.stack.api, "key": KEY, "widget": publish(), "film": film}
    page.goto(f"{visitor.stack.shop}/app/?{urlencode(query)}")
    expect(page.locator("#state")).to_have_text("ready false")
    expect(part(page, "window")).to_be_visible()
    expect(page.locator("#chat")).to_have_text("false")
    box = page.get_by_text("YouTube learns").locator("..").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (320, 180)
    assert third_party.asked_by(page) == []

    page.get_by_role("button", name="Show youtube").focus()
    page.keyboard.press("Enter")
    third_party.has_been_asked_for("films/film.html")
    expect(page.locator("iframe")).to_have_attribute("width", "320")
    expect(page.locator("iframe")).to_be_focused()

    page.locator("#other").click()  # the same component gets another service, which has no consent
    expect(page.get_by_role("button", name="Show drift")).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)
    page.locator("#settings").click()
    part(page, "accept-all").click()
    expect(page.locator("#chat")).to_have_text("true")
    page.locator("#settings").click()
    part(page, "refuse-all").click()
    expect(page.locator("#chat")).to_have_text("false")
    expect(page.locator("iframe")).to_have_count(0)
    settled(page)

    assert visitor.asked.count("GET settings") == 1
    assert visitor.said("warning") == []
