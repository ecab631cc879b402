"""Every route of the console for every role: the table says what each may do, and a route that it lacks fails.

A refused request changes nothing in any table, and an allowed one does.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from consent_console.serving import COOKIE
from consent_console.sessions import FRESH, IDLE
from tests.functional.console_pages import (
    HOST,
    OPERATOR,
    OWNER,
    PAGES,
    PRIVACY,
    VIEWER,
    Browser,
    Console,
    Shown,
    event_of,
    loaded,
    open_session,
)
from tests.functional.console_widgets import address_of, form_of, furnished, furnished_tables
from tests.handlers import invoked
from tests.moto_tables import KeptTables, contents

__all__ = ["furnished", "furnished_tables"]  # fixtures

TABLE = """
                                                  owner  own  other  viewer  privacy  operator
GET  /                                            yes    yes  yes    yes     yes      yes
GET  /signed-in                                   yes    yes  yes    yes     yes      yes
GET  /widgets/new                                 yes    403  403    403     403      yes
POST /widgets                                     yes    403  403    403     403      yes
GET  /widgets/{id}                                yes    yes  403    yes     yes      yes
GET  /widgets/{id}/look                           yes    yes  403    yes     yes      yes
POST /widgets/{id}/look                           yes    yes  403    403     403      yes
GET  /widgets/{id}/behaviour                      yes    yes  403    yes     yes      yes
POST /widgets/{id}/behaviour                      yes    yes  403    403     403      yes
GET  /widgets/{id}/services                       yes    yes  403    yes     yes      yes
POST /widgets/{id}/services                       yes    yes  403    403     403      yes
GET  /widgets/{id}/new-service                    yes    yes  403    403     403      yes
POST /widgets/{id}/new-service                    yes    yes  403    403     403      yes
GET  /widgets/{id}/services/{slug}                yes    yes  403    yes     yes      yes
POST /widgets/{id}/services/{slug}                yes    yes  403    403     403      yes
GET  /widgets/{id}/services/{slug}/remove         yes    yes  403    403     403      yes
POST /widgets/{id}/services/{slug}/remove         yes    yes  403    403     403      yes
GET  /widgets/{id}/regions                        yes    yes  403    yes     yes      yes
POST /widgets/{id}/regions                        yes    yes  403    403     403      yes
GET  /widgets/{id}/languages                      yes    yes  403    yes     yes      yes
POST /widgets/{id}/languages                      yes    yes  403    403     403      yes
GET  /widgets/{id}/languages/{culture}/remove     yes    yes  403    403     403      yes
POST /widgets/{id}/languages/{culture}/remove     yes    yes  403    403     403      yes
GET  /widgets/{id}/texts                          yes    yes  403    yes     yes      yes
GET  /widgets/{id}/texts/{culture}                yes    yes  403    yes     yes      yes
POST /widgets/{id}/texts/{culture}                yes    yes  403    403     403      yes
GET  /widgets/{id}/texts/{culture}/csv            yes    yes  403    yes     yes      yes
POST /widgets/{id}/texts/{culture}/csv            yes    yes  403    403     403      yes
GET  /widgets/{id}/domains                        yes    yes  403    yes     yes      yes
POST /widgets/{id}/domains                        yes    yes  403    403     403      yes
POST /widgets/{id}/domains/remove                 yes    yes  403    403     403      yes
POST /widgets/{id}/developer-mode                 yes    yes  403    403     403      yes
GET  /widgets/{id}/publish                        yes    yes  403    yes     yes      yes
POST /widgets/{id}/publish                        yes    yes  403    403     403      yes
POST /widgets/{id}/rebase                         yes    yes  403    403     403      yes
POST /widgets/{id}/discard                        yes    yes  403    403     403      yes
POST /widgets/{id}/renewal                        yes    yes  403    403     403      yes
POST /widgets/{id}/share/renew                    yes    yes  403    403     403      yes
GET  /widgets/{id}/history                        yes    yes  403    yes     yes      yes
GET  /widgets/{id}/history/compare                yes    yes  403    yes     yes      yes
POST /widgets/{id}/history/rollback               yes    yes  403    403     403      yes
GET  /widgets/{id}/install                        yes    yes  403    yes     yes      yes
GET  /widgets/{id}/keys                           yes    yes  403    yes     yes      yes
POST /widgets/{id}/keys                           yes    yes  403    403     403      yes
POST /widgets/{id}/keys/retire                    yes    yes  403    403     403      yes
POST /widgets/{id}/enabled                        yes    yes  403    403     403      yes
GET  /widgets/{id}/statistics                     yes    yes  403    yes     yes      yes
GET  /widgets/{id}/decisions                      yes    yes  403    yes     yes      yes
GET  /widgets/{id}/publish/asked-again            yes    yes  403    yes     yes      yes
GET  /consents                                    403    403  403    403     yes      403
POST /consents/lookup                             403    403  403    403     yes      403
POST /consents/search                             403    403  403    403     yes      403
POST /consents/dossier                            403    403  403    403     yes      403
POST /consents/erase                              403    403  403    403     yes      403
GET  /consents/export                             403    403  403    403     yes      403
POST /consents/export                             403    403  403    403     yes      403
GET  /accesses                                    403    403  403    403     yes      yes
"""
"""Rights by route: ``own`` is the owner of widget 43 at widget 43, ``other`` the same person at widget 44.

