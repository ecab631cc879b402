"""A decision and a catalogue in, a proof out."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.catalogue import Catalogue, Policy, Purpose, Service
from consent_core.dates import timestamp
from consent_core.decisions import decision_from_json
from consent_core.errors import MalformedError, UnprocessableError
from consent_core.proofs import NOT_REFUSED, Proof, RequestContext, consent_id_of, proof_of
from tests.factories import ANALYTICS, DRIFT, NECESSARY, VERSION_KEY, catalogue, decision_json, live_widget

BODIES = Path(__file__).parents[2] / "events" / "bodies"
NOW = datetime(2026, 11, 24, 10, 0, 0, 123_000, tzinfo=UTC)
RECEIVED = "2026-11-24T10:00:00.123Z"
DECISION_ID = "6185fe65-0924-410d-9132-3cde838c4627"
NEW_ID = uuid.UUID("0b93b823-ff36-4d61-8959-e9e8deee5ef8")


def recorded(
    text: str,
    *,
    services: Catalogue | None = None,
    retention_days: int = 180,
    now: datetime = NOW,
    origin: str | None = "https://shop.example",
    store_page_address: bool = False,
) -> tuple[Proof, list[str]]:
    """Return the proof of a body, and the places of what it leaves out."""
    decision = decision_from_json(text)
    assert decision.consents is not None
    widget = live_widget(retention_days=retention_days, store_page_address=store_page_address)
    context = RequestContext(widget, services or catalogue(), origin, now)
    return proof_of(decision, decision.consents, context, new_id=lambda: NEW_ID)


def proof_from(text: str, **context: Any) -> Proof:  # noqa: ANN401 - passed on
    made, _ = recorded(text, **context)
    return made


def body(**changes: object) -> str:
    """A decision on one service, with members changed; members of ``consents`` are added to its entries."""
    return decision_json(**{"consents": REFUSED, **changes})


REFUSED = {"cookieConsents": [{"slug": "drift", "consent": False}]}


def proof(**changes: object) -> Any:  # noqa: ANN401 - a proof's values, to look into
    return proof_from(body(**changes))


def left_out(**changes: object) -> list[str]:
    return recorded(body(**changes))[1]


def consents(**stated: object) -> dict[str, bool]:
    """Return the proof's choices, by slug."""
    return consents_of(proof(consents=stated))


def consents_of(made: Any) -> dict[str, bool]:  # noqa: ANN401 - a proof's values, to look into
    return {entry["slug"]: entry["consent"] for entry in made["consents"]["cookieConsents"]}


# --- The documented proof ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_documented_proof_is_stored_in_the_contracts_shape(language: str) -> None:
    """Both spellings make the same proof. Names and versions are the catalogue's, dates of 2020 are over."""
    made = proof_from((BODIES / f"proof.{language}.json").read_text("utf-8"))
    assert made == {
        "id": "6185fe65-0924-410d-9132-3cde838c4627",
        "sessionId": "0b93b823-ff36-4d61-8959-e9e8deee5ef8",
        "date": RECEIVED,
        "dateExpiration": "2027-05-23T10:00:00.123Z",
        "ttl": 1_811_066_400,
        "type": 2,
        "widgetId": 43,
        "typeDevice": 2,
        "workSpaceId": 19,
        "consentId": "8a5e89c4-2243-4598-97c5-ba3cfb35a138",
        "consents": {
            "lang": "fr-FR",
            "versionKey": VERSION_KEY,
            "cookieConsents": [
                {
                    "id": NECESSARY.id,
                    "tenantId": 7,
                    "name": "Session",
                    "slug": "session",
                    "consent": True,
                    "version": NECESSARY.version,
                    "date": RECEIVED,
                    "purpose": 0,
                },
                {
                    "id": ANALYTICS.id,
                    "tenantId": 7,
                    "name": "Analytics",
                    "slug": "analytics",
                    "consent": True,
                    "version": ANALYTICS.version,
                    "date": RECEIVED,
                    "purpose": 2,
                },
                {
                    "id": DRIFT.id,
                    "tenantId": 7,
                    "name": "Drift",
                    "slug": "drift",
                    "consent": True,
                    "version": DRIFT.version,
                    "date": RECEIVED,
                    "purpose": 3,
                },
            ],
        },
        "versionAssumed": True,
        "requestHash": "9462b718eb5347c17ab32f6f18f4e2897872340abdf4a10cdcec31f2ef975c55",
        "origin": "https://shop.example",
    }


