"""The work of reading a definition grows with its length and no faster: counted in steps, for bodies of the size limit.

Steps are lines of Python. A search of a pattern is one step however long it takes, so patterns have a rule of their
own: no repetition without an end may meet another that accepts the same characters.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from re import _constants as op
from re import _parser as parser
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import consent_core
from consent_core.errors import DefinitionError
from consent_core.publishing import lint
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from tests.factories import definition_json, service_json
from tests.steps import counted_steps

LIMIT = 1_048_576
STEPS_PER_BYTE = 8
"""A tag of 3 bytes takes 20 lines to check. A cookie of 13 takes 30, and a few dozen for each rendered language."""
STEPS_OF_PUBLISHING = 6_000_000
"""For any definition: publishing ends when 8 MB are rendered, and a cookie of 117 bytes takes some 20 lines."""

type Filled = Callable[[str, int], dict[str, Any]]


def texts_of(unit: str, times: int) -> dict[str, Any]:
    """Each description as long as a text may be."""
    most = 5_000 // len(unit)
    return {"services": [described(number, unit * most) for number in range(min(500, times // most + 1))]}


def described(number: int, text: str) -> dict[str, Any]:
    return service_json(slug=f"s{number}", description=text, cookies=[])


PLACES: dict[str, Filled] = {
    "a text": lambda unit, times: {"services": [described(0, unit * times)]},
    "texts": texts_of,
    "a label": lambda unit, times: {"label": unit * times},
    "translations": lambda unit, times: {"translations": {"en": {unit * times: "x"}}},
    "more texts": lambda unit, times: {
        "translations": {"en": {f"{unit}{number}": unit for number in range(times // 8)}}
    },
    "languages": lambda unit, times: {"languages": [unit] * times},
    "more languages": lambda unit, times: {"translations": {f"{unit}{number}": {} for number in range(times // 3)}},
    "an origin": lambda unit, times: {"origins": [f"https://{unit * times}.example"]},
    "origins": lambda unit, times: {"origins": [f"https://{unit}{number}.example" for number in range(times // 8)]},
    "keys": lambda unit, times: {"keys": [unit * 8] * (times // 8)},
    "references": lambda unit, times: {"services": [unit] * times},
    "more members": lambda unit, times: {f"{unit}{number}": 0 for number in range(times // 3)},
    "cookies": lambda unit, times: {"services": [service_json(cookies=[{"name": unit}] * (times // 4))]},
    "domains": lambda unit, times: {"services": [service_json(domain=[unit] * times)]},
    "a style sheet": lambda unit, times: {"customCSS": unit * times},
    "fonts": lambda unit, times: {"fontFamily": unit * times},
    "a logo": lambda unit, times: {"buttonLogoUrl": f"data:image/png;base64,{unit * times}"},
    "a link": lambda unit, times: {"cookieNoticeUrl": f"https://{unit * times}"},
    "regions": lambda unit, times: {"consentModeOptions": {"regions": [unit] * times}},
    "policies": lambda unit, times: {"policies": [unit] * times},
    "preset": lambda unit, times: {"policies": [unit * times]},
    "regions of policies": lambda unit, times: {"policies": [{"id": "a", "regions": [unit] * times}]},
}
UNITS = ["<", "<a ", "<b>", "<b></b>", "&", "&amp;", "&#1", "<a href='https://x.example'>x</a>", " ", "a", ".", "a."]
UNITS += ["-", "ä.", "*", "url ", "ab", "\\", "{", "AA==", "=", '"', "0"]


def assert_bounded(changes: dict[str, Any]) -> None:
    text = definition_json(**changes)[:LIMIT]
    with counted_steps() as steps:
        try:
            definition_from_json(text)
        except DefinitionError as error:
            answer: list[object] = [error.detail, error.members]
        else:
            answer = []
    assert len(json.dumps(answer)) < 4_000_000  # Lambda's limit is 6 MB
    assert steps.lines < STEPS_PER_BYTE * len(text) + 10_000


def filling(unit: str) -> int:
    """How often a unit fits into a definition of the size limit, as JSON, beside other members and quotes."""
    return (LIMIT - 4_000) // (len(json.dumps(unit)) + 3)


@settings(deadline=None, max_examples=settings().max_examples // 5)
@example(place="texts", unit="<b>")
@given(place=st.sampled_from(sorted(PLACES)), unit=st.sampled_from(UNITS) | st.text(min_size=1, max_size=6))
def test_reading_a_definition_takes_steps_in_proportion_to_its_length(place: str, unit: str) -> None:
    assert_bounded(PLACES[place](unit, filling(unit)))


DEAR: dict[str, dict[str, Any]] = {
    "60,000 cookies": {"services": [service_json(cookies=[{"name": "a"}] * 60_000)]},
    "logos on 2,000 wildcards": {
        "origins": [f"https://*.a{number}.example" for number in range(2_000)],
        "services": [
            service_json(slug=f"s{number}", logoUrl=f"https://{'x.' * 100}b.example/l.png") for number in range(500)
        ],
    },
}


@pytest.mark.parametrize("changes", DEAR.values(), ids=DEAR.keys())
def test_parts_are_not_multiplied_with_each_other(changes: dict[str, Any]) -> None:
    assert_bounded(changes)


def test_publishing_ends_when_more_is_rendered_than_can_be_published() -> None:
    cookies = [{"name": "a"} for _ in range(60_000)]
    languages = ["en", *(f"en-A{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1))]
    text = definition_json(languages=languages, services=[service_json(cookies=cookies)])
    definition = definition_from_json(text, stored=True)  # a new one has fewer cookies
    table = Mock(live=Mock(return_value=None))
    with counted_steps() as steps, pytest.raises(DefinitionError, match="All languages together would have more than"):
        publish(table, definition, actor="operator", now=datetime.now(UTC))
    assert steps.lines < STEPS_OF_PUBLISHING
    table.publish.assert_not_called()


def test_warnings_take_steps_in_proportion_to_what_they_say() -> None:
    languages = ["en", *(f"en-A{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1))]
    cookies = [{"name": "a", "description": {"fr": "x"}} for _ in range(20_000)]
    text = definition_json(languages=languages, services=[service_json(cookies=cookies)])
    definition = definition_from_json(text, stored=True)  # a new one has fewer cookies
    with counted_steps() as steps:
        assert len(list(lint.warnings(definition))) > 20_000
    assert steps.lines < STEPS_PER_BYTE * len(text)


# --- Patterns ---------------------------------------------------------------------------------------------------------

PACKAGE = Path(consent_core.__path__[0])
UNBOUNDED = 300
MATCHED_WHOLE = {"consent_core.http._REVISION"}
"""Patterns that are never searched for, and may begin with a repetition."""
SINGLE = {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY}


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield each pattern that a module of the layer has made."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for name, value in vars(import_module(module)).items():
            if isinstance(value, re.Pattern):
                yield f"{module}.{name}", value


def accepted(items: Any) -> frozenset[str]:  # noqa: ANN401 - the parser's own types
    """Return the ASCII characters that a part of a pattern for one character accepts."""
    single = re.compile(_compiled(items), re.ASCII)
    return frozenset(each for each in map(chr, range(128)) if single.fullmatch(each))


def _compiled(part: Any) -> str:  # noqa: ANN401
    """Write a part that stands for one character as a pattern again."""
    (kind, value) = part[0]
    if kind is op.ANY:
        return "."
    if kind is op.LITERAL:
        return re.escape(chr(value))
    if kind is op.NOT_LITERAL:
        return f"[^{re.escape(chr(value))}]"
    return "[" + "".join(map(_member, value)) + "]"


def _member(member: tuple[Any, Any]) -> str:
    kind, value = member
    classes = {
        op.CATEGORY_SPACE: r"\s",
        op.CATEGORY_DIGIT: r"\d",
        op.CATEGORY_WORD: r"\w",
        op.CATEGORY_NOT_WORD: r"\W",
    }
    if kind is op.NEGATE:
        return "^"
    if kind is op.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return classes[value] if kind is op.CATEGORY else re.escape(chr(value))


def parts(items: Any, *, optional: bool = False) -> Iterator[tuple[bool, bool, frozenset[str]]]:  # noqa: ANN401
    """Yield a pattern's characters in order: whether each may be absent, whether it has no end, what it accepts."""
    for kind, value in items:
        if kind in {op.MAX_REPEAT, op.MIN_REPEAT} and len(value[2]) == 1 and value[2][0][0] in SINGLE:
            yield optional or value[0] == 0, value[1] > UNBOUNDED, accepted(value[2])
        elif kind in {op.MAX_REPEAT, op.MIN_REPEAT}:
            for _ in range(min(value[1], 2)):  # its end may meet its own beginning
                yield from parts(value[2], optional=optional or value[0] == 0)
        elif kind is op.SUBPATTERN:
            yield from parts(value[3], optional=optional)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from parts(branch, optional=optional)
        elif kind in SINGLE:
            yield optional, False, accepted(parser.SubPattern(items.state, [(kind, value)]))
        elif kind is op.POSSESSIVE_REPEAT:
            yield optional, False, frozenset()