Each route has three more cells, the same ones everywhere: a person in no group of the console gets a 403, and without
a session, or with one that is over or was not renewed lately, the sign-in.
"""

ROLES = {
    "owner": ((OWNER,), 43),
    "own": ((f"{OWNER}-43",), 43),
    "other": ((f"{OWNER}-43",), 44),
    "viewer": ((VIEWER,), 43),
    "privacy": ((PRIVACY,), 43),
    "operator": ((OPERATOR,), 43),
}
EVERYWHERE = {"nothing": "403", "no session": "sign-in", "stale": "sign-in", "over": "sign-in"}


def rights() -> dict[str, dict[str, str]]:
    """Return the table: what each role gets, by route."""
    heads, *rows = TABLE.strip("\n").splitlines()
    return {
        f"{method} {path}": dict(zip(heads.split(), cells, strict=True))
        for method, path, *cells in (row.split() for row in rows)
    }


RIGHTS = rights()
CHANGING = [route for route in RIGHTS if route.startswith("POST")]


def outcome(shown: Shown, *, has_changed: bool, method: str) -> str:
    """Return the cell of the table that an answer stands for, with what would be wrong about it."""
    match shown.status:
        case 403:
            cell = "403"
        case 401:
            cell = "sign-in" if shown.html.one(id="session").all("a") or shown.html.all("form") else "401"
        case 303 if shown.location.partition("?")[0] in {"/login", "/login/renew"}:
            cell = "sign-in"
        case 200 | 303:
            cell = "yes"
        case status:
            cell = str(status)
    if has_changed != (cell == "yes" and method == "POST"):
        return f"{cell}, and {'something' if has_changed else 'nothing'} changed"
    return cell


class People:
    """Browsers of people in all roles, whose sessions have begun before anything is compared."""

    def __init__(self, console: Console) -> None:
        now = int(datetime.now(UTC).timestamp())
        own = {role: (console.person(*groups), at) for role, (groups, at) in ROLES.items()}
        everybody = (OWNER, PRIVACY, OPERATOR)
        without = {
            "nothing": console.person(),
            "no session": console.stranger(),
            "stale": console.person(*everybody, now=now - FRESH),
            "over": console.person(*everybody, now=now - IDLE),
        }
        self.by_role: Mapping[str, tuple[Browser, int]] = own | {role: (each, 43) for role, each in without.items()}
        self.all_powerful = console.person(*everybody)


def test_the_table_has_every_route() -> None:
    routes = {route for module in loaded().values() for route in module.ROUTES}

    assert set(RIGHTS) == routes
    assert len(PAGES) == 2
    assert len(RIGHTS) * len({**ROLES, **EVERYWHERE}) == 570


@pytest.mark.parametrize("route", RIGHTS)
def test_each_role_gets_what_the_table_says(furnished: Console, route: str) -> None:
    people, method = People(furnished), route.partition(" ")[0]
    kept, before = KeptTables(), contents()
    found = {}
    for role, (browser, widget_id) in people.by_role.items():
        form = form_of(furnished.tables, route, widget_id) if method == "POST" else None
        shown = browser.send(method, address_of(route, widget_id), form, {"sec-fetch-site": "same-origin"})
        has_changed = contents() != before
        found[role] = outcome(shown, has_changed=has_changed, method=method)
        if has_changed:
            kept.put()

    assert found == {**RIGHTS[route], **EVERYWHERE}


FOREIGN = {
    "another site": {"sec-fetch-site": "cross-site"},
    "another host of the site": {"sec-fetch-site": "same-site"},
    "an address that was typed": {"sec-fetch-site": "none"},
    "another site that claims to be this host": {"sec-fetch-site": "cross-site", "origin": f"https://{HOST}"},
    "an old browser elsewhere": {"origin": "https://evil.example"},
    "an old browser on another port": {"origin": f"https://{HOST}:8443"},
    "a sandboxed frame": {"origin": "null"},
    "a program": {},
}


@pytest.mark.parametrize("route", CHANGING)
def test_a_form_of_another_origin_changes_nothing(furnished: Console, route: str) -> None:
    person = People(furnished).all_powerful
    before, form, address = contents(), form_of(furnished.tables, route, 43), address_of(route, 43)

    for name, headers in FOREIGN.items():
        assert (name, person.send("POST", address, form, headers).status) == (name, 403)
        assert contents() == before

    assert person.send("POST", address, form, {"origin": f"https://{HOST}"}).status in {200, 303}
    assert contents() != before


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_method_but_those_of_the_table_is_answered(furnished: Console, method: str) -> None:
    """The template gives a path to a function with any method where it has two."""
    cookie = f"{COOKIE}={open_session(OWNER, PRIVACY, OPERATOR)}"
    before = contents()
    answered = {}
    for module in furnished.functions.values():
        for path in {route.partition(" ")[2] for route in module.ROUTES}:
            if f"{method} {path}" not in module.ROUTES:
                answered[path] = _status(module, path, method, cookie)

    assert set(answered.values()) == {405}
    assert contents() == before


def _status(module: ModuleType, path: str, method: str, cookie: str) -> int:
    variables = {"id": "43", "slug": "session", "culture": "fr"}
    headers = {"host": HOST, "sec-fetch-site": "same-origin"}
    address = address_of(f"{method} {path}", 43)
    sent: dict[str, Any] = event_of(f"ANY {path}", variables, method, address, headers=headers, cookies=[cookie])
    return int(invoked(module.handler, sent, module.TELEMETRY)[0]["statusCode"])
