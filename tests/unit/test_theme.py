"""The look of a widget: every colour can be read, in both schemes, whatever the owner has set."""

import re

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
    theme = theme_of(definition(colorBtn="#0b6e4f"))
    assert properties(theme["light"]) == light
    assert {**light, **properties(theme["dark"])} == dark
    assert (light["btn"], dark["btn"], dark["bg"]) == ("#0b6e4f", "#177558", DARK["bg"])


def test_a_scheme_can_be_forced() -> None:
    assert theme_of(definition(colorScheme="light")) == {"light": theme_of(definition())["light"], "dark": ""}
    forced = theme_of(definition(colorScheme="dark"))
    assert (properties(forced["light"])["bg"], forced["dark"]) == (DARK["bg"], "")


def test_a_dark_background_serves_for_both_schemes() -> None:
    theme = theme_of(definition(bgColor="#102030"))
    assert properties(theme["light"])["scheme"] == "dark"
    assert theme["dark"] == ""


def test_dark_colours_replace_the_derived_ones() -> None:
    dark = {**DARK, **properties(theme_of(definition(colorBtn="#0b6e4f", darkColors={"bgColor": "#000"}))["dark"])}
    assert (dark["bg"], dark["btn"]) == ("#000", "#177558")


def test_measures_are_pixels_and_stand_only_if_they_are_set() -> None:
    theme = theme_of(definition(offsetTop=64, offsetBottom=8, fixedButtonSize=40, fontFamily="Georgia, serif"))
    own = properties(theme["light"])
    assert [own[name] for name in ("top", "bottom", "knob", "font")] == ["64px", "8px", "40px", "Georgia, serif"]
    assert not {"top", "bottom", "knob", "font"} & properties(theme_of(definition())["light"]).keys()
