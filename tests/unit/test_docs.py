"""The pages for people: links lead somewhere, and what they say to type is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consent_ops.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Give file and anchor of each link of a page that stays in the project."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"\w+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """What a heading is called in an address, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in map(anchor_of, headings(target)), anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_that_a_page_names_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = re.findall(r"^```.*?^```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    named = {target for snippet in code for target in re.findall(r"(?:^|[`$] ?)make ([a-z-]+)", snippet, re.MULTILINE)}
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_every_decision_is_told_once() -> None:
    told = headings(ROOT / "docs" / "decisions.md")
    assert [heading for heading in told if told.count(heading) > 1] == []


def test_the_readme_lists_every_command_for_operators_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (table,) = (paragraph for paragraph in readme.split("\n\n") if paragraph.startswith("| command |"))
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z-]+)", row.split(" | ")[0])}
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    _, _, commands = shown.partition("Commands")
    assert listed == set(re.findall(r"^│ ([a-z-]+) ", commands, re.MULTILINE))
