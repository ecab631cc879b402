"""One picture of the window in every size, form and circumstance, for the eyes of whoever changes its style."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

from playwright.sync_api import Browser, Page, expect

from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_ops.stack import Stack
from local.embedded_aws import DEMO_WIDGETS
from tests.browser.conftest import Json, part
from tests.local_process import LocalStack

DEFINITION: Json = json.loads(DEMO_WIDGETS[0].read_text("utf-8"))
LONG = "Donaudampfschifffahrtsgesellschaftskapitän "
MANY = [
    {
        "name": f"Service {number}",
        "slug": f"s{number}",
        "purpose": ("Necessary", "Preference", "Analytical", "Marketing", "Other")[number % 5],
        "description": "Does what it says.",
        "privacyPolicyUrl": "https://service.example/privacy",
        "cookies": [{"name": f"c{number}", "expiryDays": 395}],
    }
    for number in range(30)
]


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: the screen, the browser's options, and what is different from the demo widget."""

    name: str
    size: tuple[int, int]
    screen: str = "first"
    options: Json = field(default_factory=dict)
    widget: Json = field(default_factory=dict)


def shots() -> Iterator[Shot]:
    """Yield the pictures in the order of the sheet."""
    for size in ((1280, 800), (768, 1024), (390, 844), (320, 568)):
        for scheme in ("light", "dark"):
            for screen in ("first", "second"):
                yield Shot(f"{size[0]}×{size[1]}, {scheme}", size, screen, {"color_scheme": scheme})
    desktop, phone = (1280, 800), (390, 844)
    yield Shot("open purposes", desktop, "open")
    yield Shot("open purposes", phone, "open")
    yield Shot("bar", desktop, widget={"layout": "Bar"})
    yield Shot("bar at the top", desktop, widget={"layout": "Bar", "position": "TopLeft"})
    yield Shot("centre over the page", desktop, widget={"position": "Center", "overlay": True})
    yield Shot("brand colours", desktop, widget=BRAND)
    yield Shot("brand colours, dark", desktop, "second", {"color_scheme": "dark"}, BRAND)
    for language in ("ar", "he", "ja", "th", "el", "hu"):
        yield Shot(f"{language}", phone, widget={"languages": [language]})
    yield Shot("Arabic", desktop, "second", widget={"languages": ["ar"]})
    yield Shot("200 %", (640, 400), options={"device_scale_factor": 2})
    yield Shot("400 %", (320, 200), options={"device_scale_factor": 4})
    yield Shot("400 %", (320, 200), "second", {"device_scale_factor": 4})
    yield Shot("forced colours", desktop, options={"forced_colors": "active"})
    yield Shot("forced colours", desktop, "second", {"forced_colors": "active"})
    yield Shot("30 services in 5 purposes", desktop, "open", widget={"services": MANY})
    yield Shot("very long texts", phone, widget=OVERLONG)
    yield Shot("very long texts", desktop, "second", widget=OVERLONG)
    yield Shot("after an answer", phone, "closed")


BRAND: Json = {"colorBtn": "#0b6e4f", "colorBtnSecondary": "#e3efe9", "colorPrimary": "#0b6e4f"}
OVERLONG: Json = {
    "translations": {
        "en": {
            "startupTitle": LONG * 2,
            "startupDisclaimer": LONG * 20,
            "innerDisclaimer": LONG * 12,
            "buttonAcceptAllLabel": LONG,
            "buttonLaterLabel": LONG,
            "buttonSettingsLabel": LONG,
        }
    }
}


def sheet(chromium: Browser, stack: LocalStack) -> bytes:
    """Take every picture and return the sheet as a JPEG."""
    cells = "".join(_cell(each, _taken(chromium, stack, number, each)) for number, each in enumerate(shots(), 1))
    page = chromium.new_page(viewport={"width": 1800, "height": 800})
    page.set_content(f"""<!doctype html><meta charset="utf-8"><style>
      body {{ display: flex; flex-wrap: wrap; gap: 16px; align-items: end; margin: 16px }}
      body {{ font: 13px sans-serif; background: #ccc }}
      figure {{ margin: 0 }} img {{ display: block; border: 1px solid #888 }}</style>{cells}""")
    return page.screenshot(full_page=True, type="jpeg", quality=60)


def _cell(shot: Shot, picture: bytes) -> str:
    height = 300 if shot.size[0] > shot.size[1] else 420
    source = base64.b64encode(picture).decode()
    name = escape(f"{shot.name} · {shot.screen}")
    image = f'<img height="{height}" src="data:image/png;base64,{source}" alt="">'
    return f"<figure>{image}<figcaption>{name}</figcaption></figure>"


def _taken(chromium: Browser, stack: LocalStack, number: int, shot: Shot) -> bytes:
    widget = 9_000_000 + number
    changes = {"translations": {}, "languages": ["en"], **shot.widget}
    definition = definition_from_json(json.dumps({**DEFINITION, **changes, "id": widget}))
    publish(Stack(stack.aws).widgets(), definition, actor="contact sheet", now=datetime.now(UTC))
    width, height = shot.size
    options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce", **shot.options}
    page = chromium.new_context(**options).new_page()
    page.goto(f"{stack.shop}/?widget={widget}&key={DEFINITION['keys'][0]}")
    expect(part(page, "window")).to_be_visible()
    _go_to(page, shot.screen)
    page.evaluate("document.activeElement?.blur()")  # no focus ring in a picture
    taken = page.screenshot()
    page.context.close()
    return taken


def _go_to(page: Page, screen: str) -> None:
    if screen == "closed":
        part(page, "refuse-all").click()
        expect(part(page, "window")).to_be_hidden()
    elif screen != "first":
        part(page, "settings").click()
        expect(part(page, "save")).to_be_visible()
    if screen == "open":
        for each in part(page, "view-services").all()[1:3]:
            each.click()
