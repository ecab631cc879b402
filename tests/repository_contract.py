"""What the tables promise, whichever engine keeps them. Each tier inherits these tests and brings ``tables`` along."""

import json
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_core.catalogue import Catalogue, LiveWidget, Purpose, Service
from consent_core.definitions import WidgetDefinition, definition_from_json, public_part
from consent_core.errors import AlteredReplayError, ConflictError, DefinitionError
from consent_core.publishing import Published, add_origin, publish
from consent_core.rendering import Stamp, render
from consent_core.tables import Change, StoredProof, Tables, connect
from tests.factories import live_widget

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WIDGET = 45
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
FIRST, SECOND, THIRD = (f"{digit * 8}-2222-4333-8444-555555555555" for digit in "123")


def definition(**changes: object) -> WidgetDefinition:
    """A widget that is no demo widget."""
    stated = {
        "id": WIDGET,
        "label": "Shop",
        "workSpaceId": 19,
        "tenantId": 7,
        "keys": ["public-key-45"],
        "origins": ["https://shop.example"],
        "languages": ["fr", "en"],
        "services": [
            {
                "id": "584ffef3-251c-4e9a-efb8-08d7fbfbee92",
                "name": "Matomo – mesure d'audience",
                "slug": "matomo",
                "version": "6f65cb1d-85eb-4a64-976d-519679189f8d",
                "purpose": "Analytical",
            }
        ],
    }
    return definition_from_json(json.dumps({**stated, **changes}))


def published(tables: Tables, now: datetime = NOW, **changes: object) -> str:
    return publish(tables, definition(**changes), actor="first", now=now).version_key


def live(tables: Tables) -> LiveWidget:
    widget = tables.live(WIDGET)
    assert widget is not None
    return widget


def proof(**changes: object) -> dict[str, Any]:
    """A proof with each kind of value that is ever stored."""
    service = {"slug": "matomo", "name": "Matomo – été", "consent": False, "purpose": 2, "version": None}
    stored = {
        "id": FIRST,
        "consentId": CONSENT,
        "widgetId": 999_999_999_999_999,
        "date": "2026-11-24T10:00:00.000Z",
        "ttl": 4_000_000_000,
        "versionAssumed": True,
        "requestHash": "0" * 64,
        "consents": {"lang": None, "cookieConsents": [service, {**service, "slug": "été"}], "nothing": []},
    }
    return {**stored, **changes}


