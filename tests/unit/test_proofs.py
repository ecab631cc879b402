"""A decision and a catalogue in, a proof out."""

import base64
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_core.catalogue import Catalogue, Purpose, Service
from consent_core.dates import timestamp
from consent_core.decisions import decision_from_json
from consent_core.errors import MalformedError, UnprocessableError
from consent_core.proofs import Proof, RequestContext, consent_id_of, page_of, proof_of, usable_user_id
from tests.factories import ANALYTICS, DRIFT, NECESSARY, VERSION_KEY, catalogue, decision_json, live_widget

BODIES = Path(__file__).parents[2] / "events" / "bodies"
NOW = datetime(2026, 11, 24, 10, 0, 0, 123_000, tzinfo=UTC)
RECEIVED = "2026-11-24T10:00:00.123Z"
DECISION_ID = "6185fe65-0924-410d-9132-3cde838c4627"
NEW_ID = uuid.UUID("0b93b823-ff36-4d61-8959-e9e8deee5ef8")


def proof_from(
    text: str, *, services: Catalogue | None = None, retention_days: int = 180, now: datetime = NOW
) -> Proof:
    decision = decision_from_json(text)
    assert decision.consents is not None
    widget = live_widget(retention_days=retention_days)
    context = RequestContext(widget, services or catalogue(), "https://shop.example", now)
    return proof_of(decision, decision.consents, context, new_id=lambda: NEW_ID)


def proof(**changes: object) -> Any:  # noqa: ANN401 - a proof's values, to look into
    return proof_from(decision_json(**changes))


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
    made = proof(userId="Y3JtLTQy", action="Signal", referrer="https://shop.example/basket?x=1#top", typeDevice=3)
    kept = {name: made[name] for name in ("userId", "action", "referrer", "typeDevice")}
    assert kept == {
        "userId": "Y3JtLTQy",
        "action": "Signal",
        "referrer": "https://shop.example/basket",
        "typeDevice": 3,
    }


def test_a_native_app_has_no_origin() -> None:
    decision = decision_from_json(decision_json())
    assert decision.consents is not None
    context = RequestContext(live_widget(), catalogue(), None, NOW)
    assert "origin" not in proof_of(decision, decision.consents, context, new_id=lambda: NEW_ID)


@pytest.mark.parametrize(
    ("inner", "outer", "stored"), [("fr", "nl", "fr"), (None, "nl", "nl"), ("fr", None, "fr"), (None, None, None)]
)
def test_the_language_is_that_of_the_consents_else_of_the_decision(
    inner: str | None, outer: str | None, stored: str | None
) -> None:
    assert proof(lang=outer, consents={"lang": inner})["consents"]["lang"] == stored


@pytest.mark.parametrize(("sent", "assumed"), [(None, True), (VERSION_KEY, False)])
def test_a_proof_says_when_its_version_was_assumed(sent: str | None, assumed: bool) -> None:
    made = proof(consents={"versionKey": sent})
    assert made["versionAssumed"] is assumed
    assert made["consents"]["versionKey"] == VERSION_KEY


# --- What is decided --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "analytics", "drift"),
    [
        ({}, False, False),
        ({"cookieConsents": [], "purposes": {}}, False, False),
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


@pytest.mark.parametrize(
    "entry",
    [
        {"slug": "unknown"},
        {"id": "00000000-0000-4000-8000-000000000000"},
        {"id": DRIFT.id, "slug": "analytics"},
        {"id": VERSION_KEY, "slug": "drift"},
    ],
)
def test_an_unknown_or_ambiguous_service_is_refused_with_its_place(entry: dict[str, str]) -> None:
    entries = [{"slug": "drift", "consent": True}, {**entry, "consent": True}]
    with pytest.raises(UnprocessableError) as refused:
        proof(consents={"cookieConsents": entries})
    assert refused.value.members == {"field": "consents.cookieConsents.1"}


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
    made: Any = proof_from(decision_json(consents={"purposes": purposes, "cookieConsents": named}), services=published)

    stored = [(entry["id"], entry["consent"]) for entry in made["consents"]["cookieConsents"]]
    expected = []
    for service in published.services:
        decided = explicit[service][0] if service in explicit else purposes.get(service.purpose.label, False)
        expected.append((service.id, decided or service.purpose == 0))
    assert stored == expected


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
    made: Any = proof_from(decision_json(), retention_days=days, now=now)

    expires = datetime.fromisoformat(made["dateExpiration"])
    assert expires - datetime.fromisoformat(made["date"]) == timedelta(days=days)
    assert made["ttl"] == int(expires.timestamp())
    assert timedelta() <= now - datetime.fromisoformat(made["date"]) < timedelta(milliseconds=1)


def test_a_clock_of_another_zone_makes_the_same_proof() -> None:
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    assert proof_from(decision_json(), now=paris) == proof()


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


# --- The userId -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "user_id",
    [
        *("u", "Y3JtLTQy", "crm-42", "a b", "~!#$%^&*()", "x" * 128, "QQ==", "MTIzNDU2Nzg5MA", "4oKs"),
        "550e8400-e29b-41d4-a716-446655440000",
        base64.b64encode(b"\x00\xff@\xfe").decode(),
        "",
    ],
)
def test_a_user_id_is_stored_exactly_as_it_was_sent(user_id: str) -> None:
    assert usable_user_id(user_id) == user_id