def ambiguous(items: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the characters at which two repetitions without an end meet: each may have them, in ever more ways."""
    open_ended: frozenset[str] = frozenset()
    for is_optional, has_no_end, own in parts(items):
        if has_no_end and open_ended & own:
            yield "".join(sorted(open_ended & own))
        kept = open_ended if is_optional else frozenset[str]()
        open_ended = kept | own if has_no_end else kept


@pytest.mark.parametrize(("name", "pattern"), [pytest.param(*each, id=each[0]) for each in patterns()])
def test_no_pattern_tries_a_text_in_ever_more_ways(name: str, pattern: re.Pattern[str]) -> None:
    parsed = parser.parse(pattern.pattern, pattern.flags)
    assert list(ambiguous(parsed)) == []
    kind, value = parsed[0]
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT} and len(value[2]) == 1 < len(parsed) and name not in MATCHED_WHOLE:
        assert value[1] <= UNBOUNDED, "a search begins anew at each character of such a repetition"


@pytest.mark.parametrize("pattern", [r"<a(\s[^<>]*?)?\s*/?>", r"a\s*\s*b", r"a*b?a*c", r"\s*=?\s*x", r"(?:a*b?)*c"])
def test_the_rule_finds_such_a_pattern(pattern: str) -> None:
    assert list(ambiguous(parser.parse(pattern)))
