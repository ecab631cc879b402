"""Which colours of a widget make it hard to read: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

from collections.abc import Iterator

from consent_core.publishing.definitions import WidgetDefinition

TEXT, SHAPE = 4.5, 3.0
"""The least contrast of a text, and of what must be seen but not read: a button's area, a switch, the focus."""

# What the window takes for a colour that is not set, as soon as one is: sdk/src/colours.js and window.css.
_BACKGROUND, _TEXT, _TITLE = "#ffffff", "#3a4453", "#10151d"
_WHITE = (1.0, 1.0, 1.0)


def warnings(definition: WidgetDefinition) -> Iterator[str]:
    """Give a sentence for each pair of colours that is hard to tell apart. The built-in colours have none."""
    background = definition.bg_color or _BACKGROUND
    text = definition.color_text or (None if definition.bg_color else _TEXT)  # else black or white, as fits
    title = definition.color_title or definition.color_text or (None if definition.bg_color else _TITLE)
    for name, colour, least in (
        ("colorText", text, TEXT),
        ("colorTitle", title, TEXT),
        ("colorBtn", definition.color_btn, SHAPE),
        ("colorPrimary", definition.color_primary, SHAPE),
        ("colorSecondary", definition.color_secondary, SHAPE),
    ):
        found = ratio(colour, background) if colour else least
        if found < least:
            pair = f"{name} {colour} on bgColor {background}"
            yield f"{pair} has a contrast of {_cut(found)}:1; WCAG asks for {least:g}:1"


def ratio(front: str, back: str) -> float:
    """Give the contrast of two colours (#rgb, #rgba, #rrggbb, #rrggbbaa) from 1 to 21; what is behind both is white."""
    behind = _over(back, _WHITE)
    lighter, darker = sorted((_luminance(_over(front, behind)), _luminance(behind)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


type _Channels = tuple[float, float, float]


def _over(colour: str, behind: _Channels) -> _Channels:
    """Give the red, green and blue, each from 0 to 1, that a colour makes on top of another."""
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
    """Two digits, never rounded up to what would have been enough."""
    return f"{int(value * 100) / 100:.2f}"
