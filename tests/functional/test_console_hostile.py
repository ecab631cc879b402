"""No input brings a page of the console down, comes back as markup, or leads a browser elsewhere."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent_console.serving import COOKIE
from tests.functional.console_pages import HOST, OPERATOR, OWNER, PRIVACY, Browser, Console, Shown, event_of, matched
from tests.functional.console_widgets import address_of, form_of, furnished, furnished_tables
from tests.functional.test_console_rights import CHANGING, RIGHTS
from tests.handlers import invoked
from tests.matrices import matrix, rows, share
from tests.moto_tables import KeptTables

__all__ = ["furnished", "furnished_tables"]  # fixtures

SHOWING = [route for route in RIGHTS if route.startswith("GET")]

MARKUP = "\"'></textarea></title></script><xss onxss=1><!--"
HOSTILE = {
    "markup": MARKUP,
    "empty": "",
    "space": " ",
    "NUL": "a\0b",
    "line ends": "a\r\nset-cookie: xss=1",
    "invisible": "\u202e\u2028\ufeff\ufffe",
    "5,000 digits": "9" * 5_000,
    "15 digits": "9" * 15,
    "negative": "-1",
    "zero": "0",
    "fraction": "1.5",
    "superscript": "²",
    "Arabic digit": "٣",
    "exponent": "1e309",
    "NaN": "NaN",
    "null": "null",
    "no day": "2026-02-30",
    "last day": "9999-12-31",
    "first day": "0001-01-01",
    "another site": "https://evil.example",
    "without a scheme": "//evil.example/xss",
    "no address": "https://[",
    "script": "javascript:xss()",
    "path": "../../44/publish",
    "formula": "=1+1",
    "proposal": "bgColor=#12345",
    "star": "*",
    "long": "x" * 70_000,
    "emoji": "😀",
}

QUERIES = (
    *("after", "before", "from", "to", "day", "said", "removed", "site", "q", "language", "missing", "copy"),
    *("person", "kind", "as", "draft", "widget", "consentId"),
)
"""The names of queries that pages read, and of some that none does."""

STATUSES = frozenset({200, 303, 400, 401, 403, 404, 409, 413, 415, 422})
_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")
_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post")
_LEADS = ("/", "#", "?", "https://", "http://", "data:,")

NAMES = st.sampled_from([*HOSTILE.values()]) | st.text(max_size=30).filter(lambda text: not _has_surrogate(text))
EXAMPLES = settings(
    max_examples=settings().max_examples // 16,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= each <= "\udfff" for each in text)


def assert_harmless(shown: Shown) -> None:
    """Check an answer: its status, headers and markup."""
    assert shown.status in STATUSES
    shown.body.encode()  # no surrogate is in it
    for name, value in shown.headers.items():
        assert value.isascii(), name
        assert value.isprintable(), name
    assert shown.cookies == ()
    if shown.status == 303:
        assert _PATH.fullmatch(shown.location), shown.location
    elif shown.headers["content-type"].startswith("text/html"):
        _assert_escaped(shown)


def _assert_escaped(shown: Shown) -> None:
    for element in shown.html:
        assert element.tag != "xss"
        assert "onxss" not in element
        for address in (element[name] for name in _ADDRESSES if name in element):
            assert address.startswith(_LEADS) or address == "", address
            assert not address.startswith("//"), address
        if element.tag == "form":
            assert urlsplit(element.attributes.get("action", "/")).netloc == ""


@pytest.fixture
def person(furnished: Console) -> Browser:
    """The browser of a person who may do everything."""
    return furnished.person(OWNER, PRIVACY, OPERATOR)


@pytest.fixture
def kept(person: Browser) -> KeptTables:
    """The tables, to be put back after each form."""
    return KeptTables()


def fields_of(console: Console, person: Browser, route: str) -> dict[str, Any]:
    """Return the fields of a route's form: those that change something, and those that a page has."""
    address = address_of(route, 43)
    has_page = f"GET {route.partition(' ')[2]}" in SHOWING and not route.endswith("/csv")
    shown = person.get(address).html.all("form", action=address) if has_page else []
    return {**(shown[0].fields if shown else {}), **form_of(console.tables, route, 43)}