def test_the_smallest_decision_stores_only_what_is_known() -> None:
    made = proof()
    assert made.keys() == {
        *("id", "consentId", "widgetId", "workSpaceId", "type", "typeDevice", "date", "dateExpiration", "ttl"),
        *("consents", "versionAssumed", "requestHash", "origin"),
    }
    assert (made["id"], made["consentId"]) == (str(NEW_ID), consent_id_of(43, str(NEW_ID)))
    assert (made["typeDevice"], made["consents"]["lang"]) == (0, None)


def test_facts_of_the_visit_are_stored() -> None:
    made = proof(userId="Y3JtLTQy", action="Signal", typeDevice=3)
    kept = {name: made[name] for name in ("userId", "action", "typeDevice")}
    assert kept == {"userId": "Y3JtLTQy", "action": "Signal", "typeDevice": 3}


@pytest.mark.parametrize(
    ("referrer", "origin", "stored", "ignored"),
    [
        (None, "https://shop.example", None, []),
        ("", "https://shop.example", None, []),
        ("https://shop.example/basket?x=1#top", "https://shop.example", "https://shop.example/basket", []),
        ("https://shop.example/me@x.test/a", "https://shop.example", "https://shop.example/a", []),
        ("https://other.example/basket", "https://shop.example", None, ["referrer"]),
        ("https://shop.example/" + "x" * 2_028, "https://shop.example", None, ["referrer"]),
        ("about:blank", "https://shop.example", None, ["referrer"]),
        ("https://other.example/basket", None, "https://other.example/basket", []),
        ("about:blank", None, None, ["referrer"]),
    ],
)
def test_the_pages_address_is_stored_only_if_the_definition_asks_for_it(
    referrer: str | None, origin: str | None, stored: str | None, ignored: list[str]
) -> None:
    unasked, places = recorded(body(referrer=referrer), origin=origin)
    asked, same_places = recorded(body(referrer=referrer), origin=origin, store_page_address=True)

    assert "referrer" not in unasked
    assert asked.get("referrer") == stored
    assert places == same_places == ignored


def test_a_native_app_has_no_origin() -> None:
    assert "origin" not in proof_from(body(), origin=None)


@pytest.mark.parametrize(
    ("inner", "outer", "stored"), [("fr", "nl", "fr"), (None, "nl", "nl"), ("fr", None, "fr"), (None, None, None)]
)
def test_the_language_is_that_of_the_consents_else_of_the_decision(
    inner: str | None, outer: str | None, stored: str | None
) -> None:
    assert proof(lang=outer, consents={**REFUSED, "lang": inner})["consents"]["lang"] == stored


@pytest.mark.parametrize(
    ("sent", "assumed", "ignored"),
    [
        (None, True, []),
        (VERSION_KEY, False, []),
        (VERSION_KEY.upper(), False, []),
        (DECISION_ID, True, ["versionKey"]),
        ("", True, []),
        ("live", True, ["versionKey"]),
        (43, True, ["versionKey"]),
        ([VERSION_KEY], True, ["versionKey"]),
    ],
)
def test_a_proof_says_when_its_version_was_assumed(sent: object, assumed: bool, ignored: list[str]) -> None:
    made: Any
    made, places = recorded(body(consents={**REFUSED, "versionKey": sent}))
    assert made["versionAssumed"] is assumed
    assert made["consents"]["versionKey"] == VERSION_KEY
    assert places == ignored


# --- What is decided --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "analytics", "drift"),
    [
        ({"cookieConsents": [{"slug": "drift", "consent": True}]}, False, True),
        ({"cookieConsents": [{"id": DRIFT.id.upper(), "consent": True}]}, False, True),
        ({"cookieConsents": [{"id": DRIFT.id, "slug": "drift", "consent": True}]}, False, True),
        ({"purposes": {"Analytical": True}}, True, False),
        ({"purposes": {"Analytical": True, "Marketing": False}}, True, False),
        ({"purposes": {"Preference": True, "Other": True, "Unclassified": True}}, False, False),
        ({"purposes": {"Marketing": True}, "cookieConsents": [{"slug": "drift", "consent": False}]}, False, False),
        ({"purposes": {"Marketing": False}, "cookieConsents": [{"slug": "drift", "consent": True}]}, False, True),
        ({"cookieConsents": [{"slug": "drift", "consent": True}, {"id": DRIFT.id, "consent": True}]}, False, True),
    ],
)
def test_an_entry_decides_else_the_purpose_else_it_is_refused(
    stated: dict[str, object], analytics: bool, drift: bool
) -> None:
    assert consents(**stated) == {"session": True, "analytics": analytics, "drift": drift}


