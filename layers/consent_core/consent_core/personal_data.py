"""The recognition of personal data in what a page sends with a decision: its name for the visitor, and its address.

Every loop has a fixed number of rounds, and a length is checked before the first one.
"""

import base64
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from consent_core import origins

LONGEST_REFERRER = 2_048

_ROUNDS = 8
"""The most encodings inside one another that are undone. A value with more of them counts as personal data."""

_PRINTABLE_ASCII = re.compile(r"[ -~]{0,128}")
_EXACT = 2**53
"""From here on, a floating-point number does not hold all of its digits."""

_ESCAPE = re.compile(
    r"(?:%u|\\u)([0-9a-f]{4})|\\u\{0*([0-9a-f]{1,5})\}|\\x([0-9a-f]{2})|&#x0*([0-9a-f]{1,5});?", re.IGNORECASE
)
_ENTITY = re.compile(r"&#0*([0-9]{1,5})(?![0-9]);?")
_NAMES = {"&commat;": "@", "&amp;": "&", "&num;": "#"}
_SIGNS = str.maketrans({"\uff20": "@", "\ufe6b": "@"})
"""The characters that Unicode holds to be another form of ``@`` (NFKC)."""

_SEPARATORS = re.compile(r"0x|[\s:,-]", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]@(?:[\w-]+\.)+[^\W\d_]{2}")
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_RARER = ("cp1252", "utf-16-le", "utf-16-be")
_PART_OF_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{9,}")
"""A JSON object in base64, with room for an address: a part of a JSON Web Token."""

_MOST_SEGMENTS = 64
_LONGEST_SEGMENT = 100
_PHONE_NUMBER = re.compile(r"\d(?:[\s().+–-]{0,3}\d){6}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{16}", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[@;?#\\]|[^ -~]*[\x00-\x1f\x7f]")
_WORD = re.compile(r"[A-Za-z0-9]+")
_TURN = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_MIXED_CASE = re.compile(r"[a-z][A-Z]")


def usable_user_id(value: object) -> str | None:
    """Return the page's name for the visitor: a text exactly as it was sent, a number as its digits.

    Return None if it cannot be stored: it may be an e-mail address, it is not 0 to 128 characters of printable ASCII,
    or it is neither a text nor a number whose digits are all known.
    """
    text = value if isinstance(value, str) else _digits(value)
    if text is None or not _PRINTABLE_ASCII.fullmatch(text) or _holds_address(text):
        return None
    return text


def page_of(referrer: str, origin: str | None) -> str | None:
    """Return the page's address without user, query, fragment, parameters, and segments that look like personal data.

    Return None if it is longer than 2,048 characters, has more than 64 segments, is not an http(s) address, or is not
    of ``origin``, the page's normalised one (None: a native app, whose addresses are compared with none).
    """
    if len(referrer) > LONGEST_REFERRER or " " in referrer or "\\" in referrer or not referrer.isprintable():
        return None
    try:
        url = urlsplit(referrer)
    except ValueError:
        return None
    site = origins.normalise(f"{url.scheme}://{url.netloc.rpartition('@')[2]}")
    if site is None or origin not in {None, site}:
        return None
    segments = [segment.partition(";")[0] for segment in url.path.split("/")]
    if len(segments) > _MOST_SEGMENTS:
        return None
    kept = [segment for segment in segments if not _names_someone(segment)]
    return site + "/".join(kept) if len(kept) > 1 else site


def _digits(number: object) -> str | None:
    if isinstance(number, float) and abs(number) < _EXACT:
        digits = str(int(number) if number.is_integer() else number)
        return None if "e" in digits else digits
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else None


def _holds_address(value: str) -> bool:
    """Return whether an e-mail address can be read: in clear, or after one or several simple decodings.

    Digits mean many things: after hexadecimal, and in a part of a token, a lone ``@`` is no address.
    """
    readable = (value, *_PART_OF_TOKEN.findall(value))
    return _reads(value, _base64_text, "@") or any(_reads(each, _digits_text, "") for each in readable)


def _reads(value: str, decode: Callable[[str], str], sign: str) -> bool:
    """Return whether ``sign`` can be read; an empty one stands for a whole address."""
    for _ in range(_ROUNDS):
        if sign in value if sign else _ADDRESS.search(value):
            return True
        decoded = _unescaped(value)
        if decoded == value:
            decoded = decode(value)
        if not decoded:
            return False
        value = decoded
    return True


def _unescaped(value: str) -> str:
    """Undo one layer of the escapes of addresses, HTML and JavaScript, and the other forms of ``@``."""
    text = unquote(value).translate(_SIGNS)
    if "&" in text or "\\" in text or "%" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[found.lastindex or 0], 16)), text)
        text = _ENTITY.sub(lambda found: chr(int(found[1])), text)
        for name, sign in _NAMES.items():
            text = text.replace(name, sign)
    return text


def _digits_text(value: str) -> str:
    """Return the text that ``value`` encodes in hexadecimal, otherwise the one in base64."""
    try:
        text = _text(bytes.fromhex(_SEPARATORS.sub("", value)))
    except ValueError:
        return _base64_text(value)
    return text or _base64_text(value)


def _base64_text(value: str) -> str:
    """Return the text that ``value`` encodes in base64 (either alphabet, padded or not); empty if it is not text."""
    data = value.replace(" ", "").rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return _text(base64.b64decode(data + "=" * (-len(data) % 4), validate=True))
    except ValueError:
        return ""


def _text(meaning: bytes) -> str:
    """Return the text that bytes stand for, or nothing.

    Random bytes are rarely UTF-8, marked UTF-16 or printable Latin-1. Other encodings count if they show an address.
    """
    if meaning[:2] in _MARKS:
        return meaning.decode("utf-16", "replace")
    try:
        return meaning.decode()
    except UnicodeDecodeError:
        text = meaning.decode("latin-1")
    if text.isprintable():
        return text
    readings = (" ".join(meaning.decode(encoding, "replace").translate(_SIGNS).split()) for encoding in _RARER)
    return next((text for text in readings if text.isprintable() and _ADDRESS.search(text)), "")


def _names_someone(segment: str) -> bool:
    """Return whether a segment of a path looks like an e-mail address, a phone number or a token."""
    for _ in range(_ROUNDS):
        decoded = unquote(segment)
        if decoded == segment:
            break
        segment = decoded
    else:
        return True
    return (
        len(segment) > _LONGEST_SEGMENT
        or _ELSEWHERE.search(segment) is not None
        or _PHONE_NUMBER.search(segment) is not None
        or _HEXADECIMAL.search(segment.replace("-", "")) is not None
        or _holds_address(segment)
        or any(_is_token(word) for word in _WORD.findall(segment))
    )


def _is_token(word: str) -> bool:
    """Return whether a word is none that people write: digits among letters, or capitals among small ones."""
    turns = len(_TURN.findall(word))
    mixed = _MIXED_CASE.search(word) is not None
    return turns > 2 or (mixed and turns > 0) or (len(word) >= 20 and (mixed or turns > 0))
