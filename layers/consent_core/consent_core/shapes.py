"""The shapes of values from clients and site owners: the one home of each pattern (docs/contract.md, section 1).

A pattern describes a whole value: match with ``fullmatch``. sdk/src/shapes.js has the same patterns for browsers, and
both are tested with the cases of tests/cases/shapes.json.
"""

import re

LARGEST_ID = 999_999_999_999_999
"""The largest id of a widget, a tenant or a work space. Every JSON parser reads it exactly (2**53 is larger)."""

_HEX_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NOT_NIL = r"(?!0{8}-(?:0{4}-){3}0{12})"
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"

WIDGET_ID = re.compile(r"[1-9][0-9]{0,14}")
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
CULTURE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{2}))?(?![a-z])[-_.@#a-z0-9]{0,60}", re.IGNORECASE | re.ASCII)
"""A language in any spelling of browsers and systems: ``fr_FR``, ``zh-Hant-TW``, ``es-419``, ``en_US.UTF-8``.

``culture_of`` reads it.
"""

VERSION_KEY = re.compile(_HEX_UUID)
UUID = re.compile(rf"{_NOT_NIL}(?i:{_HEX_UUID})")
"""A UUID in any case except the nil UUID. It is compared and stored in lower case."""

HOST = re.compile(_HOST)
COOKIE_DOMAIN = re.compile(rf"\.?{_HOST}")
COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
COOKIE_PATH = re.compile(r"/[!-:<-~]{0,255}")
CONSENT_COOKIE_NAME = re.compile(r"(?:__Host-)?[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
STORAGE_NAME = re.compile(r"[ -)+-~]{1,256}|[ -)+-~]{3,255}\*")
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
FONT_FAMILY = re.compile(r"""(?=.{1,200}$)(?:[A-Za-z0-9 ,-]|'[A-Za-z0-9 ,-]*'|"[A-Za-z0-9 ,-]*")+""")
REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
POLICY_REGION = re.compile(rf"\*|{REGION.pattern}")
USER_ID = re.compile(r"[ -~]{1,128}")
"""A site's name for a visitor, as a stored proof has it."""

REASON = re.compile(r"(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]{1,500}")
"""Free text that is not blank, without control characters other than a tab and the end of a line."""

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

DATA_IMAGE = re.compile(r"data:image/(png|webp|jpeg);base64,([A-Za-z0-9+/]+={0,2})")
URL_CHARACTERS = re.compile(r"[!#-;=?-\[\]_a-z~%]{1,2048}")
"""Printable ASCII without characters that could end an attribute, such as quotes, angle brackets and spaces."""

_PICTURE = r"""\([\t-\r ]*(['"]?)data:image/(?:png|webp|jpeg);base64,[a-z0-9+/]+={0,2}\1[\t-\r ]*\)"""
UNSAFE_CSS = re.compile(
    r"\\|<|@(?:import|font-face|namespace)|"
    rf"\b(?:url(?!{_PICTURE})|src|image|image-set|cross-fade|element)[\t-\r ]*\(",
    re.IGNORECASE | re.ASCII,
)
"""Each match can load a resource from elsewhere, or hide a rule that does. Use ``search`` on the whole style sheet.

A picture in the style sheet itself is safe: ``url(data:image/png;base64,…)``.
"""


def culture_of(tag: str) -> str | None:
    """Return the language and region of a tag in the shape ``CULTURE``; None if it has no language of two letters."""
    parts = LANGUAGE_TAG.fullmatch(tag)
    if parts is None or len(parts[1]) > 2:
        return None
    region = parts[2] or ("TW" if _TRADITIONAL.match(tag) else "")
    return f"{parts[1].lower()}-{region.upper()}" if region else parts[1].lower()


_TRADITIONAL = re.compile("zh[-_]hant", re.IGNORECASE)
"""Chinese in the traditional script, wherever it is read: as it is written in Taiwan."""
