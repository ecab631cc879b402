"""Docstrings and comments are plain English: a sentence begins with its subject, a docstring with what it returns."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS: Sequence[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["files"]
INVERTED = re.compile(r"(?:Who|Whom|Whose|Whoever|What|Whatever|Of|Where|Wherever)\b(?!.*\?$)")
MANNERED = re.compile(r"(?:Give|Say|Tell|Name)\b")

type Text = tuple[int, str]
"""The line that it begins in, and its words."""


def docstrings(source: str) -> Iterator[Text]:
    """Yield all strings that stand alone: docstrings, and those below a constant."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


def comments(source: str) -> Iterator[Text]:
    """Yield each run of comments that have lines of their own, and each comment behind code."""
    found = [
        (token.start[0], token.line.lstrip().startswith("#"), token.string.lstrip("#: "))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    runs = groupby(enumerate(found), key=lambda each: (each[1][1], each[1][0] - each[0] if each[1][1] else each[1][0]))
    for _, run in runs:
        lines = [comment for _, comment in run]
        yield lines[0][0], "\n".join(text for _, _, text in lines)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of each paragraph and list item, without code."""
    for block in re.split(r"\n\s*\n|\n(?=\s*[-*] )", text):
        plain = re.sub(r"^[-*] ", "", " ".join(re.sub(r"``[^`]*``|`[^`]*`", "X", block).split()))
        yield from re.split(r"(?<=[.!?])\s+(?=[A-Z\"'])", plain)


def offenders(folder: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {sentence}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, sentence in faults(path.read_text("utf-8"))
    ]


def faults(source: str) -> Sequence[Text]:
    """Return the docstrings that begin with a mannered verb, and the inverted sentences of all texts."""
    documented = list(docstrings(source))
    found = [(line, text.strip().partition("\n")[0]) for line, text in documented if MANNERED.match(text.strip())]
    found += [
        (line, sentence)
        for line, text in (*documented, *comments(source))
        for sentence in sentences(text)
        if INVERTED.match(sentence)
    ]
    return sorted(found)


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_and_comments_are_plain_english(folder: str) -> None:
    assert offenders(folder) == []


def test_every_kind_of_text_is_read() -> None:
    source = '''"""What a module has. Fine."""

LIMIT = 1  # Of these, one
"""Say how many."""

# The first line ends here.
# Where it goes on, a sentence
# begins. What is it? Fine.


def limit() -> int:
    """Return the limit.

    Who asks is told. ``What`` is code, as is the whatever.

    - Whatever comes.
    """
    return LIMIT
'''
    assert faults(source) == [
        (1, "What a module has."),
        (3, "Of these, one"),
        (4, "Say how many."),
        (6, "Where it goes on, a sentence begins."),
        (12, "Whatever comes."),
        (12, "Who asks is told."),
    ]
