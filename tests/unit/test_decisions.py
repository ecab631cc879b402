"""The body of a POST: every spelling that docs/contract.md (section 3) accepts, and no other."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_core.catalogue import PURPOSES
from consent_core.decisions import (
    Choice,
    Choices,
    Decision,
    DecisionType,
    Signals,
    decision_from_json,
    is_a_count,
    request_hash,
)
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
            "policy": "us-ca",
            "signals": {"gpc": True, "dnt": False},
        },
    }
    assert decision_from_json(json.dumps(body)) == Decision(
        type=DecisionType.CONSENTS,
        id=UUID,
        session_id="0b93b823-ff36-4d61-8959-e9e8deee5ef8",
        consent_id="8a5e89c4-2243-4598-97c5-ba3cfb35a138",
        user_id="Y3JtLTQy",
        type_device=2,
        action="Selection",
        referrer="https://shop.example/basket",
        lang="nl",
        consents=Choices(
            lang="fr-FR",
            version_key="a-version",
            cookie_consents=(
                Choice(
                    id=OTHER_UUID,
                    slug="drift",
                    consent=True,
                    date=datetime(2020, 5, 19, 16, 53, 59, 511_000, tzinfo=UTC),
                    sent=(OTHER_UUID, "drift"),
                ),
            ),
            purposes={"Analytical": True, "Marketing": False},
            policy="us-ca",
            signals=Signals(gpc=True, dnt=False),
        ),
    )


def test_only_the_type_and_the_consents_must_be_there() -> None:
    made = decision()
    assert (made.type, made.type_device, made.consents) == (DecisionType.CONSENTS, 0, Choices())
    assert {made.id, made.session_id, made.consent_id, made.user_id, made.action, made.referrer, made.lang} == {None}
    empty = ("lang", "versionKey", "cookieConsents", "purposes", "policy", "signals")
    assert choices(**dict.fromkeys(empty)) == Choices()
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
    field = {"sessionId": "session_id", "consentId": "consent_id"}.get(name, name)
    assert getattr(decision(**{name: UUID.upper()}), field) == UUID


@pytest.mark.parametrize(
    ("outer", "inner", "read"),
    [(UUID, OTHER_UUID, UUID), (None, OTHER_UUID, OTHER_UUID), ("", OTHER_UUID.upper(), OTHER_UUID), ("", "", None)],
)
def test_the_consent_id_may_be_among_the_consents(outer: object, inner: object, read: str | None) -> None:
    assert decision(consentId=outer, consents={"consentId": inner}).consent_id == read


NOT_IDENTIFIERS: list[tuple[object, str]] = [
    (NIL, "nil_uuid"),
    (" ", "string_pattern_mismatch"),
    (UUID.replace("-", ""), "string_pattern_mismatch"),
    (f"{{{UUID}}}", "string_pattern_mismatch"),
    (f"urn:uuid:{UUID}", "string_pattern_mismatch"),
    (f"{UUID}\n", "string_pattern_mismatch"),
    (f" {UUID}", "string_pattern_mismatch"),
    (UUID.replace("6", "g"), "string_pattern_mismatch"),
    (UUID.replace("6", "٦"), "string_pattern_mismatch"),
    ("\ud83d", "string_pattern_mismatch"),
    (42, "string_type"),
    (False, "string_type"),
    ([UUID], "string_type"),
    ({}, "string_type"),
]


@pytest.mark.parametrize(("written", "kind"), NOT_IDENTIFIERS)
def test_a_doubtful_name_of_the_history_is_refused(written: object, kind: str) -> None:
    assert faults(decision_json(id=written)) == [(["id"], kind)]
    assert faults(decision_json(consentId=written)) == [(["consentId"], kind)]
    assert faults(decision_json(consents={"consentId": written})) == [(["consents", "consentId"], kind)]


# --- Details ----------------------------------------------------------------------------------------------------------

LONG = "x" * 30_000
JUNK: list[object] = [True, False, 1.5, [], [[]], {}, {"a": None}, "\ud83d", "\x00", LONG, 10**400, -(10**400)]


@pytest.mark.parametrize("name", ["sessionId", "typeDevice", "action", "lang"])
@pytest.mark.parametrize("value", JUNK, ids=lambda value: repr(value)[:20])
def test_a_detail_of_another_shape_is_left_out_and_named(name: str, value: object) -> None:
    assert decision(**{name: value}) == Decision(DecisionType.CONSENTS, consents=Choices(), ignored=(name,))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("sessionId", value) for value, _ in NOT_IDENTIFIERS),
        *(("typeDevice", device) for device in (-1, 4, "2", 2.0)),
        *(("action", action) for action in ("acceptall", "Accept", 1)),
        *(("lang", lang) for lang in ("fra", "french", "x", "*", " fr", "fr\n", "fr, nl", 12)),
        *(("referrer", referrer) for referrer in JUNK[:7]),
    ],
)
def test_a_detail_with_another_value_is_left_out_and_named(name: str, value: object) -> None:
    assert decision(**{name: value}) == Decision(DecisionType.CONSENTS, consents=Choices(), ignored=(name,))


@pytest.mark.parametrize("name", ["id", "sessionId", "consentId", "userId", "typeDevice", "action", "referrer", "lang"])
@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_detail_is_absent(name: str, value: object) -> None:
    assert decision(**{name: value}) == decision()


@pytest.mark.parametrize("name", ["lang", "cookieConsents", "purposes", "consentId", "versionKey"])
def test_a_null_among_the_consents_is_absent(name: str) -> None:
    assert choices(**{name: None}) == Choices()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *(("fr", "fr"), ("FR", "fr"), ("fr-FR", "fr-FR"), ("fr_FR", "fr-FR"), ("fr-fr", "fr-FR"), ("FR_be", "fr-BE")),
        *(("zh-Hant-TW", "zh-TW"), ("es-419", "es"), ("fr-FR-u-ca-gregory", "fr-FR"), ("en_US.UTF-8", "en-US")),
    ],
)
def test_a_language_is_read_in_any_spelling(written: str, read: str) -> None:
    assert decision(lang=written).lang == read
    assert choices(lang=written).lang == read


def test_a_language_beside_a_usable_one_is_named_once() -> None:
    made = decision(lang="?", consents={"lang": "??"})
    assert (made.language, made.ignored) == (None, ("lang",))


@pytest.mark.parametrize(
    ("number", "digits"), [(42, "42"), (0, "0"), (-7, "-7"), (10**127, "1" + "0" * 127), (12.0, "12"), (1.5, "1.5")]
)
def test_a_number_names_a_user_by_its_digits(number: float, digits: str) -> None:
    assert decision(userId=number).user_id == digits


@pytest.mark.parametrize("value", [*JUNK[:2], *JUNK[3:], 2.0**60, "me@shop.example", "é"])
def test_a_user_id_that_cannot_be_stored_is_left_out_and_named(value: object) -> None:
    assert decision(userId=value) == Decision(DecisionType.CONSENTS, consents=Choices(), ignored=("userId",))


def test_the_details_are_named_in_the_order_of_the_contract() -> None:
    made = decision(lang=1, referrer=1, action=1, typeDevice="1", sessionId=1, userId=[], consents={"lang": 1})
    assert made.ignored == ("userId", "sessionId", "typeDevice", "action", "referrer", "lang")


@pytest.mark.parametrize("version", [*JUNK, "v", 12], ids=lambda value: repr(value)[:20])
def test_any_version_is_read_and_belongs_to_what_was_sent(version: object) -> None:
    made = choices(versionKey=version)
    assert isinstance(made.version_key, str)
    assert request_hash(made) != request_hash(choices())


ODD_SLUGS: tuple[object, ...] = (
    "A",
    "-a",
    "a b",
    "x" * 65,
    "drift\n",
    "__proto__",
    "${jndi:x}",
    "\ud83d",
    12,
    True,
    ["drift"],
    {"a": 1},
)
ODD_NAMES: list[dict[str, object]] = [
    *[{"slug": slug} for slug in ODD_SLUGS],
    *[{"id": value} for value, _ in NOT_IDENTIFIERS],
    {},
    {"slug": None, "id": None},
    {"slug": "", "id": ""},
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=str)
def test_an_entry_with_an_odd_name_is_read_without_it(name: dict[str, object]) -> None:
    (choice,) = choices(cookieConsents=[{**name, "consent": True}]).cookie_consents
    assert (choice.id, choice.slug, choice.consent) == (None, None, True)


def test_an_odd_name_of_an_entry_leaves_the_other_one() -> None:
    entries = [{"slug": "drift", "id": 12, "consent": False}, {"slug": 12, "id": UUID, "consent": False}]
    by_slug, by_id = choices(cookieConsents=entries).cookie_consents
    assert (by_slug.id, by_slug.slug, by_slug.sent) == (None, "drift", ("12", "drift"))
    assert (by_id.id, by_id.slug, by_id.sent) == (UUID, None, (UUID, "12"))


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_name_of_an_entry_is_absent(empty: object) -> None:
    (by_slug, by_id) = choices(
        cookieConsents=[{"id": empty, "slug": "drift", "consent": True}, {"id": UUID, "slug": empty, "consent": True}]
    ).cookie_consents
    assert (by_slug.id, by_slug.slug, by_id.id, by_id.slug) == (None, "drift", UUID, None)


@pytest.mark.parametrize("sent", ["", "drift", 1, True, {"slug": "drift", "consent": True}])
def test_entries_are_a_list_of_objects(sent: object) -> None:
    assert faults(decision_json(consents={"cookieConsents": sent})) == [(["consents", "cookieConsents"], "list_type")]
    if not isinstance(sent, dict):
        entries = {"cookieConsents": [sent]}
        assert faults(decision_json(consents=entries)) == [(["consents", "cookieConsents", 0], "model_type")]


@pytest.mark.parametrize("sent", ["", "Analytical", 1, True, ["Analytical"]])
def test_purposes_are_an_object(sent: object) -> None:
    assert faults(decision_json(consents={"purposes": sent})) == [(["consents", "purposes"], "dict_type")]


@pytest.mark.parametrize("policy", ["us", "strict", "unknown", "a" * 64])
def test_a_policy_is_any_slug(policy: str) -> None:
    assert choices(policy=policy).policy == policy
    assert choices(policy="").policy is None


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (1, "string_type"),
        (False, "string_type"),
        (["us"], "string_type"),
        ({}, "string_type"),
        ("US", "string_pattern_mismatch"),
        ("us ", "string_pattern_mismatch"),
        ("a" * 65, "string_pattern_mismatch"),
        ("*", "string_pattern_mismatch"),
    ],
)
def test_a_policy_of_another_shape_is_refused(sent: object, kind: str) -> None:
    assert faults(decision_json(consents={"policy": sent})) == [(["consents", "policy"], kind)]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("", [(["consents", "signals"], "dict_type")]),
        (True, [(["consents", "signals"], "dict_type")]),
        ([], [(["consents", "signals"], "dict_type")]),
        ({}, [(["consents", "signals", "gpc"], "missing"), (["consents", "signals", "dnt"], "missing")]),
        ({"gpc": True}, [(["consents", "signals", "dnt"], "missing")]),
        ({"gpc": 1, "dnt": False}, [(["consents", "signals", "gpc"], "bool_type")]),
        ({"gpc": True, "dnt": None}, [(["consents", "signals", "dnt"], "bool_type")]),
        ({"gpc": True, "dnt": True, "gpp": True}, [(["consents", "signals"], "unknown_signal")]),
    ],
)
def test_signals_are_exactly_two_booleans(sent: object, found: list[tuple[list[str], str]]) -> None:
    assert faults(decision_json(consents={"signals": sent})) == found


def test_a_consent_is_needed() -> None:
    assert faults(decision_json(consents={"cookieConsents": [{"slug": "drift"}]})) == [
        (["consents", "cookieConsents", 0, "consent"], "missing")
    ]


@pytest.mark.parametrize("words", [{"lang": LONG, "typeDevice": 9}, {"id": 1, "consents": 1, "consentId": []}])
@pytest.mark.parametrize("kind", ["Visit", "Quit"])
def test_a_visit_is_counted_whatever_comes_with_it(kind: str, words: dict[str, object]) -> None:
    made = decision_from_json(json.dumps({"type": kind, **words}))
    assert made.counted_by == {"lang": "unknown", "device": "unknown"}
    assert made.consents is None


@pytest.mark.parametrize(
    ("text", "is_count"),
    [
        ('{"type": "Visit"}', True),
        ('{"type": 0, "id": "?"}', True),
        ('{"type": "Quit", "type": "Quit"}', True),
        ('{"type": 1, "lang": 5}', True),
        ('{"type": "Consents"}', False),
        ('{"type": 2}', False),
        ('{"type": "visit"}', False),
        ('{"type": [0]}', False),
        ('{"type": 0', False),
        ("[0]", False),
        ("", False),
        ("[" * 30_000, False),
        ('{"type": ' + "9" * 30_000 + "}", False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_is_a_count_only_if_it_says_so(text: str, is_count: bool) -> None:
    assert is_a_count(text) is is_count


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
    "written", ["now", "1589907239511", "2020-13-01", "2020-05-19T25:00:00Z", True, 1.5, [], {}, LONG, "\ud83d"]
)
def test_a_date_that_cannot_be_read_is_left_out_and_marked(written: object) -> None:
    made = decision_from_json(with_choice(date=written)).consents
    assert made is not None
    assert [(choice.date, choice.odd_date) for choice in made.cookie_consents] == [(None, True)]


def test_a_choice_may_have_no_date() -> None:
    assert decision_from_json(with_choice(date=None)) == decision_from_json(with_choice())


# --- Invalid JSON -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "nul", "{'type': 2}", '{"type": 2,}', "\ufeff{}", '{"type": 2} x'),
        *('{"type": NaN}', '{"type": 2, "x": Infinity}', '{"type": 2, "x": -Infinity}'),
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


@pytest.mark.parametrize("digits", ["9" * 5_000, "-" + "9" * 30_000])
@pytest.mark.parametrize("name", ["x", "typeDevice", "userId"])
def test_a_number_may_be_of_any_length(name: str, digits: str) -> None:
    made = decision_from_json(f'{{"type": 2, "consents": {{}}, "{name}": {digits}}}')
    assert made.ignored == (() if name == "x" else (name,))


def test_at_most_twenty_faults_are_named() -> None:
    many = {"cookieConsents": [{"slug": "drift"}] * 50}
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
        shown = "".join(decision_from_json(text).ignored)
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
    told = hashed(cookieConsents=[ANALYTICS, DRIFT], policy="us", signals={"gpc": True, "dnt": False})
    assert told == "308a16afbff2fe4a49c2bb05face4783ceec1867827218633561097c5ddd958f"
    again = hashed(cookieConsents=[ANALYTICS, DRIFT], policy="us", signals={"dnt": False, "gpc": True})
    assert again == told


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
        {"cookieConsents": [], "versionKey": "v"},
        {"cookieConsents": [], "policy": "strict"},
        {"cookieConsents": [], "policy": "us"},
        {"cookieConsents": [], "signals": {"gpc": False, "dnt": False}},
        {"cookieConsents": [], "signals": {"gpc": True, "dnt": False}},
        {"cookieConsents": [], "signals": {"gpc": False, "dnt": True}},
        {"cookieConsents": [], "policy": "us", "signals": {"gpc": False, "dnt": False}},
    ]
    hashes = [hashed(**consents) for consents in different]
    assert len(set(hashes)) == len(hashes)
