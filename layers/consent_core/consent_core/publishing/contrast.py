"""Colours that would make a widget hard to read: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from consent_core.problems import Problem
from consent_core.publishing.colours import SHAPE, TEXT, flat, nearest, ratio, readable
from consent_core.publishing.definitions import Colours, WidgetDefinition
from consent_core.publishing.theme import Palette, palettes

_LEAST = {"color_text": TEXT, "color_title": TEXT, "color_btn": SHAPE, "color_primary": SHAPE}
_SHOWN_INSTEAD = {"color_btn": "its area is hard to make out", "color_primary": "switches get another colour"}
_SHOWN_AS = {"bg_color": "bg", "color_text": "text", "color_title": "title"}


def warnings(definition: WidgetDefinition) -> Iterator[Problem]:
    """Yield a warning for each colour that the window does not show, or that has too little contrast."""
    light, dark = palettes(definition)
    own, scheme = definition.dark_colors, definition.color_scheme
    if scheme == "dark" and dark["bg"] != definition.bg_color:
        for name, shown in _SHOWN_AS.items():
            if (colour := getattr(definition, name)) and colour != dark[shown]:
                hidden = f"{colour} is not shown, because colorScheme is dark; darkColors may have it"
                yield Problem((_field(name),), hidden, f"{_field(name)} ")
    else:
        yield from _scheme(definition, light, "")
    if own and scheme == "light":
        yield Problem(("darkColors",), "they are never shown, because colorScheme is light")
    elif own:
        dim = _scheme(own, dark, "darkColors.")
        yield from (each.under(("darkColors",), "darkColors.") for each in dim)


class Pair(NamedTuple):
    """Two colours, one on top of the other, and the contrast that WCAG asks for: of a text, or of a shape."""

    front: str
    back: str
    least: float

    @property
    def contrast(self) -> str:
        """The contrast with two decimals."""
        return _cut(ratio(self.front, self.back))

    @property
    def passes(self) -> bool:
        """Whether the contrast is sufficient."""
        return ratio(self.front, self.back) >= self.least

    @property
    def proposal(self) -> str:
        """The nearest colour that would pass in front."""
        return nearest(self.front, self.back, self.least)


class Shade(NamedTuple):
    """The colour that the window shows for a field that is empty, and the pairs in which the field is."""

    derived: str
    pairs: tuple[Pair, ...] = ()


def shades(definition: WidgetDefinition) -> Mapping[str, Shade]:
    """Return the shade of each colour, by the member's path. Colours that are never shown are in no pair.

    A pair has the colour that is stated, also where the window shows a readable one instead.
    """
    light, dark = palettes(definition)
    scheme, own = definition.color_scheme, definition.dark_colors or Colours()
    light_is_shown = scheme != "dark" or dark["bg"] == definition.bg_color
    return {
        **dict(_shades(definition, light, "", is_shown=light_is_shown)),
        **dict(_shades(own, dark, "darkColors.", is_shown=scheme != "light")),
    }


_PALETTE = {
    "bg_color": "bg",
    "color_title": "title",
    "color_text": "text",
    "color_btn": "btn",
    "color_btn_secondary": "soft",
    "color_primary": "primary",
    "color_secondary": "line",
}
"""The members, with the names of their colours in a palette."""


_COLOURS = tuple(str(Colours.model_fields[name].alias) for name in _PALETTE)
PATHS = (*_COLOURS, *(f"darkColors.{name}" for name in _COLOURS))
"""The paths of all colours."""


def _shades(
    own: Colours | WidgetDefinition, palette: Palette, path: str, *, is_shown: bool
) -> Iterator[tuple[str, Shade]]:
    for name, shown in _PALETTE.items():
        derived = palette[shown]
        pairs = _pairs(name, getattr(own, name) or derived, palette["bg"]) if is_shown else ()
        yield f"{path}{_field(name)}", Shade(derived, tuple(pairs))


def _pairs(name: str, colour: str, background: str) -> Iterator[Pair]:
    if least := _LEAST.get(name):
        yield Pair(colour, background, least)
    if name in _BUTTONS and colour != _NO_AREA:
        seen = flat(colour, background)
        yield Pair(readable(seen), seen, TEXT)


_BUTTONS = frozenset({"color_btn", "color_btn_secondary"})
_NO_AREA = "none"


def _scheme(own: Colours | WidgetDefinition, palette: Palette, place: str) -> Iterator[Problem]:
    background = palette["bg"]
    behind = f"{place}bgColor" if own.bg_color else "the background"
    for name, least in _LEAST.items():
        colour = getattr(own, name)
        if colour and (found := ratio(colour, background)) < least:
            instead = _SHOWN_INSTEAD.get(name, "the window shows a readable one")
            pair = f"{colour} on {behind} {background}"
            low = f"{pair} has a contrast of {_cut(found)}:1, below the {least:g}:1 of WCAG: {instead}"
            yield Problem((_field(name),), low, f"{_field(name)} ")


def _field(name: str) -> str:
    return str(Colours.model_fields[name].alias)


def _cut(value: float) -> str:
    """Return two decimals, rounded down: a ratio that is too low must not look sufficient."""
    return f"{int(value * 100) / 100:.2f}"
