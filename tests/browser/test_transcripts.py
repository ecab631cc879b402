"""The window as a screen reader gets it: Chromium's accessibility tree as text, kept beside this file.

``make transcripts`` writes the files anew. Read the difference: each line is what somebody hears.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Json, Publish, Visitor, part
from tests.browser.third_party import SERVICES, Site, ThirdParty

FOLDER = Path(__file__).with_name("transcripts")
STATES = ("modal", "level", "checked", "expanded", "disabled", "invalid")
SILENT = {"InlineTextBox", "none", "generic", "ListMarker", "LineBreak"}
HIDDEN_VALUES = {False, "false", None}


def transcript(page: Page, role: str) -> str:
    """Return the first node of this role with all below it: role, name, description and states, indented."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    top = next(node for node in nodes if _value(node, "role") == role and not node["ignored"])
    return "\n".join(_lines(top, by_id, 0)) + "\n"


def _lines(node: Json, by_id: dict[str, Json], depth: int) -> Iterator[str]:
    role = _value(node, "role")
    is_said = not node["ignored"] and role not in SILENT
    if is_said:
        yield "  " * depth + " ".join(_said(node, str(role)))
    if role == "StaticText":
        return
    for child in node.get("childIds", ()):
        if child in by_id:
            yield from _lines(by_id[child], by_id, depth + is_said)


def _said(node: Json, role: str) -> Iterator[str]:
    yield role
    for what in ("name", "description"):
        if text := _value(node, what):
            yield f"“{text}”" if what == "name" else f"({text})"
    for each in node.get("properties", ()):
        value = each["value"].get("value")
        if each["name"] in STATES and (each["name"] in {"checked", "expanded"} or value not in HIDDEN_VALUES):
            yield f"{each['name']}={value}"


def _value(node: Json, what: str) -> object:
    return node.get(what, {}).get("value")


def first(page: Page) -> None:
    expect(part(page, "window")).to_be_visible()


def second(page: Page) -> None:
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()


def opened(page: Page) -> None:
    second(page)
    for each in part(page, "view-services").all():
        each.click()
    for each in part(page, "view-cookies").all():
        each.click()


SCREENS = {"first-screen": first, "second-screen": second, "second-screen-open": opened}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_read_as_before(
    visitor: Visitor, publish: Publish, pytestconfig: pytest.Config, name: str, language: str
) -> None:
    page = visitor.opens(publish(translations={}, languages=[language]), lang=language)
    first(page)
    SCREENS[name](page)
    compare(pytestconfig, f"{name}.{language}", transcript(page, "dialog"))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_placeholder_is_read_as_before(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, pytestconfig: pytest.Config, language: str
) -> None:
    frame = '<iframe data-consent="films" data-src="https://films.example/a" title="A film"></iframe>'
    page = site.opens(visitor, publish(services=SERVICES, translations={}, languages=[language]), frame)
    expect(page.locator(".dastra-blocking-iframe")).to_be_visible()
    compare(pytestconfig, f"placeholder.{language}", transcript(page, "group"))


def compare(config: pytest.Config, name: str, said: str) -> None:
    file = FOLDER / f"{name}.txt"
    if config.option.write_transcripts:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(said, "utf-8")
    assert said == file.read_text("utf-8")
