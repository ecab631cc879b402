"""The pages for people are in plain English: the subject comes first, and the sentence says who does what."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_core.errors import RefusedError

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

INVERTED = re.compile(r"(?:Who|Whom|Whose|Whoever|What|Whatever|Which|Of|Where|Wherever|Whence)\b(?!.*\?$)")
MANNERED = re.compile(r"\b(?:nobody|somebody|nothing but|no such|(?<!there )is no(?! longer))\b", re.IGNORECASE)
DECISIONS = ROOT / "docs" / "decisions.md"
SINCE = "2026-11-28"
"""The day from which on decisions are in plain English; older ones stay as they were written."""


def sentences(page: Path) -> Iterator[str]:
    """Yield the sentences of paragraphs, lists and tables, without code, headings and the heads of tables."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    if page == DECISIONS:
        text = "".join(part for part in re.split(r"^(?=## )", text, flags=re.MULTILINE) if part[3:13] >= SINCE)
    text = re.sub(r"^#.*$|^\|.*\n\|[ :|-]+$", "\n", text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) ?)", text):
        for cell in block.split("|"):
            plain = re.sub(r"`[^`]*`", "X", re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", cell))
            prose = re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "", re.sub(r"\*\*|(?<!\w)[*_]|[*_](?!\w)", "", plain))
            yield from (
                " ".join(each.split()) for each in re.split(r"(?<=[.!?])\s+(?=[A-Z\"'])", prose) if each.strip()
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_sentence_begins_with_its_subject(page: Path) -> None:
    assert [sentence for sentence in sentences(page) if INVERTED.match(sentence)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_sentence_says_who_does_what(page: Path) -> None:
    assert [sentence for sentence in sentences(page) if MANNERED.search(sentence)] == []


def test_the_rules_of_language_see_every_kind_of_text(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# What a heading says\nFine. What counts is this.\n\n- **Who asks** is told\n1. It is no way\n"
        "| What | Who |\n|---|---|\n| x | Of these, two. |\n\n```\nWhat is code\n```\nWhat is it? It is fine.\n"
    )
    assert [each for each in sentences(page) if INVERTED.match(each)] == [
        "What counts is this.",
        "Who asks is told",
        "Of these, two.",
    ]
    assert [each for each in sentences(page) if MANNERED.search(each)] == ["It is no way"]


# --- Words of the service ---------------------------------------------------------------------------------------------

PROBLEM = re.compile(r'"type":"urn:consent-platform:problem:([a-z-]+)","title":"([^"]+)"')


def refusals(root: type[RefusedError] = RefusedError) -> Iterator[type[RefusedError]]:
    for each in root.__subclasses__():
        yield each
        yield from refusals(each)


def test_the_pages_quote_the_titles_of_problems() -> None:
    quoted = {found for page in PAGES for found in PROBLEM.findall(page.read_text(encoding="utf-8"))}
    assert len(quoted) >= 5
    assert quoted <= {(error.slug, error.title) for error in refusals()}
