"""The operators' command line against a stack on AWS (in memory): what it prints, where, and with which exit code."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.session import Session

from consent_core.archive.objects import Archive, Lane, archived, decoded, key_of
from consent_core.canonical import NEVER_ARCHIVED
from consent_core.widget_table import WidgetTable
from consent_ops import backfill
from consent_ops.cli import main
from local import ROOT
from local.embedded_aws import DEMO_WIDGETS
from local.tables import Tables

SERVICES = [{"name": "Session", "slug": "session", "purpose": "Necessary", "description": "Keeps the basket."}]
STACK = "consent-platform-dev"
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
FOREVER = 4_102_444_800  # 2100-01-01


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


type Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line with these arguments, wherever they lead."""

    def ended(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(int(exit_.value.code or 0), out, err)

    return ended


@pytest.fixture
def ops(tables: Tables, run: Run) -> Run:
    """Run a command on a stack whose outputs name the tables."""
    outputs = {"WidgetsTableName": "WidgetsTable", "ConsentsTableName": "ConsentsTable"}
    create_stack(STACK, **outputs, ArchiveBucketName="archivebucket")
    return lambda *arguments: run("--stack-name", STACK, *arguments)


def create_stack(name: str, **outputs: str) -> None:
    """Create a stack with these outputs, and those of the audit of accesses."""
    audit = {"AccessAuditTableName": "AccessAuditTable", "AuditKeyArn": "AuditKey", "AuditDays": "1095"}
    secrets = boto3.client("secretsmanager")
    if not secrets.list_secrets()["SecretList"]:
        secrets.create_secret(Name="AuditKey", SecretString="key-of-the-audit")
    outputs = audit | outputs
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {output: {"Value": value} for output, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))


def definition(path: Path, **changes: object) -> Path:
    """Write the definition of the demo widget 44, with changes."""
    path.write_text(json.dumps({**json.loads(DEMO_WIDGETS[1].read_text()), **changes}))
    return path


def version_of(tables: Tables, widget: int) -> str:
    live = tables.widgets.live(widget)
    assert live is not None
    return live.version_key


def proof(decision: str, **changes: object) -> dict[str, Any]:
    service = {"tenantId": 0, "version": "6f65cb1d-85eb-4a64-976d-519679189f8d", "date": "2026-11-24T10:00:00.000Z"}
    return {
        "id": decision,
        "consentId": CONSENT,
        "widgetId": 43,
        "date": "2026-11-24T10:00:00.000Z",
        "dateExpiration": "2027-05-23T10:00:00.000Z",
        "ttl": FOREVER,
        "type": 2,
        "consents": {
            "lang": "fr-FR",
            "versionKey": "419f5acc-f692-4cc4-93dd-790c346cd68d",
            "cookieConsents": [
                {**service, "id": "1", "slug": "session", "name": "Session", "consent": True, "purpose": 0},
                {**service, "id": "2", "slug": "drift", "name": "Drift", "consent": False, "purpose": 3},
            ],
        },
        "requestHash": "0" * 64,
        **changes,
    }


def cells(line: str) -> list[str]:
    """The cells of a table's row: two spaces or more part them, and an empty one is lost."""
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


# --- publish ----------------------------------------------------------------------------------------------------------


def test_a_published_definition_is_live_and_says_its_version(ops: Run, tables: Tables, tmp_path: Path) -> None:
    ended = ops("publish", str(definition(tmp_path / "45.json", id=45)))

    assert ended == Ended(0, f"Widget 45: published version {version_of(tables, 45)}\n", "")


def test_settings_that_did_not_change_make_no_new_version(ops: Run, tables: Tables, tmp_path: Path) -> None:
    before = version_of(tables, 44)
    file = definition(tmp_path / "44.json", keys=["demo-public-key-44", "another-public-key"])
    ended = ops("publish", str(file))

    assert ended == Ended(0, f"Widget 44: settings unchanged, still version {before}\n", "")
    live = tables.widgets.live(44)
    assert live is not None
    assert live.keys == ("demo-public-key-44", "another-public-key")


def test_colours_that_are_hard_to_read_are_published_with_a_warning(ops: Run, tables: Tables, tmp_path: Path) -> None:
    pale = definition(tmp_path / "45.json", id=45, bgColor="#ffffff", colorText="#999999", colorTitle="#111")
    ended = ops("publish", str(pale))

    assert ended == Ended(
        0,
        f"Widget 45: published version {version_of(tables, 45)}\n",
        "Warning: colorText #999999 on bgColor #ffffff has a contrast of 2.84:1, below the 4.5:1 of WCAG: "
        "the window shows a readable one\n",
    )


