"""Publishing, rolling back and deleting by the command line: what it takes away, and how it comes back."""

import io
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from consent_core.catalogue import LiveWidget
from consent_core.publishing import changes
from consent_core.publishing.definitions import definition_from_json
from consent_core.widget_table import WidgetTable
from local.embedded_aws import DEMO_WIDGETS
from local.tables import Tables
from tests.functional.test_ops import SERVICES, Ended, Run, definition, ops, proof, run, version_of

__all__ = ["ops", "run"]  # fixtures

OWN = "https://shop.example"
ADDED = "https://www.my.example"


def live(tables: Tables, widget: int = 44) -> LiveWidget:
    found = tables.widgets.live(widget)
    assert found is not None
    return found


@pytest.fixture
def own(ops: Run, tmp_path: Path) -> Path:
    """The owner's file of widget 44, after operators have changed the widget by commands."""
    file = definition(tmp_path / "44.json")
    for command in (("add-domain", "44", ADDED), ("developer-mode", "44", "on"), ("renew", "44")):
        assert ops(*command).code == 0
    return file


LISTED = f"""\
Publishing this takes away from widget 44:
! developer mode  on -> off
! domains         - {ADDED}
"""
NOT_PUBLISHED = (
    "Nothing was published. To publish it all the same, repeat the command with --yes. "
    "To start from what is live: consent-ops pull 44 --output FILE\n"
)


# --- What a publication takes away ------------------------------------------------------------------------------------


def test_publishing_ones_own_file_again_undoes_nothing_without_a_word(ops: Run, tables: Tables, own: Path) -> None:
    before = live(tables)

    assert ops("publish", str(own)) == Ended(1, "", LISTED + NOT_PUBLISHED)
    assert live(tables) == before


