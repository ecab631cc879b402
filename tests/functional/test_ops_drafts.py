"""Lists, new widgets, keys and drafts by the command line: at the tables, and through the administration's API."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.httpsession import URLLib3Session

from consent_core.publishing import changes, drafts, widgets
from consent_core.publishing.definitions import definition_from_json
from consent_ops.cli import main
from local.tables import Tables
from tests.functional.conftest import Call, caller, event
from tests.functional.test_ops import Ended, Run, cells, ops, run
from tests.functional.test_widget_lists import ADA, BOB, make_old

__all__ = ["ops", "run"]  # fixtures

ADDRESS = "http://127.0.0.1:3001"


@pytest.fixture(params=["tables", "api"])
def command(request: pytest.FixtureRequest, tables: Tables, ops: Run, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command at the tables, and once more through the API's handler."""
    if request.param == "tables":
        return ops
    admin = caller("widget_admin")
    monkeypatch.setattr(URLLib3Session, "send", lambda _, sent: answered(admin, sent))
    return lambda *arguments: run("--api", ADDRESS, *arguments)


def answered(admin: Call, sent: AWSPreparedRequest) -> SimpleNamespace:
    """Ask the handler, as the gateway would."""
    parts = urlsplit(sent.url)
    _, _, _, *rest = parts.path.split("/")
    path = "/v1/widgets" + "".join(f"/{each}" for each in ["{id}", *rest[1:]] if rest)
    body = sent.body.decode() if isinstance(sent.body, bytes) else ""
    answer = admin(
        {
            **event("admin-show"),
            "routeKey": f"{sent.method} {path}",
            "headers": {name.lower(): str(value) for name, value in sent.headers.items()},
            "pathParameters": {"id": rest[0]} if rest else None,
            "queryStringParameters": dict(parse_qsl(parts.query)) or None,
            "body": body,
        }
    )
    return SimpleNamespace(status_code=answer.status, content=json.dumps(answer.body).encode())


def file_of(path: Path, tables: Tables, **changed: object) -> str:
    """Write the definition of widget 44 with changes."""
    path.write_text(json.dumps(widgets.read(tables.widgets, 44).definition | changed))
    return str(path)


def stored(tables: Tables, widget_id: int) -> dict[str, Any]:
    draft = drafts.read(tables.widgets, widget_id)
    found: dict[str, Any] = json.loads(draft.definition)
    return found


# --- Lists and new widgets --------------------------------------------------------------------------------------------