def test_every_fault_of_a_definition_is_a_line_with_its_place(ops: Run, tables: Tables, tmp_path: Path) -> None:
    before = tables.widgets.live(44)
    services = [{"name": "Chat", "slug": "Chat!", "purpose": "Marketing"}]
    ended = ops("publish", str(definition(tmp_path / "44.json", keys=[], services=services, colour="red")))

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "keys: must have at least one entry",
        "services[0].slug: must have 1 to 64 lower-case letters, digits, . _ or -, the first a letter or digit",
        "colour: it is not known: is it a typing error?",
    ]
    assert tables.widgets.live(44) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "The definition is not JSON: "),
        (b'{"label": "\xff"}', "The definition is not UTF-8: "),
    ],
)
def test_what_is_no_json_file_is_told(ops: Run, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    ended = ops("publish", str(tmp_path / "bad.json"))

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(said)


def test_a_byte_order_mark_is_no_fault(ops: Run, tmp_path: Path) -> None:
    file = definition(tmp_path / "44.json")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert ops("publish", str(file)).code == 0


def test_a_file_that_is_not_there_is_wrong_usage(ops: Run) -> None:
    ended = ops("publish", "nowhere.json")

    assert (ended.code, ended.out) == (2, "")
    assert "nowhere.json" in ended.err


def test_who_publishes_second_is_told(
    ops: Run, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_before = tables.widgets.live(44)
    ops("publish", str(definition(tmp_path / "first.json", label="First")))
    monkeypatch.setattr(WidgetTable, "live", lambda _self, _widget: read_before)
    ended = ops("publish", str(definition(tmp_path / "second.json", label="Second")))

    assert ended == Ended(
        3, "", "Someone else has changed the widget in the meantime. Read it again and repeat the change.\n"
    )


def test_the_audit_names_who_published(ops: Run, tmp_path: Path) -> None:
    ops("publish", str(definition(tmp_path / "45.json", id=45)))
    items = boto3.client("dynamodb").query(
        TableName="WidgetsTable",
        KeyConditionExpression="widgetId = :widget AND begins_with(version, :audit)",
        ExpressionAttributeValues={":widget": {"N": "45"}, ":audit": {"S": "audit#"}},
    )["Items"]

    assert [(item["actor"]["S"], item["what"]["S"]) for item in items] == [
        (boto3.client("sts").get_caller_identity()["Arn"], "publish")
    ]


# --- new --------------------------------------------------------------------------------------------------------------


def test_a_new_definition_passes_lint_and_can_be_published(ops: Run, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "widget.json"
    ended = run("new", str(file), "--widget", "47")

    assert ended == Ended(0, f"Written to {file}. Edit it, then: consent-ops lint {file}\n", "")
    assert run("lint", str(file)) == Ended(0, "No warnings.\n", "")
    assert ops("publish", str(file)).code == 0
    written = json.loads(file.read_text("utf-8"))
    assert (written["$schema"], written["id"]) == ("./definition.schema.json", 47)
    schema = json.loads((tmp_path / "definition.schema.json").read_text("utf-8"))
    assert schema == json.loads((ROOT / "docs" / "definition.schema.json").read_text("utf-8"))


def test_each_new_definition_has_a_key_of_its_own(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.json" for number in (1, 2)]
    for file in files:
        run("new", str(file))

    (first,), (second,) = (json.loads(file.read_text("utf-8"))["keys"] for file in files)
    assert first != second


def test_new_overwrites_no_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("widget.json", "definition.schema.json"):
        (tmp_path / name).write_text("mine")

    assert run("new") == Ended(2, "", "widget.json cannot be written: File exists. Choose another name.\n")
    assert run("new", "other.json").code == 0
    assert (tmp_path / "widget.json").read_text() == (tmp_path / "definition.schema.json").read_text() == "mine"


# --- lint -------------------------------------------------------------------------------------------------------------


CAREFUL: dict[str, Any] = {
    "cookieNoticeUrl": "https://shop.example/cookies",
    "controller": {"name": "Shop Ltd"},
    "enableGPC": True,
    "services": SERVICES,
}


def test_lint_says_what_is_unwise_and_publishes_nothing(run: Run, tmp_path: Path) -> None:
    clean, unwise = (definition(tmp_path / f"{number}.json", **CAREFUL) for number in (1, 2))
    unwise.write_text(json.dumps({**json.loads(unwise.read_text()), "cookieNoticeUrl": None}))
    said = "cookieNoticeUrl: visitors find no cookie notice"

    assert run("lint", str(clean)) == Ended(0, "No warnings.\n", "")
    assert run("lint", str(clean), "--json") == Ended(0, "[]\n", "")
    assert run("lint", str(unwise)) == Ended(1, f"{said}\n", "")
    assert json.loads(run("lint", str(unwise), "--json").out) == [said]


def test_lint_compares_the_cookies_of_several_widgets(run: Run, tmp_path: Path) -> None:
    origins: dict[str, dict[str, Any]] = {
        "shop": {"origins": ["https://shop.example"]},
        "all": {"origins": ["https://www.shop.example"], "consentCookieDomain": ".shop.example"},
        "elsewhere": {"origins": ["https://shop.test"]},
        "other": {"origins": ["https://shop.example"], "consentCookieName": "other"},
    }
    files = {
        name: str(definition(tmp_path / f"{name}.json", id=number, **CAREFUL, **own))
        for number, (name, own) in enumerate(origins.items(), 51)
    }
    said = "consentCookieName: widgets 51 and 52 both have euconsent on https://shop.example"

    assert run("lint", files["shop"], files["elsewhere"], files["other"]) == Ended(0, "No warnings.\n", "")
    ended = run("lint", *files.values())
    assert ended == Ended(1, f"{said}: one's choice replaces the other's\n", "")
    unwise = definition(
        tmp_path / "unwise.json", **{**CAREFUL, "origins": ["https://shop.test"], "cookieNoticeUrl": None}
    )
    assert run("lint", files["shop"], str(unwise)).out == f"{unwise}: cookieNoticeUrl: visitors find no cookie notice\n"


def test_lint_of_what_cannot_be_published_is_exit_code_2(run: Run, tmp_path: Path) -> None:
    ended = run("lint", str(definition(tmp_path / "44.json", keys=[])))

    assert ended == Ended(2, "", "keys: must have at least one entry\n")


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_names_problems_and_warnings_with_their_places_and_publishes_nothing(
    ops: Run, tables: Tables, tmp_path: Path
) -> None:
    clean = definition(tmp_path / "1.json", **{**CAREFUL, "id": 45})
    unwise = definition(tmp_path / "2.json", **{**CAREFUL, "id": 45, "cookieNoticeUrl": None})
    faulty = definition(tmp_path / "3.json", **{**CAREFUL, "id": 45, "bgColor": "red", "services": ["matamo"]})
    said = "visitors find no cookie notice"

    assert ops("check", str(clean)) == Ended(0, "No problems and no warnings.\n", "")
    assert ops("check", str(unwise)) == Ended(1, f"Warning: cookieNoticeUrl: {said}\n", "")
    as_json = ops("check", str(unwise), "--json")
    assert as_json.code == 1
    assert json.loads(as_json.out) == {"problems": [], "warnings": [{"loc": ["cookieNoticeUrl"], "detail": said}]}
    assert ops("check", str(faulty)) == Ended(
        2,
        "Problem: bgColor: must be a colour such as #1a2b3c\n"
        "Problem: services[0]: 'matamo' is not a known service: is it matomo?\n",
        "",
    )
    refused = json.loads(ops("check", str(faulty), "--json").out)
    assert [each["loc"] for each in refused["problems"]] == [["bgColor"], ["services", 0]]
    assert tables.widgets.live(45) is None


def test_check_finds_what_lint_cannot_know(ops: Run, tmp_path: Path) -> None:
    stated = {"name": "Matomo", "slug": "matomo", "purpose": 2, "version": "6f65cb1d-85eb-4a64-976d-519679189f8d"}
    file = definition(tmp_path / "44.json", services=[stated])
    assert ops("publish", str(file), "--yes").code == 0

    definition(file, services=[{**stated, "name": "Matomo Cloud"}])
    ended = ops("check", str(file))
    stale = "changed, but its version did not: leave version out, or state a new one"
    assert (ended.code, ended.out.splitlines()[0]) == (2, f"Problem: services[0].version: {stale}")


# --- services ---------------------------------------------------------------------------------------------------------


def test_services_lists_what_a_definition_can_refer_to(run: Run) -> None:
    ended = run("services", "matomo")

    assert (ended.code, ended.err) == (0, "")
    header, _, *rows = ended.out.splitlines()
    assert cells(header) == ["Slug", "Category", "Purpose", "Cookies"]
    assert [cells(row) for row in rows] == [
        ["matomo", "analytics", "Analytical", "_pk_id* _pk_ses* _pk_ref* _pk_cvar* _pk_hsr*"]
    ]
    assert len(run("services").out.splitlines()) == 2 + len(json.loads(run("services", "--json").out))


def test_services_as_json_says_where_it_is_known_from(run: Run) -> None:
    (known,) = json.loads(run("services", "matomo", "--json").out)

    assert (known["category"], known["slug"], known["purpose"]) == ("analytics", "matomo", "Analytical")
    assert known["sources"] == ["https://matomo.org/faq/general/faq_146/"]
    assert known["checked"] == "2026-11-26"


def test_a_service_that_is_not_known_is_exit_code_1_with_what_it_may_be(run: Run) -> None:
    assert run("services", "_pk_hsr.1.2").out == run("services", "_pk_hsr").out
    assert run("services", "matamo") == Ended(1, "", "No known service matches 'matamo'. Did you mean matomo?\n")
    assert run("services", "§", "--json") == Ended(1, "[]\n", "No known service matches '§'.\n")


def test_presets_lists_the_policies_that_a_definition_can_refer_to(run: Run) -> None:
    ended = run("presets")

    assert (ended.code, ended.err) == (0, "")
    header, _, *rows = ended.out.splitlines()
    assert cells(header) == ["Preset", "Regions", "On by default", "Link", "Announced", "Sources read on"]
    listed = [cells(row) for row in rows]
    assert [row for row in listed if row[0] != "ca"][:4] == [
        ["gb", "GB", "exempt services", "no", "no", "2026-11-30"],
        ["fr", "FR", "exempt services", "no", "no", "2026-11-30"],
        ["us", "US", "Preference, Analytical, Marketing, Other", "yes", "no", "2026-11-30"],
        ["us-ca", "US-CA", "nothing", "yes", "no", "2026-11-30"],
    ]
    assert [preset["id"] for preset in json.loads(run("presets", "--json").out)] == ["gb", "fr", "us", "us-ca", "ca"]


def test_a_preset_says_where_it_is_known_from(run: Run) -> None:
    (known,) = json.loads(run("presets", "us", "--json").out)
    ended = run("presets", "us")

    assert (ended.code, ended.err) == (0, "")
    _, _, row, *said = ended.out.splitlines()
    assert cells(row)[0] == "us"
    sources = [f"{source['title']}: {source['address']}" for source in known["sources"]]
    assert said == ["", known["note"], "", *sources]


def test_a_preset_that_is_not_known_is_exit_code_1(run: Run) -> None:
    unknown = "No preset is called 'anz'. There are gb, fr, us, us-ca, ca.\n"
    assert run("presets", "anz") == Ended(1, "", unknown)
    assert run("presets", "anz", "--json") == Ended(1, "[]\n", unknown)


def test_a_published_widget_has_the_services_that_its_definition_refers_to(
    ops: Run, tables: Tables, tmp_path: Path
) -> None:
    ops("publish", str(definition(tmp_path / "45.json", id=45, services=["matomo", {"use": "youtube", "purpose": 4}])))
    shown = json.loads(ops("show", "45", "--json").out)

    assert [(service["slug"], service["purpose"]) for service in shown["services"]] == [("matomo", 2), ("youtube", 4)]
    assert not any("use" in service for service in shown["services"])


# --- show, versions, add-domain ---------------------------------------------------------------------------------------


def test_show_names_the_policies_of_a_widget_that_has_some(ops: Run, tables: Tables, tmp_path: Path) -> None:
    assert ["Policies", "gb us"] not in [cells(line) for line in ops("show", "43").out.splitlines()]
    ops("publish", str(definition(tmp_path / "45.json", id=45, policies=["gb", "us"])))
    assert ["Policies", "gb us"] in [cells(line) for line in ops("show", "45").out.splitlines()]


def test_show_says_what_is_live(ops: Run, tables: Tables) -> None:
    ended = ops("show", "43")

    assert (ended.code, ended.err) == (0, "")
    lines = [cells(line) for line in ended.out.splitlines()]
    assert lines[:9] == [
        ["Widget 43: Demo shop"],
        ["Version", version_of(tables, 43)],
        ["Enabled", "yes"],
        ["Public keys", "demo-public-key-43"],
        ["Origins", "none"],
        ["Developer mode", "yes"],
        ["Native apps", "no"],
        ["Languages", "en fr nl de"],
        ["Proofs", "kept for 180 days"],
    ]
    assert lines[-4:] == [
        ["session", "Shop session", "Necessary", "shop_session shop_basket"],
        ["analytics", "Google Analytics (universal)", "Analytical", "_ga _gid _gat*"],
        ["drift", "Drift", "Marketing", "driftt_aid drift_campaign_refresh"],
        ["youtube", "YouTube", "Marketing", "YSC VISITOR_INFO1_LIVE"],
    ]


@pytest.mark.parametrize("widget", ["43", "44"])
def test_what_show_prints_as_json_can_be_published_again(ops: Run, tables: Tables, tmp_path: Path, widget: str) -> None:
    before = tables.widgets.live(int(widget))
    shown = ops("show", widget, "--json")
    (tmp_path / "again.json").write_text(shown.out)
    ended = ops("publish", str(tmp_path / "again.json"))

    assert ended.code == 0
    assert ended.out.startswith(f"Widget {widget}: settings unchanged, still version ")
    assert tables.widgets.live(int(widget)) == before


def test_versions_are_listed_newest_first_and_the_live_one_is_marked(ops: Run, tables: Tables, tmp_path: Path) -> None:
    first = version_of(tables, 44)
    ops("publish", str(definition(tmp_path / "44.json", label="Another label")))
    second = version_of(tables, 44)

    rows = [cells(line) for line in ops("versions", "44").out.splitlines()[2:]]
    listed = json.loads(ops("versions", "44", "--json").out)

    assert [(version["versionKey"], version["live"]) for version in listed] == [(second, True), (first, False)]
    assert rows == [[second, listed[0]["publishedAt"], "live"], [first, listed[1]["publishedAt"]]]


def test_an_added_domain_is_allowed_in_its_normal_form(ops: Run, tables: Tables) -> None:
    before = version_of(tables, 44)
    ended = ops("add-domain", "44", "https://*.Bücher.example:443")

    allowed = ("https://shop.example", "https://*.xn--bcher-kva.example")
    assert ended == Ended(0, f"Widget 44 may be used on: {' '.join(allowed)}\n", "")
    live = tables.widgets.live(44)
    assert live is not None
    assert (live.origins, live.version_key) == (allowed, before)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("http://shop.example", "'http://shop.example' must start with https://"),
        (
            "https://*.co.uk",
            "'https://*.co.uk': co.uk is a public suffix, so the wildcard would admit sites of strangers",
        ),
    ],
)
def test_a_domain_that_cannot_be_allowed_is_told(ops: Run, origin: str, said: str) -> None:
    assert ops("add-domain", "44", origin) == Ended(2, "", f"{said}\n")


def test_a_removed_domain_is_no_longer_allowed(ops: Run, tables: Tables) -> None:
    before = version_of(tables, 44)

    assert ops("remove-domain", "44", "https://shop.example") == Ended(0, "Widget 44 may be used on: no origin\n", "")
    live = tables.widgets.live(44)
    assert live is not None
    assert (live.origins, live.version_key) == ((), before)


def test_renew_developer_mode_and_rollback_publish_and_changes_says_so(
    ops: Run, tables: Tables, tmp_path: Path
) -> None:
    first = version_of(tables, 44)
    ops("publish", str(definition(tmp_path / "44.json", label="Another label")))
    for command in (("renew", "44"), ("developer-mode", "44", "on"), ("rollback", "44", first)):
        ended = ops(*command)
        assert ended == Ended(0, f"Widget 44: published version {version_of(tables, 44)}\n", "")
    assert ops("developer-mode", "44", "on").out == (
        f"Widget 44: settings unchanged, still version {version_of(tables, 44)}\n"
    )

    listed = json.loads(ops("changes", "44", "--json").out)
    rows = [cells(line) for line in ops("changes", "44").out.splitlines()[2:]]

    assert [(entry["revision"], entry["what"], entry["detail"]) for entry in listed] == [
        (5, "roll-back", first),
        (4, "developer-mode", "on"),
        (3, "raise-renewal", "1"),
        (2, "publish", "label"),
        (1, "publish", ""),
    ]
    assert (listed[1]["before"], listed[1]["after"]) == ({"developerMode": False}, {"developerMode": True})
    assert rows == [
        [entry["at"], entry["what"], entry["detail"] or "-", entry["actor"], entry["versionKey"]] for entry in listed
    ]


def test_a_version_that_was_never_published_is_exit_code_1(ops: Run) -> None:
    assert ops("rollback", "44", CONSENT) == Ended(1, "", f"Widget 44 has no version {CONSENT}.\n")


@pytest.mark.parametrize(
    "command",
    [
        ("show", "45"),
        ("versions", "45"),
        ("changes", "45"),
        ("renew", "45"),
        ("developer-mode", "45", "off"),
        ("rollback", "45", CONSENT),
        ("add-domain", "45", "https://shop.example"),
        ("remove-domain", "45", "https://shop.example"),
    ],
)
def test_an_unknown_widget_is_exit_code_1(ops: Run, command: tuple[str, ...]) -> None:
    assert ops(*command) == Ended(1, "", "Widget 45 not found.\n")


# --- lookup -----------------------------------------------------------------------------------------------------------


def test_lookup_lists_the_decisions_oldest_first_and_marks_the_expired(ops: Run, tables: Tables) -> None:
    long_origin = f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.example"
    tables.consents.put_proof(proof("2", action="Selection", origin=long_origin))
    old = {"date": "2026-01-01T00:00:00.000Z", "dateExpiration": "2026-06-30T00:00:00.000Z", "ttl": 1_782_777_600}
    tables.consents.put_proof(proof("1", **old))

    ended = ops("lookup", CONSENT.upper())

    assert (ended.code, ended.err) == (0, "")
    title, _, header, _, *rows = ended.out.splitlines()
    assert title == f"Consent {CONSENT}"
    assert cells(header) == ["Decision", "Accepted", "Refused"]
    assert [cells(row) for row in rows] == [
        ["2026-01-01T00:00:00.000Z", "session", "drift"],
        ["widget 43 on a native app"],
        ["version 419f5acc-f692-4cc4-93dd-790c346cd68d"],
        ["expired 2026-06-30T00:00:00.000Z"],
        [],
        ["2026-11-24T10:00:00.000Z Selection", "session", "drift"],
        [f"widget 43 on {long_origin}"],
        ["version 419f5acc-f692-4cc4-93dd-790c346cd68d"],
        ["expires 2027-05-23T10:00:00.000Z"],
    ]


@pytest.mark.parametrize(
    ("signals", "said"),
    [
        ({"gpc": True, "dnt": False}, "GPC"),
        ({"gpc": True, "dnt": True}, "GPC DNT"),
        ({"gpc": False, "dnt": False}, "none"),
    ],
)
def test_lookup_says_policy_signals_and_what_was_not_refused(
    ops: Run, tables: Tables, signals: dict[str, bool], said: str
) -> None:
    told = proof("1")
    told["consents"] |= {"policy": "us", "signals": signals}
    told["consents"]["cookieConsents"][1] |= {"consent": True, "notRefused": True}
    tables.consents.put_proof(told)
    tables.consents.put_proof(proof("2", date="2026-11-25T10:00:00.000Z"))

    _, _, header, _, *rows = ops("lookup", CONSENT).out.splitlines()
    assert cells(header) == ["Decision", "Accepted", "Refused", "Not refused"]
    assert [cells(row) for row in rows] == [
        ["2026-11-24T10:00:00.000Z", "session", "drift"],
        ["widget 43 on a native app"],
        ["version 419f5acc-f692-4cc4-93dd-790c346cd68d"],
        ["expires 2027-05-23T10:00:00.000Z"],
        ["policy us"],
        [f"signals: {said}"],
        [],
        ["2026-11-25T10:00:00.000Z", "session", "drift"],
        ["widget 43 on a native app"],
        ["version 419f5acc-f692-4cc4-93dd-790c346cd68d"],
        ["expires 2027-05-23T10:00:00.000Z"],
    ]
    assert rows[0].index("drift") == header.index("Not refused")
    assert rows[7].index("drift") == header.index("Refused")


def test_lookup_as_json_is_the_stored_proof(ops: Run, tables: Tables) -> None:
    stored = proof("1", userId="Y3JtLTQy", origin="https://shop.example")
    tables.consents.put_proof(stored)
    ended = ops("lookup", CONSENT, "--json")

    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == [{**stored, "expired": False}]


def test_a_consent_without_proofs_is_exit_code_1(ops: Run) -> None:
    said = f"No proofs found for consent {CONSENT}.\n"

    assert ops("lookup", CONSENT) == Ended(1, "", said)
    assert ops("lookup", CONSENT, "--json") == Ended(1, "[]\n", said)


def test_what_is_no_consent_id_is_wrong_usage(ops: Run) -> None:
    ended = ops("lookup", "43")

    assert (ended.code, ended.out) == (2, "")


def test_what_visitors_sent_is_never_obeyed_by_the_terminal(ops: Run, tables: Tables) -> None:
    tables.consents.put_proof(proof("1", action="\x1b[2J", origin="[red]https://shop.example[/red]"))
    rows = [cells(line) for line in ops("lookup", CONSENT).out.splitlines()]

    assert rows[4:6] == [
        ["2026-11-24T10:00:00.000Z \ufffd[2J", "session", "drift"],
        ["widget 43 on [red]https://shop.example[/red]"],
    ]


# --- verify -----------------------------------------------------------------------------------------------------------

DAY = "2026-11-24"
TABLE_EVENT = re.compile(r"table:[0-9a-f]{32}")


def archive_some(archive: Archive, *decisions: str, lane: int = 0, widget: int = 43) -> None:
    """Archive an object for each decision."""
    writer = Lane(archive, lane)
    for each in decisions:
        writer.append(widget, DAY, [archived(proof(each, widgetId=widget), f"e{each}")])


def link_of(archive: Archive, lane: int, number: int) -> str:
    link = archive.link(key_of(43, DAY, lane, number))
    assert link is not None
    return link.link


def test_verify_says_that_a_day_is_whole_and_how_its_lanes_end(ops: Run, archive: Archive) -> None:
    archive_some(archive, "1", "2", "1")
    archive_some(archive, "3", lane=2)
    ended = ops("verify", "43", DAY)

    assert (ended.code, ended.err) == (0, "")
    header, _, *rows, last = ended.out.splitlines()
    assert cells(header) == ["Lane", "Objects", "Lines", "Last link"]
    assert [cells(row) for row in rows] == [
        ["0", "3", "3", link_of(archive, 0, 3)],
        ["2", "1", "1", link_of(archive, 2, 1)],
    ]
    assert last == "Complete: 3 proofs"


def test_verify_has_a_line_for_each_fault_and_exit_code_1(ops: Run, archive: Archive) -> None:
    archive_some(archive, "1", "2", "3")
    noted = link_of(archive, 0, 2)
    for number in (1, 2):
        boto3.client("s3").delete_object(Bucket="archivebucket", Key=key_of(43, DAY, 0, number))
    ended = ops("verify", "43", DAY, "--expect", f"0={noted}")

    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines()[3:] == [
        f"{key_of(43, DAY, 0, 1)}: is missing, with all up to {key_of(43, DAY, 0, 2)}",
        f"lane 0: no object has the link {noted} any more",
        "Incomplete: 1 proof",
    ]


def test_verify_as_json(ops: Run, archive: Archive) -> None:
    archive_some(archive, "1", "2")
    whole = {
        "whole": True,
        "proofs": 2,
        "lanes": [{"lane": 0, "objects": 2, "lines": 2, "lastLink": link_of(archive, 0, 2)}],
        "faults": [],
    }
    assert json.loads(ops("verify", "43", DAY, "--json").out) == whole

    boto3.client("s3").delete_object(Bucket="archivebucket", Key=key_of(43, DAY, 0, 1))
    ended = ops("verify", "43", DAY, "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["faults"] == [{"where": key_of(43, DAY, 0, 1), "what": "is missing"}]


def test_a_day_without_proofs_is_exit_code_1(ops: Run, archive: Archive) -> None:
    ended = ops("verify", "43", DAY)

    assert ended == Ended(1, "", f"No archived proofs for widget 43 on {DAY}.\n")


@pytest.mark.parametrize(
    "arguments", [("43", "24/11/2026"), ("43", DAY, "--expect", "abc"), ("43", DAY, "--expect", "x=y")]
)
def test_what_cannot_be_verified_is_wrong_usage(ops: Run, archive: Archive, arguments: tuple[str, ...]) -> None:
    ended = ops("verify", *arguments)

    assert (ended.code, ended.out) == (2, "")


# --- archive ----------------------------------------------------------------------------------------------------------


def stored(tables: Tables, *decisions: str, **changes: object) -> None:
    for each in decisions:
        tables.consents.put_proof(proof(each, ttl=FOREVER, **changes))


def test_archive_takes_what_the_archive_lacks_of_the_table_and_nothing_else(
    ops: Run, tables: Tables, archive: Archive
) -> None:
    late = {"date": "2026-11-25T00:00:00.000Z"}
    stored(tables, "1", "2", "3", userId="crm", referrer="https://shop.example/", sessionId="s")
    stored(tables, "4", **late)
    stored(tables, "5", widgetId=44)
    stored(tables, "6", date="2026-11-23T23:59:59.999Z")
    tables.consents.put_proof(proof("7", ttl=1))  # expired, though still there
    archive_some(archive, "2", lane=3)

    ended = ops("archive", "--from", DAY)

    assert ended == Ended(
        0,
        "Widget 43, 2026-11-24: 2 of 3 proofs were missing\n"
        "Widget 43, 2026-11-25: 1 of 1 proofs were missing\n"
        "Widget 44, 2026-11-24: 1 of 1 proofs were missing\n",
        "",
    )
    lines = list(archive.lines(43, DAY))
    assert sorted(line["id"] for line in lines) == ["1", "2", "3"]
    assert [bool(TABLE_EVENT.fullmatch(line["eventId"])) for line in lines] == [True, True, False]
    assert not {name for line in lines for name in line} & NEVER_ARCHIVED
    assert (archive.days(43), archive.days(44)) == ([DAY, "2026-11-25"], [DAY])


def test_archive_again_finds_nothing_to_do(ops: Run, tables: Tables, archive: Archive) -> None:
    stored(tables, "1", "2")
    first, again = ops("archive", "--from", DAY), ops("archive", "--from", DAY)

    assert first.out == "Widget 43, 2026-11-24: 2 of 2 proofs were missing\n"
    assert again == Ended(0, "Widget 43, 2026-11-24: 0 of 2 proofs were missing\n", "")
    assert len(list(archive.objects(43, DAY))) == 1


def test_archive_restores_the_proofs_of_a_damaged_object(ops: Run, tables: Tables, archive: Archive) -> None:
    stored(tables, "1", "2")
    archive_some(archive, "1", "2")
    spoilt = key_of(43, DAY, 0, 2)
    boto3.client("s3").put_object(Bucket="archivebucket", Key=spoilt, Body=b"no proof")

    assert ops("archive", "--from", DAY).out == "Widget 43, 2026-11-24: 1 of 2 proofs were missing\n"
    ended = ops("verify", "43", DAY)
    assert (ended.code, ended.out.splitlines()[-1]) == (1, "Incomplete: 2 proofs")
    assert {line.partition(":")[0] for line in ended.out.splitlines()[3:-1]} == {spoilt}


def test_archive_can_keep_to_one_widget(ops: Run, tables: Tables, archive: Archive) -> None:
    stored(tables, "1")
    stored(tables, "2", widgetId=44)

    assert ops("archive", "--from", DAY, "--widget", "44").out == "Widget 44, 2026-11-24: 1 of 1 proofs were missing\n"
    assert archive.widgets() == [44]


def test_archive_makes_objects_of_a_size_that_readers_can_hold(
    ops: Run, tables: Tables, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "OBJECT_SIZE", 2)
    stored(tables, *"12345")

    assert ops("archive", "--from", DAY).code == 0
    assert [len(decoded(archive.read(each.key))) for each in archive.objects(43, DAY)] == [2, 2, 1]
    assert ops("verify", "43", DAY).code == 0


def test_what_is_no_proof_is_left_out_and_told(ops: Run, tables: Tables, archive: Archive) -> None:
    stored(tables, "1")
    odd = {"date": {"S": f"{DAY}T10"}, "ttl": {"N": "4102444800.5"}}
    boto3.client("dynamodb").put_item(
        TableName="ConsentsTable", Item={"consentId": {"S": "x"}, "id": {"S": "y"}, **odd}
    )
    ended = ops("archive", "--from", DAY)

    assert ended == Ended(
        1,
        "Widget 43, 2026-11-24: 1 of 1 proofs were missing\n",
        "Items of the table that are not proofs: 1. They were skipped.\n",
    )


# --- The stack --------------------------------------------------------------------------------------------------------


def test_without_a_stack_the_options_that_name_one_are_told(run: Run) -> None:
    said = "No stack given. Add --local for the stack on this machine, or --stack-name NAME for AWS.\n"

    assert run("show", "43") == Ended(2, "", said)


def test_the_stack_may_be_named_by_the_environment(ops: Run, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", STACK)

    assert run("show", "43").code == 0


def test_an_unknown_stack_is_told_with_its_region(ops: Run, run: Run) -> None:
    advice = "Check --stack-name, --region and --profile."
    assert run("--stack-name", "typo", "show", "43") == Ended(2, "", f"Stack typo not found in eu-west-1. {advice}\n")
    assert run("--stack-name", STACK, "--region", "eu-central-1", "show", "43") == Ended(
        2, "", f"Stack {STACK} not found in eu-central-1. {advice}\n"
    )


def test_a_stack_of_something_else_is_told(tables: Tables, run: Run) -> None:
    create_stack("blog", WidgetsTableName="Posts")

    assert run("--stack-name", "blog", "show", "43") == Ended(
        2, "", "Stack blog is not a consent platform. Check --stack-name.\n"
    )


def test_an_output_that_an_older_stack_lacks_is_told(ops: Run, run: Run) -> None:
    said = f"Stack {STACK} has no output ConsentCollectLogGroupName. Deploy it again, or check --stack-name.\n"

    assert ops("stats", "43") == Ended(2, "", said)


@pytest.mark.parametrize(
    "command",
    [
        ("stats", "43"),
        ("dossier", CONSENT),
        ("export", "--widget", "43", "--from", "2026-11-24", "--to", "2026-11-24", "--output", "."),
        ("erase", CONSENT),
        ("verify", "43", "2026-11-24"),
        ("archive", "--from", "2026-11-24"),
        ("add-domain", "43", "https://new.example"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_reads_the_stacks_outputs_once_and_has_one_session(
    tables: Tables,
    archive: Archive,
    run: Run,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outputs = {"WidgetsTableName": "WidgetsTable", "ConsentsTableName": "ConsentsTable"}
    create_stack(STACK, **outputs, ArchiveBucketName="archivebucket", ConsentCollectLogGroupName="/aws/lambda/x")
    tables.consents.put_proof(proof("1", typeDevice=2))
    monkeypatch.chdir(tmp_path)
    counted: Counter[str] = Counter()
    call, session = BaseClient._make_api_call, Session.__init__  # type: ignore[attr-defined]

    def counted_call(self: BaseClient, operation: str, parameters: object) -> object:
        counted[operation] += 1
        return call(self, operation, parameters)

    def counted_session(self: Session, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        counted["session"] += 1
        session(self, *arguments, **options)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted_call)
    monkeypatch.setattr(Session, "__init__", counted_session)
    run("--stack-name", STACK, *command)

    assert (counted["DescribeStacks"], counted["session"]) == (1, 1)
