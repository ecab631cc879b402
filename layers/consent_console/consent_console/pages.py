"""Pages: Jinja templates, and answers with the headers that keep a page to itself.

The templates escape what others wrote. A page runs the console's own scripts alone (CSP with a nonce, Trusted
Types), stores nothing in a cache, and cannot be framed.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from consent_core.http import Response
from consent_core.reports.pages import TEMPLATES

HERE = Path(__file__).parent

ASSETS = {
    "console.css": "text/css; charset=utf-8",
    "dossier_parts.css": "text/css; charset=utf-8",
    "statistics_parts.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "export.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "hx-csp.min.js": "text/javascript; charset=utf-8",
    "preview.css": "text/css; charset=utf-8",
    "preview.js": "text/javascript; charset=utf-8",
    "consent-platform.php": "application/octet-stream",
    "consent-platform.tpl": "application/octet-stream",
}
"""The files beside the pages, with their types. Browsers save the last two: the plugin and the template for owners."""

_OF_REPORTS = frozenset({"dossier_parts.css", "statistics_parts.css"})
"""Those of parts of a page that are reports of their own, too."""

_OF_PREVIEWS = frozenset({"preview.css", "preview.js"})
"""Those of a preview, whose page has no origin: the browser would refuse it a file of the same origin alone."""

_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}


_BESIDE = {"hx-retarget": "#session", "hx-reselect": "#session", "hx-reswap": "outerHTML"}
"""Htmx puts the refusal into its place above the page, whatever the form has asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a template. ``values`` are what it shows. ``cookies`` are complete Set-Cookie values.

    A page that is shown ``beside`` a form that htmx has sent leaves the form as it is.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    cookies: tuple[str, ...] = ()
    beside: bool = False

    def response(self, common: Mapping[str, object] | None = None) -> Response:
        """Return the answer. ``common`` are values of every page, such as the person."""
        nonce = secrets.token_urlsafe(16)
        stated = {"person": None, "said": "", **(common or {}), **self.values, "nonce": nonce}
        body = rendered(self.template, stated)
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": _policy(nonce)}
        return _answer(self.status, body, {**headers, **(_BESIDE if self.beside else {})}, self.cookies)


@dataclass(frozen=True, slots=True)
class Redirect:
    """The way to another page (303), to which ``query`` is added, and to the element ``at`` of it."""

    to: str
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    at: str = ""

    def response(self, _common: Mapping[str, object] | None = None) -> Response:
        """Return the answer."""
        address = f"{self.to}?{urlencode(self.query)}" if self.query else self.to
        place = f"#{quote(self.at)}" if self.at else ""
        return _answer(303, "", {"location": address + place}, self.cookies)


@dataclass(frozen=True, slots=True)
class Download:
    """A file to keep, which no browser shows. ``name`` holds no data of a visitor, and no quotation mark."""

    name: str
    media_type: str
    body: str

    def response(self, _common: Mapping[str, object] | None = None) -> Response:
        """Return the answer."""
        named = {"content-type": self.media_type, "content-disposition": f'attachment; filename="{self.name}"'}
        return _answer(200, self.body, {**named, "content-security-policy": "sandbox; default-src 'none'"})


@dataclass(frozen=True, slots=True)
class Empty:
    """A status without a page, for the console's script."""

    status: int
    cookies: tuple[str, ...] = ()

    def response(self, _common: Mapping[str, object] | None = None) -> Response:
        """Return the answer."""
        return _answer(self.status, "", {}, self.cookies)


type Answer = Page | Redirect | Download | Empty


def rendered(template: str, values: Mapping[str, object]) -> str:
    """Return the HTML of a template."""
    return _environment().get_template(template).render(values)


def asset(name: str, version: str) -> Response | None:
    """Return the answer for a file, which browsers keep for a year; None if there is no such version of it."""
    if name not in ASSETS or version != _hash(name):
        return None
    kept = {"content-type": ASSETS[name], "cache-control": "public, max-age=31536000, immutable"}
    if name in _OF_PREVIEWS:
        kept["cross-origin-resource-policy"] = "cross-origin"
    return _answer(200, _path(name).read_text("utf-8"), kept)


def asset_path(name: str) -> str:
    """Return the path of a file, which changes with its content."""
    return f"/assets/{_hash(name)}/{name}"


def _path(name: str) -> Path:
    return (TEMPLATES if name in _OF_REPORTS else HERE / "assets") / name


@cache
def _hash(name: str) -> str:
    return hashlib.sha256(_path(name).read_bytes()).hexdigest()[:16]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset_path
    made.filters["swatch"] = _swatch
    made.filters["name"] = _name
    made.filters["identity"] = _identity
    made.filters["sentence"] = sentence
    return made


def _name(actor: str) -> str:
    """Return the name of a person whom the console has written down as an actor; any other actor as it is."""
    found = _PERSON.fullmatch(actor)
    return found[2] if found else actor


def _identity(actor: str) -> str:
    """Return what tells such a person from others of the same name, issuer and subject; empty for any other actor."""
    found = _PERSON.fullmatch(actor)
    return found[1] if found else ""


def sentence(text: str) -> str:
    """Return the text of a problem as a sentence. A first word that is a name, such as ``colorText``, stays."""
    begun = text[0].upper() + text[1:] if _PLAIN_WORD.match(text) else text
    return begun if begun.endswith((".", "?", "…")) else f"{begun}."


def _swatch(colour: str) -> str:
    """Return a colour as the browser's own control takes it: #rrggbb. White for any other text."""
    digits = colour.removeprefix("#")
    long = "".join(digit * 2 for digit in digits) if len(digits) < _SHORT else digits
    return f"#{long[:6].lower()}" if _HEX.fullmatch(long) else "#ffffff"


_PERSON = re.compile(r"(oidc:\S+) \((.+)\)")
_PLAIN_WORD = re.compile(r"[a-z]+[ ,]")
_SHORT = 6
_HEX = re.compile(r"[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")


def _policy(nonce: str) -> str:
    """Return the content security policy of a page. Only htmx's own policy may make markup of text."""
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "htmx",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _answer(status: int, body: str, headers: Mapping[str, str], cookies: Iterable[str] = ()) -> Response:
    answer: dict[str, Any] = {"statusCode": status, "headers": {**_HEADERS, **headers}, "body": body}
    if kept := list(cookies):
        answer["cookies"] = kept
    return answer
