"""Forms for the members of a definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_console import forms
from consent_console.editor.regions import effect_of
from consent_console.labels import label_of
from consent_core.problems import Problem
from consent_core.publishing.policies import presets


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("label", "text"),
        ("layout", "choice"),
        ("fixedButtonPosition", "choice"),
        ("overlay", "switch"),
        ("offsetTop", "number"),
        ("bgColor", "colour"),
        ("darkColors.bgColor", "colour"),
        ("customCSS", "long"),
        ("cookieNoticeUrl", "localised"),
        ("consentModeOptions.regions", "lines"),
        ("policies.12.regions", "lines"),
        ("policies.0.optOut", "several"),
        ("policies.0.exempt", "switch"),
        ("services.3.cookies.0.expiryDays", "number"),
    ],
)
def test_the_models_say_what_kind_of_field_a_member_is(name: str, kind: str) -> None:
    assert forms.kind_of(name) == kind


@pytest.mark.parametrize("name", ["layouts", "darkColors.layout", "policies.0.colour"])
def test_a_member_that_no_definition_has_is_no_field(name: str) -> None:
    with pytest.raises(KeyError):
        forms.kind_of(name)


@pytest.mark.parametrize(
    ("name", "values", "stated"),
    [
        ("label", ["  Shop "], "Shop"),
        ("label", ["  "], None),
        ("label", [], None),
        ("overlay", ["on"], True),
        ("overlay", [], False),
        ("offsetTop", ["64"], 64),
        ("offsetTop", ["-1"], -1),
        ("offsetTop", ["a few"], "a few"),
        ("offsetTop", ["9" * 5_000], "9" * 5_000),
        ("offsetTop", [""], None),
        ("cookieNoticeUrl", ["https://a.example/c"], "https://a.example/c"),
        (
            "cookieNoticeUrl",
            ["en https://a.example\nfr  https://b.example\n"],
            {"en": "https://a.example", "fr": "https://b.example"},
        ),
        ("cookieNoticeUrl", [" \n"], None),
    ],
)
def test_a_form_states_a_member(name: str, values: list[str], stated: object) -> None:
    assert forms.part([name], {name: values}, {}) == {name: stated}


def test_members_of_an_object_without_a_field_stay() -> None:
    definition = {"consentModeOptions": {"waitForUpdate": 5, "regions": ["FR"]}}
    typed = {"consentModeOptions.waitForUpdate": ["7"]}

    assert forms.part([*typed], typed, definition) == {"consentModeOptions": {"waitForUpdate": 7, "regions": ["FR"]}}


def test_an_object_without_members_is_left_out() -> None:
    assert forms.part(["darkColors.bgColor"], {"darkColors.bgColor": [""]}, {"darkColors": {"bgColor": "#fff"}}) == {
        "darkColors": None
    }


def test_entries_of_a_list_have_their_numbers() -> None:
    typed = {"policies.10.id": ["b"], "policies.2.id": ["a"], "policies.2.exempt": ["on"], "policies.x.id": ["c"]}

    assert forms.numbers("policies", typed) == [2, 10]
    assert forms.entry("policies.2", ["id", "regions", "exempt"], typed) == {"id": "a", "regions": [], "exempt": True}


@given(
    st.dictionaries(
        st.sampled_from(["label", "offsetTop", "cookieNoticeUrl", "bgColor"]), st.lists(st.text(), max_size=2)
    )
)
def test_whatever_is_typed_is_shown_again(typed: dict[str, list[str]]) -> None:
    fields = forms.fields(typed, {}, typed)

    assert {name: field.value for name, field in fields.items()} == {
        name: values[0] if values else "" for name, values in typed.items()
    }


def test_the_fault_of_an_entry_is_at_the_field_of_its_list() -> None:
    problem = Problem(("policies", 0, "regions", 1), "must be a region")
    names = ["policies.0.regions", "policies.0.id", "policies.1.regions"]

    fields = forms.fields(names, {}, None, [problem])
    assert [name for name, field in fields.items() if field.faults] == ["policies.0.regions"]
    (fault,) = forms.summary(names, [problem])
    assert (fault.link, fault.label) == ("#f-policies.0.regions", label_of("policies.1.regions").text)


def test_the_fault_of_a_field_elsewhere_names_its_place() -> None:
    (fault,) = forms.summary(["label"], [Problem(("services", 0, "slug"), "is taken")])

    assert fault == forms.Fault("services[0].slug: is taken")


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("17", 17), ("", None), ("-1", None), ("²", None), ("٣", None), ("9" * 16, None)]
)
def test_a_number_in_a_form_has_plain_digits(text: str, number: int | None) -> None:
    assert forms.whole(text) == number


def test_a_preset_says_what_it_does() -> None:
    assert {name: effect_of(preset.policy) for name, preset in presets().items()} == {
        "gb": "On until the visitor refuses: the services that are exempt.",
        "fr": "On until the visitor refuses: the services that are exempt.",
        "us": "On until the visitor refuses: Preferences, Audience measurement, Marketing, Other services. "
        "Shown: your page's own link to the choices.",
        "us-ca": "Nothing is on before the visitor decides. Shown: your page's own link to the choices.",
        "ca": "On until the visitor refuses: Preferences, Audience measurement. "
        "Shown: the window, although nothing must be asked.",
    }
