"""The administration of widgets, from the event to the answer and to what is stored."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_core.catalogue import LiveWidget, Policy
from consent_core.publishing import known_services, widgets
from consent_core.widget_table import Change, Draft
from local.tables import Tables
from tests.functional.conftest import Answer, Call, caller, event, with_body, with_headers
from tests.handlers import load_handler

WIDGET = "/v1/widgets/{id}"
ADA = "arn:aws:sts::123456789012:assumed-role/ConsentOperators/ada"
NO_VERSION = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"


@pytest.fixture
def admin(tables: Tables) -> Call:
    return caller("widget_admin")


def request(route: str, **parameters: str) -> dict[str, Any]:
    """Ask for a route of widget 44, without a body."""
    return {**event("admin-show"), "routeKey": route, "pathParameters": {"id": "44", **parameters}}


def to_widget(sent: dict[str, Any], widget_id: str) -> dict[str, Any]:
    return {**sent, "pathParameters": {**sent["pathParameters"], "id": widget_id}}


def posted(route: str, **members: object) -> dict[str, Any]:
    """Ask for a route of widget 44, with a JSON object."""
    return {**event("admin-developer-mode"), "routeKey": route, "body": json.dumps(members)}


def confirmed(sent: dict[str, Any]) -> dict[str, Any]:
    return {**sent, "queryStringParameters": {"confirm": "true"}}


def live(tables: Tables, widget_id: int = 44) -> LiveWidget:
    widget = tables.widgets.live(widget_id)
    assert widget is not None
    return widget


def state(tables: Tables, widget_id: int = 44, *, is_new: bool = True) -> dict[str, object]:
    """Return the answer to a publication."""
    widget = live(tables, widget_id)
    return {
        "widgetId": widget_id,
        "versionKey": widget.version_key,
        "revision": widget.revision,
        "isNewVersion": is_new,
    }


# --- Publishing -------------------------------------------------------------------------------------------------------


def test_a_new_widget_is_published_by_whom_iam_says(admin: Call, tables: Tables) -> None:
    answer = admin(event("admin-publish"))

    assert (answer.status, answer.body) == (201, state(tables, 45))
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"1"', "no-store")
    assert answer.metrics == {"AdministrationChanged": 1.0}
    (entry,) = tables.widgets.changes(45)
    assert (entry.change.actor, entry.change.what, entry.version_key) == (ADA, "publish", answer.body["versionKey"])


def test_a_widget_as_read_can_be_published_again_without_a_change(admin: Call, tables: Tables) -> None:
    before = live(tables)
    shown = admin(event("admin-show"))
    sent = to_widget({**event("admin-publish"), "body": json.dumps(shown.body)}, "44")
    answer = admin(with_headers(sent, if_match=shown.headers["etag"]))

    assert (shown.status, shown.metrics) == (200, {"AdministrationRead": 1.0})
    assert (answer.status, answer.body) == (200, state(tables, is_new=False))
    assert live(tables) == before


def test_a_definition_may_refer_to_well_known_services(admin: Call, tables: Tables) -> None:
    services = ["plausible", {"use": "matomo", "domain": "matomo.shop.example"}]
    assert admin(with_body(event("admin-publish"), services=services)).status == 201

    shown = admin(to_widget(event("admin-show"), "45"))
    assert [(service["slug"], service["domain"]) for service in shown.body["services"]] == [
        ("plausible", ["plausible.io"]),
        ("matomo", ["matomo.shop.example"]),
    ]
    assert admin(with_body(event("admin-publish"), services=["matamo"])).body["problems"] == [
        "services[0]: 'matamo' is not a known service: is it matomo?"
    ]


def test_a_definition_may_refer_to_presets_of_policies(admin: Call, tables: Tables) -> None:
    own = {"id": "brazil", "regions": ["BR"], "link": True}
    assert admin(with_body(event("admin-publish"), policies=["gb", {"preset": "us", "optOut": [2]}, own])).status == 201

    shown = admin(to_widget(event("admin-show"), "45")).body
    off = {"optOut": [], "exempt": False, "link": False, "announce": False}
    assert shown["policies"] == [
        {**off, "id": "gb", "regions": ["GB"], "exempt": True},
        {**off, "id": "us", "regions": ["US"], "optOut": [2], "link": True},
        {**off, **own},
    ]
    assert shown["enableGPC"] is True
    catalogue = tables.widgets.catalogue(45, live(tables, 45).version_key)
    assert catalogue is not None
    assert catalogue.policies == {
        "gb": Policy(exempt=True),
        "us": Policy(frozenset({2})),
        "brazil": Policy(),
    }


LAW = "the law of the EEA, Switzerland and the United Kingdom asks visitors first"


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        (
            {"policies": [{"preset": "us", "regions": ["US", "FR", "CH", "GB"]}]},
            f"policies: us: optOut: it cannot hold in CH, FR, GB: {LAW}",
        ),
        (
            {"policies": [{"id": "all", "regions": ["*"], "optOut": [2]}]},
            f"policies: all: optOut cannot hold in *: {LAW}. Name the countries",
        ),
        (
            {"policies": [{"id": "brazil", "regions": ["BR"], "optOut": [5]}]},
            "policies[0].optOut[0]: must be Preference, Analytical, Marketing or Other, or its number from 1 to 4",
        ),
        ({"policies": ["us", "us"]}, "policies: the id us appears 2 times"),
        (
            {"services": [{"name": "Ads", "slug": "ads", "purpose": 3, "exempt": True}]},
            "services: ads: exempt: only services of Preference and Analytical can be exempt, "
            "and this one is Marketing",
        ),
        ({"askAgainAfterClose": 0}, "askAgainAfterClose: must be at least 1"),
        ({"controller": {"contact": "x"}}, "controller.name: it is missing"),
        ({"policies": ["us"], "enableGPC": None}, "enableGPC: must be true or false"),
    ],
)
def test_policies_and_what_belongs_to_them_are_checked(
    stated: dict[str, object], problem: str, admin: Call, tables: Tables
) -> None:
    answer = admin(with_body(event("admin-publish"), **stated))

    assert (answer.status, answer.problem) == (422, "unpublishable-definition")
    assert problem in answer.body["problems"]
    assert tables.widgets.live(45) is None


def test_every_fault_of_a_definition_is_named_with_its_place(admin: Call, tables: Tables) -> None:
    answer = admin(with_body(event("admin-publish"), keys=[], colour="red"))

    assert (answer.status, answer.problem) == (422, "unpublishable-definition")
    assert answer.body["problems"] == [
        "keys: must have at least one entry",
        "colour: it is not known: is it a typing error?",
    ]
    assert answer.body["errors"] == [
        {"loc": ["keys"], "detail": "must have at least one entry"},
        {"loc": ["colour"], "detail": "it is not known: is it a typing error?"},
    ]
    assert tables.widgets.live(45) is None


def test_a_definition_of_another_widget_is_refused(admin: Call, tables: Tables) -> None:
    answer = admin(to_widget(event("admin-publish"), "46"))

    assert answer.body["problems"] == ["id: it is 45, but the address names widget 46"]
    assert answer.body["errors"] == [{"loc": ["id"], "detail": "it is 45, but the address names widget 46"}]
    assert (tables.widgets.live(45), tables.widgets.live(46)) == (None, None)


@pytest.mark.parametrize(("size", "status"), [(1_048_576, 201), (1_048_577, 413)])
def test_a_definition_may_have_a_mebibyte(admin: Call, size: int, status: int) -> None:
    sent = event("admin-publish")
    assert admin({**sent, "body": sent["body"].ljust(size)}).status == status


# --- Checking ---------------------------------------------------------------------------------------------------------


def test_a_definition_is_checked_and_nothing_is_written(admin: Call, tables: Tables) -> None:
    answer = admin(event("admin-check"))

    plain = {"loc": ["translations", "fr", "startupTitle"], "detail": "must be a plain label, without markup"}
    assert (answer.status, answer.body) == (200, {"problems": [plain], "warnings": []})
    assert (answer.headers["cache-control"], answer.metrics) == ("no-store", {"AdministrationRead": 1.0})
    warned = admin(with_body(event("admin-check"), translations={}, languages=["en"], services=["plausible"]))
    assert (warned.status, warned.body["problems"]) == (200, [])
    assert [each["loc"] for each in warned.body["warnings"]] == [["cookieNoticeUrl"], ["controller"], ["enableGPC"]]
    assert tables.widgets.live(45) is None


def test_a_check_compares_with_what_is_live(admin: Call, tables: Tables) -> None:
    version = "6f65cb1d-85eb-4a64-976d-519679189f8d"
    service = {"name": "Matomo", "slug": "matomo", "purpose": 2, "version": version}
    admin(with_body(event("admin-publish"), services=[service]))
    before = live(tables, 45)

    changed = admin(with_body(event("admin-check"), translations={}, services=[{**service, "name": "Other"}]))
    assert changed.body["problems"] == [
        {
            "loc": ["services", 0, "version"],
            "detail": "changed, but its version did not: leave version out, or state a new one",
        }
    ]
    assert live(tables, 45) == before
    assert len(list(tables.widgets.changes(45))) == 1


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"id": 45, "id": 46}', "[" * 10_000])
def test_a_body_that_is_no_definition_is_a_problem_like_others(body: str, admin: Call, tables: Tables) -> None:
    answer = admin({**event("admin-check"), "body": body})

    assert (answer.status, answer.body["warnings"]) == (200, [])
    (problem,) = answer.body["problems"]
    assert problem["loc"] == []
    assert problem["detail"].startswith("The definition")


def test_the_first_hundred_problems_and_warnings_of_a_check_are_named(admin: Call, tables: Tables) -> None:
    unknown = {"en": {f"a{number}": "x" for number in range(300)}}
    problems = admin(with_body(event("admin-check"), translations=unknown)).body["problems"]
    assert (len(problems), problems[-1]) == (101, {"loc": [], "detail": "and 200 more"})

    cookies = [{"name": f"c{number}", "expiryDays": 400} for number in range(300)]
    service = {"name": "Matomo", "slug": "matomo", "purpose": 0, "cookies": cookies}
    warnings = admin(with_body(event("admin-check"), translations={}, services=[service])).body["warnings"]
    assert (len(warnings), warnings[-1]) == (101, {"loc": [], "detail": "and 204 more"})


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (with_headers(event("admin-check"), content_type="text/html"), 415, "unsupported-media-type"),
        ({**event("admin-check"), "body": " " * 1_048_577}, 413, "body-too-large"),
        (to_widget(event("admin-check"), "x"), 400, "malformed-request"),
    ],
    ids=["media type", "size", "widget"],
)
def test_a_check_is_refused_as_a_publication_is(
    sent: dict[str, Any], status: int, problem: str, admin: Call, tables: Tables
) -> None:
    answer = admin(sent)
    assert (answer.status, answer.problem) == (status, problem)


# --- The library ------------------------------------------------------------------------------------------------------


def searched(admin: Call, **query: str) -> list[dict[str, Any]]:
    answer = admin({**event("admin-library"), "queryStringParameters": query})
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    found: list[dict[str, Any]] = answer.body["services"]
    return found


def test_the_library_is_searched_by_a_cookie(admin: Call, tables: Tables) -> None:
    answer = admin(event("admin-library"))

    assert (answer.status, answer.metrics) == (200, {"AdministrationRead": 1.0})
    assert answer.body["services"] == [
        {
            "slug": "microsoft-advertising",
            "name": "Microsoft Advertising",
            "category": "advertising",
            "purpose": "Marketing",
            "domains": ["bat.bing.com"],
            "cookies": ["_uetsid", "_uetvid", "_uetmsclkid", "MUID"],
            "privacyPolicyUrl": "https://privacy.microsoft.com/privacystatement",
            "checked": None,
        }
    ]
    first = searched(admin, q="_pk_id.1.1fff")[0]
    assert (first["slug"], first["checked"]) == ("matomo", "2026-11-26")


def test_without_words_the_whole_library_is_listed(admin: Call, tables: Tables) -> None:
    everything = searched(admin, q="")
    assert everything == searched(admin, page="2") == searched(admin)
    assert len(everything) == len(known_services.library())
    assert searched(admin, q="no such service") == []


def test_a_search_has_at_most_200_characters(admin: Call, tables: Tables) -> None:
    assert searched(admin, q="x" * 200) == []
    answer = admin({**event("admin-library"), "queryStringParameters": {"q": "x" * 201}})
    assert (answer.status, answer.body["errors"]) == (400, [{"loc": ["query", "q"], "type": "string_pattern_mismatch"}])


# --- What a publication takes away ------------------------------------------------------------------------------------


def stated(admin: Call, **changes: object) -> dict[str, Any]:
    """Publish the live definition of widget 44 with changes."""
    return {**to_widget(event("admin-publish"), "44"), "body": json.dumps(admin(event("admin-show")).body | changes)}


TAKEN = [{"member": "origins", "removed": ["https://shop.example"], "added": [], "takesAway": True}]


def test_a_publication_that_takes_something_away_needs_a_confirmation(admin: Call, tables: Tables) -> None:
    sent, before = stated(admin, origins=[], label="Renamed"), live(tables)
    answer = admin(sent)

    assert (answer.status, answer.problem) == (409, "needs-confirmation")
    assert (answer.body["takesAway"], answer.body["revision"]) == (TAKEN, 1)
    assert answer.body["versionKey"] == before.version_key
    assert answer.metrics == {"AdministrationRefusedUnconfirmed": 1.0}
    assert live(tables) == before
    assert admin({**sent, "queryStringParameters": {"confirm": "false"}}).status == 409


@pytest.mark.parametrize("way", [confirmed, lambda sent: with_headers(sent, if_match='"1"')])
def test_if_match_or_confirm_is_a_confirmation(admin: Call, tables: Tables, way: Any) -> None:  # noqa: ANN401
    answer = admin(way(stated(admin, origins=[])))

    assert (answer.status, answer.body) == (200, state(tables, is_new=False))
    assert live(tables).origins == ()


@pytest.mark.parametrize("value", ["", "yes", "TRUE", "1"])
def test_a_switch_of_the_query_is_true_or_false(admin: Call, value: str) -> None:
    answer = admin({**stated(admin, origins=[]), "queryStringParameters": {"confirm": value}})

    assert (answer.status, answer.body["errors"]) == (
        400,
        [{"loc": ["query", "confirm"], "type": "string_pattern_mismatch"}],
    )


def test_a_dry_run_lists_what_would_change_and_writes_nothing(admin: Call, tables: Tables) -> None:
    admin(request(f"POST {WIDGET}/renewal"))
    sent, before = stated(admin, origins=[], label="Renamed", renewal=0), live(tables)
    answer = admin({**sent, "queryStringParameters": {"dryRun": "true"}})

    assert (answer.status, answer.body) == (
        200,
        {
            "widgetId": 44,
            "revision": 2,
            "isNewVersion": True,
            "differences": [
                {"member": "label", "before": "One site only", "after": "Renamed", "takesAway": False},
                *TAKEN,
            ],
            "keptRenewal": 1,
        },
    )
    assert live(tables) == before


def test_a_lower_renewal_is_not_published_and_the_answer_says_so(admin: Call, tables: Tables) -> None:
    admin(request(f"POST {WIDGET}/renewal"))
    answer = admin(stated(admin, renewal=0))

    assert (answer.status, answer.body) == (200, {**state(tables, is_new=False), "keptRenewal": 1})
    assert admin(event("admin-show")).body["renewal"] == 1


# --- Disabling and deleting -------------------------------------------------------------------------------------------


def test_a_disabled_widget_is_enabled_again(admin: Call, tables: Tables) -> None:
    for revision, enabled in ((2, False), (3, True)):
        answer = admin(posted(f"POST {WIDGET}/enabled", enabled=enabled))
        assert (answer.status, answer.body) == (200, state(tables, is_new=False))
        assert (live(tables).enabled, live(tables).revision) == (enabled, revision)


def test_a_widget_is_deleted_once_it_is_disabled_and_its_proofs_may_stay_behind(admin: Call, tables: Tables) -> None:
    delete = request(f"DELETE {WIDGET}")
    told = {**delete, "queryStringParameters": {"evenWithProofs": "true"}}
    enabled = admin(told)
    admin(posted(f"POST {WIDGET}/enabled", enabled=False))
    with_proofs = admin(delete)

    assert (enabled.status, enabled.problem, enabled.body["expires"]) == (409, "in-use", None)
    today = datetime.now(UTC).date()
    assert (with_proofs.status, with_proofs.body["expires"]) == (409, str(today + timedelta(days=181)))
    deleted = admin(told)
    assert (deleted.status, deleted.body) == (200, {"widgetId": 44, "revision": 3})
    assert [admin(event("admin-show")).status, admin(told).status] == [404, 404]
    assert [each["live"] for each in admin(request(f"GET {WIDGET}/versions")).body["versions"]] == [False]
    assert [each["what"] for each in admin(request(f"GET {WIDGET}/changes")).body["changes"]] == [
        "delete",
        "disable",
        "publish",
    ]


# --- Conflicts --------------------------------------------------------------------------------------------------------

CHANGES = [
    to_widget(with_body(event("admin-publish"), id=44), "44"),
    event("admin-add-origin"),
    posted(f"POST {WIDGET}/origins/remove", origin="https://shop.example"),
    posted(f"POST {WIDGET}/enabled", enabled=False),
    request(f"POST {WIDGET}/renewal"),
    event("admin-developer-mode"),
]


@pytest.mark.parametrize("sent", CHANGES, ids=lambda sent: sent["routeKey"])
def test_a_stale_if_match_is_a_409_with_the_current_version(admin: Call, tables: Tables, sent: dict[str, Any]) -> None:
    admin(request(f"POST {WIDGET}/renewal"))
    won = live(tables)

    answer = admin(with_headers(sent, if_match='"1"'))

    assert (answer.status, answer.problem) == (409, "conflict")
    assert (answer.body["versionKey"], answer.body["revision"]) == (won.version_key, 2)
    assert answer.metrics == {"AdministrationRefusedConflict": 1.0}
    assert live(tables) == won
    assert admin(with_headers(sent, if_match='"2"')).headers["etag"] == '"3"'


@pytest.mark.parametrize("tag", ["*", 'W/"1"', '"1", "2"', "1", ""])
def test_an_invalid_revision_in_if_match_is_refused(admin: Call, tag: str) -> None:
    answer = admin(with_headers(event("admin-add-origin"), if_match=tag))

    assert (answer.status, answer.body["errors"]) == (
        400,
        [{"loc": ["header", "if-match"], "type": "string_pattern_mismatch"}],
    )


# --- Origins ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://*.new.example", "https://*.NEW.example:443"])
def test_an_origin_is_added_and_taken_away(admin: Call, tables: Tables, origin: str) -> None:
    version = live(tables).version_key
    added, removed = (admin(posted(f"POST {WIDGET}/origins{end}", origin=origin)) for end in ("", "/remove"))

    both = ["https://shop.example", "https://*.new.example"]
    assert (added.status, added.body) == (200, {"widgetId": 44, "revision": 2, "origins": both})
    assert (removed.status, removed.body) == (200, {"widgetId": 44, "revision": 3, "origins": both[:1]})
    assert (live(tables).origins, live(tables).version_key) == (("https://shop.example",), version)


@pytest.mark.parametrize("end", ["", "/remove"])
def test_an_invalid_origin_is_refused(admin: Call, end: str) -> None:
    route = f"POST {WIDGET}/origins{end}"
    answer = admin(posted(route, origin="http://shop.example"))
    errors = [admin(posted(route, **body)).body["errors"] for body in ({}, {"origin": 1}, {"origin": "x" * 2_001})]

    assert (answer.status, answer.body["problems"]) == (422, ["'http://shop.example' must start with https://"])
    assert errors == [
        [{"loc": ["body", "origin"], "type": kind}] for kind in ("missing", "str_type", "string_pattern_mismatch")
    ]


def test_an_origin_that_is_not_on_the_list_is_not_removed(admin: Call, tables: Tables) -> None:
    before = live(tables)
    answer = admin(posted(f"POST {WIDGET}/origins/remove", origin="https://WWW.shop.example:443"))

    assert (answer.status, answer.problem) == (404, "not-found")
    assert answer.body["detail"] == "https://www.shop.example is not an allowed origin of widget 44."
    assert live(tables) == before


def test_a_full_allow_list_takes_no_further_origin_and_a_longer_one_can_be_changed(admin: Call, tables: Tables) -> None:
    def filled(number: int) -> None:
        now = live(tables)
        listed = tuple(f"https://a{each}.example" for each in range(number))
        change = Change("2026-11-28T12:00:00.000Z", "test", "publish", "origins")
        tables.widgets.publish(replace(now, origins=listed, revision=now.revision + 1), change)

    filled(2_000)
    route = f"POST {WIDGET}/origins"
    again, further = (admin(posted(route, origin=f"https://a{number}.example")) for number in (1_999, 2_000))
    assert (again.status, again.body["revision"]) == (200, 2)
    assert (further.status, further.body["problems"]) == (422, ["origins: must have at most 2,000 entries"])

    filled(2_001)
    changed = [
        admin(posted(f"POST {WIDGET}/renewal")),
        admin(posted(f"POST {WIDGET}/developer-mode", developerMode=True)),
        admin(posted(f"POST {WIDGET}/rollback", revision=1)),
        admin(posted(f"{route}/remove", origin="https://a2000.example")),
        admin(confirmed(to_widget(with_body(event("admin-publish"), id=44), "44"))),
    ]
    assert [answer.status for answer in changed] == [200] * 5


# --- Renewal, developer mode, the way back ----------------------------------------------------------------------------


def test_renewal_and_developer_mode_are_new_versions_and_the_older_one_can_be_had_again(
    admin: Call, tables: Tables
) -> None:
    first = live(tables).version_key
    admin(confirmed(to_widget(with_body(event("admin-publish"), id=44), "44")))
    answers: list[Answer] = []
    for sent in (
        request(f"POST {WIDGET}/renewal"),
        event("admin-developer-mode"),
        posted(f"POST {WIDGET}/rollback", versionKey=first),
    ):
        answers.append(admin(sent))
        assert (answers[-1].status, answers[-1].body) == (200, state(tables))

    listed = admin(request(f"GET {WIDGET}/versions")).body["versions"]
    assert [version["versionKey"] for version in listed][:3] == [a.body["versionKey"] for a in reversed(answers)]
    assert [version["live"] for version in listed] == [True, False, False, False, False]
    entries = admin(request(f"GET {WIDGET}/changes")).body["changes"]
    assert [(entry["what"], entry["detail"]) for entry in entries[:3]] == [
        ("roll-back", first),
        ("developer-mode", "on"),
        ("raise-renewal", "1"),
    ]
    shown = admin(event("admin-show")).body
    assert (shown["label"], shown["renewal"], shown["developerMode"]) == ("One site only", 1, True)
    assert shown["keys"] == ["a-public-key-of-mine"]


@pytest.mark.parametrize("named", ["versionKey", "revision"])
def test_a_roll_back_brings_domains_and_keys_back_if_they_are_wanted(admin: Call, tables: Tables, named: str) -> None:
    before = live(tables)
    admin(confirmed(to_widget(with_body(event("admin-publish"), id=44, enabled=False), "44")))
    value = {"versionKey": before.version_key, "revision": 1}[named]
    answer = admin(posted(f"POST {WIDGET}/rollback", **{named: value}, withDomains=True))

    assert (answer.status, answer.body) == (200, state(tables))
    now = live(tables)
    assert (now.keys, now.origins, now.enabled) == (before.keys, before.origins, before.enabled)
    newest, middle, _ = admin(request(f"GET {WIDGET}/changes")).body["changes"]
    assert (newest["before"]["keys"], newest["after"]["keys"]) == (["a-public-key-of-mine"], list(before.keys))
    assert (middle["before"]["enabled"], middle["after"]["enabled"]) == (True, False)


def test_a_roll_back_names_its_version_once(admin: Call, tables: Tables) -> None:
    before = live(tables)
    admin(posted(f"POST {WIDGET}/developer-mode", developerMode=True))
    both, neither, one = (
        admin(posted(f"POST {WIDGET}/rollback", revision=revision, versionKey=key))
        for revision, key in ((1, before.version_key), (None, None), (None, before.version_key))
    )

    assert (both.status, both.body["errors"]) == (400, [{"loc": ["body", "versionKey"], "type": "contradiction"}])
    assert (neither.status, one.status) == (400, 200)


def test_a_version_is_read_as_published_without_private_fields(admin: Call, tables: Tables) -> None:
    key = live(tables).version_key
    answer = admin(request(f"GET {WIDGET}/versions/{{versionKey}}", versionKey=key))

    assert (answer.status, answer.body) == (200, json.loads(tables.widgets.definition(44, key) or ""))
    assert not answer.body.keys() & {"keys", "origins", "enabled", "allowNativeApps"}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("{", {"loc": ["body"], "type": "json_invalid"}),
        ("[" * 30_000, {"loc": ["body"], "type": "json_invalid"}),
        ("[]", {"loc": ["body", "developerMode"], "type": "missing"}),
        ("{}", {"loc": ["body", "developerMode"], "type": "missing"}),
        ('{"developerMode": true, "developerMode": false}', {"loc": ["body"], "type": "duplicate_key"}),
        ('{"developerMode": true, "a": {"b": 1, "b": 1}}', {"loc": ["body"], "type": "duplicate_key"}),
        ('{"developerMode": 1}', {"loc": ["body", "developerMode"], "type": "bool_type"}),
    ],
)
def test_a_body_of_another_shape_is_refused(admin: Call, tables: Tables, body: str, error: dict[str, object]) -> None:
    answer = admin({**event("admin-developer-mode"), "body": body})

    assert (answer.status, answer.body["errors"]) == (400, [error])
    assert live(tables).revision == 1


# --- What there is not ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        *(each for each in CHANGES if each["routeKey"] != f"PUT {WIDGET}"),
        request(f"DELETE {WIDGET}"),
        posted(f"POST {WIDGET}/rollback", versionKey=NO_VERSION),
        *(request(f"GET {WIDGET}{rest}") for rest in ("", "/versions", "/changes")),
    ],
    ids=lambda sent: sent["routeKey"],
)
def test_a_widget_that_was_never_published_is_404(admin: Call, sent: dict[str, Any]) -> None:
    answer = admin(to_widget(sent, "45"))

    assert (answer.status, answer.problem, answer.body["detail"]) == (404, "not-found", "Widget 45 not found.")


@pytest.mark.parametrize(
    "sent",
    [
        posted(f"POST {WIDGET}/rollback", versionKey=NO_VERSION),
        request(f"GET {WIDGET}/versions/{{versionKey}}", versionKey=NO_VERSION),
    ],
    ids=lambda sent: sent["routeKey"],
)
def test_a_version_that_was_never_published_is_404(admin: Call, sent: dict[str, Any]) -> None:
    answer = admin(sent)

    assert (answer.status, answer.problem) == (404, "not-found")
    assert answer.body["detail"] == f"Widget 44 has no version {NO_VERSION}."


def test_the_function_takes_every_route_of_the_template(tables: Tables, resources: Mapping[str, Any]) -> None:
    events = [event["Properties"] for event in resources["WidgetAdminFunction"]["Properties"]["Events"].values()]
    routes = load_handler("widget_admin", POWERTOOLS_SERVICE_NAME="widget_admin").ROUTES

    assert sorted(routes) == sorted(f"{event['Method'].upper()} {event['Path']}" for event in events)


def test_without_a_signature_as_locally_the_actor_is_local(admin: Call, tables: Tables) -> None:
    sent = event("admin-add-origin")
    del sent["requestContext"]["authorizer"]
    admin(sent)

    assert tables.widgets.changes(44)[0].change.actor == "local"


# --- Lists, new widgets, keys -----------------------------------------------------------------------------------------


def listed(**query: str) -> dict[str, Any]:
    """Ask for a page of the list."""
    return {**event("admin-list"), "queryStringParameters": query} if query else event("admin-list")


def created(**members: object) -> dict[str, Any]:
    """Ask for a new widget."""
    return {**event("admin-create"), "body": json.dumps(members)}


def test_the_widgets_are_listed_in_pages(admin: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    admin(drafted("PUT", partial=True, label="Store"))
    answer = admin(listed())

    first, second = answer.body["widgets"]
    widget = live(tables)
    (entry,) = tables.widgets.changes(44)
    draft = tables.widgets.draft(44)
    assert draft is not None
    assert (answer.status, answer.body["next"], first["widgetId"], first["draft"]) == (200, None, 43, None)
    assert answer.metrics == {"AdministrationRead": 1.0}
    assert second == {
        "widgetId": 44,
        "label": "One site only",
        "live": {
            "versionKey": widget.version_key,
            "revision": 1,
            "enabled": True,
            "deleted": False,
            "domains": 1,
            "changedAt": entry.change.at,
            "changedBy": "local",
        },
        "draft": {"number": 1, "domains": 1, "changedAt": draft.changed_at, "changedBy": ADA},
    }

    monkeypatch.setattr(widgets.listed, "__kwdefaults__", {"after": 0, "most": 1})
    assert admin(listed()).body == {"widgets": [first], "next": 43}
    assert admin(listed(after="43")).body == {"widgets": [second], "next": None}
    assert admin(listed(after="44")).body == {"widgets": [], "next": None}


@pytest.mark.parametrize("after", ["0", "-1", "x", "", "1" * 16])
def test_a_page_after_something_else_than_a_widget_is_malformed(admin: Call, after: str) -> None:
    answer = admin(listed(after=after))
    assert (answer.status, answer.body["errors"]) == (
        400,
        [{"loc": ["query", "after"], "type": "string_pattern_mismatch"}],
    )


def test_a_new_widget_is_a_draft(admin: Call, tables: Tables) -> None:
    answer = admin(created(label="Shop", origin="https://shop.example", languages=["fr", "en"]))

    draft = tables.widgets.draft(45)
    assert draft is not None
    stated = json.loads(draft.definition)
    assert (answer.status, answer.body) == (201, {"widgetId": 45, "key": stated["keys"][0]})
    assert (answer.headers["etag"], answer.metrics) == ('"1"', {"AdministrationChanged": 1.0})
    assert (stated["label"], stated["origins"], stated["languages"]) == ("Shop", ["https://shop.example"], ["fr", "en"])
    assert draft.changed_by == ADA
    assert answer.log[-1]["widgetId"] == 45
    assert admin(to_widget(request(f"GET {WIDGET}"), "45")).status == 404


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"origin": "https://shop.example"}, 400),
        ({"label": "Shop"}, 400),
        ({"label": "Shop", "origin": "https://shop.example", "languages": "en"}, 400),
        ({"label": "Shop", "origin": "https://shop.example", "languages": []}, 422),
        ({"label": "", "origin": "https://shop.example"}, 422),
        ({"label": "Shop", "origin": "shop"}, 422),
    ],
)
def test_a_new_widget_with_a_fault_is_refused(
    admin: Call, tables: Tables, members: dict[str, object], status: int
) -> None:
    assert admin(created(**members)).status == status
    assert tables.widgets.draft(45) is None


def test_keys_are_added_and_retired(admin: Call, tables: Tables) -> None:
    (first,) = live(tables).keys
    added = admin(posted(f"POST {WIDGET}/keys"))
    assert (added.status, added.headers["etag"]) == (200, '"2"')
    assert added.body == {"widgetId": 44, "revision": 2, "keys": [first, live(tables).keys[-1]]}

    retired = admin(with_headers(posted(f"POST {WIDGET}/keys/retire", key=first), if_match='"2"'))
    assert (retired.status, retired.body["keys"]) == (200, list(live(tables).keys))
    assert admin(posted(f"POST {WIDGET}/keys/retire", key=first)).body["detail"] == (
        f"{first} is not a public key of widget 44."
    )
    last = admin(posted(f"POST {WIDGET}/keys/retire", key=retired.body["keys"][0]))
    assert (last.status, last.problem) == (422, "unpublishable-definition")
    assert admin(with_headers(posted(f"POST {WIDGET}/keys", key="own-key-44"), if_match='"2"')).problem == "conflict"
    assert [each.change.actor for each in tables.widgets.changes(44)[:2]] == [ADA, ADA]


# --- Drafts -----------------------------------------------------------------------------------------------------------


def drafted(method: str, *, seen: int | None = None, partial: bool = False, **members: object) -> dict[str, Any]:
    """Ask for the draft of widget 44."""
    path, _, action = method.partition(" ")
    sent = posted(f"{path} {WIDGET}/draft{action}", **members)
    query = {"queryStringParameters": {"partial": "true"}} if partial else {}
    return with_headers({**sent, **query}, if_match=None if seen is None else f'"{seen}"')


def test_a_draft_is_saved_read_and_published(admin: Call, tables: Tables) -> None:
    before = live(tables)
    stated = admin(event("admin-show")).body
    saved = admin(drafted("PUT", **stated | {"label": "Store"}))
    draft = tables.widgets.draft(44)
    assert draft is not None
    shown = {
        "widgetId": 44,
        "number": 1,
        "basedOn": before.revision,
        "changedAt": draft.changed_at,
        "changedBy": ADA,
        "problems": [],
    }
    assert (saved.status, saved.headers["etag"], saved.body) == (200, '"1"', shown)
    assert live(tables) == before

    read = admin(request(f"GET {WIDGET}/draft"))
    assert (read.status, read.headers["etag"]) == (200, '"1"')
    assert read.body == {**shown, "definition": stated | {"label": "Store"}}
    published = admin(drafted("POST /publish", seen=1))
    assert (published.status, published.body, published.headers["etag"]) == (200, state(tables), '"2"')
    assert live(tables).label == "Store"
    assert admin(request(f"GET {WIDGET}/draft")).body["detail"] == "Widget 44 has no draft."


def test_a_new_widgets_first_publication_is_201(admin: Call) -> None:
    admin(created(label="Shop", origin="https://shop.example"))
    answer = admin(to_widget(drafted("POST /publish"), "45"))
    assert (answer.status, answer.body["revision"]) == (201, 1)


def test_a_part_of_a_draft_is_saved(admin: Call) -> None:
    admin(drafted("PUT", partial=True, label="Store"))
    answer = admin(drafted("PUT", seen=1, partial=True, consentCookieDomain="co.uk"))
    problems = ["consentCookieDomain: browsers refuse cookies for co.uk, a public suffix"]
    assert (answer.status, answer.body["problems"]) == (200, problems)
    definition = admin(request(f"GET {WIDGET}/draft")).body["definition"]
    assert (definition["label"], definition["consentCookieDomain"]) == ("Store", "co.uk")
    refused = admin(drafted("POST /publish"))
    assert (refused.status, refused.body["problems"]) == (422, problems)


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (drafted("PUT", partial=True, label="Late"), 409, "draft-conflict"),
        (drafted("PUT", partial=True, seen=2, label="Late"), 409, "draft-conflict"),
        (drafted("DELETE", seen=2), 409, "draft-conflict"),
        (drafted("POST /publish", seen=2), 409, "draft-conflict"),
        (drafted("PUT", partial=True, seen=1, label=7), 422, "unpublishable-definition"),
        (drafted("PUT", partial=True, seen=1, id=43), 422, "unpublishable-definition"),
        (drafted("PUT", seen=1, id=43, label="Other", keys=["a-public-key"]), 422, "unpublishable-definition"),
        ({**drafted("PUT", partial=True, seen=1), "body": "[]"}, 400, "malformed-request"),
        ({**drafted("PUT", partial=True, seen=1), "body": '{"label": "a", "label": "b"}'}, 400, "malformed-request"),
        ({**drafted("PUT", seen=1), "body": "{"}, 422, "unpublishable-definition"),
        (with_headers(drafted("PUT", partial=True), if_match="*"), 400, "malformed-request"),
        (to_widget(drafted("PUT", partial=True, label="None"), "99"), 404, "not-found"),
        (to_widget(drafted("DELETE"), "99"), 404, "not-found"),
    ],
)
def test_a_save_that_is_refused_writes_nothing(
    admin: Call, tables: Tables, sent: dict[str, Any], status: int, problem: str
) -> None:
    admin(drafted("PUT", partial=True, label="Store"))
    before = tables.widgets.draft(44)
    answer = admin(sent)
    assert (answer.status, answer.problem) == (status, problem)
    assert tables.widgets.draft(44) == before


def test_who_saves_second_is_told_who_was_first(admin: Call, tables: Tables) -> None:
    admin(drafted("PUT", partial=True, label="Store"))
    draft = tables.widgets.draft(44)
    assert draft is not None
    answer = admin(drafted("PUT", partial=True, seen=7, label="Late"))
    assert {name: answer.body[name] for name in ("number", "changedAt", "changedBy")} == {
        "number": 1,
        "changedAt": draft.changed_at,
        "changedBy": ADA,
    }
    assert answer.metrics == {"AdministrationRefusedDraftConflict": 1.0}


def test_a_draft_that_takes_something_away_needs_a_confirmation(admin: Call, tables: Tables) -> None:
    admin(drafted("PUT", partial=True, origins=[]))
    refused = admin(drafted("POST /publish"))
    assert (refused.status, refused.problem) == (409, "needs-confirmation")
    assert [each["member"] for each in refused.body["takesAway"]] == ["origins"]

    assert admin(confirmed(drafted("POST /publish"))).status == 200
    assert live(tables).origins == ()


def test_a_draft_is_discarded(admin: Call, tables: Tables) -> None:
    admin(drafted("PUT", partial=True, label="Store"))
    answer = admin(drafted("DELETE", seen=1))
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (204, None, "no-store")
    assert tables.widgets.draft(44) == Draft(44, 2)


def test_a_large_part_is_read_and_a_larger_one_is_not(admin: Call) -> None:
    assert admin(drafted("PUT", partial=True, customCSS="a" * 40_000)).status == 422
    refused = admin(drafted("PUT", partial=True, customCSS="a" * 1_048_577))
    assert (refused.status, refused.body["limit"]) == (413, 1_048_576)