# --- Forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "text"), matrix(rows({route: route for route in CHANGING}), rows(HOSTILE), sample=14)
)
def test_no_field_does_harm(furnished: Console, person: Browser, kept: KeptTables, route: str, text: str) -> None:
    """The text is in all fields at once, and in turn in each of those that change something."""
    fields, address = fields_of(furnished, person, route), address_of(route, 43)
    for typed in (dict.fromkeys(fields), *([name] for name in form_of(furnished.tables, route, 43))):
        assert_harmless(person.post(address, {**fields, **dict.fromkeys(typed, text)}))
        kept.put()


@pytest.mark.parametrize("route", share({route: route for route in CHANGING}, 0, of=3))
def test_markup_comes_back_escaped(furnished: Console, person: Browser, route: str) -> None:
    fields = fields_of(furnished, person, route)

    assert_harmless(person.post(address_of(route, 43), dict.fromkeys(fields, MARKUP)))


@pytest.mark.parametrize("route", share({route: route for route in CHANGING}, 1, of=3))
@EXAMPLES
@given(data=st.data())
def test_no_form_does_harm(
    furnished: Console, person: Browser, kept: KeptTables, route: str, data: st.DataObject
) -> None:
    fields, address = fields_of(furnished, person, route), address_of(route, 43)
    named = st.sampled_from(sorted(fields)) | NAMES if fields else NAMES
    typed = data.draw(st.dictionaries(named, st.lists(NAMES, max_size=3), max_size=4))

    assert_harmless(person.post(address, {**fields, **typed}))
    kept.put()


def with_surrogates(count: int) -> str:
    return "&".join(f"n{number}=%ED%A0%80" for number in range(count))


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
PART = "--b\r\ncontent-disposition: form-data; name={}\r\n\r\n{}\r\n--b--\r\n"
LATIN = PART.format("n", "é").encode("latin-1")
BODIES: dict[str, tuple[str | None, str | None, int]] = {
    "none": (None, None, 415),
    "no type": (None, "draft=1", 415),
    "JSON": ("application/json", '{"draft": 1}', 415),
    "text": ("text/plain", "draft=1", 415),
    "no base64": (f"{FORM};base64", "draft=1é", 400),
    "lone surrogates": (FORM, with_surrogates(1), 400),
    "a lone surrogate as a name": (FORM, "%ED%A0%80=1", 400),
    "no UTF-8": (FORM, "draft=%ff", 400),
    "fields beyond the most": (FORM, "&".join(["n=1"] * 10_001), 400),
    "too large": (FORM, f"draft={'x' * 1_000_001}", 413),
    "parts without a boundary": ("multipart/form-data", "draft=1", 400),
    "parts that never begin": (MULTIPART, "draft=1", 400),
    "a part without a name": (MULTIPART, "--b\r\n\r\nx\r\n--b--\r\n", 400),
    "a part that is not UTF-8": (f"{MULTIPART};base64", b64encode(LATIN).decode(), 400),
}
"""Content types and bodies that are no form, with the status of a route that reads its form."""

READING = [route for route in CHANGING if route.rpartition("/")[2] not in {"renewal", "keys", "renew"}]
"""The routes that read their form: the others have nothing to ask."""


def sent(person: Browser, route: str, content_type: str | None, body: str | None) -> Shown:
    """Send a body as it is. The type's suffix ";base64" says how it comes from API Gateway."""
    headers = {"host": HOST, "sec-fetch-site": "same-origin"}
    is_base64 = content_type is not None and content_type.endswith(";base64")
    if content_type is not None:
        headers["content-type"] = content_type.removesuffix(";base64")
    address = address_of(route, 43)
    for module in person.functions.values():
        if found := matched(module.ROUTES, "POST", address):
            cookies = [f"{COOKIE}={person.cookie}"] if person.cookie else []
            event = event_of(*found, "POST", address, headers=headers, cookies=cookies, body=body)
            answer, printed = invoked(module.handler, {**event, "isBase64Encoded": is_base64}, module.TELEMETRY)
            return Shown(answer["statusCode"], answer["headers"], answer["body"], printed.log)
    raise AssertionError(route)