@pytest.mark.parametrize(
    "stated",
    [
        {"cookieConsents": [{"slug": "session", "consent": False}]},
        {"purposes": {"Necessary": False}},
        {"purposes": {"Necessary": False}, "cookieConsents": [{"slug": "session", "consent": False}]},
    ],
)
def test_a_strictly_necessary_service_is_always_consented(stated: dict[str, object]) -> None:
    assert consents(**stated)["session"] is True


UNKNOWN_ENTRIES: list[dict[str, object]] = [
    {"slug": "unknown"},
    {"slug": "constructor"},
    {"slug": "Drift"},
    {"slug": 12},
    {"id": "00000000-0000-4000-8000-000000000000"},
    {"id": "00000000-0000-0000-0000-000000000000", "slug": "drift"},
    {"id": "12", "slug": "drift"},
    {"id": DRIFT.id, "slug": "analytics"},
    {"id": VERSION_KEY, "slug": "drift"},
    {"id": DRIFT.id, "slug": "?"},
    {},
]


@pytest.mark.parametrize("entry", UNKNOWN_ENTRIES, ids=str)
def test_an_entry_for_no_service_is_left_out_and_named(entry: dict[str, object]) -> None:
    entries = [{"slug": "analytics", "consent": True}, {**entry, "consent": True}]
    made, places = recorded(body(consents={"cookieConsents": entries}))

    assert consents_of(made) == {"session": True, "analytics": True, "drift": False}
    assert places == ["cookieConsents.1"]


def test_a_proof_is_stored_although_every_entry_was_left_out() -> None:
    entries = [{**entry, "consent": True} for entry in UNKNOWN_ENTRIES]
    made, places = recorded(body(consents={"cookieConsents": entries}))

    assert consents_of(made) == {"session": True, "analytics": False, "drift": False}
    assert places == [f"cookieConsents.{index}" for index in range(len(entries))]
    assert made["requestHash"] != proof()["requestHash"]


@pytest.mark.parametrize(
    "entry", [each for each in UNKNOWN_ENTRIES if DRIFT.id in each.values() or "drift" in each.values()], ids=str
)
def test_a_refusal_counts_whichever_of_its_names_is_known(entry: dict[str, object]) -> None:
    given = {"purposes": {"Marketing": True}, "cookieConsents": [{**entry, "consent": False}]}
    assert consents(purposes={"Marketing": True})["drift"] is True
    made, places = recorded(body(consents=given))

    assert consents_of(made)["drift"] is False
    assert places == []


def test_a_refusal_in_doubt_contradicts_a_consent() -> None:
    entries = [{"slug": "drift", "consent": True}, {"slug": "drift", "id": VERSION_KEY, "consent": False}]
    with pytest.raises(MalformedError):
        left_out(consents={"cookieConsents": entries})


@pytest.mark.parametrize("version_key", [None, ""])
def test_an_empty_version_key_is_an_absent_one(version_key: str | None) -> None:
    made, places = recorded(body(consents={"versionKey": version_key, "purposes": {"Marketing": True}}))
    bare, _ = recorded(body(consents={"purposes": {"Marketing": True}}))

    assert (places, made["versionAssumed"]) == ([], True)
    assert made["requestHash"] == bare["requestHash"]


def test_entries_of_a_service_that_was_removed_may_differ() -> None:
    entries = [{"slug": "removed", "consent": True}, {"slug": "removed", "consent": False}]
    assert left_out(consents={"cookieConsents": entries}) == ["cookieConsents.0", "cookieConsents.1"]


def test_what_is_left_out_is_named_in_the_order_of_the_contract() -> None:
    entries = [{"slug": "removed", "consent": True, "date": "?"}, {"slug": "drift", "consent": True, "date": "?"}]
    assert left_out(
        consents={"versionKey": "?", "cookieConsents": entries, "lang": "?", "policy": "us"},
        referrer="https://other.example/",
        userId="me@shop.example",
        sessionId="?",
    ) == [
        "userId",
        "sessionId",
        "lang",
        "referrer",
        "versionKey",
        "policy",
        "cookieConsents.0",
        "cookieConsents.1.date",
    ]


