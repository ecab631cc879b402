"""Regional policies: which can be published, what a preset stands for, and what browsers and functions get of them."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from consent_core.catalogue import Policy
from consent_core.errors import DefinitionError
from consent_core.publishing import policies, texts
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, members, public_part
from consent_core.publishing.rendering import Stamp, catalogue_of, settings_of
from tests.factories import VERSION_KEY, definition, definition_json, service_json

STAMP = Stamp(VERSION_KEY, "2026-01-01T00:00:00.000Z", datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
BRAZIL = {"id": "brazil", "regions": ["BR"]}
SHOWN_IF_USED = texts.OF_SIGNALS | texts.OF_CONTROLLER | texts.OF_RECEIPTS_AND_DECLARATION
LAW = "the law of the EEA, Switzerland and the United Kingdom asks visitors first"


def problems(**stated: object) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        definition_from_json(definition_json(**stated))
    return list(refused.value.problems)


def settings(widget: WidgetDefinition, language: str = "en") -> dict[str, Any]:
    rendered: dict[str, Any] = json.loads(json.dumps(settings_of(widget, language, STAMP)))
    return rendered


def stated(**stated: object) -> list[dict[str, Any]]:
    """The policies of a definition as its version keeps them."""
    kept: list[dict[str, Any]] = json.loads(public_part(definition(**stated)))["policies"]
    return kept


# --- Presets ----------------------------------------------------------------------------------------------------------

PRESETS = policies.presets()
WITHOUT_QUEBEC = [f"CA-{part}" for part in "AB BC MB NB NL NS NT NU ON PE SK YT".split()]  # noqa: SIM905


def test_the_presets_are_those_of_the_page() -> None:
    assert {id_: preset.policy for id_, preset in PRESETS.items()} == {
        "gb": {"id": "gb", "regions": ["GB"], "exempt": True},
        "fr": {"id": "fr", "regions": ["FR"], "exempt": True},
        "us": {"id": "us", "regions": ["US"], "optOut": [1, 2, 3, 4], "link": True},
        "us-ca": {"id": "us-ca", "regions": ["US-CA"], "link": True},
        "ca": {"id": "ca", "regions": WITHOUT_QUEBEC, "optOut": [1, 2], "announce": True},
    }


def test_all_presets_can_be_published_together() -> None:
    assert [policy["id"] for policy in stated(policies=[*PRESETS])] == [*PRESETS]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_says_what_was_read_for_it_and_when(preset: str) -> None:
    known = PRESETS[preset]
    assert len(known.note) > 100
    assert len(known.sources) >= 3
    assert all(source.title and re.match(r"https?://[^?]+$", source.address) for source in known.sources)
    assert known.checked is not None
    assert date(2026, 11, 30) <= date.fromisoformat(known.checked) <= datetime.now(UTC).date()


def test_a_preset_becomes_a_policy_in_full() -> None:
    whole = {"regions": ["US"], "optOut": [1, 2, 3, 4], "exempt": False, "link": True, "announce": False}
    assert stated(policies=["us"]) == [{"id": "us", **whole}]
    assert stated(policies=[{"preset": "us"}]) == [{"id": "us", **whole}]
    own = {"preset": "us", "regions": ["US-TX"], "optOut": ["Analytical"], "announce": True}
    assert stated(policies=[own]) == [
        {"id": "us", **whole, "regions": ["US-TX"], "optOut": [2], "announce": True},
    ]


def test_what_is_stored_can_be_published_again() -> None:
    widget = definition(policies=["us", "gb", BRAZIL], services=[service_json(exempt=True)])
    assert definition_from_json(json.dumps(members(widget))) == widget


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("anz", "'anz' is not a preset: `consent-ops presets` lists them"),
        ("usa", "'usa' is not a preset: is it us?"),
        ({"preset": "strict"}, "'strict' is not a preset: `consent-ops presets` lists them"),
        ({"preset": ["us"]}, "preset must be the id of a preset"),
        ({"preset": "us", "id": "america"}, "a preset keeps its id: leave id out, or write the policy in full"),
        (1, "must be an object"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(entry: object, sentence: str) -> None:
    assert problems(policies=[entry]) == [f"policies[0]: {sentence}"]


# --- Single policies --------------------------------------------------------------------------------------------------

REGION = "must be a region such as FR or US-CA, or *"
PURPOSE = "must be Preference, Analytical, Marketing or Other, or its number from 1 to 4"


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        ({"id": "Brazil"}, ["id: must have 1 to 64 lower-case letters, digits, . _ or -, the first a letter or digit"]),
        ({"id": "strict"}, ["id: must not be strict, which is the rule for all other places"]),
        (
            {"id": "unknown"},
            ["id: must not be unknown, which is stored if a decision names a policy that its version lacks"],
        ),
        ({"regions": []}, ["regions: must have at least one entry"]),
        ({"regions": ["br"]}, [f"regions[0]: {REGION}"]),
        ({"regions": ["BR", "BR-"]}, [f"regions[1]: {REGION}"]),
        ({"regions": ["BRA"]}, [f"regions[0]: {REGION}"]),
        ({"regions": ["**"]}, [f"regions[0]: {REGION}"]),
        ({"regions": "BR"}, ["regions: must be a list"]),
        ({"regions": ["BR"] * 301}, ["regions: must have at most 300 entries"]),
        ({"optOut": [0]}, [f"optOut[0]: {PURPOSE}"]),
        ({"optOut": [1, 5]}, [f"optOut[1]: {PURPOSE}"]),
        ({"optOut": ["Unclassified"]}, [f"optOut[0]: {PURPOSE}"]),
        ({"optOut": ["Necessary"]}, [f"optOut[0]: {PURPOSE}"]),
        (
            {"optOut": [6]},
            [
                "optOut[0]: must be one of Necessary, Preference, Analytical, Marketing, Other, "
                "Unclassified, or its number from 0 to 5"
            ],
        ),
        ({"optOut": [1, 2, 3, 4, 1]}, ["optOut: must have at most 4 entries"]),
        ({"exempt": None}, ["exempt: must be true or false"]),
        ({"link": 1}, ["link: must be true or false"]),
        ({"announce": "yes"}, ["announce: must be true or false"]),
        ({"window": True}, ["window: it is not known: is it a typing error?"]),
    ],
)
def test_a_fault_of_a_policy_is_reported_with_its_place(change: dict[str, object], sentences: list[str]) -> None:
    assert problems(policies=[{**BRAZIL, **change}]) == [f"policies[0].{sentence}" for sentence in sentences]


def test_purposes_are_kept_once_and_in_order() -> None:
    assert stated(policies=[{**BRAZIL, "optOut": ["Other", 1, "Preference"]}])[0]["optOut"] == [1, 4]


# --- Policies beside each other, and the law --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "sentences"),
    [
        ([BRAZIL, {"id": "brazil", "regions": ["CL"]}], ["policies: the id brazil appears 2 times"]),
        (["us", {"id": "us", "regions": ["MX"]}], ["policies: the id us appears 2 times"]),
        ([BRAZIL, {"id": "south", "regions": ["CL", "BR"]}], ["policies: the region BR appears 2 times"]),
        ([{"id": "south", "regions": ["CL", "CL"]}], ["policies: the region CL appears 2 times"]),
        (
            [{"id": "all", "regions": ["*", "BR"]}],
            ["policies: all: * is every known place, so it must be the only region"],
        ),
        ([{"id": "all", "regions": ["*"]}, BRAZIL], ["policies: all: a policy for * must be the last one"]),
        (
            [{"id": "all", "regions": ["*"], "optOut": [2]}],
            [f"policies: all: optOut cannot hold in *: {LAW}. Name the countries"],
        ),
    ],
)
def test_policies_that_contradict_each_other_are_refused(listed: list[object], sentences: list[str]) -> None:
    assert problems(policies=listed) == sentences


@pytest.mark.parametrize(
    "listed",
    [
        [BRAZIL, {"id": "all", "regions": ["*"], "exempt": True, "link": True, "announce": True}],
        [{"id": "us", "regions": ["US"], "optOut": [3]}, {"id": "texas", "regions": ["US-TX"]}],
        [{"id": "asia", "regions": ["JP", "SG", "HK"], "optOut": [1, 2, 3, 4]}],
        [{"id": "denmark", "regions": ["DK"], "exempt": True, "link": True}],
    ],
    ids=json.dumps,
)
def test_policies_that_agree_are_accepted(listed: list[dict[str, Any]]) -> None:
    assert [policy["id"] for policy in stated(policies=listed)] == [policy["id"] for policy in listed]


def test_the_countries_that_ask_first_are_those_of_the_eea_with_their_neighbours() -> None:
    eea = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
    territories = "AX BL GF GP MF MQ NC PF PM RE SJ TF WF YT"
    besides = "CH GB GG GI IM JE EL EU UK"
    assert set(f"{eea} {territories} {besides}".split()) == policies.ASKS_FIRST
    assert len(eea.split()) == 30


@pytest.mark.parametrize("country", sorted(policies.ASKS_FIRST))
def test_an_opt_out_cannot_be_configured_where_the_law_asks_first(country: str) -> None:
    for region in (country, f"{country}-X"):
        listed = {"id": "mixed", "regions": ["BR", region], "optOut": [1]}
        assert problems(policies=[listed]) == [f"policies: mixed: optOut: it cannot hold in {region}: {LAW}"]
        assert stated(policies=[{**listed, "optOut": [], "exempt": True}])[0]["regions"] == ["BR", region]


def test_all_places_that_ask_first_are_named_at_once() -> None:
    listed = {"preset": "us", "regions": ["US", "FR", "CH", "GB-SCT"]}
    assert problems(policies=[listed]) == [f"policies: us: optOut: it cannot hold in CH, FR, GB-SCT: {LAW}"]


# --- Exempt services --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["Necessary", "Marketing", "Other", "Unclassified"])
def test_a_service_of_another_purpose_cannot_be_exempt(purpose: str) -> None:
    only = "only services of Preference and Analytical can be exempt"
    assert problems(services=[service_json(purpose=purpose, exempt=True)]) == [
        f"services: matomo: exempt: {only}, and this one is {purpose}"
    ]
    assert definition(services=[service_json(purpose=purpose, exempt=False)]).services[0].exempt is None


def test_a_service_that_grants_advertising_cannot_be_exempt() -> None:
    modes = ["analytics_storage", "ad_storage", "ad_user_data", "ad_personalization"]
    assert problems(services=[service_json(consentModes=modes, exempt=True)]) == [
        "services: matomo: exempt: advertising is never exempt, "
        "and consentModes has ad_storage, ad_user_data, ad_personalization"
    ]
    assert definition(services=[service_json(consentModes=modes[:1], exempt=True)]).services[0].exempt is True
    assert definition(services=[service_json(consentModes=modes)]).services[0].exempt is None


def test_a_known_service_can_be_exempt() -> None:
    (service,) = definition(services=[{"use": "matomo", "exempt": True}]).services
    assert (service.slug, service.exempt) == ("matomo", True)


def test_exempting_a_service_changes_its_version_and_stating_the_default_does_not() -> None:
    kinds = [service_json(**stated) for stated in ({}, {"exempt": False}, {"exempt": None}, {"exempt": True})]
    versions = [settings(definition(services=[each]))["groups"][0]["services"][0]["version"] for each in kinds]
    assert versions[0] == versions[1] == versions[2] != versions[3]


# --- Signals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "heard"),
    [
        ({}, False),
        ({"policies": []}, False),
        ({"policies": ["gb"]}, True),
        ({"policies": ["gb"], "enableGPC": False}, False),
        ({"policies": [], "enableGPC": True}, True),
    ],
)
def test_signals_are_heard_by_default_where_there_are_policies(stated: dict[str, Any], heard: bool) -> None:
    widget = definition(**stated)
    assert (widget.enable_gpc, settings(widget)["enableGPC"]) == (heard, heard)
    assert ("signalHonouredLabel" in settings(widget)["translation"]) is heard


@pytest.mark.parametrize("policies", [[], ["us"]])
def test_signals_are_not_null(policies: list[str]) -> None:
    assert problems(policies=policies, enableGPC=None) == ["enableGPC: must be true or false"]


# --- The settings and the catalogue -----------------------------------------------------------------------------------


def test_the_settings_have_of_a_policy_what_is_not_the_default() -> None:
    listed = [*PRESETS, BRAZIL, {"id": "all", "regions": ["*"], "announce": True, "link": False}]
    assert settings(definition(policies=listed))["policies"] == [
        {"id": "gb", "regions": ["GB"], "exempt": True},
        {"id": "fr", "regions": ["FR"], "exempt": True},
        {"id": "us", "regions": ["US"], "optOut": [1, 2, 3, 4], "link": True},
        {"id": "us-ca", "regions": ["US-CA"], "link": True},
        {"id": "ca", "regions": WITHOUT_QUEBEC, "optOut": [1, 2], "announce": True},
        {"id": "brazil", "regions": ["BR"]},
        {"id": "all", "regions": ["*"], "announce": True},
    ]


def test_the_settings_say_which_services_are_exempt() -> None:
    services = [service_json(exempt=True), service_json(slug="other", exempt=False)]
    (group,) = settings(definition(services=services))["groups"]
    assert [service.get("exempt") for service in group["services"]] == [True, None]
    assert "exempt" not in group["services"][1]


@pytest.mark.parametrize(("days", "shown"), [(180, None), (1, 1), (365, 365)])
def test_the_days_after_x_are_in_the_settings_if_they_are_not_the_usual_ones(days: int, shown: int | None) -> None:
    assert settings(definition(askAgainAfterClose=days)).get("askAgainAfterClose") == shown


def test_the_controller_is_in_the_settings_with_the_names_of_its_parts() -> None:
    controller = {"name": "Garden Ltd", "contact": "privacy@garden.example", "address": None}
    rendered = settings(definition(controller=controller))
    assert rendered["controller"] == {"name": "Garden Ltd", "contact": "privacy@garden.example"}
    assert rendered["translation"].keys() & SHOWN_IF_USED == texts.OF_CONTROLLER


def test_a_text_of_receipts_is_in_the_settings_where_the_owner_has_written_it() -> None:
    widget = definition(languages=["en", "fr", "fr-BE"], translations={"fr": {"acceptedLabel": "Oui"}})
    shown = {each: settings(widget, each)["translation"].keys() & SHOWN_IF_USED for each in widget.languages}
    assert shown == {"en": set(), "fr": {"acceptedLabel"}, "fr-BE": {"acceptedLabel"}}
    assert settings(widget, "fr-BE")["translation"]["acceptedLabel"] == "Oui"


def test_every_text_that_is_shown_if_used_is_a_text() -> None:
    assert texts.names() >= SHOWN_IF_USED
    assert len(SHOWN_IF_USED) == 17


def test_the_catalogue_says_what_is_on_under_which_policy() -> None:
    services = [service_json(exempt=True), service_json(slug="other")]
    catalogue = catalogue_of(definition(policies=["gb", "us", BRAZIL], services=services), VERSION_KEY)
    assert catalogue.policies == {
        "gb": Policy(exempt=True),
        "us": Policy(frozenset({1, 2, 3, 4})),
        "brazil": Policy(),
    }
    assert [service.exempt for service in catalogue.services] == [True, False]
    assert catalogue_of(definition(), VERSION_KEY).policies == {}
