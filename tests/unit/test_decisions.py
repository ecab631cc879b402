"""The body of a POST: every spelling that docs/contract.md (section 3) accepts, and no other."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_core.catalogue import PURPOSES
from consent_core.decisions import Choices, DecisionType, decision_from_json, request_hash
from consent_core.errors import MalformedError
from tests.factories import decision, decision_json

UUID = "6185fe65-0924-410d-9132-3cde838c4627"
OTHER_UUID = "584ffef3-251c-4e9a-efb8-08d7fbfbee92"
NIL = "00000000-0000-0000-0000-000000000000"
MARKER = "Zq7Marker"
FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)


def faults(text: str) -> list[tuple[list[str | int], str]]:
    """(loc, type) of each fault that the refusal names."""
    with pytest.raises(MalformedError) as refused:
        decision_from_json(text)
    errors: Any = refused.value.members["errors"]
    assert all(error.keys() == {"loc", "type"} for error in errors)
    return [(error["loc"], error["type"]) for error in errors]


def with_choice(**choice: object) -> str:
    return decision_json(consents={"cookieConsents": [{"slug": "drift", "consent": True, **choice}]})


def choices(**consents: object) -> Choices:
    made = decision(consents=consents).consents
    assert made is not None
    return made


# --- Spellings --------------------------------------------------------------------------------------------------------


def test_a_decision_is_read_whole() -> None:
    body: dict[str, Any] = {
        "id": UUID,
        "sessionId": "0b93b823-ff36-4d61-8959-e9e8deee5ef8",
        "consentId": "8a5e89c4-2243-4598-97c5-ba3cfb35a138",
        "userId": "Y3JtLTQy",
        "type": "Consents",
        "typeDevice": 2,
        "action": "Selection",
        "referrer": "https://shop.example/basket",
        "lang": "nl",
        "consents": {
            "lang": "fr-FR",
            "versionKey": "a-version",
            "cookieConsents": [
                {"id": OTHER_UUID, "slug": "drift", "consent": True, "date": "2020-05-19T16:53:59.511Z"},
            ],
            "purposes": {"Analytical": True, "Marketing": False},
        },
    }
    read = decision_from_json(json.dumps(body)).model_dump(by_alias=True)
    read["consents"]["cookieConsents"][0]["date"] = read["consents"]["cookieConsents"][0]["date"].isoformat()

    assert read["type"] is DecisionType.CONSENTS
    body["type"] = 2
    body["consents"]["cookieConsents"][0]["date"] = "2020-05-19T16:53:59.511000+00:00"
    assert read == body


def test_only_the_type_and_the_consents_must_be_there() -> None:
    made = decision()
    assert (made.type, made.type_device, made.consents) == (DecisionType.CONSENTS, 0, Choices())
    assert {made.id, made.session_id, made.consent_id, made.user_id, made.action, made.referrer, made.lang} == {None}
    assert choices() == Choices(lang=None, versionKey=None, cookieConsents=[], purposes=None)
    assert faults("{}") == [(["type"], "missing")]
    assert faults('{"type": 2}') == [([], "consents_missing")]
    assert faults('{"type": 2, "consents": null}') == [([], "consents_missing")]


def test_dutch_and_english_names_mean_the_same() -> None:
    english = {"type": 2, "consents": {"cookieConsents": [{"name": "Drift", "slug": "drift", "consent": True}]}}
    dutch = {"type": 2, "toestemmingen": {"cookieConsents": [{"naam": "Drift", "slug": "drift", "consent": True}]}}
    assert decision_from_json(json.dumps(dutch)) == decision_from_json(json.dumps(english))


@pytest.mark.parametrize(
    "text",
    [
        '{"type": 2, "consents": {}, "consents": {}}',
        '{"type": 2, "consents": {}, "toestemmingen": {}}',
        '{"type": 2, "consents": {"cookieConsents": [{"slug": "a", "consent": true, "consent": false}]}}',
        '{"type": 2, "consents": {"cookieConsents": [{"slug": "a", "consent": true, "name": "x", "naam": "x"}]}}',
        '{"type": 2, "consents": {"purposes": {"Other": true, "Other": true}}}',
        '{"type": 2, "consents": {}, "unknown": {"x": 1, "x": 1}}',
    ],
)
def test_a_member_that_is_there_twice_is_refused(text: str) -> None:
    assert faults(text) == [(["body"], "duplicate_key")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Visit", DecisionType.VISIT),
        ("Quit", DecisionType.QUIT),
        ("Consents", DecisionType.CONSENTS),
        (0, DecisionType.VISIT),
        (1, DecisionType.QUIT),
        (2, DecisionType.CONSENTS),
    ],
)
def test_a_type_is_a_name_or_its_number(written: object, read: DecisionType) -> None:
    assert decision(type=written).type is read


@pytest.mark.parametrize("written", ["consents", "CONSENTS", "2", "", 3, -1, 2.0, True, False, None, [], {}, 10**40])
def test_an_invalid_type_is_refused(written: object) -> None:
    assert faults(decision_json(type=written)) == [(["type"], "decision_type")]


@pytest.mark.parametrize("name", ["widgetId", "workSpaceId", "date", "dateExpiration", "anything"])
def test_an_ignored_field_may_be_anything(name: str) -> None:
    for value in ("1e999", '"x"', "null", "[]", "{}", '"\\ud83d"'):
        assert decision_from_json(f'{{"type": 2, "consents": {{}}, "{name}": {value}}}') == decision()


@pytest.mark.parametrize("action", ["AcceptAll", "RefuseAll", "Selection", "Api", "Signal"])
def test_an_action_is_one_of_the_contracts(action: str) -> None:
    assert decision(action=action).action == action
    assert faults(decision_json(action=action.lower())) == [(["action"], "literal_error")]


# --- Values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["yes", "true", 1, 0, 1.0, None, [], {}])
def test_a_consent_is_true_or_false(value: object) -> None:
    assert faults(with_choice(consent=value)) == [(["consents", "cookieConsents", 0, "consent"], "bool_type")]
    assert faults(decision_json(consents={"purposes": {"Other": value}})) == [
        (["consents", "purposes", "Other"], "bool_type")
    ]


@pytest.mark.parametrize("label", PURPOSES)
def test_every_purpose_may_be_decided_by_its_name(label: str) -> None:
    assert choices(purposes={label: True}).purposes == {label: True}


@pytest.mark.parametrize("label", ["analytical", "2", "IAB", "", "__proto__", MARKER])
def test_an_unknown_purpose_is_refused(label: str) -> None:
    known_too = {"Analytical": True, label: True}
    assert faults(decision_json(consents={"purposes": known_too})) == [(["consents", "purposes"], "unknown_purpose")]


@pytest.mark.parametrize("name", ["id", "sessionId", "consentId"])
def test_an_identifier_is_a_uuid_kept_in_lower_case(name: str) -> None:
    read = decision(**{name: UUID.upper()}).model_dump(by_alias=True)
    assert read[name] == UUID
    assert decision(**{name: None}).model_dump(by_alias=True)[name] is None


@pytest.mark.parametrize("name", ["id", "sessionId", "consentId"])
@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (NIL, "nil_uuid"),
        ("", "string_pattern_mismatch"),
        (UUID.replace("-", ""), "string_pattern_mismatch"),
        (f"{{{UUID}}}", "string_pattern_mismatch"),
        (f"urn:uuid:{UUID}", "string_pattern_mismatch"),
        (f"{UUID}\n", "string_pattern_mismatch"),
        (f" {UUID}", "string_pattern_mismatch"),
        (UUID.replace("6", "g"), "string_pattern_mismatch"),
        (UUID.replace("6", "٦"), "string_pattern_mismatch"),
        (42, "string_type"),
        ([UUID], "string_type"),
    ],
)
def test_an_invalid_identifier_is_refused(name: str, written: object, kind: str) -> None:
    assert faults(decision_json(**{name: written})) == [([name], kind)]


@pytest.mark.parametrize("slug", ["", "A", "-a", "a b", "x" * 65, "drift\n", "__proto__", "${jndi:x}"])
def test_an_invalid_slug_is_refused(slug: str) -> None:
    assert faults(with_choice(slug=slug)) == [(["consents", "cookieConsents", 0, "slug"], "string_pattern_mismatch")]


def test_a_choice_names_its_service() -> None:
    nameless = {"cookieConsents": [{"consent": True}, {"slug": None, "id": None, "consent": True}]}
    assert faults(decision_json(consents=nameless)) == [
        (["consents", "cookieConsents", 0], "service_missing"),
        (["consents", "cookieConsents", 1], "service_missing"),
    ]


@pytest.mark.parametrize(("lang", "fits"), [("fr", True), ("fr-BE", True), ("FR", False), ("fr\n", False), ("", False)])
def test_a_language_has_the_contracts_shape(lang: str, fits: bool) -> None:
    text = decision_json(lang=lang, consents={"lang": lang})
    if fits:
        assert decision_from_json(text).lang == lang
    else:
        kind = "string_pattern_mismatch"
        assert faults(text) == [(["lang"], kind), (["consents", "lang"], kind)]


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        (-1, "greater_than_equal"),
        (4, "less_than_equal"),
        (10**400, "less_than_equal"),
        ("2", "int_type"),
        (2.0, "int_type"),
        (True, "int_type"),
        (None, "int_type"),
    ],
)
def test_a_device_is_a_number_from_0_to_3(device: object, kind: str) -> None:
    assert [decision(typeDevice=number).type_device for number in range(4)] == [0, 1, 2, 3]
    assert faults(decision_json(typeDevice=device)) == [(["typeDevice"], kind)]


# --- Dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2020-05-19T16:53:59.511Z", datetime(2020, 5, 19, 16, 53, 59, 511_000, tzinfo=UTC)),
        ("2020-05-19T18:53:59.511+02:00", datetime(2020, 5, 19, 16, 53, 59, 511_000, tzinfo=UTC)),
        ("2020-05-19T16:53:59", datetime(2020, 5, 19, 16, 53, 59, tzinfo=UTC)),
        ("2020-05-19", datetime(2020, 5, 19, tzinfo=UTC)),
        (1_589_907_239_511, datetime(2020, 5, 19, 16, 53, 59, 511_000, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        (10**15, LAST_INSTANT),
        (-(10**15), FIRST_INSTANT),
        (10**400, LAST_INSTANT),
        (-(10**400), FIRST_INSTANT),
        ("0001-01-01T00:00:00+23:59", FIRST_INSTANT),
    ],
)
def test_a_date_is_iso_8601_or_epoch_milliseconds(written: object, read: datetime) -> None:
    made = decision_from_json(with_choice(date=written)).consents
    assert made is not None
    assert made.cookie_consents[0].date == read
    assert str(made.cookie_consents[0].date).endswith("+00:00")


@pytest.mark.parametrize(
    "written", ["", "now", "1589907239511", "2020-13-01", "2020-05-19T25:00:00Z", True, 1.5, [], {}]
)
def test_an_invalid_date_is_refused(written: object) -> None:
    assert faults(with_choice(date=written)) == [(["consents", "cookieConsents", 0, "date"], "date_invalid")]


def test_a_choice_may_have_no_date() -> None:
    assert decision_from_json(with_choice(date=None)) == decision_from_json(with_choice())


# --- Invalid JSON -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "nul", "{'type': 2}", '{"type": 2,}', "\ufeff{}", '{"type": 2} x'),
        *('{"type": NaN}', '{"type": 2, "x": Infinity}', '{"type": 2, "x": -Infinity}'),
        '{"x": ' + "9" * 5_000 + "}",
        "[" * 30_000,
        '{"x":' * 6_000,
    ],
    ids=lambda text: text[:20],
)
def test_invalid_json_is_refused(text: str) -> None:
    assert faults(text) == [(["body"], "json_invalid")]


@pytest.mark.parametrize("text", ["[]", "null", '"Consents"', "2", "true"])
def test_json_that_is_not_an_object_is_refused(text: str) -> None:
    assert [kind for _, kind in faults(text)] == ["model_type"]


def test_deep_nesting_in_an_ignored_field_is_harmless() -> None:
    depth = 500
    assert decision_from_json(f'{{"type": 2, "consents": {{}}, "x": {"[" * depth}{"]" * depth}}}') == decision()


def test_half_a_surrogate_pair_is_refused() -> None:
    half = '{"type": 2, "consents": {}, "referrer": "https://shop.example/\\ud83d"}'
    assert faults(half) == [(["referrer"], "string_unicode")]
    whole = decision_from_json(half.replace("\\ud83d", "\\ud83d\\ude00"))
    assert whole.referrer == "https://shop.example/😀"


@pytest.mark.parametrize("name", ["id", "lang", "action"])
def test_half_a_surrogate_pair_is_refused_elsewhere_too(name: str) -> None:
    ((loc, _),) = faults(f'{{"type": 2, "consents": {{}}, "{name}": "\\ud83d"}}')
    assert loc == [name]


def test_at_most_twenty_faults_are_named() -> None:
    many = {"cookieConsents": [{"consent": True}] * 50}
    assert len(faults(decision_json(consents=many))) == 20


# --- Errors never quote the request -----------------------------------------------------------------------------------

FULL = json.loads(
    decision_json(
        id=UUID,
        sessionId=UUID,
        consentId=UUID,
        userId="u",
        typeDevice=1,
        action="Api",
        referrer="https://shop.example",
        lang="fr",
        consents={
            "lang": "fr",
            "versionKey": "v",
            "cookieConsents": [{"id": UUID, "slug": "drift", "consent": True, "date": 1}],
            "purposes": {"Other": True},
        },
    )
)
MARKED = st.sampled_from(
    [MARKER, [MARKER], {MARKER: MARKER}, {"consent": MARKER}, [{MARKER: 1}], {"Other": MARKER}, f"{MARKER}\ud800"]
)
PLACES = [(), ("consents",), ("consents", "cookieConsents", 0), ("consents", "purposes")]


def marked_bodies() -> st.SearchStrategy[str]:
    """The full decision with the marker as a value or as a name, in any place."""

    def marked(place: tuple[str | int, ...], name: str, value: object, tail: str) -> str:
        body = json.loads(json.dumps(FULL))
        part = body
        for step in place:
            part = part[step]
        part[name] = value
        return json.dumps(body) + tail

    names = sorted({*FULL, *FULL["consents"], *FULL["consents"]["cookieConsents"][0], "Other", MARKER, f"a{MARKER}"})
    return st.builds(marked, st.sampled_from(PLACES), st.sampled_from(names), MARKED, st.sampled_from(["", MARKER]))


@given(marked_bodies() | st.text(max_size=20).map(lambda text: text + MARKER))
@example(f'{{"type": 2, "{MARKER}": 1, "{MARKER}": 2}}')
@example(f'{{"type": {MARKER}}}')
def test_a_refusal_never_quotes_the_request(text: str) -> None:
    try:
        decision_from_json(text)
    except MalformedError as error:
        shown = f"{error} {error!r} {error.detail} {json.dumps(error.members)}"
    else:
        shown = ""
    assert MARKER not in shown


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    assert faults(text)


# --- The hash of a request --------------------------------------------------------------------------------------------

ANALYTICS = {"slug": "analytics", "consent": True}
DRIFT = {"id": OTHER_UUID, "slug": "drift", "consent": False}


def hashed(**consents: object) -> str:
    return request_hash(choices(**consents))


def test_a_hash_stays_the_same_for_good() -> None:
    """It is in stored proofs: another value would make every retry an altered replay."""
    stored = hashed(cookieConsents=[ANALYTICS, DRIFT], purposes={"Other": True}, versionKey=None)
    assert stored == "a02ad17da3c545acbe279633423b86f9462c37fb325fb1ddbb5ae111bbe70c39"


def test_order_case_dates_and_language_make_no_other_hash() -> None:
    stored = hashed(lang="fr", cookieConsents=[ANALYTICS, DRIFT], purposes={"Other": True, "Marketing": False})
    again = hashed(
        lang="nl-BE",
        cookieConsents=[
            {**DRIFT, "id": OTHER_UUID.upper(), "date": 1_589_907_239_511},
            {**ANALYTICS, "date": "2020-05-19", "name": "Analytics", "version": UUID},
            ANALYTICS,
        ],
        purposes={"Marketing": False, "Other": True},
    )
    assert again == stored


def test_the_rest_of_the_request_makes_no_other_hash() -> None:
    first = decision(consents={"cookieConsents": [DRIFT]}, sessionId=UUID, userId="a", action="Api", lang="fr")
    again = decision(consents={"cookieConsents": [DRIFT]}, sessionId=None, userId="b", action="Signal", typeDevice=3)
    assert first.consents is not None
    assert again.consents is not None
    assert request_hash(first.consents) == request_hash(again.consents)


def test_other_choices_purposes_or_versions_make_other_hashes() -> None:
    different: list[dict[str, object]] = [
        {"cookieConsents": [ANALYTICS, DRIFT]},
        {"cookieConsents": [ANALYTICS]},
        {"cookieConsents": [{**ANALYTICS, "consent": False}, DRIFT]},
        {"cookieConsents": [{**ANALYTICS, "slug": "drift"}]},
        {"cookieConsents": [{**ANALYTICS, "id": UUID}]},
        {"cookieConsents": []},
        {"cookieConsents": [], "purposes": {"Other": True}},
        {"cookieConsents": [], "purposes": {"Other": False}},
        {"cookieConsents": [], "purposes": {"Marketing": True}},
        {"cookieConsents": [], "versionKey": UUID},
        {"cookieConsents": [], "versionKey": ""},
    ]
    hashes = [hashed(**consents) for consents in different]
    assert len(set(hashes)) == len(hashes)
