"""Decisions of the past few days, so that statistics and exports have something to show on one machine.

The code that takes a visitor's decision reads and proves them, the archive's code archives them. They are the same at
every start of one day.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice

from consent_core.archive.objects import Archive, Lane, archived
from consent_core.catalogue import Catalogue, LiveWidget
from consent_core.decisions import decision_from_json
from consent_core.proofs import Proof, RequestContext, proof_of
from local.tables import Tables

WIDGET_ID = 43
DECISIONS = (11, 8, 12, 7, 9)
"""The number of decisions of each day. The first one is yesterday's; today has none."""

_NAMES = uuid.UUID("2f6c1d0e-8a53-4c0b-9a55-7a1b6f0d43aa")
_ORIGIN = "http://localhost:8080"
_ACTIONS = ("AcceptAll", "RefuseAll", "AcceptAll", "Selection", "AcceptAll", "RefuseAll", "AcceptAll")
_LANGUAGES = ("en", "fr", "en", "nl", "fr", "de")
_DEVICES = (1, 2, 1, 1, 2)
_CHOSEN = {
    "AcceptAll": {"Preference": True, "Analytical": True, "Marketing": True, "Other": True},
    "RefuseAll": {},
    "Selection": {"Analytical": True},
}


def seed(tables: Tables, archive: Archive, *, now: datetime) -> None:
    """Store and archive the decisions of the days before ``now``. The demo widget is published.

    It is done before the streams are read, so that the function of the archive has no part in it.
    """
    widget = tables.widgets.live(WIDGET_ID)
    if widget is None or (catalogue := tables.widgets.catalogue(WIDGET_ID, widget.version_key)) is None:
        raise LookupError(f"Widget {WIDGET_ID} is not published.")
    lane = Lane(archive, 0)
    for days_ago in reversed(range(1, len(DECISIONS) + 1)):
        day = now.date() - timedelta(days=days_ago)
        proofs = list(_proofs(widget, catalogue, day, DECISIONS[days_ago - 1]))
        for proof in proofs:
            tables.consents.put_proof(proof)
        lane.append(WIDGET_ID, day.isoformat(), [archived(proof, f"demo:{proof['id']}") for proof in proofs])


def _proofs(widget: LiveWidget, catalogue: Catalogue, day: date, number: int) -> Iterator[Proof]:
    choices = zip(cycle(_ACTIONS), cycle(_LANGUAGES), cycle(_DEVICES), strict=False)
    for index, (action, language, device) in enumerate(islice(choices, number)):
        at = datetime.combine(day, time(8, tzinfo=UTC)) + timedelta(hours=12) * index / number
        yield _proof(RequestContext(widget, catalogue, _ORIGIN, at), action, language, device)


def _proof(context: RequestContext, action: str, language: str, device: int) -> Proof:
    name = str(uuid.uuid5(_NAMES, context.now.isoformat()))
    consents = {"versionKey": context.catalogue.version_key, "purposes": _CHOSEN[action]}
    sent = {"id": name, "type": "Consents", "typeDevice": device, "action": action, "lang": language}
    decision = decision_from_json(json.dumps({**sent, "consents": consents}))
    assert decision.consents is not None  # noqa: S101 - it was sent
    proof, _ = proof_of(decision, decision.consents, context, new_id=uuid.uuid4)
    return proof
