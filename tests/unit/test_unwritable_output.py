"""Output that cannot be written is one plain sentence and exit code 3, and a change that was made is not hidden."""

import errno
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Self

import pytest

from consent_core.publishing.changes import Published
from consent_ops.cli import main
from consent_ops.printing import confirmed
from consent_ops.stack import Stack

FULL = "The output could not be written: No space left on device."
OF_WIDGET = "A change may have been made: consent-ops changes WIDGET lists it."


class Failing(StringIO):
    """A stream that takes no character."""

    def __init__(self, number: int = errno.ENOSPC, reason: str = "No space left on device") -> None:
        super().__init__()
        self._error = (number, reason)

    def write(self, _text: str) -> int:
        raise OSError(*self._error)


class Administered:
    """A widget that takes changes, and counts them."""

    def __init__(self) -> None:
        self.changes = 0

    def administration(self) -> Self:
        return self

    def raise_renewal(self, _widget: int) -> Published:
        self.changes += 1
        return Published("6f65cb1d-85eb-4a64-976d-519679189f8d", 2, is_new_version=True)


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def administered(monkeypatch: pytest.MonkeyPatch) -> Administered:
    made = Administered()
    monkeypatch.setattr(Stack, "administration", lambda _: made)
    return made


@pytest.mark.parametrize("command", [("services",), ("services", "--json"), ("--help",), ("--version",)])
def test_a_full_disk_is_one_sentence(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Failing())
    assert code_of(*command) == 3
    assert capsys.readouterr().err == f"{FULL}\n"


def test_a_change_is_not_hidden_by_a_full_disk(
    administered: Administered, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Failing())
    assert code_of("renew", "44") == 3
    assert (administered.changes, capsys.readouterr().err) == (1, f"{FULL} {OF_WIDGET}\n")


def test_a_file_that_was_written_is_not_hidden_by_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Failing())
    assert code_of("new", str(tmp_path / "widget.json")) == 3
    assert (tmp_path / "widget.json").exists()
    assert capsys.readouterr().err == f"{FULL} A file that this command writes may exist already.\n"


def test_a_command_without_standard_output_does_nothing(
    administered: Administered, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert code_of("renew", "44") == 3
    sentence = "The output could not be written: standard output is closed. Nothing was done.\n"
    assert (administered.changes, capsys.readouterr().err) == (0, sentence)


def test_a_terminal_that_lacks_a_character_is_one_sentence(
    administered: Administered, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(administered, "raise_renewal", lambda _: Published("名", 2, is_new_version=True))
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(BytesIO(), encoding="latin-1"))
    assert code_of("renew", "44") == 3
    sentence = "The output cannot be written in latin-1. Set PYTHONIOENCODING=utf-8."
    assert capsys.readouterr().err == f"{sentence} {OF_WIDGET}\n"


@pytest.mark.parametrize("stream", [Failing(), None])
def test_a_failure_keeps_its_exit_code_when_standard_error_cannot_be_written(
    stream: Failing | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    assert code_of("services", "no-such-service") == 1
    assert capsys.readouterr().out == ""


def test_a_reader_that_closes_its_pipe_hears_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # typer replaces both
    monkeypatch.setattr(sys, "stdout", Failing(errno.EPIPE, "Broken pipe"))
    assert code_of("services", "--json") == 1
    assert capsys.readouterr().err == ""


def test_no_question_is_asked_without_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert confirmed("Publish?") is False
    assert capsys.readouterr().err == ""


def test_what_python_still_holds_is_not_written_when_it_ends() -> None:
    """Python flushes both streams once more, and would end with a code of its own, 120."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "consent_ops", "services"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
        both = subprocess.run(command, stdout=full, stderr=full, check=False)  # noqa: S603
    assert (ended.returncode, ended.stderr, both.returncode) == (3, f"{FULL}\n", 3)
