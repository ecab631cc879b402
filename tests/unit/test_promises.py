"""The pages on promises and threats: every test that they name exists, and no line is without an answer."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from local import ROOT

GUARANTEES, THREATS = ROOT / "docs" / "guarantees.md", ROOT / "docs" / "threat-model.md"
PYTHON = re.compile(r"\[`([\w/]+\.py)::(\w+)`\]\(\.\./tests/([\w/]+\.py)\)")
JAVASCRIPT = re.compile(r"\[`(sdk/tests/\w+\.test\.js)::([^`]+)`\]\(\.\./(sdk/tests/\w+\.test\.js)\)")
PROMISES = (
    "acknowledged",
    "detail",
    "refusal",
    "three seconds",
    "Other origins",
    "personal data",
    "retention",
    "erasure",
    "Publishing",
    "One client",
)


def sections(page: Path) -> dict[str, str]:
    """Return the text below each heading of the second level."""
    parts = re.split(r"^## (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """Return the cells of a text's table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield file, test and target of each link to a test."""
    yield from (*PYTHON.findall(text), *JAVASCRIPT.findall(text))


@cache
def defined(file: str) -> frozenset[str]:
    """Return the tests of a file that pytest would collect, or those of Node's runner."""
    if file.endswith(".js"):
        return frozenset(re.findall(r"""^test\((?:'([^']+)'|"[^"]+"),""", (ROOT / file).read_text("utf-8"), re.M))
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("page", [GUARANTEES, THREATS], ids=lambda page: page.stem)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    links = list(named(text))
    assert len(links) > 40
    assert [f"{file}::{test}" for file, test, target in links if file != target or test not in defined(file)] == []
    assert [test for _, test, target in links if target.endswith(".py") and not test.startswith("test_")] == []
    assert text.count("::") == len(links)


def test_every_promise_has_a_test_that_breaks() -> None:
    promises = sections(GUARANTEES)
    assert [sum(word in heading for heading in promises) for word in PROMISES] == [1] * len(promises)
    without = [
        f"{heading}: {what}"
        for heading, text in promises.items()
        for what, tests in rows(text)
        if not list(named(tests))
    ]
    assert without == []
    assert min(len(rows(text)) for text in promises.values()) >= 3


def test_every_threat_has_a_test_or_is_accepted_with_a_reason_and_an_action() -> None:
    arrows = sections(THREATS)
    lines = [(heading, *row) for heading, text in arrows.items() for row in rows(text)]
    accepted = re.compile(r"\*\*Accepted\.\*\* .+\. \*Owner:\* .+\.")
    assert [line for line in lines if not (accepted.fullmatch(line[3]) or list(named(line[3])))] == []
    assert {line[1] for line in lines} == set("STRIDE")
    assert len(arrows) == 15


def test_the_arrows_name_what_the_picture_has() -> None:
    picture = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("```mermaid")[2].partition("```")[0]
    headings = " ".join(sections(THREATS))
    for part in ("SDK", "CloudFront", "HTTP API", "consent_archive", "invalidate_cache", "S3"):
        assert part in picture, part
        assert part in headings, part
