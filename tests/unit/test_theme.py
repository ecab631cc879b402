"""The look of a widget: every colour can be read, in both schemes, whatever the owner has set."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.publishing.colours import SHAPE, TEXT, ratio
from consent_core.publishing.theme import DARK, LIGHT, palettes, theme_of
from tests.factories import definition

NAMES = ("bgColor", "colorTitle", "colorBtn", "colorBtnSecondary", "colorText", "colorPrimary", "colorSecondary")
COLOURS = st.fixed_dictionaries({}, optional={name: st.from_regex(r"#[0-9a-f]{3}", fullmatch=True) for name in NAMES})


def properties(declarations: str) -> dict[str, str]:
    """Return the custom properties of a theme, by their names without ``--dw-``."""
    return dict(re.findall(r"--dw-([a-z-]+):([^;]+);", declarations))


@given(COLOURS, st.none() | COLOURS, st.sampled_from(["auto", "light", "dark"]))
def test_every_text_and_switch_can_be_read(own: dict[str, str], dark: dict[str, str] | None, scheme: str) -> None:
    for palette in palettes(definition(**own, darkColors=dark, colorScheme=scheme)):
        assert ratio(palette["text"], palette["bg"]) >= TEXT
        assert ratio(palette["title"], palette["bg"]) >= TEXT
        assert ratio(palette["on-btn"], palette["btn"]) >= TEXT
        assert ratio(palette["primary"], palette["bg"]) >= SHAPE
        assert ratio(palette["off"], palette["bg"]) >= SHAPE
        assert ratio(palette["on-primary"], palette["primary"]) >= SHAPE
        if palette["soft"] == "none":
            assert palette["on-soft"] == palette["title"]
        else:
            assert ratio(palette["on-soft"], palette["soft"]) >= TEXT


def test_without_colours_both_schemes_are_the_built_in_ones() -> None:
    light, dark = palettes(definition())
    assert {name: light[name] for name in LIGHT} == LIGHT
    assert {name: dark[name] for name in DARK} == DARK


def test_a_theme_has_the_light_scheme_and_what_differs_in_the_dark_one() -> None:
    light, dark = palettes(definition(colorBtn="#0b6e4f"))
    theme = theme_of(definition(colorBtn="#0b6e4f"), "en")
    assert properties(theme["light"]) == {**light, "new": '" (opens in a new window)"'}
    assert {**light, **properties(theme["dark"])} == dark
    assert (light["btn"], dark["btn"], dark["bg"]) == ("#0b6e4f", "#177558", DARK["bg"])


def test_a_scheme_can_be_forced() -> None:
    assert theme_of(definition(colorScheme="light"), "en") == {
        "light": theme_of(definition(), "en")["light"],
        "dark": "",
    }
    forced = theme_of(definition(colorScheme="dark"), "en")
    assert (properties(forced["light"])["bg"], forced["dark"]) == (DARK["bg"], "")


def test_a_dark_background_serves_for_both_schemes() -> None:
    theme = theme_of(definition(bgColor="#102030"), "en")
    assert properties(theme["light"])["scheme"] == "dark"
    assert theme["dark"] == ""


def test_dark_colours_replace_the_derived_ones() -> None:
    _, dark = palettes(definition(colorBtn="#0b6e4f", darkColors={"bgColor": "#000"}))
    assert (dark["bg"], dark["btn"]) == ("#000", "#0b6e4f")  # readable as it is
    _, dark = palettes(definition(colorBtn="#0b6e4f", darkColors={"colorBtn": "#44aa88"}))
    assert (dark["bg"], dark["btn"]) == (DARK["bg"], "#44aa88")


def test_a_dark_colour_that_is_stated_is_shown_as_it_is() -> None:
    _, dark = palettes(definition(colorBtn="#171c23", darkColors={"colorBtn": "#171c23"}))
    assert dark["btn"] == "#171c23"
    _, dark = palettes(definition(colorBtn="#ffd400", darkColors={"bgColor": "#fff"}))
    assert dark["btn"] == "#ffd400"  # the background is light


@pytest.mark.parametrize(("light", "dark"), [("#e7eef0", "#353a40"), ("#0000", "#171c23"), ("#0b6e4f", "#152829")])
def test_the_lighter_button_is_a_tint_in_the_dark(light: str, dark: str) -> None:
    _, made = palettes(definition(colorBtnSecondary=light))
    assert made["soft"] == dark


def test_measures_are_pixels_and_stand_only_if_they_are_set() -> None:
    theme = theme_of(definition(offsetTop=64, offsetBottom=8, fixedButtonSize=40, fontFamily="Georgia, serif"), "en")
    own = properties(theme["light"])
    assert [own[name] for name in ("top", "bottom", "knob", "font")] == [
        "min(64px,20vh)",
        "min(8px,20vh)",
        "40px",
        "Georgia, serif",
    ]
    assert not {"top", "bottom", "knob", "font"} & properties(theme_of(definition(), "en")["light"]).keys()
