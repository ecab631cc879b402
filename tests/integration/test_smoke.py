"""``make smoke`` as an operator runs it, against the stack of ``make run``."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests

from local import ROOT
from local.serving import address, listen
from tests.local_process import TIMEOUT, LocalStack, running

COMMAND = [sys.executable, "-m", "smoke", "local"]


def environment(stack: LocalStack) -> dict[str, str]:
    ports = {"API_PORT": urlsplit(stack.api).port, "ADMIN_PORT": urlsplit(stack.admin).port}
    return {**os.environ, **{name: str(port) for name, port in ports.items()}}


def smoke(stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own module
        [*COMMAND, *arguments], cwd=ROOT, env=environment(stack), capture_output=True, text=True, check=False
    )


def lines(output: str) -> list[tuple[str, str]]:
    """Return the verdict and the name of each check."""
    return re.findall(r"^(ok|FAILED) +(\S+(?: \S+)*)", output, re.MULTILINE)


def is_enabled(stack: LocalStack, output: str) -> bool:
    """Read whether the widget of a run is enabled now."""
    found = re.search(r"^Widget (\d+), for https://\S+$", output, re.MULTILINE)
    assert found is not None, output
    shown = requests.get(f"{stack.admin}/v1/widgets/{found[1]}", timeout=TIMEOUT)
    enabled: bool = shown.json()["enabled"]
    return enabled


def test_a_stack_that_works_passes(local_stack: LocalStack) -> None:
    result = smoke(local_stack)

    assert (result.returncode, result.stderr) == (0, "")
    assert lines(result.stdout) == [
        ("ok", "publish"),
        ("ok", "settings"),
        ("ok", "not modified"),
        ("ok", "foreign origin"),
        ("ok", "location"),
        ("ok", "side door"),
        ("ok", "decision"),
        ("ok", "lookup"),
        ("ok", "archive"),
        ("ok", "publish to edge"),
        ("ok", "clean-up"),
    ]
    assert re.search(r"^ok +archive +proofs/widget=9\d{14}/\S+ \(after \d+\.\d s\)$", result.stdout, re.MULTILINE)
    assert re.search(r"^ok +publish to edge +version [0-9a-f-]{36} \(after \d+\.\d s\)$", result.stdout, re.MULTILINE)
    assert "side door        not checked: no CloudFront stands in front" in result.stdout
    assert "location         not checked: no CloudFront stands in front" in result.stdout
    assert is_enabled(local_stack, result.stdout) is False


def test_a_place_that_was_chosen_is_seen() -> None:
    with running(PLACE="CA-QC") as stack:
        result = smoke(stack)

    assert (result.returncode, result.stderr) == (0, "")
    assert "ok      location         CA-QC with a miss, CA-QC with a hit, CA-QC with a 304\n" in result.stdout


def test_a_service_that_answers_wrongly_fails_and_the_widget_is_disabled_all_the_same(local_stack: LocalStack) -> None:
    result = smoke(local_stack, "--service-url", f"{local_stack.shop}/nowhere", "--edge-seconds", "0")

    assert (result.returncode, result.stderr) == (1, "")
    failed = [
        "settings",
        "not modified",
        "foreign origin",
        "location",
        "decision",
        "lookup",
        "archive",
        "publish to edge",
    ]
    verdicts = [("FAILED", name) for name in failed]
    verdicts.insert(4, ("ok", "side door"))
    assert lines(result.stdout) == [("ok", "publish"), *verdicts, ("ok", "clean-up")]
    assert f"Failed: {', '.join(failed)}.\n" in result.stdout
    assert "FAILED  foreign origin   expected 403, got 404: " in result.stdout
    assert is_enabled(local_stack, result.stdout) is False


def test_an_administration_that_is_not_there_leaves_nothing_to_clean_up(local_stack: LocalStack) -> None:
    with listen("NO_PORT_IS_SET", 0) as listener:
        nowhere = address(listener)
    result = smoke(local_stack, "--admin-url", nowhere)

    assert (result.returncode, lines(result.stdout)) == (1, [("FAILED", "publish")])
    assert f'no connection: Could not connect to the endpoint URL: "{nowhere}/v1/widgets/' in result.stdout


def test_ctrl_c_disables_the_widget(local_stack: LocalStack) -> None:
    with waiting_for_settings(local_stack) as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        said = process.stdout.read()

        assert process.wait(TIMEOUT) == 130
    assert lines(said) == [("ok", "clean-up")]
    assert said.startswith("Interrupted.\n")


@contextmanager
def waiting_for_settings(stack: LocalStack) -> Iterator[subprocess.Popen[str]]:
    """Start a run against a service that never answers, and wait until it has published its widget.

    It ignores SIGINT when it starts, as what a script runs in the background does.
    """
    with listen("NO_PORT_IS_SET", 0) as silent:
        in_the_background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
        command = [*in_the_background, *COMMAND, "--service-url", address(silent)]
        with subprocess.Popen(command, cwd=ROOT, env=environment(stack), stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
            assert process.stdout is not None
            while process.stdout.readline().split()[:2] != ["ok", "publish"]:
                assert process.poll() is None
            yield process
