"""A dossier for readers: a page to hand on, which is one file without scripts and requests, or a part of another page.

Text from visitors and owners is isolated and escaped (``pages``), except the markup of texts in its normal form.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from string import ascii_uppercase
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from consent_core.catalogue import Purpose
from consent_core.proofs import NOT_REFUSED, is_consent
from consent_core.publishing import texts
from consent_core.reports import pages
from consent_core.reports.pages import ACTIONS, foreign
from consent_core.reports.printable import escaped

_EITHER = "not recorded: both screens have this button"
SCREENS = {
    "AcceptAll": _EITHER,
    "RefuseAll": _EITHER,
    "Selection": "not recorded: the second screen saves a selection, and so does a button in place of blocked content",
}
"""The screen of a decision, by its action, which names none for sure."""

SIGNALS = {"gpc": "Global Privacy Control", "dnt": "Do Not Track"}
DEVICES = ("unknown", "mobile", "desktop", "tablet")
CONTROLLER = {
    "address": "Its address",
    "contact": "Its contact",
    "dataProtectionOfficer": "Data protection officer",
}
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
MARKS = {True: "holds", False: "fails", None: "open"}

type Drawn = Callable[[Mapping[str, Any], str], Markup]
"""Draws a screen, ``first`` or ``settings``, of an element of the dossier's ``shown``."""


def page(dossier: Mapping[str, Any]) -> str:
    """Return the page of a dossier (``consent_core.dossier.claims``)."""
    style = pages.style_of("dossier")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template("dossier.html")
        .render(
            _values(dossier, lambda *_: Markup()),
            is_folded=False,
            style=style,
            style_hash=f"sha256-{digest}",
        )
    )


def parts(dossier: Mapping[str, Any], drawn: Drawn) -> Markup:
    """Return the sections of a dossier's page. Pictures stand before texts; stored JSON is folded away."""
    rendered = _environment().get_template("dossier_parts.html").render(_values(dossier, drawn), is_folded=True)
    return Markup(rendered)  # noqa: S704 - our own template has escaped it


def _values(dossier: Mapping[str, Any], drawn: Drawn) -> dict[str, Any]:
    claims = [claim for decision in dossier["decisions"] for claim in decision["claims"]]
    entries = [each for decision in dossier["decisions"] for each in decision["proof"]["consents"]["cookieConsents"]]
    return {
        **dossier,
        "drawn": drawn,
        "has_defaults": any(NOT_REFUSED in entry for entry in entries),
        "tally": {mark: sum(MARKS[claim["holds"]] == mark for claim in claims) for mark in MARKS.values()},
    }


def _environment() -> Environment:
    environment = pages.environment()
    environment.globals.update(
        actions=ACTIONS,
        screens=SCREENS,
        devices=DEVICES,
        marks=MARKS,
        controller_words=CONTROLLER,
        letter=_letter,
        right_to_left=RIGHT_TO_LEFT,
    )
    environment.filters.update(rich=_rich, link=_link, moment=_moment, day=_day, purpose=_purpose, json=_json)
    environment.filters["signals"] = _signals
    environment.tests["consent"] = is_consent
    return environment


def _rich(text: str | None) -> Markup:
    """Return a text with links and emphasis if it could have been published; otherwise escape it."""
    try:
        published = texts.rich(text or "")
    except ValueError:
        return foreign(text)
    return foreign(Markup(published) if published == text else text)  # noqa: S704 - texts.rich leaves no other markup


def _link(url: str) -> Markup:
    """Return a link if the URL could have been published; otherwise escape it."""
    try:
        texts.https_url(url)
    except ValueError:
        return foreign(url)
    return Markup('<a class="plain" href="{0}">{0}</a>').format(url)


def _moment(written: str) -> str:
    return f"{_day(written)}, {datetime.fromisoformat(written):%H:%M:%S} UTC"


def _day(written: str) -> str:
    moment = datetime.fromisoformat(written)
    return f"{moment.day} {moment:%B %Y}"


def _purpose(number: int) -> str:
    return Purpose(number).label


def _signals(signals: Mapping[str, bool]) -> str:
    on = [words for name, words in SIGNALS.items() if signals.get(name)]
    return " and ".join(on) or "none was on"


def _json(value: object) -> str:
    return escaped(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def _letter(index: int) -> str:
    return ascii_uppercase[index] if index < len(ascii_uppercase) else str(index + 1)
