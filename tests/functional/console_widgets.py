"""Widgets that have something on each page of the console, and forms that change something at each route."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any
from unittest.mock import patch

import pytest
from moto import mock_aws

from consent_core import deadlines
from consent_core.archive.objects import Archive, Lane, archived
from consent_core.archive.objects import connect as archive_client
from consent_core.dynamodb import connect
from consent_core.publishing import changes, drafts
from consent_core.sightings import Outcome, Sightings
from local import embedded_aws
from local.tables import Tables
from local.tables import tables as open_tables
from tests.functional.conftest import IN_MEMORY
from tests.functional.console_pages import Console, Typed, create_sessions, loaded
from tests.functional.test_evidence import made, replace_id
from tests.moto_tables import FilledTables, KeptTables

WIDGETS = (43, 44)
LANGUAGE, SLUG, DAY = "fr", "session", "2026-11-24"
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
USER = "CRM-42"
REASON = "Request for access, case 4711"
ADDED, REFUSED = "https://added.example", "https://refused.example"

SIGHTINGS = "ConsoleSightingsTable"

_ACTOR = "oidc:login.example:u2 (Ada Author)"
_TEXTS = {"en": {"startupTitle": "Before you go on"}, "fr": {"startupTitle": "Avant de continuer"}}


@pytest.fixture(scope="session")
def furnished_tables(filled_tables: FilledTables) -> KeptTables:
    with patch.dict(os.environ, IN_MEMORY), mock_aws():
        filled_tables.put()
        create_sessions()
        furnish(open_tables(connect()))
        return KeptTables()


@pytest.fixture
def furnished(furnished_tables: KeptTables, resources: Mapping[str, Any]) -> Iterator[Console]:
    """The console with these widgets."""
    with mock_aws():
        furnished_tables.put()
        tables = open_tables(connect())
        put_archive(tables, resources)
        yield Console(loaded(), tables)


def furnish(tables: Tables) -> None:
    """Add a history, two keys, visits and a draft to both demo widgets, and a visitor's decision to widget 45."""
    with deadlines.within(inf, lambda: 0.0):  # no time passes: a sighting is given up after 0.2 s
        for widget_id in WIDGETS:
            _furnish(tables, widget_id)
        changes.publish(tables.widgets, replace_id(45), actor=_ACTOR, now=datetime.now(UTC))
        tables.consents.put_proof(_proof(tables))


def put_archive(tables: Tables, resources: Mapping[str, Any]) -> None:
    """Make an archive that has the decision as well."""
    archive = Archive(archive_client(), bucket=embedded_aws.create_bucket(resources))
    Lane(archive, 0).append(45, DAY, [archived(_proof(tables), "e1")])


def _proof(tables: Tables) -> dict[str, Any]:
    live = tables.widgets.live(45)
    assert live is not None
    return made(live.version_key, consentId=CONSENT, userId=USER)


def _furnish(tables: Tables, widget_id: int) -> None:
    table, now = tables.widgets, datetime.now(UTC)
    by: dict[str, Any] = {"actor": _ACTOR, "now": now}
    changes.set_developer_mode(table, widget_id, on=True, **by)
    changes.add_key(table, widget_id, **by)
    changes.raise_renewal(table, widget_id, **by)
    changes.add_origin(table, widget_id, ADDED, **by)
    changes.set_developer_mode(table, widget_id, on=False, **by)
    drafts.save_part(table, widget_id, {"position": "Center"}, **by)
    drafts.publish(table, widget_id, **by)
    sightings = Sightings(connect(), SIGHTINGS)
    sightings.note(widget_id, ADDED, Outcome.SERVED, now=now)
    sightings.note(widget_id, REFUSED, Outcome.REFUSED, now=now)
    assert len(sightings.since(widget_id, now - timedelta(days=1))) == 2
    looks = {"position": "TopRight", "policies": [{"preset": "us"}]}
    words = {"languages": ["en", LANGUAGE], "translations": _TEXTS}
    drafts.save_part(table, widget_id, {**looks, **words}, **by)


def form_of(tables: Tables, route: str, widget_id: int) -> dict[str, Typed]:
    """Return the fields with which a route changes something for one who may do it."""
    draft, live = drafts.read(tables.widgets, widget_id), tables.widgets.live(widget_id)
    assert live is not None
    number: dict[str, Typed] = {"draft": str(draft.number)}
    forms: dict[str, dict[str, Typed]] = {
        "POST /widgets": {"label": "New shop", "origins": "https://new.example", "languages": "en"},
        "POST /widgets/{id}/look": {**number, "save": "yes", "position": "TopLeft"},
        "POST /widgets/{id}/behaviour": {**number, "save": "yes", "label": "Other shop"},
        "POST /widgets/{id}/regions": {**number, "save": "yes", "preset": "gb"},
        "POST /widgets/{id}/domains": {"origin": REFUSED},
        "POST /widgets/{id}/domains/remove": {"origin": ADDED},
        "POST /widgets/{id}/developer-mode": {"on": "yes"},
        "POST /widgets/{id}/publish": {**number, "warned": "on", "taken": "on"},
        "POST /widgets/{id}/rebase": number,
        "POST /widgets/{id}/discard": number,
        "POST /widgets/{id}/renewal": {},
        "POST /widgets/{id}/history/rollback": {"revision": "1", "live": str(live.revision)},
        "POST /widgets/{id}/keys": {},
        "POST /widgets/{id}/keys/retire": {"key": live.keys[-1]},
        "POST /widgets/{id}/enabled": {},
        "POST /widgets/{id}/share/renew": {},
        "POST /widgets/{id}/services": {**number, "slug": "hotjar"},
        "POST /widgets/{id}/new-service": {**number, **_service(9, "Other")},
        "POST /widgets/{id}/services/{slug}": {**number, **_service(0, "Basket")},
        "POST /widgets/{id}/services/{slug}/remove": number,
        "POST /widgets/{id}/languages": {**number, "language": "it"},
        "POST /widgets/{id}/languages/{culture}/remove": number,
        "POST /widgets/{id}/texts/{culture}": {**number, f"translations.{LANGUAGE}.startupTitle": "Bonjour"},
        "POST /widgets/{id}/texts/{culture}/csv": {**number, "pasted": f"name,{LANGUAGE}\nstartupTitle,Bonjour\n"},
        "POST /consents/lookup": {"reason": REASON, "consentId": CONSENT},
        "POST /consents/search": {"reason": REASON, "widget": "45", "userId": USER},
        "POST /consents/dossier": {"reason": REASON, "consentId": CONSENT},
        "POST /consents/erase": {"reason": REASON, "consentId": CONSENT, "word": "ERASE"},
        "POST /consents/export": {"reason": REASON, "widget": "45", "day": DAY},
    }
    return forms[route]


def _service(at: int, name: str) -> dict[str, Typed]:
    return {"at": str(at), f"services.{at}.name": name, f"services.{at}.purpose": "Marketing"}


def address_of(route: str, widget_id: int) -> str:
    """Return the path of a route for a widget, with a service and a language that it has."""
    path = route.partition(" ")[2]
    return path.replace("{id}", str(widget_id)).replace("{slug}", SLUG).replace("{culture}", LANGUAGE)
