"""The benchmarks' data: a widget, a decision on it, and its proof, made by the product's own code."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any, cast

from consent_core.decisions import decision_from_json
from consent_core.proofs import RequestContext, proof_of
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from local import ROOT
from local.tables import Tables
from local.tables import tables as open_tables

WIDGET, KEY, ORIGIN = 43, "demo-public-key-43", "https://shop.example"
RECORDED = datetime(2026, 7, 1, 12, 34, 56, 789_000, UTC)
"""A proof's moment is fixed: a number with zeros at its end is a byte shorter, and one moment of a hundred is."""

type Json = dict[str, Any]
type Items = dict[str, Json]
"""Items as DynamoDB writes them in JSON, by their sort key."""


class Recorder:
    """A client that keeps what is written, and counts what it is asked."""

    def __init__(self) -> None:
        self.items: Items = {}
        self.asked: list[str] = []

    def tables(self) -> Tables:
        return open_tables(cast("Any", self))

    def get_item(self, *, Key: Json, **_: object) -> Json:  # noqa: N803 - boto3's names, here and below
        self.asked.append("GetItem")
        found = self.items.get(Key["version"]["S"])
        return {} if found is None else {"Item": found}

    def put_item(self, *, Item: Json, **_: object) -> None:  # noqa: N803
        self.asked.append("PutItem")
        self.items["proof"] = Item

    def transact_write_items(self, *, TransactItems: list[Json]) -> None:  # noqa: N803
        for write in TransactItems:
            item = write["Put"]["Item"]
            self.items[item["version"]["S"]] = item


def definition(services: int) -> str:
    """A widget with so many services, named and addressed as long as such things are."""
    listed = [
        {
            "name": f"Service number {number}",
            "slug": f"service-{number}",
            "purpose": ("Analytical", "Marketing", "Preference")[number % 3],
            "domain": [f"cdn-{number}.example.com"],
            "privacyPolicyUrl": f"https://example.com/privacy/{number}",
            "description": {"en": "Counts visits, and shows us which pages are of use to those who read them."},
            "cookies": [{"name": f"_cookie{number}", "description": {"en": "Tells visitors apart."}, "expiryDays": 90}],
        }
        for number in range(services)
    ]
    return json.dumps(
        {"id": WIDGET, "label": "Shop", "keys": [KEY], "origins": [ORIGIN], "languages": ["en", "fr"]}
        | {"services": listed}
    )


def published(services: int) -> Recorder:
    """A store with such a widget in it."""
    recorder = Recorder()
    publish(recorder.tables().widgets, definition_from_json(definition(services)), actor="bench", now=datetime.now(UTC))
    return recorder


def decision(services: int) -> str:
    """A decision on each service, as the SDK sends it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    choices = [{"slug": f"service-{number}", "consent": number % 2 == 0, "date": now} for number in range(services)]
    return json.dumps(
        {
            "id": str(uuid.uuid4()),
            "sessionId": str(uuid.uuid4()),
            "consentId": None,
            "type": "Consents",
            "typeDevice": 2,
            "action": "Selection",
            "referrer": f"{ORIGIN}/basket",
            "consents": {"lang": "en", "versionKey": None, "cookieConsents": choices},
        },
        separators=(",", ":"),
    )


def proof(services: int) -> Json:
    """The item that such a decision becomes."""
    recorder = published(services)
    tables = recorder.tables()
    live = tables.widgets.live(WIDGET)
    assert live is not None
    catalogue = tables.widgets.catalogue(WIDGET, live.version_key)
    assert catalogue is not None
    sent = decision_from_json(decision(services))
    assert sent.consents is not None
    context = RequestContext(live, catalogue, ORIGIN, RECORDED)
    made, _ = proof_of(sent, sent.consents, context, new_id=uuid.uuid4)
    tables.consents.put_proof(made)
    return recorder.items["proof"]


def event(name: str, *, body: str | None = None) -> Json:
    """One of the events of ``events/``, for our widget and its site's origin."""
    known: Json = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    headers = {**known["headers"], "origin": ORIGIN}
    return {**known, "headers": headers, **({} if body is None else {"body": body})}
