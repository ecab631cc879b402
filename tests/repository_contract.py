"""The tables' promises, with any engine. Each tier inherits these tests and brings ``tables`` along."""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import pytest

from consent_core.catalogue import Catalogue, LiveWidget, Policy, Purpose, Service
from consent_core.consent_table import StoredProof, UserConsent
from consent_core.dynamodb import connect
from consent_core.errors import (
    AlteredReplayError,
    ConflictError,
    DefinitionError,
    NotFoundError,
    UnprocessableError,
)
from consent_core.items import attribute
from consent_core.publishing.changes import (
    Published,
    add_origin,
    publish,
    raise_renewal,
    remove_origin,
    roll_back,
    set_developer_mode,
)
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, public_part
from consent_core.publishing.rendering import Stamp, render
from consent_core.widget_table import Change, Version
from local.tables import Tables
from tests.factories import live_widget

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WIDGET = 45
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
ERASED = ("2026-11-25T10:00:00.000Z", "2026-11-26T10:00:00.000Z")
FIRST, SECOND, THIRD = (f"{digit * 8}-2222-4333-8444-555555555555" for digit in "123")


def definition(**changes: object) -> WidgetDefinition:
    """A widget besides the demo widgets."""
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
    return publish(tables.widgets, definition(**changes), actor="first", now=now).version_key


def live(tables: Tables) -> LiveWidget:
    widget = tables.widgets.live(WIDGET)
    assert widget is not None
    return widget


def renewals(tables: Tables, *version_keys: str) -> list[int]:
    """The renewal in the settings of each version."""
    return [json.loads(tables.widgets.rendering(WIDGET, key, "en").body)["renewal"] for key in version_keys]


class By(TypedDict):
    actor: str
    now: datetime


BY: By = {"actor": "second", "now": LATER}

type Alter = Callable[[Tables, int | None], object]


def oldest(tables: Tables) -> str:
    versions = tables.widgets.versions(WIDGET)
    return versions[-1][0] if versions else FIRST