EMPTY: list[dict[str, object]] = [
    {},
    {"cookieConsents": [], "purposes": {}},
    {"cookieConsents": None, "purposes": None},
    {"lang": "fr", "versionKey": VERSION_KEY},
]


@pytest.mark.parametrize("action", [None, "AcceptAll", "Selection", "Api", "Signal"])
@pytest.mark.parametrize("stated", EMPTY)
def test_a_request_without_choices_is_refused(stated: dict[str, object], action: str | None) -> None:
    with pytest.raises(UnprocessableError) as refused:
        proof(consents=stated, action=action)
    assert refused.value.members == {"field": "consents"}


@pytest.mark.parametrize("stated", EMPTY)
def test_a_refusal_of_everything_needs_no_list(stated: dict[str, object]) -> None:
    made, places = recorded(body(consents=stated, action="RefuseAll"))
    assert (consents_of(made), places) == ({"session": True, "analytics": False, "drift": False}, [])


@pytest.mark.parametrize("stated", EMPTY)
@pytest.mark.parametrize("services", [catalogue(NECESSARY), Catalogue(VERSION_KEY, 19, 7, ())])
def test_a_widget_without_services_to_decide_on_needs_no_choices(
    stated: dict[str, object], services: Catalogue
) -> None:
    made: Any
    made, places = recorded(body(consents=stated), services=services)
    assert (len(made["consents"]["cookieConsents"]), places) == (len(services.services), [])


@pytest.mark.parametrize("again", [{"slug": "drift"}, {"id": DRIFT.id}])
def test_two_differing_entries_for_one_service_are_malformed(again: dict[str, str]) -> None:
    entries = [{"slug": "drift", "consent": True}, {"slug": "analytics", "consent": True}, {**again, "consent": False}]
    with pytest.raises(MalformedError) as refused:
        proof(consents={"cookieConsents": entries})
    assert refused.value.members == {
        "errors": [{"loc": ["consents", "cookieConsents", 2], "type": "contradiction"}],
    }


SERVICES = st.lists(st.sampled_from(Purpose), max_size=6).map(
    lambda purposes: Catalogue(
        VERSION_KEY,
        workspace_id=19,
        tenant_id=7,
        services=tuple(
            Service(str(uuid.UUID(int=number + 1)), f"Service {number}", f"s{number}", VERSION_KEY, purpose)
            for number, purpose in enumerate(purposes)
        ),
    )
)


@given(
    SERVICES,
    st.dictionaries(st.sampled_from([purpose.label for purpose in Purpose]), st.booleans()),
    st.dictionaries(st.integers(0, 5), st.tuples(st.booleans(), st.booleans())),
)
def test_every_service_is_in_the_proof_once_as_it_was_decided(
    published: Catalogue, purposes: dict[str, bool], entries: dict[int, tuple[bool, bool]]
) -> None:
    explicit = {
        published.services[number]: decided for number, decided in entries.items() if number < len(published.services)
    }
    named = [
        {"id": service.id, "consent": consent} if by_id else {"slug": service.slug, "consent": consent}
        for service, (consent, by_id) in explicit.items()
    ]
    stated = {"purposes": purposes, "cookieConsents": named}
    made: Any = proof_from(body(consents=stated, action="RefuseAll"), services=published)

    stored = [(entry["id"], entry["consent"]) for entry in made["consents"]["cookieConsents"]]
    expected = []
    for service in published.services:
        decided = explicit[service][0] if service in explicit else purposes.get(service.purpose.label, False)
        expected.append((service.id, decided or service.purpose == 0))
    assert stored == expected


# --- Policies and signals ---------------------------------------------------------------------------------------------

EXEMPT = replace(ANALYTICS, exempt=True)
POLICIES = {
    "us": Policy(opt_out=frozenset({1, 2, 3, 4})),
    "ca": Policy(opt_out=frozenset({1, 2})),
    "gb": Policy(exempt=True),
    "us-ca": Policy(),
}
UNDER_POLICIES = catalogue(NECESSARY, EXEMPT, DRIFT, **POLICIES)
BOTH = {"purposes": {"Analytical": True, "Marketing": True}, "versionKey": VERSION_KEY}