def test_no_user_id_is_none() -> None:
    assert usable_user_id(None) is None


LIMITS = "At most 128 printable ASCII characters."
OPAQUE = "An e-mail address is not stored: send an opaque identifier."


@pytest.mark.parametrize(
    ("user_id", "detail"),
    [
        ("x" * 129, LIMITS),
        ("é", LIMITS),
        ("tab\there", LIMITS),
        ("line\n", LIMITS),
        ("\x7f", LIMITS),
        ("\ud83d", LIMITS),
        ("@", OPAQUE),
        ("me@shop.example", OPAQUE),
        (base64.b64encode(b"me@shop.example").decode(), OPAQUE),
        (base64.b64encode(b"me@shop.example!").decode(), OPAQUE),
        (base64.b64encode(b"me@shop.example!").decode().rstrip("="), OPAQUE),
        (base64.urlsafe_b64encode("ÿ?me@shop.example".encode()).decode(), OPAQUE),
        (base64.b64encode("josé@shop.example".encode("latin-1")).decode(), OPAQUE),
        ("QA==", OPAQUE),
        ("QA", OPAQUE),
    ],
)
def test_a_user_id_that_may_be_an_address_or_is_not_an_identifier_is_refused(user_id: str, detail: str) -> None:
    with pytest.raises(UnprocessableError) as refused:
        usable_user_id(user_id)
    assert (refused.value.detail, refused.value.members) == (detail, {"field": "userId"})


@given(st.text(max_size=140))
def test_a_user_id_is_kept_or_refused_and_never_changed(user_id: str) -> None:
    try:
        kept = usable_user_id(user_id)
    except UnprocessableError:
        return
    assert kept == user_id
    assert "@" not in user_id


# --- The referrer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("referrer", "page"),
    [
        (None, None),
        ("", None),
        ("about:blank", None),
        ("capacitor://localhost", None),
        ("javascript:alert(1)", None),
        ("/basket", None),
        ("https://", None),
        ("https://[::1", None),
        ("https://shop.example:port/", None),
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/a/b", "https://shop.example/a/b"),
        ("http://localhost:8080/basket", "http://localhost:8080/basket"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://Shop.Example/A", "https://shop.example/A"),
        ("https://shop.example/a?mail=me@x.test", "https://shop.example/a"),
        ("https://shop.example/a#me@x.test", "https://shop.example/a"),
        ("https://shop.example?mail=me@x.test", "https://shop.example"),
        ("https://me:pw@shop.example/a", "https://shop.example/a"),
        ("https://shop.example/users/me@x.test/basket", "https://shop.example"),
        ("https://shop.example/users/me%40x.test", "https://shop.example"),
        ("https://shop.example/users/me%2540x.test", "https://shop.example"),
        ("https://shop.example/users/me%252540x.test", "https://shop.example"),
        ("https://shop.example/100%", "https://shop.example/100%"),
        ("https://shop.example/" + "x" * 2_027, "https://shop.example/" + "x" * 2_027),
        ("https://shop.example/" + "x" * 2_028, "https://shop.example"),
    ],
)
def test_a_referrer_is_stored_as_its_page_without_personal_data(referrer: str | None, page: str | None) -> None:
    assert page_of(referrer) == page


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: f"https://shop.example/{text}"))
@example("https://shop.example/a]b")
def test_no_referrer_stores_an_address_or_a_query(referrer: str) -> None:
    page = page_of(referrer)
    assert page is None or not set("@?#") & set(page)
