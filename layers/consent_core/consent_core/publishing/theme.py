"""The look of a widget as custom properties of CSS, for a light and a dark scheme, made when it is published.

Every pair of colours that carries text has a contrast of at least 4.5, and every switch one of at least 3, whatever the
owner has set: a colour that has less gives way to one that is readable.
"""

import re
from collections.abc import Mapping

from consent_core.publishing.colours import SHAPE, TEXT, WHITE, flat, is_dark, lifted, ratio, readable, tinted
from consent_core.publishing.definitions import Colours, WidgetDefinition

type Palette = Mapping[str, str]

LIGHT: Palette = {
    "scheme": "light",
    "bg": "#fff",
    "title": "#10151d",
    "text": "#414b5a",
    "btn": "#1c2733",
    "on-btn": "#fff",
    "primary": "#0b7268",
    "off": "#7f8996",
    "line": "#7f899650",
}
"""The built-in colours: the scheme of scroll bars, background, title, text, button and its label, a switch that is on,
one that is off, lines."""

DARK: Palette = {
    "scheme": "dark",
    "bg": "#171c23",
    "title": "#f4f6f9",
    "text": "#c3cbd6",
    "btn": "#e9edf2",
    "on-btn": "#101519",
    "primary": "#4fd1bd",
    "off": "#7f8996",
    "line": "#7f899650",
}


def theme_of(definition: WidgetDefinition, language: str) -> dict[str, str]:
    """Return ``light`` and ``dark``: declarations of custom properties. ``dark`` has those that differ, on top."""
    light, dark = palettes(definition)
    own_dark = {name: value for name, value in dark.items() if value != light[name]}
    new_window = {"new": _string(f" ({definition.text(language, 'newWindowLabel')})")}
    return {"light": _declared({**light, **new_window, **_measures(definition)}), "dark": _declared(own_dark)}


def palettes(definition: WidgetDefinition) -> tuple[Palette, Palette]:
    """Return the colours of the light and of the dark scheme; one that the owner does not want is like the other."""
    own = _filled(Colours(), definition)
    is_always_dark = is_dark(flat(own.bg_color or LIGHT["bg"], WHITE))
    kept = own if is_always_dark else own.model_copy(update=dict.fromkeys(_OF_LIGHT))
    wanted = _filled(kept, definition.dark_colors) if definition.dark_colors else kept
    light = _palette(own, DARK if is_always_dark else LIGHT)
    dark = _palette(wanted if is_always_dark else _lifted(wanted, definition.dark_colors or Colours()), DARK)
    if definition.color_scheme == "dark":
        return dark, dark
    return light, light if definition.color_scheme == "light" else dark


_OF_LIGHT = ("bg_color", "color_title", "color_text", "color_secondary")
"""The colours that a dark scheme does not take from a light one: it takes the buttons and switches."""


def _palette(own: Colours, base: Palette) -> Palette:
    background = flat(own.bg_color or base["bg"], WHITE)
    text = _first(background, TEXT, own.color_text, base["text"])
    title = _first(background, TEXT, own.color_title, own.color_text, base["title"])
    button = own.color_btn or own.color_primary or _first(background, SHAPE, base["btn"])
    primary = _first(background, SHAPE, own.color_primary, own.color_btn, base["primary"])
    soft = own.color_btn_secondary
    return {
        "scheme": base["scheme"],
        "bg": background,
        "title": title,
        "text": text,
        "btn": button,
        "on-btn": base["on-btn"] if button == base["btn"] else readable(flat(button, background)),
        "soft": soft or "none",
        "on-soft": readable(flat(soft, background)) if soft else title,
        "primary": primary,
        "on-primary": base["bg"] if primary == base["primary"] else readable(flat(primary, background)),
        "off": _first(background, SHAPE, base["off"]),  # neutral: a refusal must not look like a consent
        "line": own.color_secondary or base["line"],
    }


def _first(background: str, least: float, *colours: str | None) -> str:
    """Return the first colour that has enough contrast with a background, otherwise black or white."""
    return next((each for each in colours if each and ratio(each, background) >= least), readable(background))


def _lifted(own: Colours, stated: Colours) -> Colours:
    """Return the colours. Those of the light scheme, which are not stated for the dark one, fit its background.

    Buttons and switches become as light as they must; the lighter button becomes a tint, or would be the brightest.
    """
    background = flat(own.bg_color or DARK["bg"], WHITE)
    derived = {name: colour for name, colour in own if colour and not getattr(stated, name)}
    fitting = {name: lifted(colour, background, SHAPE) for name, colour in derived.items()}
    if "color_btn_secondary" in derived and is_dark(background):
        fitting["color_btn_secondary"] = tinted(derived["color_btn_secondary"], background)
    return own.model_copy(update=fitting)


def _filled(colours: Colours, others: Colours | WidgetDefinition) -> Colours:
    """Return the colours; one that the others have replaces its own."""
    return colours.model_copy(update={name: getattr(others, name) or own for name, own in colours})


def _measures(definition: WidgetDefinition) -> dict[str, str]:
    """Return what both schemes share. Lengths are in pixels. An offset takes a fifth of the screen's height at most."""
    offsets = {"top": definition.offset_top, "bottom": definition.offset_bottom}
    measures = {name: f"min({offset}px,20vh)" for name, offset in offsets.items() if offset}
    if definition.fixed_button_size != _KNOB:
        measures["knob"] = f"{definition.fixed_button_size}px"
    if definition.font_family:
        measures["font"] = definition.font_family
    return measures


_KNOB = 48
"""The floating button's size in the SDK's style sheet."""


def _string(text: str) -> str:
    """Return a text as a string of CSS that no character of it can end."""
    return '"' + re.sub(r"[^\w ().]", lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def _declared(properties: Palette) -> str:
    return "".join(f"--dw-{name}:{value};" for name, value in properties.items())
