"""Warnings about colours that would make a widget hard to read: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

from collections.abc import Iterator

from consent_core.publishing.colours import SHAPE, TEXT, ratio
from consent_core.publishing.definitions import Colours, WidgetDefinition
from consent_core.publishing.theme import DARK, LIGHT, Palette

_LEAST = {"color_text": TEXT, "color_title": TEXT, "color_btn": SHAPE, "color_primary": SHAPE}
_SHOWN_INSTEAD = {"color_btn": "its area is hard to make out", "color_primary": "switches get another colour"}


def warnings(definition: WidgetDefinition) -> Iterator[str]:
    """Yield a sentence for each colour with too little contrast, and what the window does about it."""
    if definition.color_scheme != "dark":
        yield from _scheme(definition, LIGHT, "")
    if definition.dark_colors and definition.color_scheme == "light":
        yield "darkColors: they are never shown, because colorScheme is light"
    elif definition.dark_colors:
        yield from _scheme(definition.dark_colors, DARK, "darkColors.")


def _scheme(own: Colours | WidgetDefinition, base: Palette, place: str) -> Iterator[str]:
    background = own.bg_color or base["bg"]
    for name, least in _LEAST.items():
        colour = getattr(own, name)
        if colour and (found := ratio(colour, background)) < least:
            field = Colours.model_fields[name].alias
            instead = _SHOWN_INSTEAD.get(name, "the window shows a readable one")
            pair = f"{place}{field} {colour} on {place}bgColor {background}"
            yield f"{pair} has a contrast of {_cut(found)}:1; WCAG asks for {least:g}:1: {instead}"


def _cut(value: float) -> str:
    """Return two decimals, rounded down: a ratio that is too low must not look sufficient."""
    return f"{int(value * 100) / 100:.2f}"