def meanings(made: Any) -> dict[str, str]:  # noqa: ANN401 - a proof's values, to look into
    """Return what each choice of a proof means, by slug."""
    entries = made["consents"]["cookieConsents"]
    assert {entry[NOT_REFUSED] for entry in entries if NOT_REFUSED in entry} <= {True}
    return {
        entry["slug"]: "not refused" if NOT_REFUSED in entry else "consented" if entry["consent"] else "refused"
        for entry in entries
    }


@pytest.mark.parametrize(
    ("policy", "analytics", "drift"),
    [
        ("us", "not refused", "not refused"),
        ("ca", "not refused", "consented"),
        ("gb", "not refused", "consented"),
        ("us-ca", "consented", "consented"),
        ("strict", "consented", "consented"),
        (None, "consented", "consented"),
        ("", "consented", "consented"),
    ],
)
@pytest.mark.parametrize("action", ["AcceptAll", "Selection", "Api", "Signal", None])
def test_a_true_of_what_a_policy_has_on_by_default_was_only_not_refused(
    policy: str | None, analytics: str, drift: str, action: str | None
) -> None:
    made: Any
    made, ignored = recorded(body(consents={**BOTH, "policy": policy}, action=action), services=UNDER_POLICIES)
    assert meanings(made) == {"session": "consented", "analytics": analytics, "drift": drift}
    assert (made["consents"].get("policy"), ignored) == (policy or None, [])


@pytest.mark.parametrize("policy", ["us", "ca", "gb", "us-ca", "strict", "fr"])
def test_a_refusal_is_a_refusal_under_every_policy(policy: str) -> None:
    made, _ = recorded(body(consents={"policy": policy}, action="RefuseAll"), services=UNDER_POLICIES)
    assert meanings(made) == {"session": "consented", "analytics": "refused", "drift": "refused"}


def test_an_exempt_service_is_one_of_its_purpose_where_the_policy_is_not_exempt() -> None:
    made, _ = recorded(body(consents={**BOTH, "policy": "us-ca"}), services=UNDER_POLICIES)
    assert meanings(made)["analytics"] == "consented"
    made, _ = recorded(body(consents={**BOTH, "policy": "gb"}), services=catalogue(**POLICIES))
    assert meanings(made)["analytics"] == "consented"


@pytest.mark.parametrize("services", [UNDER_POLICIES, catalogue()])
@pytest.mark.parametrize("policy", ["fr", "unknown", "us.ca"])
def test_a_policy_that_the_version_lacks_is_stored_as_unknown_and_named(services: Catalogue, policy: str) -> None:
    """It may have had everything on by default: no true of it is a consent."""
    made: Any
    made, ignored = recorded(body(consents={**BOTH, "policy": policy}), services=services)
    assert meanings(made) == {"session": "consented", "analytics": "not refused", "drift": "not refused"}
    assert (made["consents"]["policy"], ignored) == ("unknown", ["policy"])


@pytest.mark.parametrize("version", [None, "", "removed"])
@pytest.mark.parametrize("policy", ["us", "ca", "us-ca", "fr"])
def test_a_policy_counts_in_a_version_that_the_decision_names_alone(policy: str, version: str | None) -> None:
    """The version that the visitor saw may have had more on by default under the same id."""
    made: Any
    made, ignored = recorded(body(consents={**BOTH, "policy": policy, "versionKey": version}), services=UNDER_POLICIES)
    assert meanings(made) == {"session": "consented", "analytics": "not refused", "drift": "not refused"}
    assert (made["consents"]["policy"], made["versionAssumed"]) == ("unknown", True)
    assert ignored == [*(["versionKey"] if version else []), "policy"]


@pytest.mark.parametrize("policy", ["strict", None])
def test_strict_is_the_same_in_every_version(policy: str | None) -> None:
    made: Any
    made, ignored = recorded(body(consents={**BOTH, "policy": policy, "versionKey": None}), services=UNDER_POLICIES)
    assert meanings(made) == {"session": "consented", "analytics": "consented", "drift": "consented"}
    assert (made["consents"].get("policy"), ignored) == (policy, [])


def test_the_strict_policy_is_known_without_being_written() -> None:
    made: Any
    made, ignored = recorded(body(consents={**BOTH, "policy": "strict"}), services=catalogue())
    assert meanings(made) == {"session": "consented", "analytics": "consented", "drift": "consented"}
    assert (made["consents"]["policy"], ignored) == ("strict", [])


