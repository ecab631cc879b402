"""The console as a person's browser uses it: pages by their paths, forms with the fields that were typed into them.

The fixture ``console`` is in ``conftest.py``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from html.parser import HTMLParser
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import boto3
import pytest

from consent_console.people import Person
from consent_console.serving import COOKIE
from consent_console.sessions import Sessions, Tokens
from consent_core.dynamodb import connect
from local.tables import Tables
from tests.handlers import FUNCTIONS, invoked, load_handler

SESSIONS = "ConsoleSessionsTable"
HOST = "console.example"
ISSUER = "https://login.example"
OWNER, VIEWER, PRIVACY, OPERATOR = "consent-owner", "consent-viewer", "consent-privacy", "consent-operator"

PAGES = tuple(name for name in ("console_editor", "console_privacy") if (FUNCTIONS / name).exists())
"""The functions whose pages need a session."""

type Typed = str | Sequence[str]


# --- Calls ------------------------------------------------------------------------------------------------------------


def matched(routes: Iterable[str], method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the route that API Gateway takes, the one with the fewest variables, and the variables' values."""
    for route in sorted(routes, key=lambda each: each.count("{")):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route)
        if found := re.fullmatch(pattern, f"{method} {path}"):
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def event_of(
    route: str,
    variables: Mapping[str, str],
    method: str,
    address: str,
    *,
    headers: Mapping[str, str],
    cookies: Sequence[str] = (),
    body: str | None = None,
) -> dict[str, Any]:
    """Return the event of API Gateway (payload format 2.0) for a request."""
    path, _, query = address.partition("?")
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": unquote(path),
        "rawQueryString": query,
        "cookies": [*cookies],
        "headers": dict(headers),
        "queryStringParameters": {name: ",".join(values) for name, values in parse_qs(query, True).items()},
        "pathParameters": dict(variables),
        "requestContext": {"http": {"method": method, "path": unquote(path), "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False,
        "body": body,
    }


def loaded() -> dict[str, ModuleType]:
    """Return the functions of PAGES, each in its own environment."""
    return {name: load_handler(name, CONSOLE_SESSIONS_TABLE=SESSIONS, POWERTOOLS_SERVICE_NAME=name) for name in PAGES}


def open_session(*groups: str, subject: str = "u1", name: str = "Olga Owner", now: int | None = None) -> str:
    """Begin a session of a person in these groups. Return the value of its cookie."""
    person = Person(ISSUER, subject, name, groups)
    began = int(datetime.now(UTC).timestamp()) if now is None else now
    return Sessions(connect(), SESSIONS).open(person, Tokens(), now=began)


def create_sessions() -> None:
    """Make the table of sessions, unless the template has made it."""
    client = boto3.client("dynamodb")
    if SESSIONS not in client.list_tables()["TableNames"]:
        client.create_table(
            TableName=SESSIONS,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )


def multipart(parts: Mapping[str, bytes | str], boundary: str = "x-----y") -> tuple[str, bytes]:
    """Return the content type and body that a browser sends for these fields. Bytes are a file."""
    body = b""
    for name, value in parts.items():
        named = f'; name="{name}"' + ('; filename="téxts.csv"' if isinstance(value, bytes) else "")
        typed = "content-type: text/csv\r\n" if isinstance(value, bytes) else ""
        body += f"--{boundary}\r\ncontent-disposition: form-data{named}\r\n{typed}\r\n".encode()
        body += (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


# --- People -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """The answer to a request, as the browser has it."""

    status: int
    headers: Mapping[str, str]
    body: str
    log: list[dict[str, Any]]
    cookies: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """The address that a redirect leads to; empty if it is none."""
        return self.headers.get("location", "")

    @cached_property
    def html(self) -> "Element":
        """The page."""
        return parsed(self.body)

    @property
    def text(self) -> str:
        """The words of the page."""
        return self.html.text


@dataclass(frozen=True, slots=True)
class Browser:
    """A person's browser with a session, or with none (an empty cookie)."""

    functions: Mapping[str, ModuleType]
    cookie: str

    def get(self, address: str, **headers: str) -> Shown:
        """Open a page."""
        return self.send("GET", address, None, {"sec-fetch-site": "same-origin", **_headers(headers)})

    def post(self, address: str, fields: Mapping[str, Typed] | None = None, **typed: Typed) -> Shown:
        """Send a form from a page of the console. Names that are no words of Python stand in ``fields``."""
        return self.send("POST", address, {**(fields or {}), **typed}, {"sec-fetch-site": "same-origin"})

    def saves(self, address: str, changes: Mapping[str, Typed], *, form: str = "part") -> Shown:
        """Open a page, change these fields of its form (an empty list: not sent), and press a button of it.

        That is the button which ``changes`` names, otherwise the first one, as the Enter key does.
        """
        shown = self.get(address).html.one(id=form)
        buttons = [each for each in shown.all("button") if "name" in each]
        is_named = any(each["name"] in changes for each in buttons)
        pressed = {} if is_named else {each["name"]: each["value"] for each in buttons[:1]}
        return self.post(shown["action"], {**shown.fields, **pressed, **changes})

    def send(self, method: str, address: str, fields: Mapping[str, Typed] | None, headers: Mapping[str, str]) -> Shown:
        """Make a request with exactly these headers, besides Host and the content type."""
        body = None if fields is None else urlencode(fields, doseq=True)
        stated = {"host": HOST, **({} if fields is None else {"content-type": _FORM}), **headers}
        for module in self.functions.values():
            if found := matched(module.ROUTES, method, urlsplit(address).path):
                cookies = [f"{COOKIE}={self.cookie}"] if self.cookie else []
                sent = event_of(*found, method, address, headers=stated, cookies=cookies, body=body)
                answer, printed = invoked(module.handler, sent, module.TELEMETRY)
                given = tuple(answer.get("cookies", ()))
                return Shown(answer["statusCode"], answer["headers"], answer["body"], printed.log, given)
        raise AssertionError(f"no route of the console for {method} {address}")


_FORM = "application/x-www-form-urlencoded"


def _headers(named: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}


@dataclass(frozen=True, slots=True)
class Console:
    """The console with the demo widgets in its tables."""

    functions: Mapping[str, ModuleType]
    tables: Tables

    def person(self, *groups: str, subject: str = "u1", name: str = "Olga Owner", now: int | None = None) -> Browser:
        """Return the browser of a person in these groups, whose session began at ``now``."""
        return Browser(self.functions, open_session(*groups, subject=subject, name=name, now=now))

    def stranger(self) -> Browser:
        """Return a browser without a session."""
        return Browser(self.functions, "")


@pytest.fixture
def console(tables: Tables) -> Console:
    create_sessions()
    return Console(loaded(), tables)


# --- Pages ------------------------------------------------------------------------------------------------------------

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905


@dataclass(eq=False)
class Element:
    """An element of a page."""

    tag: str
    attributes: Mapping[str, str]
    parts: list["Element | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """Return an attribute. Raises KeyError for one that is missing."""
        return self.attributes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    @property
    def text(self) -> str:
        """The words in it, with single spaces."""
        return " ".join(" ".join(self._texts()).split())

    @property
    def value(self) -> str:
        """The text of a control, as a browser sends it; a switch has "on" or nothing."""
        return "".join(self.fields.get(self["name"], []))

    @property
    def fields(self) -> dict[str, list[str]]:
        """The fields of a form (or of one control), as a browser sends them without a button."""
        found: dict[str, list[str]] = {}
        for each in self:
            if "name" in each and "disabled" not in each and (sent := _sent(each)) is not None:
                found.setdefault(each["name"], []).append(sent)
        return found

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Return the elements in it with these attributes; ``class_`` and ``aria_label`` are written so."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [each for each in self if tag in {"", each.tag} and _has(each, wanted)]

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """Return the only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements {tag} {attributes}"
        return found[0]

    def __iter__(self) -> Iterator["Element"]:
        """Yield the element and all in it, in order."""
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part

    def _texts(self) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, str):
                yield part
            elif part.tag not in {"script", "style", "template"}:
                yield from part._texts()


def _has(element: Element, wanted: Mapping[str, str]) -> bool:
    return all(
        value in element.attributes.get(name, "").split() if name == "class" else element.attributes.get(name) == value
        for name, value in wanted.items()
    )


def _sent(control: Element) -> str | None:
    """Return the value that a browser sends for a control; None for none."""
    match control.tag, control.attributes.get("type", "text"):
        case "input", "checkbox" | "radio":
            return control.attributes.get("value", "on") if "checked" in control else None
        case "input", "submit" | "button" | "image" | "reset" | "file":
            return None
        case "input", _:
            return control.attributes.get("value", "")
        case "textarea", _:
            written = "".join(part for part in control.parts if isinstance(part, str))
            return written.removeprefix("\n")
        case "select", _:
            options = control.all("option")
            chosen = next((each for each in options if "selected" in each), options[0])
            return chosen.attributes.get("value", chosen.text)
    return None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice: {tag} {attrs}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def parsed(page: str) -> Element:
    """Return a page as elements. Raises AssertionError for tags that do not match, and for ids that are there twice."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    (root,) = reader.open
    ids = [each["id"] for each in root if "id" in each]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted(each for each in set(ids) if ids.count(each) > 1)}"
    return root
