"""The operators' command line through the administration's HTTP API: the same words as at the tables."""

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import pytest

from consent_ops.cli import main
from local import ROOT
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
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str], tmp_path: Path, widget_id: int
) -> None:
    definition = {**json.loads(DEMO_WIDGETS[1].read_text()), "id": widget_id, "keys": ["key-of-this-test"]}
    widget = str(widget_id)
    file, other = tmp_path / "widget.json", tmp_path / "other.json"
    file.write_text(json.dumps(definition))
    other.write_text(json.dumps({**definition, "label": "Another name"}))
    api = ("--api", local_stack.admin)
    tables = ("--endpoint-url", local_stack.aws)

    code, out, err = ops(capsys, *api, "publish", str(file))
    assert (code, err) == (0, "")
    (first,) = re.findall(rf"^Widget {widget}: published version (\S+)$", out)
    assert ops(capsys, *api, "add-domain", widget, "https://*.new.example") == (
        0,
        f"Widget {widget} may be used on: https://shop.example https://*.new.example\n",
        "",
    )
    assert ops(capsys, *api, "remove-domain", widget, "https://shop.example") == (
        0,
        f"Widget {widget} may be used on: https://*.new.example\n",
        "",
    )
    for command in (
        ("publish", str(other), "--yes"),
        ("renew", widget),
        ("developer-mode", widget, "on"),
        ("rollback", widget, first),
    ):
        assert ops(capsys, *api, *command)[:2] == (0, published(capsys, tables, widget)), command
    assert ops(capsys, *api, "rollback", widget, "2", "--with-domains") == (
        0,
        f"Widget {widget}: settings unchanged, still version {live_version(capsys, tables, widget)}\n"
        f"Widget {widget} may be used on: https://shop.example https://*.new.example\nPublic keys: key-of-this-test\n",
        "",
    )
    refused = ops(capsys, *tables, "publish", str(file))
    assert (refused[0], refused[2].splitlines()[1:3]) == (
        1,
        ["! developer mode  on -> off", "! domains         - https://*.new.example"],
    )
    commands: tuple[tuple[str, ...], ...] = (
        ("show", widget),
        ("show", widget, "--json"),
        ("pull", widget),
        ("versions", widget),
        ("changes", widget, "--json"),
        ("publish", str(file)),
        ("publish", str(file), "--dry-run"),
        ("diff", str(file)),
        ("diff", str(file), "--json"),
        ("check", str(file)),
        ("check", str(file), "--json"),
        ("delete", widget),
        ("install", widget, "--pinned", "--csp", "--service-url", local_stack.api),
    )
    for asked in commands:
        assert ops(capsys, *api, *asked) == ops(capsys, *tables, *asked), asked


def test_a_widget_is_disabled_and_deleted_over_http(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str], tmp_path: Path, widget_id: int
) -> None:
    file, widget = tmp_path / "widget.json", str(widget_id)
    definition = {**json.loads(DEMO_WIDGETS[1].read_text()), "id": widget_id, "keys": ["key-of-this-test"]}
    file.write_text(json.dumps(definition))
    api = ("--api", local_stack.admin)
    ops(capsys, *api, "publish", str(file))

    assert ops(capsys, *api, "disable", widget)[0] == 0
    refused = ops(capsys, *api, "delete", widget)  # the API may not look for proofs: it goes by the date
    assert (refused[0], refused[2].splitlines()[-1]) == (
        1,
        "To delete it all the same, and leave its proofs behind: --even-with-proofs",
    )
    assert ops(capsys, *api, "delete", widget, "--even-with-proofs")[0] == 0
    said = (1, "", f"Widget {widget} was deleted. Publish it again to use it.\n")
    assert ops(capsys, *api, "show", widget) == said == ops(capsys, *api, "enable", widget)
    assert ops(capsys, *api, "versions", widget)[0] == 0


def test_a_pinned_tag_names_what_the_service_serves(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (ROOT / "functions" / "widget_sdk" / "dastra.js").read_bytes()
    path = f"/sdk/{hashlib.sha256(content).hexdigest()[:16]}/dastra.js"
    pin = f'integrity="sha384-{b64encode(hashlib.sha384(content).digest()).decode()}" crossorigin'

    code, out, err = ops(
        capsys, "--api", local_stack.admin, "install", "43", "--pinned", "--service-url", local_stack.api
    )

    assert (code, out.splitlines()[1], err.splitlines()[-1]) == (
        0,
        f'<script src="{local_stack.api}{path}?key=demo-public-key-43" {pin} async></script>',
        f"If the changelog does not list {path}, the next deployment removes it.",
    )


def test_without_an_address_of_the_service_the_option_is_told(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "The service's address is not known. Add --service-url, the stack's output ServiceUrl.\n"
    assert ops(capsys, "--api", local_stack.admin, "install", "43") == (2, "", said)


def test_a_service_without_builds_by_their_hash_is_told(
    local_stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ops(
        capsys, "--api", local_stack.admin, "install", "43", "--pinned", "--service-url", local_stack.shop
    )
    assert (code, out) == (3, "")
    advice = "Check --service-url, and deploy 2.0.0 or later there."
    assert err == f"{local_stack.shop}/sdk/dastra.js answered 404. {advice}\n"


def live_version(capsys: pytest.CaptureFixture[str], tables: tuple[str, ...], widget: str) -> str:
    return str(json.loads(ops(capsys, *tables, "versions", widget, "--json")[1])[0]["versionKey"])


def published(capsys: pytest.CaptureFixture[str], tables: tuple[str, ...], widget: str) -> str:
    """Return the output of a command that has just published the widget's newest version."""
    return f"Widget {widget}: published version {live_version(capsys, tables, widget)}\n"


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
