"""The operators' command line through the administration's HTTP API: the same words as at the tables."""

import json
import re
from pathlib import Path

import pytest

from consent_ops.cli import main
from local.embedded_aws import DEMO_WIDGETS
from tests.local_process import LocalStack


def ops(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, the output and the errors of a command."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_every_command_on_widgets_says_the_same_over_http(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    definition = {**json.loads(DEMO_WIDGETS[1].read_text()), "id": 146, "keys": ["key-of-146"]}
    file, other = tmp_path / "146.json", tmp_path / "other.json"
    file.write_text(json.dumps(definition))
    other.write_text(json.dumps({**definition, "label": "Another name"}))
    api = ("--api", local_stack.admin)
    tables = ("--endpoint-url", local_stack.aws)

    code, out, _ = ops(capsys, *api, "publish", str(file))
    (first,) = re.findall(r"^Widget 146: published version (\S+)$", out)
    assert code == 0
    assert ops(capsys, *api, "add-domain", "146", "https://*.new.example") == (
        0,
        "Widget 146 may be used on: https://shop.example https://*.new.example\n",
        "",
    )
    assert ops(capsys, *api, "remove-domain", "146", "https://shop.example") == (
        0,
        "Widget 146 may be used on: https://*.new.example\n",
        "",
    )
    for command in (
        ("publish", str(other), "--yes"),
        ("renew", "146"),
        ("developer-mode", "146", "on"),
        ("rollback", "146", first),
    ):
        assert ops(capsys, *api, *command)[:2] == (0, ops_published(capsys, tables)), command
    assert ops(capsys, *api, "rollback", "146", "2", "--with-domains") == (
        0,
        f"Widget 146: settings unchanged, still version {live_version(capsys, tables)}\n"
        "Widget 146 may be used on: https://shop.example https://*.new.example\nPublic keys: key-of-146\n",
        "",
    )
    refused = ops(capsys, *tables, "publish", str(file))
    assert (refused[0], refused[2].splitlines()[1:3]) == (
        1,
        ["! developer mode  on -> off", "! domains         - https://*.new.example"],
    )
    for command in (
        ("show", "146"),
        ("show", "146", "--json"),
        ("pull", "146"),
        ("versions", "146"),
        ("changes", "146", "--json"),
        ("publish", str(file)),
        ("publish", str(file), "--dry-run"),
        ("diff", str(file)),
        ("diff", str(file), "--json"),
        ("delete", "146"),
    ):
        assert ops(capsys, *api, *command) == ops(capsys, *tables, *command), command


def test_a_widget_is_disabled_and_deleted_over_http(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "147.json"
    file.write_text(json.dumps({**json.loads(DEMO_WIDGETS[1].read_text()), "id": 147, "keys": ["key-of-147"]}))
    api = ("--api", local_stack.admin)
    ops(capsys, *api, "publish", str(file))

    assert ops(capsys, *api, "disable", "147")[0] == 0
    refused = ops(capsys, *api, "delete", "147")  # the API may not look for proofs: it goes by the date
    assert (refused[0], refused[2].splitlines()[-1]) == (
        1,
        "To delete it all the same, and leave its proofs behind: --even-with-proofs",
    )
    assert ops(capsys, *api, "delete", "147", "--even-with-proofs")[0] == 0
    said = (1, "", "Widget 147 was deleted. Publish it again to use it.\n")
    assert ops(capsys, *api, "show", "147") == said == ops(capsys, *api, "enable", "147")
    assert ops(capsys, *api, "versions", "147")[0] == 0


def live_version(capsys: pytest.CaptureFixture[str], tables: tuple[str, ...]) -> str:
    return str(json.loads(ops(capsys, *tables, "versions", "146", "--json")[1])[0]["versionKey"])


def ops_published(capsys: pytest.CaptureFixture[str], tables: tuple[str, ...]) -> str:
    """Return the output of a command that has just published version 146's newest."""
    listed = json.loads(ops(capsys, *tables, "versions", "146", "--json")[1])
    return f"Widget 146: published version {listed[0]['versionKey']}\n"


def test_refusals_have_the_same_words_and_exit_codes(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "44.json"
    file.write_text(json.dumps({**json.loads(DEMO_WIDGETS[1].read_text()), "origins": []}))
    for command in (
        ("show", "999"),
        ("versions", "999"),
        ("rollback", "44", "00000000-0000-4000-8000-000000000000"),
        ("add-domain", "44", "https://*.co.uk"),
        ("remove-domain", "44", "http://shop.example"),
        ("remove-domain", "44", "other.example"),
        ("rollback", "44", "99", "--with-domains"),
    ):
        over_http = ops(capsys, "--api", local_stack.admin, *command)
        assert over_http == ops(capsys, "--endpoint-url", local_stack.aws, *command)
        assert over_http[0] in {1, 2}
        assert over_http[2] != ""


def test_an_address_without_a_server_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert ops(capsys, "--api", "http://127.0.0.1:1", "renew", "43") == (
        3,
        "",
        "No connection to http://127.0.0.1:1/v1/widgets/43/renewal. `make run` starts the local stack "
        "and prints its addresses.\n",
    )