def test_the_widgets_are_listed(command: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    changes.set_enabled(tables.widgets, 43, on=False, **ADA)
    drafts.create(tables.widgets, "Blog", "https://blog.example", ["en"], **BOB)
    drafts.start(tables.widgets, 44, **ADA)
    (entry,) = tables.widgets.changes(44)
    monkeypatch.setattr(widgets.listed, "__kwdefaults__", {"after": 0, "most": 2})  # two pages

    ended = command("widgets")
    assert (ended.code, ended.err) == (0, "")
    heading, _, *rows = map(cells, ended.out.splitlines())
    assert heading == ["Widget", "Label", "State", "Domains", "Draft", "Last changed", "By"]
    assert rows[0][0:1] + rows[0][2:3] + rows[0][4:] == ["43", "disabled", "-", "2026-11-30T10:00:00.000Z", "ada"]
    assert rows[1:] == [
        ["44", "One site only", "live", "1", "1", entry.change.at, "local"],
        ["45", "Blog", "draft", "1", "1", "2026-11-30T11:00:00.000Z", "bob"],
    ]
    listed = json.loads(command("widgets", "--json").out)
    assert [each["widgetId"] for each in listed] == [43, 44, 45]
    assert listed[2] == {
        "widgetId": 45,
        "label": "Blog",
        "live": None,
        "draft": {"number": 1, "domains": 1, "changedAt": "2026-11-30T11:00:00.000Z", "changedBy": "bob"},
    }


def test_a_new_widget_is_made_edited_and_published(command: Run, tables: Tables, tmp_path: Path) -> None:
    ended = command("create", "Shop", "www.shop.example", "--lang", "fr", "--lang", "en")
    definition = stored(tables, 45)
    assert ended == Ended(
        0,
        f"Widget 45 is a draft. Its public key is {definition['keys'][0]}\n"
        "To edit it: consent-ops draft show 45 --output widget.json\n",
        "",
    )
    assert (definition["origins"], definition["languages"]) == (["https://www.shop.example"], ["fr", "en"])

    file = tmp_path / "widget.json"
    shown = command("draft", "show", "45", "--output", str(file))
    draft = drafts.read(tables.widgets, 45)
    seen = f"Draft 1 of a widget that was never live, saved by {draft.changed_by} at {draft.changed_at}\n"
    assert shown == Ended(0, f"Written to {file}. Edit it, then: consent-ops draft save {file} --number 1\n", seen)
    assert json.loads(file.read_text()) == definition
    file.write_text(json.dumps(definition | {"label": "Store"}))
    assert command("draft", "save", str(file), "--number", "1").out == "Widget 45: saved draft 2\n"
    published = command("draft", "publish", "45")
    live = tables.widgets.live(45)
    assert live is not None
    assert published == Ended(0, f"Widget 45: published version {live.version_key}\n", "")
    assert live.label == "Store"


def test_a_new_widget_needs_a_domain_that_can_be_allowed(command: Run, tables: Tables) -> None:
    ended = command("create", "Shop", "http://shop.example")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("origins[0]: ")
    assert tables.widgets.draft(45) is None


def test_old_widgets_are_put_into_the_list(ops: Run, tables: Tables) -> None:
    make_old(tables, 43, 44)
    first = ops("reindex", "--most", "1")
    second = ops("reindex", "--most", "1")
    assert [first.code, second.code] == [0, 0]
    done = {f"Widget {each} is listed now.\nThere may be more: repeat the command.\n" for each in (43, 44)}
    assert {first.out, second.out} == done
    assert ops("reindex") == Ended(0, "Every widget is listed.\n", "")
    assert [each["widgetId"] for each in json.loads(ops("widgets", "--json").out)] == [43, 44]


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_keys_come_and_go(command: Run, tables: Tables) -> None:
    live = tables.widgets.live(44)
    assert live is not None
    (first,) = live.keys
    assert command("add-key", "44", "own-key-44") == Ended(
        0, f"Widget 44 has the public keys: {first} own-key-44\n", ""
    )
    made = command("add-key", "44").out.split()[-1]
    assert len(made) == 32
    assert command("retire-key", "44", first).out == f"Widget 44 has the public keys: own-key-44 {made}\n"
    assert command("retire-key", "44", first) == Ended(1, "", f"{first} is not a public key of widget 44.\n")
    command("retire-key", "44", made)
    assert command("retire-key", "44", "own-key-44") == Ended(
        2, "", "keys: the last key cannot be retired. Add another one first\n"
    )
    assert command("add-key", "44", "short") == Ended(2, "", "keys: must have 8 to 64 letters, digits, _ or -\n")


# --- Drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_need_not_fit_together_before_it_is_published(command: Run, tables: Tables, tmp_path: Path) -> None:
    file = file_of(tmp_path / "44.json", tables, consentCookieDomain="co.uk")
    problem = "consentCookieDomain: browsers refuse cookies for co.uk, a public suffix"
    saved = command("draft", "save", file)
    assert (saved.code, saved.out) == (0, "Widget 44: saved draft 1\n")
    assert saved.err.splitlines()[1:] == [f"To correct before it can be published: {problem}"]
    assert command("draft", "publish", "44") == Ended(2, "", f"{problem}\n")

    shown = command("draft", "show", "44")
    assert (json.loads(shown.out), shown.err) == (stored(tables, 44), saved.err)
    assert command("draft", "discard", "44") == Ended(0, "Widget 44 has no draft any more.\n", "")
    assert command("draft", "show", "44") == Ended(1, "", "Widget 44 has no draft.\n")


def test_a_part_that_is_not_valid_is_refused_by_its_place(command: Run, tables: Tables, tmp_path: Path) -> None:
    file = file_of(tmp_path / "44.json", tables, bgColor="red")
    assert command("draft", "save", file) == Ended(2, "", "bgColor: must be a colour such as #1a2b3c\n")
    assert tables.widgets.draft(44) is None


def test_an_unseen_draft_is_not_replaced(command: Run, tables: Tables, tmp_path: Path) -> None:
    drafts.save_part(tables.widgets, 44, {"label": "Bob's"}, **BOB)
    file = file_of(tmp_path / "44.json", tables, label="Ada's")
    told = (
        "Draft 1 of widget 44 was saved by bob at 2026-11-30T11:00:00.000Z. Read it, and repeat the change.\n"
        "To replace that draft: --number 1\n"
    )
    for number in ((), ("--number", "7")):
        assert command("draft", "save", file, *number) == Ended(1, "", told)
    assert stored(tables, 44)["label"] == "Bob's"
    assert command("draft", "save", file, "--number", "1").code == 0
    assert stored(tables, 44)["label"] == "Ada's"

    drafts.discard(tables.widgets, 44)
    over = "The draft of widget 44 was published or discarded in the meantime.\n"
    assert command("draft", "save", file, "--number", "2") == Ended(1, "", over)


def test_what_a_draft_takes_away_is_listed_and_needs_a_yes(command: Run, tables: Tables, tmp_path: Path) -> None:
    command("draft", "save", file_of(tmp_path / "44.json", tables, origins=["https://new.example"]))
    listed = "Publishing this takes away from widget 44:\n! domains  - https://shop.example\n"
    refused = command("draft", "publish", "44")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(f"{listed}Nothing was published.")
    live = tables.widgets.live(44)
    assert live is not None
    assert live.origins == ("https://shop.example",)

    published = command("draft", "publish", "44", "--yes")
    assert (published.code, published.err) == (0, listed)
    live = tables.widgets.live(44)
    assert live is not None
    assert live.origins == ("https://new.example",)


def test_a_draft_of_older_settings_is_not_published(command: Run, tables: Tables, tmp_path: Path) -> None:
    command("draft", "save", file_of(tmp_path / "44.json", tables, label="Store"))
    changes.publish(
        tables.widgets,
        definition_from_json(json.dumps(widgets.read(tables.widgets, 44).definition | {"label": "Other"})),
        **BOB,
    )
    ended = command("draft", "publish", "44")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith("Someone else has changed the widget in the meantime.")
    assert stored(tables, 44)["label"] == "Store"


def test_every_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["draft", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("show", "save", "publish", "discard"))
