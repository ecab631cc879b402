"""Colours as numbers: contrast by WCAG 2.2, and mixtures. A colour is #rgb, #rgba, #rrggbb or #rrggbbaa."""

import colorsys
from collections.abc import Sequence

TEXT, SHAPE = 4.5, 3.0
"""The minimum contrast of text, and of shapes: a button's area, a switch, the focus indicator (1.4.3 and 1.4.11)."""

BLACK, WHITE = "#000", "#fff"

type _Channels = tuple[float, float, float]

_PAGE = (1.0, 1.0, 1.0)
_STEPS = 20
_LIGHTEST = 255


def ratio(front: str, back: str) -> float:
    """Return the contrast of two colours, from 1 to 21, on a white page."""
    behind = _over(back, _PAGE)
    lighter, darker = sorted((_luminance(_over(front, behind)), _luminance(behind)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(back: str) -> str:
    """Return black or white, depending on which has more contrast with a colour: at least 4.58."""
    return max((BLACK, WHITE), key=lambda front: ratio(front, back))


def flat(front: str, back: str) -> str:
    """Return the opaque colour that is seen where one lies on top of an opaque one; an opaque one unchanged."""
    if len(front) in {4, 7}:
        return front
    return _written(_over(front, _over(back, _PAGE)))


def is_dark(colour: str) -> bool:
    """Return whether white reads better on a colour than black."""
    return readable(colour) == WHITE


def lifted(colour: str, back: str, least: float) -> str:
    """Return a colour mixed with as much white as it needs to have this contrast with a background, if that is dark."""
    if not is_dark(back):
        return colour
    own = _over(colour, _over(back, _PAGE))
    for step in range(_STEPS):
        mixed = _written([part + (1 - part) * step / _STEPS for part in own])
        if ratio(mixed, back) >= least:
            return mixed
    return WHITE


def nearest(colour: str, back: str, least: float) -> str:
    """Return the opaque colour nearest in lightness that has this contrast with a background, of the same hue.

    ``least`` is TEXT at most: black or white has that on any background.
    """
    seen = flat(colour, back)
    hue, lightness, saturation = colorsys.rgb_to_hls(*_over(seen, _PAGE))
    steps = sorted(range(_LIGHTEST + 1), key=lambda step: abs(step / _LIGHTEST - lightness))
    others = (_written(colorsys.hls_to_rgb(hue, step / _LIGHTEST, saturation)) for step in steps)
    return next(each for each in (seen, *others) if ratio(each, back) >= least)


def tinted(colour: str, back: str) -> str:
    """Return an opaque background with a seventh of a colour in it."""
    behind = _over(back, _PAGE)
    front = _over(colour, behind)
    return _written([own / 7 + other * 6 / 7 for own, other in zip(front, behind, strict=True)])


def _written(channels: Sequence[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in channels)


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