@pytest.mark.parametrize("route", share({route: route for route in CHANGING}, 2, of=3))
def test_what_is_no_form_is_refused(person: Browser, kept: KeptTables, route: str) -> None:
    answered = {}
    for name, (content_type, body, _) in BODIES.items():
        shown = sent(person, route, content_type, body)
        assert_harmless(shown)
        answered[name] = shown.status
        kept.put()

    if route in READING:
        assert answered == {name: status for name, (*_, status) in BODIES.items()}


@pytest.mark.parametrize("route", share({route: route for route in READING}, 0, of=3))
def test_thousands_of_fields_do_no_harm(furnished: Console, person: Browser, kept: KeptTables, route: str) -> None:
    """They are as many as a form may have, with names that a page numbers its entries by."""
    fields = form_of(furnished.tables, route, 43)
    leads = ("n{}", "policies.{}.id", "services.0.cookies.{}.name")
    for lead in leads:
        many = {lead.format(number): "x" for number in range(2_000)}
        assert_harmless(sent(person, route, FORM, urlencode({**fields, **many}, doseq=True)))
        kept.put()


@pytest.mark.parametrize("route", share({route: route for route in CHANGING}, 0, of=3))
def test_a_form_without_a_session_is_kept_and_escaped(furnished: Console, route: str) -> None:
    shown = furnished.stranger().post(address_of(route, 43), {MARKUP: [MARKUP, "a\0\r\nb"]})

    assert_harmless(shown)
    assert shown.status == 401
    assert shown.html.one("main").one("form").fields == {MARKUP: [MARKUP, "a\0\nb"]}


# --- Addresses --------------------------------------------------------------------------------------------------------


PATHS = {f"{route} {variable}": (route, variable) for route in RIGHTS for variable in re.findall(r"\{(\w+)\}", route)}
"""The routes with variables, each with one of them."""


@pytest.mark.parametrize(("route", "variable", "text"), matrix(PATHS, rows(HOSTILE), sample=12))
def test_no_path_does_harm(furnished: Console, person: Browser, route: str, variable: str, text: str) -> None:
    method = route.partition(" ")[0]
    form = form_of(furnished.tables, route, 43) if method == "POST" else None
    other = quote(text[:2_000], safe="") or "%20"
    address = address_of(route.replace("{" + variable + "}", other), 43)
    for browser in (furnished.stranger(), person):
        assert_harmless(browser.send(method, address, form, {"sec-fetch-site": "same-origin"}))


QUERY_TEXTS = {**HOSTILE, "no UTF-8": "\udced"}


@pytest.mark.parametrize(
    ("route", "text"), matrix(rows({route: route for route in SHOWING}), rows(QUERY_TEXTS), sample=9)
)
def test_no_query_does_harm(person: Browser, route: str, text: str) -> None:
    for asked in (QUERIES, *([name] for name in QUERIES)):
        query = urlencode(dict.fromkeys(asked, text), errors="surrogateescape")
        assert_harmless(person.get(f"{address_of(route, 43)}?{query[:100_000]}"))


@pytest.mark.parametrize("route", share({route: route for route in SHOWING}, 0, of=2))
@EXAMPLES
@given(query=st.dictionaries(st.sampled_from(QUERIES) | NAMES, NAMES, min_size=1, max_size=3))
def test_no_address_does_harm(furnished: Console, person: Browser, route: str, query: Mapping[str, str]) -> None:
    for browser in (person, furnished.stranger()):
        assert_harmless(browser.get(f"{address_of(route, 43)}?{urlencode(query)}"))