@pytest.mark.parametrize("signals", [{"gpc": True, "dnt": False}, {"gpc": False, "dnt": True}])
def test_the_signals_are_kept(signals: dict[str, bool]) -> None:
    assert proof(consents={**BOTH, "signals": signals})["consents"]["signals"] == signals


def test_without_policy_and_signals_a_proof_is_what_it_was() -> None:
    consents_: Any = proof(consents=BOTH)["consents"]
    assert consents_.keys() == {"lang", "versionKey", "cookieConsents"}
    assert {frozenset(entry) for entry in consents_["cookieConsents"]} == {
        frozenset({"id", "tenantId", "name", "slug", "consent", "version", "date", "purpose"})
    }


# --- Dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (None, RECEIVED),
        ("2026-11-24T09:59:00Z", "2026-11-24T09:59:00.000Z"),
        (RECEIVED, RECEIVED),
        ("2026-11-24T10:00:00.124Z", RECEIVED),
        ("2026-11-24T11:00:00+02:00", "2026-11-24T09:00:00.000Z"),
        ("2026-05-28T10:00:00.123Z", "2026-05-28T10:00:00.123Z"),
        ("2026-05-28T10:00:00.122Z", RECEIVED),
        ("9999-12-31T23:59:59Z", RECEIVED),
        ("0001-01-01T00:00:00+23:59", RECEIVED),
        (10**400, RECEIVED),
        (-(10**400), RECEIVED),
        (0, RECEIVED),
        (1_795_514_399_000, "2026-11-24T09:59:59.000Z"),
    ],
)
def test_a_date_in_the_future_or_older_than_the_retention_becomes_the_time_of_receipt(
    sent: object, stored: str
) -> None:
    made = proof(consents={"cookieConsents": [{"slug": "drift", "consent": True, "date": sent}]})
    dates = {entry["slug"]: entry["date"] for entry in made["consents"]["cookieConsents"]}
    assert dates == {"session": RECEIVED, "analytics": RECEIVED, "drift": stored}


@given(st.integers(1, 180), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - UTC is added
def test_a_proof_expires_after_the_retention_to_the_second(days: int, naive: datetime) -> None:
    now = naive.replace(tzinfo=UTC)
    made: Any = proof_from(body(), retention_days=days, now=now)

    expires = datetime.fromisoformat(made["dateExpiration"])
    assert expires - datetime.fromisoformat(made["date"]) == timedelta(days=days)
    assert made["ttl"] == int(expires.timestamp())
    assert timedelta() <= now - datetime.fromisoformat(made["date"]) < timedelta(milliseconds=1)


def test_a_clock_of_another_zone_makes_the_same_proof() -> None:
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    assert proof_from(body(), now=paris) == proof()


def test_a_timestamp_is_written_as_browsers_write_it() -> None:
    assert timestamp(datetime(2020, 5, 19, 16, 54, 3, 272_999, tzinfo=UTC)) == "2020-05-19T16:54:03.272Z"
    assert timestamp(datetime(2020, 5, 19, 16, 54, 3, tzinfo=timezone(timedelta(hours=2)))) == (
        "2020-05-19T14:54:03.000Z"
    )


# --- Identifiers ------------------------------------------------------------------------------------------------------


def test_a_new_consent_is_named_after_its_first_decision_for_good() -> None:
    """A retry after a deployment must get the same answer: a change of this value is a change to the product."""
    assert consent_id_of(43, DECISION_ID) == "ae1d3222-8c1b-5b80-8e67-e3cfa3a3997d"
    assert proof(id=DECISION_ID)["consentId"] == "ae1d3222-8c1b-5b80-8e67-e3cfa3a3997d"
    assert proof(id=DECISION_ID.upper())["consentId"] == "ae1d3222-8c1b-5b80-8e67-e3cfa3a3997d"


def test_another_widget_or_decision_is_another_consent() -> None:
    names = {consent_id_of(widget, decision) for widget in (43, 44) for decision in (DECISION_ID, str(NEW_ID))}
    assert len(names) == 4


def test_a_later_decision_keeps_its_consent() -> None:
    made = proof(id=DECISION_ID, consentId=str(NEW_ID).upper())
    assert (made["id"], made["consentId"]) == (DECISION_ID, str(NEW_ID))