class RepositoryContract:
    """Publishing and reading versions, storing and reading proofs."""

    # --- Widgets ------------------------------------------------------------------------------------------------------

    def test_what_is_published_is_live(self, tables: Tables) -> None:
        answer = publish(tables, definition(), actor="first", now=NOW)

        assert answer == Published(answer.version_key, is_new_version=True)
        assert live(tables) == live_widget(
            widget_id=WIDGET,
            version_key=answer.version_key,
            keys=("public-key-45",),
            languages=("fr", "en"),
            created_at="2026-11-24T10:00:00.000Z",
        )

    def test_a_version_is_read_as_it_was_published(self, tables: Tables) -> None:
        key = published(tables)

        service = Service(
            "584ffef3-251c-4e9a-efb8-08d7fbfbee92",
            "Matomo – mesure d'audience",
            "matomo",
            "6f65cb1d-85eb-4a64-976d-519679189f8d",
            Purpose.ANALYTICAL,
        )
        assert tables.catalogue(WIDGET, key) == Catalogue(key, workspace_id=19, tenant_id=7, services=(service,))
        assert tables.definition(WIDGET, key) == public_part(definition())
        stamp = Stamp(version_key=key, created="2026-11-24T10:00:00.000Z", published=NOW)
        for language in ("fr", "en"):
            assert tables.rendering(WIDGET, key, language) == render(definition(), language, stamp)

    def test_what_was_never_published_is_absent(self, tables: Tables) -> None:
        key = str(uuid.uuid4())

        assert tables.live(WIDGET) is None
        assert tables.recent_live(WIDGET, max_age=30) is None
        assert tables.catalogue(WIDGET, key) is None
        assert tables.definition(WIDGET, key) is None
        assert tables.versions(WIDGET) == []
        with pytest.raises(KeyError):
            tables.rendering(WIDGET, key, "fr")

    def test_a_version_belongs_to_its_widget_alone(self, tables: Tables) -> None:
        key = published(tables)
        assert tables.catalogue(WIDGET + 1, key) is None
        assert tables.catalogue(WIDGET, "live") is None
        assert tables.catalogue(WIDGET, f"{key}#fr") is None

    def test_versions_stay_as_they_were_and_are_listed_newest_first(self, tables: Tables) -> None:
        old = published(tables)
        new = published(tables, LATER, label="Shop, renamed", services=[])

        assert tables.versions(WIDGET) == [(new, "2026-11-24T11:00:00.000Z"), (old, "2026-11-24T10:00:00.000Z")]
        assert tables.definition(WIDGET, old) == public_part(definition())
        old_catalogue, new_catalogue = tables.catalogue(WIDGET, old), tables.catalogue(WIDGET, new)
        assert old_catalogue is not None
        assert [service.slug for service in old_catalogue.services] == ["matomo"]
        assert new_catalogue == Catalogue(new, workspace_id=19, tenant_id=7, services=())
        assert (live(tables).version_key, live(tables).revision) == (new, 2)

    def test_a_change_that_is_not_in_the_settings_makes_no_version(self, tables: Tables) -> None:
        key = published(tables)

        answer = publish(tables, definition(keys=["another-key-45"]), actor="second", now=LATER)

        assert answer == Published(key, is_new_version=False)
        assert (live(tables).keys, live(tables).revision) == (("another-key-45",), 2)
        assert len(tables.versions(WIDGET)) == 1

    def test_publishing_the_same_again_writes_nothing(self, tables: Tables) -> None:
        key = published(tables)
        assert publish(tables, definition(), actor="second", now=LATER) == Published(key, is_new_version=False)
        assert live(tables).revision == 1

    def test_an_origin_is_added_once_and_the_version_stays(self, tables: Tables) -> None:
        key = published(tables)
        for _ in range(2):
            add_origin(tables, WIDGET, "https://NEW.example:443", actor="second", now=LATER)

        assert live(tables).origins == ("https://shop.example", "https://new.example")
        assert (live(tables).version_key, live(tables).revision) == (key, 2)

    def test_every_change_leaves_an_audit_entry(self, tables: Tables) -> None:
        key = published(tables)
        add_origin(tables, WIDGET, "https://new.example", actor="second", now=LATER)

        entries = connect().query(
            TableName="WidgetsTable",
            KeyConditionExpression="widgetId = :widget AND begins_with(version, :audit)",
            ExpressionAttributeValues={":widget": {"N": str(WIDGET)}, ":audit": {"S": "audit#"}},
        )["Items"]

        assert [{name: next(iter(value.values())) for name, value in entry.items()} for entry in entries] == [
            {
                "widgetId": str(WIDGET),
                "version": "audit#2026-11-24T10:00:00.000Z#1",
                "actor": "first",
                "what": "publish",
                "detail": "",
                "versionKey": key,
            },
            {
                "widgetId": str(WIDGET),
                "version": "audit#2026-11-24T11:00:00.000Z#2",
                "actor": "second",
                "what": "add-origin",
                "detail": "https://new.example",
                "versionKey": key,
            },
        ]

    @pytest.mark.parametrize("exists", [False, True])
    def test_of_two_publishers_the_first_wins_and_the_other_is_told_its_version(
        self, tables: Tables, exists: bool
    ) -> None:
        if exists:
            published(tables, label="Before both")
        first: list[str] = []

        def meanwhile() -> uuid.UUID:  # asked for after the second has read and before it writes
            first.append(published(tables, LATER, label="Of the first"))
            return uuid.UUID(THIRD)

        with pytest.raises(ConflictError) as refusal:
            publish(tables, definition(label="Of the second"), actor="second", now=LATER, new_key=meanwhile)

        assert [refusal.value.version_key] == first
        assert live(tables).version_key == first[0]
        assert tables.catalogue(WIDGET, THIRD) is None
        assert len(tables.versions(WIDGET)) == 1 + exists

    def test_a_small_change_conflicts_as_well(self, tables: Tables) -> None:
        key = published(tables)
        stale = live(tables)
        add_origin(tables, WIDGET, "https://new.example", actor="first", now=LATER)

        late = replace(stale, revision=stale.revision + 1, enabled=False)
        with pytest.raises(ConflictError) as refusal:
            tables.publish(late, Change("2026-11-24T12:00:00.000Z", "second", "disable", ""))

        assert refusal.value.version_key == key
        assert live(tables).enabled

    def test_what_one_transaction_cannot_take_is_refused_in_words(self, tables: Tables) -> None:
        """Twenty-six languages of 160 KB each: every item is small enough, all together are not."""
        languages = [f"en-A{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1)]
        services = [
            {"name": f"Service {number}", "slug": f"s{number}", "purpose": 2, "description": "x" * 5_000}
            for number in range(31)
        ]
        large = definition(languages=languages, services=services)

        with pytest.raises(DefinitionError) as refusal:
            publish(tables, large, actor="first", now=NOW)

        (problem,) = refusal.value.problems
        assert re.fullmatch(
            r"All languages together would have 4,\d{3},\d{3} bytes, and 4,000,000 can be published at once: "
            "shorten texts, styles or images, or use fewer languages",
            problem,
        )
        assert tables.live(WIDGET) is None

    def test_a_recent_widget_is_kept_as_long_as_asked(self, tables: Tables) -> None:
        published(tables)
        before = tables.recent_live(WIDGET, max_age=30)
        published(tables, LATER, label="Shop, renamed")

        assert tables.recent_live(WIDGET, max_age=30) == before
        assert tables.recent_live(WIDGET, max_age=0) == live(tables)

    # --- Consents -----------------------------------------------------------------------------------------------------

    def test_a_proof_is_read_as_it_was_stored(self, tables: Tables) -> None:
        assert tables.put_proof(proof())
        assert tables.history(CONSENT, now=0) == [StoredProof(proof(), expired=False)]

    def test_the_same_decision_again_is_stored_once(self, tables: Tables) -> None:
        tables.put_proof(proof())

        assert not tables.put_proof(proof(date="2026-11-24T10:00:09.000Z", action="Api"))

        assert tables.history(CONSENT, now=0) == [StoredProof(proof(), expired=False)]

    @pytest.mark.parametrize("altered", [{"requestHash": "1" * 64}, {"widgetId": 44}])
    def test_an_altered_replay_is_refused_and_what_is_stored_stays(
        self, tables: Tables, altered: dict[str, object]
    ) -> None:
        tables.put_proof(proof())

        with pytest.raises(AlteredReplayError):
            tables.put_proof(proof(**altered))

        assert tables.history(CONSENT, now=0) == [StoredProof(proof(), expired=False)]

    def test_a_history_is_sorted_by_date_whatever_the_ids(self, tables: Tables) -> None:
        for decision, hour in ((SECOND, 9), (FIRST, 11), (THIRD, 10)):
            assert tables.put_proof(proof(id=decision, date=f"2026-11-24T{hour:02}:00:00.000Z"))

        assert [stored.proof["id"] for stored in tables.history(CONSENT, now=0)] == [SECOND, THIRD, FIRST]

    def test_a_history_is_of_one_consent(self, tables: Tables) -> None:
        tables.put_proof(proof())
        tables.put_proof(proof(consentId=SECOND))

        assert [stored.proof["consentId"] for stored in tables.history(SECOND, now=0)] == [SECOND]
        assert tables.history(THIRD, now=0) == []

    def test_a_proof_is_expired_from_the_second_of_its_ttl(self, tables: Tables) -> None:
        tables.put_proof(proof())

        assert [tables.history(CONSENT, now=4_000_000_000 + second)[0].expired for second in (-1, 0, 1)] == [
            False,
            True,
            True,
        ]

    def test_a_history_is_whole_however_many_pages_it_has(self, tables: Tables) -> None:
        """Two answers of DynamoDB, each of 1 MB at most."""
        ids = [str(uuid.UUID(int=number)) for number in range(1, 6)]
        for decision in ids:
            tables.put_proof(proof(id=decision, referrer="x" * 300_000))

        assert [stored.proof["id"] for stored in tables.history(CONSENT, now=0)] == ids
