"""The tree of errors: as its docstring draws it, and every refusal an answer of its own."""

import json
import re
from collections import Counter

import pytest

from consent_core import errors
from consent_core.errors import ConsentPlatformError, RefusedError
from consent_core.http import problem
from consent_core.problems import Problem

REFUSALS: list[RefusedError] = [
    errors.MalformedError.at("query", "key", kind="missing"),
    errors.OriginNotAllowedError("https://evil.test"),
    errors.BypassedError(),
    errors.UnknownWidgetError(),
    errors.UnknownFileError(),
    errors.NotFoundError("Widget 45 not found."),
    errors.AlteredReplayError(),
    errors.ConflictError("419f5acc-f692-4cc4-93dd-790c346cd68d", 7),
    errors.DraftConflictError.saved(45, 7, "2026-11-30T10:00:00.000Z", "ada"),
    errors.UnconfirmedError([{"member": "origins"}], "419f5acc-f692-4cc4-93dd-790c346cd68d", 7),
    errors.InUseError("Widget 45 is enabled. Disable it first."),
    errors.TooLargeError(32_768),
    errors.MediaTypeError(),
    errors.UnprocessableError("userId", "Too long."),
    errors.DefinitionError([Problem(("label",), "is missing")]),
    errors.InternalError(),
    errors.UnavailableError(),
    errors.ThrottledError(),
]


def subclasses(parent: type[ConsentPlatformError]) -> list[type[ConsentPlatformError]]:
    """All below ``parent`` that this module defines: others, such as those of ``tables``, stay inside theirs."""
    return [
        found
        for child in parent.__subclasses__()
        if child.__module__ == errors.__name__
        for found in (child, *subclasses(child))
    ]


def depth(error: type[BaseException]) -> int:
    return len(error.__mro__) - len(ConsentPlatformError.__mro__)


def drawn_tree() -> list[tuple[int, str]]:
    """(depth, name) of each line of the docstring's drawing: four columns a level."""
    lines = re.findall(r"^([│├└─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    return [(len(branch) // 4, name) for branch, name in lines]


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    real: list[type[ConsentPlatformError]] = [ConsentPlatformError, *subclasses(ConsentPlatformError)]
    assert drawn_tree() == [(depth(error), error.__name__) for error in real]


def test_the_statuses_in_the_docstring_are_the_real_ones() -> None:
    drawn = re.findall(r"(\w+Error) +(\d{3})$", errors.__doc__ or "", re.MULTILINE)
    assert drawn == [(type(error).__name__, str(error.status)) for error in REFUSALS]


def test_every_refusal_is_in_these_tests() -> None:
    assert [type(error) for error in REFUSALS] == subclasses(RefusedError)


def test_every_refusal_has_a_type_of_its_own() -> None:
    assert Counter(error.slug for error in REFUSALS).most_common(1)[0][1] == 1
    for error in REFUSALS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.slug)


def test_every_refusal_is_counted_under_a_name_of_its_own() -> None:
    """Throttling is one way of being unavailable. The function that misses files knows no widgets."""
    assert {type(error).__name__: error.reason for error in REFUSALS} == {
        "MalformedError": "Malformed",
        "OriginNotAllowedError": "Forbidden",
        "BypassedError": "Bypassed",
        "UnknownWidgetError": "NotFound",
        "UnknownFileError": "NotFound",
        "NotFoundError": "Absent",
        "AlteredReplayError": "Altered",
        "ConflictError": "Conflict",
        "DraftConflictError": "DraftConflict",
        "UnconfirmedError": "Unconfirmed",
        "InUseError": "InUse",
        "TooLargeError": "TooLarge",
        "MediaTypeError": "MediaType",
        "UnprocessableError": "Unprocessable",
        "DefinitionError": "Definition",
        "InternalError": "Bug",
        "UnavailableError": "Unavailable",
        "ThrottledError": "Unavailable",
    }


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
def test_every_refusal_becomes_a_problem(error: RefusedError) -> None:
    answer = problem(error)
    body = json.loads(answer["body"])

    assert answer["statusCode"] == body["status"] == error.status
    assert answer["headers"]["content-type"] == "application/problem+json"
    is_kept = isinstance(error, errors.UnknownFileError)
    assert answer["headers"]["cache-control"] == ("public, max-age=5" if is_kept else "no-store")
    assert body == {
        "type": f"urn:consent-platform:problem:{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.members,
    }
    assert str(error) == error.detail


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
def test_a_retryable_refusal_says_when_to_retry(error: RefusedError) -> None:
    assert problem(error)["headers"].get("retry-after") == ("5" if error.status == 503 else None)


def test_a_refused_origin_is_named_and_cut() -> None:
    assert errors.OriginNotAllowedError("https://evil.test").members == {"origin": "https://evil.test"}
    assert errors.OriginNotAllowedError("x" * 300).members == {"origin": "x" * 200}
    assert errors.OriginNotAllowedError(None).members == {"origin": None}
    assert errors.OriginNotAllowedError(None).detail != errors.OriginNotAllowedError("null").detail


def test_a_conflict_names_the_version_that_won() -> None:
    assert errors.ConflictError("a-version", 7).members == {"versionKey": "a-version", "revision": 7}
    assert errors.ConflictError().members == {"versionKey": None, "revision": None}


def test_a_definition_error_keeps_each_sentence_with_its_place() -> None:
    faults = [Problem((), "One.", ""), Problem(("services", 0, "slug"), "is missing")]
    error = errors.DefinitionError(faults)
    assert error.problems == ("One.", "services[0].slug: is missing")
    assert error.errors == tuple(faults)
    assert str(error) == "One.; services[0].slug: is missing"
    assert error.members == {
        "problems": ["One.", "services[0].slug: is missing"],
        "errors": [{"loc": [], "detail": "One."}, {"loc": ["services", 0, "slug"], "detail": "is missing"}],
    }


def test_a_definition_error_names_the_first_hundred_and_counts_the_others() -> None:
    error = errors.DefinitionError([Problem(("n" * 300,), "x" * 3_000)] * 1_101)
    first = {"loc": ["n" * 200], "detail": "x" * 2_000}
    assert error.members["errors"] == [first] * 100 + [{"loc": [], "detail": "and 1,001 more"}]
    assert error.problems == (f"{'n' * 300}: {'x' * 1_698}",) * 100 + ("and 1,001 more",)
    assert len(error.errors) == 1_101
