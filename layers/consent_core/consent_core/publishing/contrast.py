"""Warnings about colours that make a widget hard to read: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

from collections.abc import Iterator

from consent_core.publishing.definitions import WidgetDefinition

TEXT, SHAPE = 4.5, 3.0
"""The minimum contrast of text, and of shapes: a button's area, a switch, the focus indicator."""

# The window's defaults for colours that are not set, if at least one is set: sdk/src/colours.js and window.css.
_BACKGROUND, _TEXT, _TITLE = "#ffffff", "#3a4453", "#10151d"
_WHITE = (1.0, 1.0, 1.0)


def warnings(definition: WidgetDefinition) -> Iterator[str]:
    """Yield a sentence for each pair of colours with too little contrast. The built-in colours have none."""
    background = definition.bg_color or _BACKGROUND
    text = definition.color_text or (None if definition.bg_color else _TEXT)  # None: the window uses black or white
    title = definition.color_title or definition.color_text or (None if definition.bg_color else _TITLE)
    for name, colour, least in (
        ("colorText", text, TEXT),
        ("colorTitle", title, TEXT),
        ("colorBtn", definition.color_btn, SHAPE),
        ("colorPrimary", definition.color_primary, SHAPE),
    ):
        found = ratio(colour, background) if colour else least
        if found < least:
            pair = f"{name} {colour} on bgColor {background}"
            yield f"{pair} has a contrast of {_cut(found)}:1; WCAG asks for {least:g}:1"


def ratio(front: str, back: str) -> float:
    """Return the contrast of two colours, from 1 to 21, on a white page.

    A colour is #rgb, #rgba, #rrggbb or #rrggbbaa.
    """
    behind = _over(back, _WHITE)
    lighter, darker = sorted((_luminance(_over(front, behind)), _luminance(behind)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


type _Channels = tuple[float, float, float]


def _over(colour: str, behind: _Channels) -> _Channels:
    """Return the red, green and blue, each from 0 to 1, of a colour on top of another."""
    digits = colour.removeprefix("#")
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = (int((digits + "ff")[at : at + 2], 16) / 255 for at in (0, 2, 4, 6))
    mixed = [alpha * own + (1 - alpha) * other for own, other in zip((red, green, blue), behind, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def _luminance(channels: _Channels) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _cut(value: float) -> str:
    """Return two decimals, rounded down: a ratio that is too low must not look sufficient."""
    return f"{int(value * 100) / 100:.2f}"
