"""Every kind of change and of access has plain words in the console, and its word in the API's description."""

import ast
from pathlib import Path

import yaml

from consent_console.desk import accesses
from consent_console.editor import history
from consent_core.access_audit import Kind
from consent_core.publishing import changes
from consent_core.reports import activity
from consent_core.widget_table import Change, ChangeKind

ROOT = Path(__file__).parents[2]


def kinds_written() -> list[str]:
    """The kind of every change that the layer makes, as its source has it."""
    calls = [node for node in ast.walk(ast.parse(Path(changes.__file__).read_text("utf-8"))) if type(node) is ast.Call]
    return [ast.unparse(each.args[2]) for each in calls if ast.unparse(each.func) == "Change"]


def test_every_change_that_is_written_is_of_a_kind() -> None:
    written = {word for each in kinds_written() for word in each.split() if word.startswith("ChangeKind.")}
    assert written == {f"ChangeKind.{each.name}" for each in ChangeKind}
    assert [each for each in kinds_written() if not each.startswith("ChangeKind.")] == []


def test_every_kind_has_words() -> None:
    assert set(history.WORDS) == set(ChangeKind)
    assert set(accesses.KINDS) == {*Kind, activity.CHANGE}
    assert [words for words in [*history.WORDS.values(), *accesses.KINDS.values()] if not words[0].isupper()] == []


def test_the_api_names_every_kind_of_change() -> None:
    described = yaml.safe_load((ROOT / "docs" / "openapi-admin.yaml").read_text("utf-8"))
    assert described["components"]["schemas"]["AuditEntry"]["properties"]["what"]["enum"] == [*ChangeKind]


def test_a_kind_of_a_later_release_is_shown_as_it_is() -> None:
    assert history.words_of(Change("2026-11-24T10:00:00.000Z", "local", "rename", "")) == "rename"
