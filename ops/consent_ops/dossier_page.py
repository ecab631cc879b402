"""A dossier as a page to hand on: one file without scripts and requests, for the screen and for A4.

Text from visitors and owners is escaped, except the markup of texts (``texts.rich``) in its normal form.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from consent_core.catalogue import Purpose
from consent_core.publishing import texts

TEMPLATES = Path(__file__).with_name("templates")

ACTIONS = {
    "AcceptAll": "Accept all",
    "RefuseAll": "Refuse all",
    "Selection": "A selection",
    "Api": "By the page’s own code",
    "Signal": "By a signal of the browser (GPC, Do Not Track)",
}
DEVICES = ("unknown", "mobile", "desktop", "tablet")
MARKS = {True: "holds", False: "fails", None: "open"}


def page(dossier: Mapping[str, Any]) -> str:
    """Return the page of a dossier (``consent_core.dossier.claims``)."""
    style = (TEMPLATES / "dossier.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    claims = [claim for decision in dossier["decisions"] for claim in decision["claims"]]
    return (
        _environment()
        .get_template("dossier.html")
        .render(
            dossier,
            style=Markup(style),  # noqa: S704 - our own file
            style_hash=f"sha256-{digest}",
            tally={mark: sum(MARKS[claim["holds"]] == mark for claim in claims) for mark in MARKS.values()},
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(actions=ACTIONS, devices=DEVICES, marks=MARKS, letter=_letter)
    environment.filters.update(rich=_rich, link=_link, moment=_moment, day=_day, purpose=_purpose, json=_json)
    return environment


def _rich(text: str | None) -> Markup:
    """Return a text with links and emphasis if it could have been published; otherwise escape it."""
    try:
        published = texts.rich(text or "")
    except ValueError:
        return escape(text)
    return Markup(published) if published == text else escape(text)  # noqa: S704 - texts.rich leaves no other markup


def _link(url: str) -> Markup:
    """Return a link if the URL could have been published; otherwise escape it."""
    try:
        texts.https_url(url)
    except ValueError:
        return escape(url)
    return Markup('<a class="plain" href="{0}">{0}</a>').format(url)


def _moment(written: str) -> str:
    return f"{_day(written)}, {datetime.fromisoformat(written):%H:%M:%S} UTC"


def _day(written: str) -> str:
    moment = datetime.fromisoformat(written)
    return f"{moment.day} {moment:%B %Y}"


def _purpose(number: int) -> str:
    return Purpose(number).label


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _letter(index: int) -> str:
    return ascii_uppercase[index] if index < len(ascii_uppercase) else str(index + 1)
