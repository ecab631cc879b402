"""Contrast of colours, and the warnings that a definition gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.publishing import contrast
from consent_core.publishing.colours import lifted, ratio, readable
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
        f"colorText {LOW}; WCAG asks for 4.5:1: the window shows a readable one",
        f"colorTitle {LOW}; WCAG asks for 4.5:1: the window shows a readable one",
        f"colorBtn {LOW}; WCAG asks for 3:1: its area is hard to make out",
        f"colorPrimary {LOW}; WCAG asks for 3:1: switches get another colour",
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
        ({"colorScheme": "dark", "bgColor": "#fff"}, "bgColor #fff: it is not shown, because colorScheme is dark"),
        ({"colorScheme": "dark", "colorText": "#111"}, "colorText #111: it is not shown, because colorScheme is dark"),
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
