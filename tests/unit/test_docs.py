"""The pages for people: links lead somewhere, and commands and definitions work."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consent_core.publishing.definitions import definition_from_json
from consent_core.publishing.lint import warnings
from consent_ops.cli import app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- Links and commands -----------------------------------------------------------------------------------------------


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Return file and anchor of each link of a page that stays in the project."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"\w+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """Return a heading's name in an address, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in map(anchor_of, headings(target)), anchor


def test_every_page_and_picture_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [README]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [target for target, _ in links(page)] if page.suffix == ".md" else []
    assert sorted(name(page) for page in {*PAGES, *(ROOT / "docs").rglob("*.*")} - reached) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_command_that_a_page_names_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = re.findall(r"^```.*?^```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    named = {target for snippet in code for target in re.findall(r"(?:^|[`$] ?)make ([a-z-]+)", snippet, re.MULTILINE)}
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


FOLDERS = (".", "functions/*", "layers/*/consent_*", "ops/consent_ops", "sdk", "sdk/src")


def test_the_map_names_files_that_are_there() -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / "docs" / "architecture.md").read_text("utf-8"), flags=re.M | re.S)
    code = {snippet for snippet in re.findall(r"`([^`\s]+)`", text) if not set(snippet) & set("<>…")}
    files = {snippet for snippet in code if re.search(r"/$|\.(?:py|js|ts|json|yaml|toml|css|in)$", snippet)}
    assert len(files) > 30
    assert [file for file in sorted(files) if not any(any(ROOT.glob(f"{folder}/{file}")) for folder in FOLDERS)] == []


def test_every_decision_is_told_once() -> None:
    told = headings(ROOT / "docs" / "decisions.md")
    assert [heading for heading in told if told.count(heading) > 1] == []


def test_the_readme_lists_every_command_for_operators_and_no_other() -> None:
    readme = README.read_text(encoding="utf-8")
    (table,) = (paragraph for paragraph in readme.split("\n\n") if paragraph.startswith("| command |"))
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z-]+)", row.split(" | ")[0])}
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    _, _, commands = shown.partition("Commands")
    assert listed == set(re.findall(r"^│ ([a-z-]+) ", commands, re.MULTILINE))


def test_the_changelog_begins_with_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    releases = [each for each in headings(ROOT / "CHANGELOG.md") if re.match(r"\d", each)]
    newest = next(each for each in releases if not each.endswith(" – unreleased"))
    assert newest.startswith(f"{project['version']} – ")


def test_the_notice_names_every_package_that_a_layer_bundles() -> None:
    locks = [ROOT / "layers" / layer / "requirements.txt" for layer in ("consent_core", "consent_console")]
    locked = "\n".join(lock.read_text(encoding="utf-8") for lock in locks)
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert re.findall(r"^  ([a-z0-9-]+) {2,}\S+ .*https://", notice, re.MULTILINE) == re.findall(
        r"^([a-z0-9-]+)==", locked, re.MULTILINE
    )


# --- Definitions ------------------------------------------------------------------------------------------------------


def code_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def is_definition(block: str) -> bool:
    return '"keys":' in block and '"services":' in block


DEFINITIONS = [(page, block) for page in PAGES for block in code_blocks(page, "json") if is_definition(block)]


def test_the_definitions_of_the_pages_have_different_ids_and_keys() -> None:
    assert sorted(name(page) for page, _ in DEFINITIONS) == [
        "README.md",
        "docs/definition.md",
        "docs/integrate/native-apps.md",
    ]
    read = [json.loads(block) for _, block in DEFINITIONS]
    assert len({definition["id"] for definition in read} | {43, 44}) == len(read) + 2
    assert len({key for definition in read for key in definition["keys"]}) == sum(len(each["keys"]) for each in read)


@pytest.mark.parametrize(("page", "block"), DEFINITIONS, ids=[name(page) for page, _ in DEFINITIONS])
def test_the_definitions_of_the_pages_pass_lint(page: Path, block: str) -> None:
    assert list(warnings(definition_from_json(block))) == []
