"""Warnings about colours that would make a widget hard to read: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

from collections.abc import Iterator

from consent_core.problems import Problem
from consent_core.publishing.colours import SHAPE, TEXT, ratio
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
                hidden = f"{colour}: it is not shown, because colorScheme is dark; darkColors may have it"
                yield Problem((_field(name),), hidden, f"{_field(name)} ")
    else:
        yield from _scheme(definition, light, "")
    if own and scheme == "light":
        yield Problem(("darkColors",), "they are never shown, because colorScheme is light")
    elif own:
        dim = _scheme(own, dark, "darkColors.")
        yield from (each.under(("darkColors",), "darkColors.") for each in dim)


def _scheme(own: Colours | WidgetDefinition, palette: Palette, place: str) -> Iterator[Problem]:
    background = palette["bg"]
    behind = f"{place}bgColor" if own.bg_color else "the background"
    for name, least in _LEAST.items():
        colour = getattr(own, name)
        if colour and (found := ratio(colour, background)) < least:
            instead = _SHOWN_INSTEAD.get(name, "the window shows a readable one")
            pair = f"{colour} on {behind} {background}"
            low = f"{pair} has a contrast of {_cut(found)}:1; WCAG asks for {least:g}:1: {instead}"
            yield Problem((_field(name),), low, f"{_field(name)} ")


def _field(name: str) -> str:
    return str(Colours.model_fields[name].alias)


def _cut(value: float) -> str:
    """Return two decimals, rounded down: a ratio that is too low must not look sufficient."""
    return f"{int(value * 100) / 100:.2f}"
