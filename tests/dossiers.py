"""Evidence of a consent as it should be, to be changed by what a test is about."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from consent_core.dossier.claims import ArchivedProof, Evidence, Locations, Proof, PublishedVersion
from consent_core.proofs import consent_id_of
from consent_core.publishing.definitions import WidgetDefinition, service_id, service_version
from consent_core.publishing.rendering import Stamp, render
from tests.factories import VERSION_KEY, definition, service_json

PUBLISHED = datetime(2026, 1, 3, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
DECISION = "6185fe65-0924-410d-9132-3cde838c4627"
LATER_DECISION = "2f1d8a3e-6c0b-4f57-9a5e-0d1c2b3a4f5e"
CONSENT = consent_id_of(43, DECISION)
LOCATIONS = Locations("WidgetsTable", "ConsentsTable", "archivebucket")
SHOP = definition(
    languages=["en", "fr"],
    origins=["https://shop.example"],
    cookieNoticeUrl="https://shop.example/cookies",
    translations={"fr": {"startupDisclaimer": 'Lisez <b>ceci</b> : <a href="https://shop.example/fr">ici</a>.'}},
    label="Shop",
    services=[
        service_json(name="Session", slug="session", purpose=0, description="Keeps the basket."),
        service_json(
            privacyPolicyUrl="https://matomo.example/privacy",
            domain="matomo.shop.example",
            cookies=[{"name": "_pk_id", "expiryDays": 390}, {"name": "_pk_ses"}],
        ),
    ],
)


def proof(widget: WidgetDefinition = SHOP, /, **changes: object) -> dict[str, Any]:
    """A decision on every service of a widget, as it is stored."""
    entries = [
        {
            "id": service_id(widget, service),
            "tenantId": widget.tenant_id,
            "name": service.name,
            "slug": service.slug,
            "consent": True,
            "version": service_version(service),
            "date": "2026-11-24T10:00:00.000Z",
            "purpose": int(service.purpose),
        }
        for service in widget.services
    ]
    stored = {
        "id": DECISION,
        "consentId": CONSENT,
        "widgetId": widget.id,
        "workSpaceId": widget.work_space_id,
        "type": 2,
        "typeDevice": 1,
        "action": "AcceptAll",
        "origin": "https://shop.example",
        "date": "2026-11-24T10:00:00.000Z",
        "dateExpiration": "2027-05-23T10:00:00.000Z",
        "ttl": 1_811_066_400,
        "consents": {"lang": "fr-BE", "versionKey": VERSION_KEY, "cookieConsents": entries},
        "versionAssumed": False,
        "requestHash": "0" * 64,
    }
    return {**stored, **changes}


PERSONAL = {
    "userId": "Y3JtLTQy",
    "sessionId": "0b93b823-ff36-4d61-8959-e9e8deee5ef8",
    "referrer": "https://shop.example/basket",
}


def shown(widget: WidgetDefinition = SHOP, language: str = "fr") -> PublishedVersion:
    """A widget's settings as they were rendered when it was published."""
    stamp = Stamp(VERSION_KEY, "2026-01-03T09:00:00.000Z", PUBLISHED)
    rendering = render(widget, language, stamp)
    return PublishedVersion(widget.id, VERSION_KEY, language, rendering.body, rendering.etag)


def altered(screens: PublishedVersion, **settings: object) -> PublishedVersion:
    """Settings that were tampered with in the table, with their former entity tag."""
    return replace(screens, body=json.dumps({**json.loads(screens.body), **settings}))


def forged(screens: PublishedVersion, **settings: object) -> PublishedVersion:
    """Settings that were tampered with together with their entity tag."""
    changed = altered(screens, **settings)
    return replace(changed, etag=f'"{hashlib.sha256(changed.body.encode()).hexdigest()[:32]}"')


def kept(line: Proof, **changes: Any) -> ArchivedProof:  # noqa: ANN401 - of whichever member
    """A line in the second object of its lane."""
    named = {name: value for name, value in line.items() if name not in {*PERSONAL, "ttl", "erasedAt"}}
    folder = f"proofs/widget=43/date={line['date'][:10]}/lane=2"
    members: dict[str, Any] = {
        "line": {**named, "eventId": "e1"},
        "key": f"{folder}/0000000002.ndjson.gz",
        "sha256": "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7",
        "previous_key": f"{folder}/0000000001.ndjson.gz",
        "previous": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce",
        "link": "d81e7c80a5d8b8a77e59f8e9ee4a4d0ee8ef4cf9ee7b2bcbc0f6e0a4f7a9d3a1",
        "is_unchanged": True,
        "is_linked": True,
        "is_preceded": True,
    }
    return ArchivedProof(**{**members, **changes})


def evidence(**changes: Any) -> Evidence:  # noqa: ANN401
    """One decision, in the table and in the archive, on a version that is kept."""
    stored = proof(**PERSONAL)
    members: dict[str, Any] = {
        "consent_id": CONSENT,
        "locations": LOCATIONS,
        "stored": [stored],
        "kept": [kept(stored)],
        "shown": {(43, VERSION_KEY, "fr-BE"): shown()},
        "searched": frozenset({(43, "2026-11-24")}),
    }
    return Evidence(**{**members, **changes})


def holding(decision: Mapping[str, Any]) -> dict[str, bool | None]:
    """The claims of a decision, and whether they hold."""
    return {claim["claim"]: claim["holds"] for claim in decision["claims"]}