CHANGES: list[Alter] = [
    lambda tables, seen: add_origin(tables.widgets, WIDGET, "https://new.example", **BY, expected=seen),
    lambda tables, seen: remove_origin(tables.widgets, WIDGET, "https://shop.example", **BY, expected=seen),
    lambda tables, seen: raise_renewal(tables.widgets, WIDGET, **BY, expected=seen),
    lambda tables, seen: set_developer_mode(tables.widgets, WIDGET, on=True, **BY, expected=seen),
    lambda tables, seen: roll_back(tables.widgets, WIDGET, oldest(tables), **BY, expected=seen),
]
"""Every change of an existing widget, based on a revision of it."""


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

    def test_a_published_widget_is_live(self, tables: Tables) -> None:
        answer = publish(tables.widgets, definition(), actor="first", now=NOW)

        assert answer == Published(answer.version_key, 1, is_new_version=True)
        assert live(tables) == live_widget(
            widget_id=WIDGET,
            version_key=answer.version_key,
            keys=("public-key-45",),
            languages=("fr", "en"),
            created_at="2026-11-24T10:00:00.000Z",
            label="Shop",
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
        assert tables.widgets.catalogue(WIDGET, key) == Catalogue(
            key, workspace_id=19, tenant_id=7, services=(service,)
        )
        assert tables.widgets.definition(WIDGET, key) == public_part(definition())
        stamp = Stamp(version_key=key, created="2026-11-24T10:00:00.000Z", published=NOW)
        for language in ("fr", "en"):
            assert tables.widgets.rendering(WIDGET, key, language) == render(definition(), language, stamp)

    def test_an_unpublished_widget_is_absent(self, tables: Tables) -> None:
        key = str(uuid.uuid4())

        assert tables.widgets.live(WIDGET) is None
        assert tables.widgets.recent_live(WIDGET, max_age=30) is None
        assert tables.widgets.catalogue(WIDGET, key) is None
        assert tables.widgets.definition(WIDGET, key) is None
        assert tables.widgets.versions(WIDGET) == []
        with pytest.raises(KeyError):
            tables.widgets.rendering(WIDGET, key, "fr")

    def test_a_version_keeps_its_policies_and_which_services_are_exempt(self, tables: Tables) -> None:
        published(tables)
        service = Service("584ffef3-251c-4e9a-efb8-08d7fbfbee92", "Matomo", "matomo", FIRST, Purpose.ANALYTICAL)
        told = Catalogue(
            SECOND,
            workspace_id=19,
            tenant_id=7,
            services=(replace(service, exempt=True), replace(service, slug="drift")),
            policies={"us": Policy(frozenset({1, 2, 3, 4})), "gb": Policy(exempt=True), "us-ca": Policy()},
        )
        version = Version(told, "{}", "2026-11-24T11:00:00.000Z", {})
        change = Change("2026-11-24T11:00:00.000Z", "second", "publish", "")
        tables.widgets.publish(replace(live(tables), version_key=SECOND, revision=2), change, version)

        assert tables.widgets.catalogue(WIDGET, SECOND) == told

    def test_a_version_belongs_to_its_widget_alone(self, tables: Tables) -> None:
        key = published(tables)
        assert tables.widgets.catalogue(WIDGET + 1, key) is None
        assert tables.widgets.catalogue(WIDGET, "live") is None
        assert tables.widgets.catalogue(WIDGET, f"{key}#fr") is None

    def test_versions_stay_as_they_were_and_are_listed_newest_first(self, tables: Tables) -> None:
        old = published(tables)
        new = published(tables, LATER, label="Shop, renamed", services=[])

        assert tables.widgets.versions(WIDGET) == [(new, "2026-11-24T11:00:00.000Z"), (old, "2026-11-24T10:00:00.000Z")]
        assert tables.widgets.definition(WIDGET, old) == public_part(definition())
        old_catalogue, new_catalogue = tables.widgets.catalogue(WIDGET, old), tables.widgets.catalogue(WIDGET, new)
        assert old_catalogue is not None
        assert [service.slug for service in old_catalogue.services] == ["matomo"]
        assert new_catalogue == Catalogue(new, workspace_id=19, tenant_id=7, services=())
        assert (live(tables).version_key, live(tables).revision) == (new, 2)

    def test_a_change_that_is_not_in_the_settings_makes_no_version(self, tables: Tables) -> None:
        key = published(tables)

        answer = publish(tables.widgets, definition(keys=["another-key-45"]), actor="second", now=LATER)

        assert answer == Published(key, 2, is_new_version=False)
        assert (live(tables).keys, live(tables).revision) == (("another-key-45",), 2)
        assert len(tables.widgets.versions(WIDGET)) == 1

    def test_publishing_the_same_again_writes_nothing(self, tables: Tables) -> None:
        key = published(tables)
        assert publish(tables.widgets, definition(), actor="second", now=LATER) == Published(
            key, 1, is_new_version=False
        )
        assert live(tables).revision == 1

    def test_an_origin_is_added_once_and_the_version_stays(self, tables: Tables) -> None:
        key = published(tables)
        for _ in range(2):
            add_origin(tables.widgets, WIDGET, "https://NEW.example:443", actor="second", now=LATER)

        assert live(tables).origins == ("https://shop.example", "https://new.example")
        assert (live(tables).version_key, live(tables).revision) == (key, 2)

    def test_a_removed_origin_is_gone_and_the_version_stays(self, tables: Tables) -> None:
        key = published(tables, origins=["https://shop.example", "https://*.shop.example"])
        after = remove_origin(tables.widgets, WIDGET, "https://SHOP.example:443", actor="second", now=LATER)
        with pytest.raises(NotFoundError, match=r"https://shop\.example is not an allowed origin of widget 45"):
            remove_origin(tables.widgets, WIDGET, "https://SHOP.example:443", actor="second", now=LATER)

        assert live(tables) == after
        assert (after.origins, after.version_key, after.revision) == (("https://*.shop.example",), key, 2)

    def test_an_origin_that_a_logo_lies_on_cannot_be_removed(self, tables: Tables) -> None:
        published(tables, buttonLogoUrl="https://shop.example/logo.png")

        with pytest.raises(DefinitionError):
            remove_origin(tables.widgets, WIDGET, "https://shop.example", actor="second", now=LATER)

        assert live(tables).origins == ("https://shop.example",)

    def test_raising_the_renewal_is_a_new_version_that_asks_again(self, tables: Tables) -> None:
        old = published(tables, renewal=4)

        raised = raise_renewal(tables.widgets, WIDGET, actor="second", now=LATER)

        assert raised == Published(live(tables).version_key, 2, is_new_version=True)
        assert renewals(tables, old, raised.version_key) == [4, 5]

    def test_developer_mode_changes_in_the_settings_and_in_the_live_item(self, tables: Tables) -> None:
        published(tables)
        switched = {}
        for on in (True, True, False):
            answer = set_developer_mode(tables.widgets, WIDGET, on=on, actor="second", now=LATER)
            settings = json.loads(tables.widgets.rendering(WIDGET, answer.version_key, "fr").body)
            assert settings["developerMode"] is live(tables).developer_mode is on
            switched[answer.revision] = on

        assert switched == {2: True, 3: False}

    def test_rolling_back_publishes_the_older_definition_anew(self, tables: Tables) -> None:
        old = published(tables, renewal=1, consentCookieExpiryTime=90, saveConsentProof=False)
        new = published(tables, LATER, label="Renamed", renewal=3, languages=["en"], services=[], keys=["new-key-45"])
        set_developer_mode(tables.widgets, WIDGET, on=True, actor="second", now=LATER)

        back = roll_back(tables.widgets, WIDGET, old, actor="second", now=LATER)

        assert back == Published(live(tables).version_key, 4, is_new_version=True)
        assert live(tables) == live_widget(
            widget_id=WIDGET,
            version_key=back.version_key,
            revision=4,
            keys=("new-key-45",),
            languages=("fr", "en"),
            developer_mode=True,
            save_consent_proof=False,
            retention_days=90,
            created_at="2026-11-24T10:00:00.000Z",
            label="Shop",
        )
        assert renewals(tables, old, new, back.version_key) == [1, 3, 3]
        was, now = (json.loads(tables.widgets.definition(WIDGET, key) or "") for key in (old, back.version_key))
        assert now == {**was, "renewal": 3, "developerMode": True}

    @pytest.mark.parametrize("version_key", [THIRD, "live", "audit#2026-11-24T10:00:00.000Z#1"])
    def test_a_rollback_to_an_unknown_version_is_refused(self, tables: Tables, version_key: str) -> None:
        published(tables)

        with pytest.raises(NotFoundError, match=f"Widget 45 has no version {version_key}"):
            roll_back(tables.widgets, WIDGET, version_key, actor="second", now=LATER)

        assert live(tables).revision == 1

    @pytest.mark.parametrize("change", CHANGES)
    def test_a_widget_that_was_never_published_cannot_be_changed(self, tables: Tables, change: Alter) -> None:
        with pytest.raises(NotFoundError, match="Widget 45 not found"):
            change(tables, None)

    @pytest.mark.parametrize(
        "change", [*CHANGES, lambda tables, seen: publish(tables.widgets, definition(), **BY, expected=seen)]
    )
    def test_a_change_based_on_an_older_revision_is_refused_with_the_current_one(
        self, tables: Tables, change: Alter
    ) -> None:
        published(tables)
        new = published(tables, LATER, label="Renamed")

        with pytest.raises(ConflictError) as refusal:
            change(tables, 1)

        assert (refusal.value.version_key, refusal.value.revision) == (new, 2)
        assert live(tables).revision == 2
        change(tables, 2)
        assert live(tables).revision == 3

    def test_a_new_widget_refuses_any_expected_revision(self, tables: Tables) -> None:
        with pytest.raises(ConflictError) as refusal:
            publish(tables.widgets, definition(), **BY, expected=1)

        assert (refusal.value.version_key, refusal.value.revision) == (None, None)

    def test_the_audit_lists_every_change_newest_first(self, tables: Tables) -> None:
        published(tables)
        for revision in range(2, 12):
            publish(tables.widgets, definition(keys=[f"public-key-{revision}"], label="New"), actor="second", now=LATER)
        raise_renewal(tables.widgets, WIDGET, actor="third", now=NOW)  # by a clock that is late

        entries = tables.widgets.changes(WIDGET)

        assert [entry.revision for entry in entries] == list(range(12, 0, -1))
        assert entries[0].as_json() == {
            "revision": 12,
            "at": "2026-11-24T10:00:00.000Z",
            "actor": "third",
            "what": "raise-renewal",
            "detail": "1",
            "versionKey": live(tables).version_key,
        }
        assert [entry.change.detail for entry in entries[-3:]] == ["keys", "keys, label", ""]

    def test_every_change_leaves_an_audit_entry(self, tables: Tables) -> None:
        key = published(tables)
        add_origin(tables.widgets, WIDGET, "https://new.example", actor="second", now=LATER)

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
                "before": {"origins": {"L": [{"S": "https://shop.example"}]}},
            },
        ]

    @pytest.mark.parametrize("exists", [False, True])
    def test_the_first_of_two_publishers_wins_and_the_other_learns_its_version(
        self, tables: Tables, exists: bool
    ) -> None:
        if exists:
            published(tables, label="Before both")
        first: list[str] = []

        def meanwhile() -> uuid.UUID:  # asked for after the second has read and before it writes
            first.append(published(tables, LATER, label="Of the first"))
            return uuid.UUID(THIRD)

        with pytest.raises(ConflictError) as refusal:
            publish(tables.widgets, definition(label="Of the second"), actor="second", now=LATER, new_key=meanwhile)

        assert [refusal.value.version_key] == first
        assert live(tables).version_key == first[0]
        assert tables.widgets.catalogue(WIDGET, THIRD) is None
        assert len(tables.widgets.versions(WIDGET)) == 1 + exists

    def test_a_small_change_conflicts_as_well(self, tables: Tables) -> None:
        key = published(tables)
        stale = live(tables)
        add_origin(tables.widgets, WIDGET, "https://new.example", actor="first", now=LATER)

        late = replace(stale, revision=stale.revision + 1, enabled=False)
        with pytest.raises(ConflictError) as refusal:
            tables.widgets.publish(late, Change("2026-11-24T12:00:00.000Z", "second", "disable", ""))

        assert refusal.value.version_key == key
        assert live(tables).enabled

    def test_a_publication_too_large_for_a_transaction_is_refused_in_words(self, tables: Tables) -> None:
        """Twenty-six languages of 160 KB each: every item is small enough, all together are not."""
        languages = [f"en-A{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1)]
        services = [
            {"name": f"Service {number}", "slug": f"s{number}", "purpose": 2, "description": "x" * 5_000}
            for number in range(31)
        ]
        large = definition(languages=languages, services=services)

        with pytest.raises(DefinitionError) as refusal:
            publish(tables.widgets, large, actor="first", now=NOW)

        (problem,) = refusal.value.problems
        assert re.fullmatch(
            r"All languages together would have 4,\d{3},\d{3} bytes, and 4,000,000 can be published at once: "
            "shorten texts, styles or images, or use fewer languages",
            problem,
        )
        assert tables.widgets.live(WIDGET) is None

    def test_a_recent_widget_is_kept_as_long_as_asked(self, tables: Tables) -> None:
        published(tables)
        before = tables.widgets.recent_live(WIDGET, max_age=30)
        published(tables, LATER, label="Shop, renamed")

        assert tables.widgets.recent_live(WIDGET, max_age=30) == before
        assert tables.widgets.recent_live(WIDGET, max_age=0) == live(tables)

    # --- Consents -----------------------------------------------------------------------------------------------------

    def test_a_proof_is_read_as_it_was_stored(self, tables: Tables) -> None:
        assert tables.consents.put_proof(proof())
        assert tables.consents.history(CONSENT, now=0) == [StoredProof(proof(), expired=False)]

    def test_the_same_decision_again_is_stored_once(self, tables: Tables) -> None:
        tables.consents.put_proof(proof())

        assert not tables.consents.put_proof(proof(date="2026-11-24T10:00:09.000Z", action="Api"))

        assert tables.consents.history(CONSENT, now=0) == [StoredProof(proof(), expired=False)]

    @pytest.mark.parametrize("altered", [{"requestHash": "1" * 64}, {"widgetId": 44}])
    def test_an_altered_replay_is_refused_and_the_stored_proof_stays(
        self, tables: Tables, altered: dict[str, object]
    ) -> None:
        tables.consents.put_proof(proof())

        with pytest.raises(AlteredReplayError):
            tables.consents.put_proof(proof(**altered))

        assert tables.consents.history(CONSENT, now=0) == [StoredProof(proof(), expired=False)]

    def test_a_history_is_sorted_by_date_regardless_of_the_ids(self, tables: Tables) -> None:
        for decision, hour in ((SECOND, 9), (FIRST, 11), (THIRD, 10)):
            assert tables.consents.put_proof(proof(id=decision, date=f"2026-11-24T{hour:02}:00:00.000Z"))

        assert [stored.proof["id"] for stored in tables.consents.history(CONSENT, now=0)] == [SECOND, THIRD, FIRST]

    def test_a_history_is_of_one_consent(self, tables: Tables) -> None:
        tables.consents.put_proof(proof())
        tables.consents.put_proof(proof(consentId=SECOND))

        assert [stored.proof["consentId"] for stored in tables.consents.history(SECOND, now=0)] == [SECOND]
        assert tables.consents.history(THIRD, now=0) == []

    def test_a_proof_is_expired_from_the_second_of_its_ttl(self, tables: Tables) -> None:
        tables.consents.put_proof(proof())

        assert [tables.consents.history(CONSENT, now=4_000_000_000 + second)[0].expired for second in (-1, 0, 1)] == [
            False,
            True,
            True,
        ]

    def test_a_history_is_whole_however_many_pages_it_has(self, tables: Tables) -> None:
        """Two answers of DynamoDB, each of 1 MB at most."""
        ids = [str(uuid.UUID(int=number)) for number in range(1, 6)]
        for decision in ids:
            tables.consents.put_proof(proof(id=decision, referrer="x" * 300_000))

        assert [stored.proof["id"] for stored in tables.consents.history(CONSENT, now=0)] == ids
        assert len(tables.consents.history(CONSENT, now=0, most_pages=2)) == 5
        with pytest.raises(UnprocessableError, match="more proofs than one response can hold"):
            tables.consents.history(CONSENT, now=0, most_pages=1)

    def test_erasing_removes_personal_data_from_one_widgets_proofs_only(self, tables: Tables) -> None:
        named = {"userId": "user-4711", "sessionId": SECOND, "referrer": "https://shop.example/basket"}
        kept = [proof(id=FIRST, widgetId=43), proof(id=SECOND, widgetId=43), proof(id=THIRD, widgetId=44, **named)]
        tables.consents.put_proof({**kept[0], **named})
        tables.consents.put_proof({**kept[1], "referrer": "https://shop.example/"})
        tables.consents.put_proof(kept[2])
        tables.consents.put_proof(proof(id=FIRST, consentId=SECOND, widgetId=43, **named))

        assert [tables.consents.erase(CONSENT, widget_id=43, at=at) for at in ERASED] == [2, 0]

        kept[:2] = [{**each, "erasedAt": ERASED[0]} for each in kept[:2]]
        assert [stored.proof for stored in tables.consents.history(CONSENT, now=0)] == kept
        assert named.items() <= tables.consents.history(SECOND, now=0)[0].proof.items()

    def test_a_consent_of_several_widgets_can_be_erased_as_a_whole(self, tables: Tables) -> None:
        tables.consents.put_proof(proof(id=FIRST, widgetId=43, userId="user-4711"))
        tables.consents.put_proof(proof(id=SECOND, widgetId=44, userId="user-4711"))
        tables.consents.put_proof(proof(id=THIRD, widgetId=44))

        assert [tables.consents.erase(CONSENT, at=at) for at in ERASED] == [2, 0]

        history = tables.consents.history(CONSENT, now=0)
        assert [each.proof.get("erasedAt") for each in history] == [ERASED[0], ERASED[0], None]

    def test_a_user_of_one_widget_is_found_until_the_proofs_are_erased(self, tables: Tables) -> None:
        dates = [f"2026-11-{day}T10:00:00.000Z" for day in (26, 24, 25)]
        for decision, consent, date in zip((FIRST, SECOND, THIRD), (CONSENT, CONSENT, SECOND), dates, strict=True):
            tables.consents.put_proof(proof(id=decision, consentId=consent, date=date, widgetId=43, userId="CRM-42"))
        tables.consents.put_proof(proof(id=FIRST, consentId=THIRD, widgetId=44, userId="CRM-42"))
        tables.consents.put_proof(proof(id=SECOND, consentId=THIRD, widgetId=43, userId="CRM-4"))
        tables.consents.put_proof(proof(id=THIRD, consentId=THIRD, widgetId=43, userId=""))

        both = [UserConsent(CONSENT, 2, dates[1], dates[0]), UserConsent(SECOND, 1, dates[2], dates[2])]
        assert tables.consents.of_user(43, "CRM-42") == both
        assert tables.consents.of_user(43, "") == []
        assert tables.consents.of_user(4, "3#CRM-42") == []

        tables.consents.erase(CONSENT, widget_id=43, at=ERASED[0])
        assert tables.consents.of_user(43, "CRM-42") == both[1:]

    def test_a_proof_comes_out_as_it_went_in(self, tables: Tables) -> None:
        """The index has an attribute of its own, which no reader sees."""
        stored = proof(widgetId=43, userId="CRM-42")
        tables.consents.put_proof(stored)

        assert tables.consents.history(CONSENT, now=0) == [StoredProof(stored, expired=False)]

    def test_proofs_of_earlier_releases_are_added_to_the_index_once(self, tables: Tables) -> None:
        """An erased one, one without a user and one that names its user by no character stay outside."""
        for decision, changes in (
            (FIRST, {"userId": "CRM-42"}),
            (SECOND, {"erasedAt": ERASED[0]}),
            (THIRD, {"userId": ""}),
        ):
            item = {name: attribute(value) for name, value in proof(id=decision, widgetId=43, **changes).items()}
            connect().put_item(TableName="ConsentsTable", Item=item)
        before = tables.consents.history(CONSENT, now=0)
        assert tables.consents.of_user(43, "CRM-42") == []

        assert [tables.consents.index_users() for _ in range(2)] == [1, 0]

        assert tables.consents.of_user(43, "CRM-42") == [UserConsent(CONSENT, 1, proof()["date"], proof()["date"])]
        assert tables.consents.history(CONSENT, now=0) == before

    def test_an_erasure_while_the_index_is_filled_is_not_undone(self, tables: Tables) -> None:
        tables.consents.put_proof(proof(widgetId=43, userId="CRM-42"))
        tables.consents.erase(CONSENT, widget_id=43, at=ERASED[0])

        assert not tables.consents._index_user(proof(widgetId=43, userId="CRM-42"))
        assert tables.consents.of_user(43, "CRM-42") == []

    def test_a_decision_that_is_sent_again_does_not_undo_an_erasure(self, tables: Tables) -> None:
        tables.consents.put_proof(proof(widgetId=43, userId="user-4711"))
        tables.consents.erase(CONSENT, widget_id=43, at=ERASED[0])

        assert not tables.consents.put_proof(proof(widgetId=43, userId="user-4711"))

        erased = proof(widgetId=43, erasedAt=ERASED[0])
        assert tables.consents.history(CONSENT, now=0) == [StoredProof(erased, expired=False)]

    def test_a_proof_that_was_deleted_before_it_could_be_erased_is_not_there_again(self, tables: Tables) -> None:
        assert not tables.consents._erase_proof(CONSENT, FIRST, ERASED[0])
        assert tables.consents.history(CONSENT, now=0) == []
