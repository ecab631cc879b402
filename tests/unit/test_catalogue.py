"""The language to answer in, and the purposes of docs/contract.md."""

from dataclasses import replace

import pytest

from consent_core.catalogue import PURPOSES, Policy, Purpose, language_for
from tests.factories import ANALYTICS, DRIFT, NECESSARY


@pytest.mark.parametrize(
    ("culture", "languages", "chosen"),
    [
        ("fr", ("en", "fr"), "fr"),
        ("fr-BE", ("en", "fr", "fr-BE"), "fr-BE"),
        ("fr-CA", ("en", "fr", "fr-BE"), "fr"),
        ("fr-CA", ("en", "fr-BE"), "en"),
        ("fr", ("en", "fr-BE"), "en"),
        ("es", ("en", "fr"), "en"),
        ("es-MX", ("nl-BE",), "nl-BE"),
        (None, ("fr", "en"), "fr"),
        ("", ("fr", "en"), "fr"),
        ("FR", ("en", "fr"), "en"),
        ("no", ("en", "nb"), "nb"),
        ("nn-NO", ("en", "nb"), "nb"),
        ("nb-NO", ("en", "no"), "no"),
        ("zh-HK", ("zh", "zh-TW"), "zh-TW"),
        ("zh-HK", ("en", "zh"), "zh"),
        ("zh-SG", ("zh", "zh-TW"), "zh"),
    ],
)
def test_the_language_is_the_culture_else_its_base_else_the_first(
    culture: str | None, languages: tuple[str, ...], chosen: str
) -> None:
    assert language_for(culture, languages) == chosen
    assert language_for(culture, list(languages)) == chosen


def test_the_purposes_are_those_of_the_contract() -> None:
    assert {label: int(purpose) for label, purpose in PURPOSES.items()} == {
        "Necessary": 0,
        "Preference": 1,
        "Analytical": 2,
        "Marketing": 3,
        "Other": 4,
        "Unclassified": 5,
    }
    assert set(PURPOSES.values()) == set(Purpose)


@pytest.mark.parametrize(
    ("policy", "on"),
    [
        (Policy(), set()),
        (Policy(opt_out=frozenset({2})), {"analytics"}),
        (Policy(opt_out=frozenset({0, 2, 3})), {"analytics", "drift"}),
        (Policy(exempt=True), {"drift"}),
        (Policy(opt_out=frozenset({2}), exempt=True), {"analytics", "drift"}),
    ],
)
def test_a_policy_has_on_its_purposes_and_what_is_exempt_but_nothing_that_is_necessary(
    policy: Policy, on: set[str]
) -> None:
    services = [replace(NECESSARY, exempt=True), ANALYTICS, replace(DRIFT, exempt=True)]
    assert {service.slug for service in services if policy.has_on(service)} == on
