"""Contrast of colours, and the warnings that a definition gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.publishing import contrast
from consent_core.publishing.colours import SHAPE, TEXT, flat, lifted, nearest, ratio, readable
from tests.factories import definition

LOW = "#fed on bgColor #fff has a contrast of 1.13:1"
COLOURS = st.from_regex(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", fullmatch=True)


def warnings(**colours: object) -> list[str]:
    return list(map(str, contrast.warnings(definition(**colours))))


@pytest.mark.parametrize(
    ("front", "back", "expected"),
    [
        ("#000000", "#ffffff", 21),
        ("#fff", "#000", 21),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.00),
        ("#1a2b3c", "#1a2b3c", 1),
        ("#00000000", "#ffffff", 1),
        ("#0008", "#fff", 4.48),
        ("#000", "#0000", 21),
    ],
)
def test_the_ratio_is_that_of_wcag(front: str, back: str, expected: float) -> None:
    assert ratio(front, back) == pytest.approx(expected, abs=0.01)


@given(COLOURS, COLOURS)
def test_a_ratio_is_between_1_and_21(front: str, back: str) -> None:
    assert 1 <= ratio(front, back) <= 21.000001


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_it_does_not_matter_which_opaque_colour_is_in_front(one: str, other: str) -> None:
    assert ratio(one, other) == ratio(other, one)


def test_the_built_in_colours_need_no_warning() -> None:
    assert warnings() == []


def test_each_pair_that_is_hard_to_read_is_a_sentence() -> None:
    pale = dict.fromkeys(("colorTitle", "colorText", "colorBtn", "colorPrimary"), "#fed")

    assert warnings(bgColor="#fff", **pale) == [
        f"colorText {LOW}, below the 4.5:1 of WCAG: the window shows a readable one",
        f"colorTitle {LOW}, below the 4.5:1 of WCAG: the window shows a readable one",
        f"colorBtn {LOW}, below the 3:1 of WCAG: its area is hard to make out",
        f"colorPrimary {LOW}, below the 3:1 of WCAG: switches get another colour",
    ]


def test_a_ratio_that_suffices_only_when_rounded_is_not_enough() -> None:
    (said,) = warnings(bgColor="#ffffff", colorText="#777777", colorTitle="#000")
    assert "4.47:1" in said


@pytest.mark.parametrize(
    "colours",
    [
        {"bgColor": "#000"},  # text and title become white
        {"bgColor": "#808080"},
        {"colorText": "#222", "colorPrimary": "#0b7268"},
        {"bgColor": "#102030", "colorText": "#e8eef4", "colorTitle": "#fff", "colorBtn": "#f4b942"},
    ],
)
def test_readable_colours_have_no_warning(colours: dict[str, str]) -> None:
    assert warnings(**colours) == []


def test_the_colours_of_the_dark_scheme_are_compared_with_its_background() -> None:
    (said,) = warnings(darkColors={"colorText": "#222"})
    assert said.startswith("darkColors.colorText #222 on the background #171c23 has a contrast of 1.")


@pytest.mark.parametrize(
    ("colours", "start"),
    [
        (
            {"bgColor": "#4a4a4a", "darkColors": {"colorText": "#999"}},
            "darkColors.colorText #999 on the background #4a4a4a",
        ),
        (
            {"bgColor": "#101418", "darkColors": {"colorText": "#666"}},
            "darkColors.colorText #666 on the background #101418",
        ),
        ({"colorScheme": "dark", "bgColor": "#101418", "colorText": "#222"}, "colorText #222 on bgColor #101418 has"),
        ({"colorScheme": "dark", "bgColor": "#fff"}, "bgColor #fff is not shown, because colorScheme is dark"),
        ({"colorScheme": "dark", "colorText": "#111"}, "colorText #111 is not shown, because colorScheme is dark"),
    ],
)
def test_a_colour_that_the_window_does_not_show_has_a_warning(colours: dict[str, object], start: str) -> None:
    (said,) = warnings(**colours)
    assert said.startswith(start)


@given(COLOURS)
def test_black_or_white_can_be_read_on_any_colour(back: str) -> None:
    assert ratio(readable(back), back) >= 4.5


@given(COLOURS, st.sampled_from(["#000", "#171c23", "#333"]))
def test_a_brand_colour_becomes_light_enough_for_a_dark_background(brand: str, back: str) -> None:
    assert ratio(lifted(brand, back, 3), back) >= 3


@given(COLOURS, COLOURS, st.sampled_from([SHAPE, TEXT]))
def test_the_nearest_colour_passes_on_any_background(colour: str, back: str, least: float) -> None:
    assert ratio(nearest(colour, back, least), back) >= least


@given(COLOURS, COLOURS)
def test_a_colour_that_passes_is_its_own_nearest(colour: str, back: str) -> None:
    seen = flat(colour, back)

    assert (nearest(colour, back, TEXT) == seen) is (ratio(seen, back) >= TEXT)


@pytest.mark.parametrize(
    ("colour", "back", "expected"),
    [
        ("#777777", "#ffffff", "#767676"),
        ("#ff0000", "#ffffff", "#ee0000"),
        ("#767676", "#777777", "#060606"),
        ("#0b6e4f", "#101418", "#0e9067"),
        ("#0008", "#fff", "#767676"),
    ],
)
def test_the_nearest_colour_keeps_its_hue(colour: str, back: str, expected: str) -> None:
    assert nearest(colour, back, TEXT) == expected


def test_each_colour_is_compared_with_what_is_behind_it() -> None:
    shades = contrast.shades(definition(bgColor="#ffffff", colorText="#999999", colorBtn="#0b6e4f"))

    (text,) = shades["colorText"].pairs
    assert text == ("#999999", "#ffffff", 4.5)
    assert (text.contrast, text.passes, text.proposal) == ("2.84", False, "#767676")
    assert shades["colorBtn"].pairs == (("#0b6e4f", "#ffffff", 3.0), ("#fff", "#0b6e4f", 4.5))
    assert all(pair.passes for pair in shades["colorBtn"].pairs)
    assert shades["bgColor"].pairs == shades["colorSecondary"].pairs == ()


def test_an_empty_field_has_the_colour_that_the_window_derives() -> None:
    shades = contrast.shades(definition(colorBtn="#0b6e4f"))

    assert shades["colorPrimary"].derived == "#0b6e4f"
    assert shades["colorText"].derived == "#414b5a"
    assert shades["colorBtnSecondary"] == ("none", ())
    assert shades["darkColors.bgColor"].derived == "#171c23"
    assert shades["darkColors.colorBtn"].derived != "#0b6e4f"


@pytest.mark.parametrize(("scheme", "unseen"), [("light", "darkColors.colorText"), ("dark", "colorText")])
def test_colours_that_are_never_shown_are_in_no_pair(scheme: str, unseen: str) -> None:
    shades = contrast.shades(definition(colorScheme=scheme, colorText="#999", darkColors={"colorText": "#999"}))

    assert [name for name in ("colorText", "darkColors.colorText") if not shades[name].pairs] == [unseen]


@given(COLOURS, COLOURS, COLOURS, st.sampled_from(["auto", "light", "dark"]))
def test_each_proposal_passes(back: str, text: str, button: str, scheme: str) -> None:
    own = {"bgColor": back, "colorText": text, "colorBtn": button}
    shades = contrast.shades(definition(**own, darkColors=own, colorScheme=scheme))

    assert all(ratio(pair.proposal, pair.back) >= pair.least for shade in shades.values() for pair in shade.pairs)