def test_a_yes_publishes_what_was_listed(ops: Run, tables: Tables, own: Path) -> None:
    ended = ops("publish", str(own), "--yes")

    assert ended == Ended(0, f"Widget 44: published version {version_of(tables, 44)}\n", LISTED)
    now = live(tables)
    assert (now.origins, now.developer_mode) == ((OWN,), False)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_on_a_terminal_the_command_asks(
    ops: Run, tables: Tables, own: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    ended = ops("publish", str(own))

    assert (ended.code, live(tables).origins) == (code, (OWN,) if code == 0 else (OWN, ADDED))
    assert ended.err == f"{LISTED}Publish it all the same? [y/N]:{NOT_PUBLISHED if code else ''}"


def test_a_confirmation_is_of_what_was_listed(
    ops: Run, tables: Tables, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another operator adds a domain while the first one reads the list."""
    original = changes.publish
    seen: list[int | None] = []

    def publish(table: WidgetTable, *arguments: Any, **named: Any) -> object:  # noqa: ANN401
        seen.append(named["expected"])
        if len(seen) == 2:
            changes.add_origin(table, 44, "https://new.example", actor="other", now=datetime.now(UTC))
        return original(table, *arguments, **named)

    monkeypatch.setattr(changes, "publish", publish)
    ended = ops("publish", str(own), "--yes")

    said = "Someone else has changed the widget in the meantime. Read it again and repeat the change.\n"
    assert ended == Ended(3, "", LISTED + said)
    assert (seen, live(tables).origins) == ([None, 4], (OWN, ADDED, "https://new.example"))


@pytest.mark.parametrize(
    ("stated", "listed"),
    [
        ({"keys": ["another-public-key"]}, ["! public keys  - demo-public-key-44"]),
        ({"services": []}, ["! services  - session"]),
        ({"languages": ["fr"]}, ["! languages  - en"]),
        ({"enabled": False}, ["! enabled  on -> off"]),
        ({"consentCookieExpiryTime": 30}, ["! consentCookieExpiryTime  180 -> 30"]),
    ],
)
def test_each_kind_of_loss_is_listed(
    ops: Run, tables: Tables, tmp_path: Path, stated: dict[str, object], listed: Sequence[str]
) -> None:
    ops("publish", str(definition(tmp_path / "45.json", id=45, languages=["en", "fr"], services=SERVICES)))
    base = {"id": 45, "languages": ["en", "fr"], "services": SERVICES}
    ended = ops("publish", str(definition(tmp_path / "45.json", **{**base, **stated})))

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[1:-1] == listed
    assert live(tables, 45).revision == 1


def test_a_publication_that_only_adds_asks_for_nothing(ops: Run, tables: Tables, tmp_path: Path) -> None:
    more = definition(tmp_path / "44.json", origins=[OWN, ADDED], keys=["demo-public-key-44", "second-key"])

    assert ops("publish", str(more)).code == 0
    assert live(tables).origins == (OWN, ADDED)


# --- renewal ----------------------------------------------------------------------------------------------------------


def renewal(ops: Run) -> int:
    return int(json.loads(ops("show", "44", "--json").out)["renewal"])


@pytest.mark.parametrize(("stated", "said"), [({}, False), ({"renewal": 0}, True), ({"renewal": 1}, True)])
def test_a_publication_never_lowers_renewal(ops: Run, tmp_path: Path, stated: dict[str, int], said: bool) -> None:
    ops("renew", "44")
    ops("renew", "44")
    ended = ops("publish", str(definition(tmp_path / "44.json", label="Renamed", **stated)))

    told = "Renewal is 2: visitors have seen the number that the file states, or a higher one.\n"
    assert (ended.code, ended.err) == (0, told if said else "")
    assert renewal(ops) == 2
    ops("renew", "44")
    assert renewal(ops) == 3


def lowered(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise renewal to 5 by a file, then publish 0 as release 1.0.0 did."""
    stated = json.loads(DEMO_WIDGETS[1].read_text())
    with monkeypatch.context() as patched:
        patched.setattr(changes, "_with_renewal", lambda _table, _found, definition: (definition, None))
        for number in (5, 0):
            definition = definition_from_json(json.dumps({**stated, "renewal": number}))
            changes.publish(tables.widgets, definition, actor="1.0.0", now=datetime.now(UTC))


def test_renew_never_returns_to_a_number_that_visitors_have_seen(
    ops: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    lowered(tables, monkeypatch)

    assert renewal(ops) == 0
    ops("renew", "44")
    assert renewal(ops) == 6


def test_a_file_does_not_return_to_a_number_that_visitors_have_seen(
    ops: Run, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lowered(tables, monkeypatch)
    ended = ops("publish", str(definition(tmp_path / "44.json", renewal=3)), "--yes")

    assert ended.err == (
        "Publishing this takes away from widget 44:\n! renewal  0 -> 6\n"
        "Renewal is 6: visitors have seen the number that the file states, or a higher one.\n"
    )
    assert renewal(ops) == 6
    assert ops("publish", str(definition(tmp_path / "44.json", renewal=7))).err == ""
    assert renewal(ops) == 7


def test_the_highest_renewal_cannot_be_raised(ops: Run, tmp_path: Path) -> None:
    ops("publish", str(definition(tmp_path / "44.json", renewal=1_000_000)), "--yes")

    assert ops("renew", "44") == Ended(2, "", "renewal: visitors have seen every number up to 1,000,000\n")


# --- pull, diff, --dry-run --------------------------------------------------------------------------------------------


def test_a_pulled_definition_changes_nothing_when_it_is_published(
    ops: Run, tables: Tables, own: Path, tmp_path: Path
) -> None:
    before, file = live(tables), tmp_path / "pulled.json"
    ended = ops("pull", "44", "--output", str(file))

    assert ended == Ended(0, f"Written to {file}. Edit it, then: consent-ops diff {file}\n", "")
    assert ops("pull", "44") == Ended(0, file.read_text(), "")
    assert list(json.loads(file.read_text()))[:4] == ["id", "label", "enabled", "tenantId"]
    assert ops("diff", str(file)) == Ended(0, "Widget 44: publishing would change nothing\n", "")
    assert ops("publish", str(file)).out.startswith("Widget 44: settings unchanged, still version ")
    assert live(tables) == before


def test_pull_overwrites_no_file(ops: Run, tmp_path: Path) -> None:
    file = tmp_path / "44.json"
    file.write_text("mine")

    assert ops("pull", "44", "--output", str(file)) == Ended(
        2, "", f"{file} cannot be written: File exists. Choose another name.\n"
    )
    assert file.read_text() == "mine"


CHANGED = f"""\
Widget 44: these would change
! developer mode  on -> off
! domains         - {ADDED}
Lines with ! take something away: publishing asks for a yes, or needs --yes.
"""


def test_diff_lists_what_would_change(ops: Run, own: Path) -> None:
    assert ops("diff", str(own)) == Ended(1, CHANGED, "")
    assert json.loads(ops("diff", str(own), "--json").out) == {
        "widgetId": 44,
        "revision": 4,
        "isNewVersion": True,
        "differences": [
            {"member": "developerMode", "before": True, "after": False, "takesAway": True},
            {"member": "origins", "removed": [ADDED], "added": [], "takesAway": True},
        ],
    }


def test_long_values_and_control_characters_do_not_reach_the_terminal(ops: Run, tmp_path: Path) -> None:
    long = definition(tmp_path / "44.json", label="x" * 100, origins=[OWN, ADDED])

    assert ops("diff", str(long)).out.splitlines() == [
        "Widget 44: these would change",
        f"  label    One site only -> {'x' * 59}…",
        f"  domains  + {ADDED}",
    ]


def test_diff_and_dry_run_of_a_new_widget(ops: Run, tables: Tables, tmp_path: Path) -> None:
    file = str(definition(tmp_path / "45.json", id=45))
    said = "Widget 45 is new: publishing makes its first version.\n"

    assert ops("diff", file) == Ended(1, said, "")
    assert ops("publish", file, "--dry-run") == Ended(0, said, "")
    assert tables.widgets.live(45) is None
    assert json.loads(ops("diff", file, "--json").out) == {
        "widgetId": 45,
        "revision": None,
        "isNewVersion": True,
        "differences": [],
    }


@pytest.mark.parametrize(("options", "code"), [([], 1), (["--yes"], 0)])
def test_a_dry_run_publishes_nothing_and_has_the_exit_code_of_publishing(
    ops: Run, tables: Tables, own: Path, options: list[str], code: int
) -> None:
    before = live(tables)

    assert ops("publish", str(own), "--dry-run", *options) == Ended(code, CHANGED, "")
    assert live(tables) == before


def test_a_dry_run_finds_the_faults_that_publishing_would(ops: Run, tmp_path: Path) -> None:
    versioned = {**SERVICES[0], "version": "6f65cb1d-85eb-4a64-976d-519679189f8d"}
    ops("publish", str(definition(tmp_path / "45.json", id=45, services=[versioned])))
    stale = str(definition(tmp_path / "45.json", id=45, services=[{**versioned, "name": "Changed"}]))
    said = "services: session: changed, but its version did not: leave version out, or state a new one\n"

    assert ops("publish", stale, "--dry-run") == ops("diff", stale) == Ended(2, "", said)


# --- The way back -----------------------------------------------------------------------------------------------------


def test_keys_and_domains_that_a_publication_took_come_back(
    ops: Run, tables: Tables, own: Path, tmp_path: Path
) -> None:
    before = live(tables)
    ops("publish", str(definition(tmp_path / "new.json", keys=["another-key"], label="New", enabled=False)), "--yes")
    ended = ops("rollback", "44", before.version_key, "--with-domains")

    assert ended == Ended(
        0,
        f"Widget 44: published version {version_of(tables, 44)}\n"
        f"Widget 44 may be used on: {OWN} {ADDED}\nPublic keys: demo-public-key-44\n",
        "",
    )
    now = live(tables)
    assert (now.keys, now.origins, now.enabled) == (before.keys, before.origins, True)


def test_what_was_live_at_a_revision_comes_back_without_a_new_version(ops: Run, tables: Tables) -> None:
    before = live(tables)
    ops("add-domain", "44", ADDED)
    ops("remove-domain", "44", OWN)
    ended = ops("rollback", "44", "2", "--with-domains")

    assert ended.out.startswith(f"Widget 44: settings unchanged, still version {before.version_key}\n")
    assert live(tables).origins == (OWN, ADDED)
    ops("rollback", "44", "1", "--with-domains")
    assert live(tables).origins == (OWN,)
    listed = json.loads(ops("changes", "44", "--json").out)
    assert [(each["before"], each["after"]) for each in listed] == [
        ({"origins": [OWN, ADDED]}, {"origins": [OWN]}),
        ({"origins": [ADDED]}, {"origins": [OWN, ADDED]}),
        ({"origins": [OWN, ADDED]}, {"origins": [ADDED]}),
        ({"origins": [OWN]}, {"origins": [OWN, ADDED]}),
        (
            None,
            {
                "keys": ["demo-public-key-44"],
                "origins": [OWN],
                "enabled": True,
                "allowNativeApps": False,
                "developerMode": False,
            },
        ),
    ]


def test_a_roll_back_without_domains_leaves_them(ops: Run, tables: Tables) -> None:
    ops("add-domain", "44", ADDED)

    assert ops("rollback", "44", "1").code == 0
    assert live(tables).origins == (OWN, ADDED)


@pytest.mark.parametrize("version", ["9", "0", "latest", "1" * 20])
def test_a_revision_that_there_never_was_is_told(ops: Run, version: str) -> None:
    what = f"revision {version}" if version == "9" else f"version {version}"

    assert ops("rollback", "44", version) == Ended(1, "", f"Widget 44 has no {what}.\n")


def test_domains_that_release_1_0_0_did_not_record_are_told(ops: Run, tables: Tables, tmp_path: Path) -> None:
    first = version_of(tables, 44)
    ops("publish", str(definition(tmp_path / "44.json", keys=["another-key"], label="Renamed")), "--yes")
    client = boto3.client("dynamodb")
    items: list[Any] = client.scan(
        TableName="WidgetsTable", FilterExpression="attribute_exists(#b)", ExpressionAttributeNames={"#b": "before"}
    )["Items"]
    for item in items:
        client.update_item(
            TableName="WidgetsTable",
            Key={name: item[name] for name in ("widgetId", "version")},
            UpdateExpression="REMOVE #b",
            ExpressionAttributeNames={"#b": "before"},
        )

    assert len(items) == 1
    said = f"The keys and domains of widget 44 at version {first} are not known: release 1.0.0 did not record them.\n"
    assert ops("rollback", "44", first, "--with-domains") == Ended(1, "", said)
    assert [each["before"] for each in json.loads(ops("changes", "44", "--json").out)] == [None, None]
    assert ops("rollback", "44", first).code == 0


# --- Domains ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("www.my.example", ADDED),
        ("https://www.my.example/", ADDED),
        ("www.my.example/", ADDED),
        ("WWW.My.Example", ADDED),
        ("https://WWW.my.example:443/", ADDED),
        (" www.my.example ", ADDED),
        ("*.my.example", "https://*.my.example"),
        ("www.my.example:8443", "https://www.my.example:8443"),
        ("bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_understood_as_operators_type_it(ops: Run, tables: Tables, typed: str, origin: str) -> None:
    note = f"{typed} is understood as {origin}\n"

    assert ops("add-domain", "44", typed) == Ended(0, f"Widget 44 may be used on: {OWN} {origin}\n", note)
    assert ops("remove-domain", "44", typed) == Ended(0, f"Widget 44 may be used on: {OWN}\n", note)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("http://www.my.example", "'http://www.my.example' must start with https://"),
        ("www.my.example/shop", "'https://www.my.example/shop' must be an origin alone, such as https://shop.example"),
        ("https://www.my.example?x", "'https://www.my.example?x' must be an origin alone"),
        ("me@my.example", "'https://me@my.example' must be an origin alone"),
        ("www.my.example//", "'https://www.my.example/' must be an origin alone"),
        ("", "'' must start with https://"),
        ("/", "'' must start with https://"),
    ],
)
@pytest.mark.parametrize("command", ["add-domain", "remove-domain"])
def test_what_is_no_domain_is_told(ops: Run, tables: Tables, command: str, typed: str, said: str) -> None:
    ended = ops(command, "44", typed)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(said)
    assert live(tables).revision == 1


def test_a_domain_that_is_not_there_is_not_removed(ops: Run, tables: Tables) -> None:
    said = f"{ADDED} is not an allowed origin of widget 44.\n"

    assert ops("remove-domain", "44", "www.my.example") == Ended(1, "", said)
    assert live(tables).revision == 1


# --- disable, enable, delete ------------------------------------------------------------------------------------------


def test_a_disabled_widget_is_enabled_again_and_a_file_does_not_do_that_in_passing(
    ops: Run, tables: Tables, tmp_path: Path
) -> None:
    said = "Widget 44 is disabled: no page can use it. To switch it on: consent-ops enable 44\n"
    assert ops("disable", "44") == Ended(0, said, "")
    assert not live(tables).enabled

    ended = ops("publish", str(definition(tmp_path / "44.json")))
    assert (ended.code, ended.err.splitlines()[1]) == (1, "! enabled  off -> on")
    assert ops("enable", "44") == Ended(0, "Widget 44 is enabled.\n", "")
    assert live(tables).enabled


DELETED = Ended(0, "Widget 44 is deleted. Its versions and its audit stay, as evidence for proofs.\n", "")


def test_only_a_disabled_widget_is_deleted(ops: Run, tables: Tables) -> None:
    for options in ([], ["--even-with-proofs"]):
        assert ops("delete", "44", *options) == Ended(1, "", "Widget 44 is enabled. Disable it first.\n")
    ops("disable", "44")

    assert ops("delete", "44") == DELETED
    for command in (["show", "44"], ["enable", "44"], ["delete", "44"], ["pull", "44"]):
        assert ops(*command) == Ended(1, "", "Widget 44 was deleted. Publish it again to use it.\n")


@pytest.mark.parametrize(
    ("changed", "is_kept"),
    [({}, True), ({"ttl": int(time.time()) - 60}, False), ({"widgetId": 43}, False)],
    ids=["unexpired", "expired", "another widget's"],
)
def test_a_widget_with_unexpired_proofs_is_not_deleted_unless_told(
    ops: Run, tables: Tables, changed: dict[str, object], is_kept: bool
) -> None:
    tables.consents.put_proof(proof("1", **{"widgetId": 44, **changed}))
    ops("disable", "44")
    today = datetime.now(UTC).date()
    refused = Ended(
        1,
        "",
        f"Widget 44 was disabled on {today}, and its proofs are kept until {today + timedelta(days=181)} at the "
        "latest. "
        "Delete it after that day, or state that its proofs may stay behind.\n"
        "To delete it all the same, and leave its proofs behind: --even-with-proofs\n",
    )

    assert ops("delete", "44") == (refused if is_kept else DELETED)
    if is_kept:
        assert ops("delete", "44", "--even-with-proofs") == DELETED


@pytest.mark.parametrize(("days", "is_deleted"), [(180, False), (181, True)])
def test_once_no_proof_can_be_left_none_is_looked_for(tables: Tables, days: int, is_deleted: bool) -> None:
    disabled = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    by: Any = {"actor": "test"}
    changes.set_enabled(tables.widgets, 44, on=False, now=disabled, **by)
    looked: list[int] = []

    def has_proofs() -> bool:
        looked.append(days)
        return False

    changes.delete(tables.widgets, 44, now=disabled + timedelta(days=days), has_proofs=has_proofs, **by)
    assert looked == ([] if is_deleted else [days])


def test_a_deleted_widget_keeps_its_evidence_and_its_numbers(ops: Run, tables: Tables, tmp_path: Path) -> None:
    ops("renew", "44")
    version = version_of(tables, 44)
    ops("disable", "44")
    ops("delete", "44")

    assert [each["live"] for each in json.loads(ops("versions", "44", "--json").out)] == [False, False]
    assert [each["what"] for each in json.loads(ops("changes", "44", "--json").out)] == [
        "delete",
        "disable",
        "raise-renewal",
        "publish",
    ]
    assert tables.widgets.catalogue(44, version) is not None

    assert ops("publish", str(definition(tmp_path / "44.json", origins=[]))).code == 0
    now = live(tables)
    assert (now.revision, now.enabled, now.deleted, now.origins) == (5, True, False, ())
    assert renewal(ops) == 1
    ops("renew", "44")
    assert renewal(ops) == 2
