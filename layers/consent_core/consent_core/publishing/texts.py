"""The texts that visitors read: built in for many languages, and checked when a site owner writes others."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from consent_core import built_in_texts, shapes

BUILT_IN_LANGUAGES = built_in_texts.LANGUAGES
built_in = built_in_texts.texts_in
spoken = built_in_texts.spoken

OF_SIGNALS = frozenset(("signalHonouredLabel",))
"""Texts that only widgets need that hear browsers' signals."""

OF_CONTROLLER = frozenset(("controllerLabel", "dataProtectionOfficerLabel"))
"""Texts that only widgets need that name their controller."""

OF_RECEIPTS_AND_DECLARATION = frozenset(
    (
        "receiptDateLabel",
        "receiptSiteLabel",
        "receiptReferenceLabel",
        "receiptCopyLabel",
        "receiptCopiedLabel",
        "receiptDownloadLabel",
        "acceptedLabel",
        "refusedLabel",
        "notRefusedLabel",
        "declarationCookieLabel",
        "declarationDurationLabel",
        "declarationPurposeLabel",
        "declarationStateLabel",
        "declarationUpdatedLabel",
    )
)
"""Texts of receipts and of the cookie declaration."""


class Placeholders(NamedTuple):
    """The placeholders that the SDK fills in a text. Visitors miss something without one that is ``needed``."""

    needed: tuple[str, ...]
    others: tuple[str, ...] = ()


PLACEHOLDERS: Mapping[str, Placeholders] = {
    "activeCountLabel": Placeholders(("{count}", "{total}")),
    "privacyPolicyLabel": Placeholders(("{name}",)),
    "frameTitle": Placeholders(("{name}",), ("{purpose}",)),
    "frameText": Placeholders(("{purpose}",), ("{name}",)),  # the title has the name
    "frameAlwaysLabel": Placeholders((), ("{name}", "{purpose}")),  # the SDK says the name after it
}
"""By the names of texts. In all others a placeholder stays as it is written."""

_RIGHT_TO_LEFT = frozenset(("ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))

_LONGEST = 5_000
_FEW = 5
_RICH = re.compile(r"(startup|inner)Disclaimer|category\w+(Excerpt|Description)|cookieDeclaration")
_ONE_LINE = "cookieDeclaration"
_BLOCKS = {"p", "ul", "ol"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_PIECES = re.compile(r"(<[^<>]*>)")
_BRACES = re.compile(r"\{[^{}]{0,40}\}")
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{100}")
# Possessive repetitions (*+) never give back what they took, so white space is passed over once.
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>b|strong|i|em|br|a|p|ul|ol|li)(?P<attributes>\s[^<>]*+|/)?>", re.IGNORECASE | re.ASCII
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>href|target|rel)\s*+=\s*+(?P<quote>["'])(?P<value>[^"']*+)(?P=quote)""", re.IGNORECASE | re.ASCII
)


def names() -> frozenset[str]:
    """Return all names that a text may have."""
    return frozenset(built_in("en"))


def direction(language: str) -> str:
    """Return ``rtl`` for a language that is written from right to left, otherwise ``ltr``."""
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def checked(name: str, text: str) -> str:
    """Return a text as it is published: rich if the contract allows markup in ``name``, else plain.

    Raises ValueError with a sentence for the site owner.
    """
    if not _RICH.fullmatch(name):
        return plain(text)
    published = rich(text)
    if name == _ONE_LINE and re.search(r"<(p|ul|ol)>", published):
        raise ValueError("must be one line, without paragraphs or lists")
    return published


def wrong_placeholders(name: str, text: str) -> str:
    """Return a sentence about placeholders that are missing in a text or that the SDK does not fill; empty if none."""
    needed, others = PLACEHOLDERS.get(name, Placeholders(()))
    written = dict.fromkeys(_BRACES.findall(text))
    missing = [each for each in needed if each not in written]
    unknown = [each for each in written if each not in {*needed, *others}]
    said = []
    if missing:
        said.append(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    if unknown:
        said.append(f"the window has no value for {', '.join(unknown[:_FEW])}, so visitors read the braces")
    return "; ".join(said)


def plain(text: str) -> str:
    """Return a plain text without surrounding white space. Raises ValueError if it is empty or has markup."""
    _check(text)
    if not text.strip():
        raise ValueError("must not be empty")
    if re.search(r"<[a-zA-Z/!]", text):
        raise ValueError("must be a plain label, without markup")
    return text.strip()


def rich(text: str) -> str:
    """Return a rich text in canonical form. It may have <b> <strong> <i> <em> <br> <p> <ul> <ol> <li> and links only.

    In canonical form ``&`` is always an entity, as are ``<`` and ``>`` outside a tag; tags are lower case, closed and
    nested. A canonical text stays the same. Raises ValueError with a sentence for the site owner.
    """
    _check(text)
    open_tags: list[str] = []
    published = "".join(_canonical(text, open_tags)).strip()
    if open_tags:
        raise ValueError(f"<{open_tags[-1]}> is not closed")
    if len(published) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST:,} characters, and & < > count as &amp; &lt; &gt;")
    return published


def https_url(value: str) -> str:
    """Return a URL that visitors may follow. Raises ValueError unless it is https, with a host and without a user.

    Its characters cannot end an HTML attribute.
    """
    if not shapes.URL_CHARACTERS.fullmatch(value) or not _is_https(value):
        raise ValueError("must be a URL that starts with https://")
    return value


def _is_https(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:  # an invalid IPv6 address or port
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc


def storable(text: str) -> str:
    """Return the text. Raises ValueError for a lone surrogate, which JSON can escape but UTF-8 cannot store."""
    if _SURROGATE.search(text):
        raise ValueError("it holds half a character (a lone surrogate)")
    return text


def _check(text: str) -> None:
    if len(text) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST:,} characters")
    storable(text)


def _canonical(text: str, open_tags: list[str]) -> Iterator[str]:
    for piece in filter(None, _PIECES.split(text)):
        if not piece.startswith("<"):
            if piece.strip() and open_tags[-1:] in (["ul"], ["ol"]):
                raise ValueError(f"<{open_tags[-1]}> may hold <li> only")
            yield html.escape(_unescaped(piece), quote=False)
            continue
        tag = _TAG.fullmatch(piece)
        if tag is None:
            raise ValueError(
                f"{piece[:40]} is not allowed: only links, <b>, <strong>, <i>, <em>, <br>, <p>, <ul>, <ol> and <li>; "
                "write &lt; for <"
            )
        yield _canonical_tag(tag, open_tags)


def _unescaped(text: str) -> str:
    if _LONG_REFERENCE.search(text):
        raise ValueError("it has a character reference with too many digits")
    return html.unescape(text)


def _canonical_tag(tag: re.Match[str], open_tags: list[str]) -> str:
    name = tag["name"].lower()
    if name == "br":
        return "<br>"
    if tag["close"]:
        if not open_tags or open_tags.pop() != name:
            raise ValueError(f"</{name}> closes nothing")
        return f"</{name}>"
    _check_place(name, open_tags)
    open_tags.append(name)
    href = _href((tag["attributes"] or "").removesuffix("/"), name)
    return f'<a href="{href}">' if name == "a" else f"<{name}>"


def _check_place(name: str, open_tags: list[str]) -> None:
    is_in_list = open_tags[-1:] in (["ul"], ["ol"])
    if name == "a" and "a" in open_tags:
        raise ValueError("a link cannot lie in a link")
    if is_in_list != (name == "li"):
        raise ValueError(f"<{open_tags[-1]}> may hold <li> only" if is_in_list else "<li> must lie in <ul> or <ol>")
    if name in _BLOCKS and not {*open_tags} <= {"ul", "ol", "li"}:
        raise ValueError(f"<{name}> cannot lie in <{open_tags[-1]}>")


def _href(attributes: str, name: str) -> str | None:
    """Return the link of <a>. ``target`` and ``rel`` are dropped, because the widget sets its own."""
    found = {match["name"].lower(): match["value"] for match in _ATTRIBUTE.finditer(attributes)}
    if _ATTRIBUTE.sub("", attributes).strip() or (found and name != "a"):
        raise ValueError(f"<{name}> may have no attribute but the href of a link")
    if name != "a":
        return None
    # Only &amp; counts: a browser reads &copy=1 in a link as it stands.
    return _target(found.get("href", "").replace("&amp;", "&")).replace("&", "&amp;")


def _target(href: str) -> str:
    """Return where a link leads: a URL, or a path of the site, which is the same on all of its pages."""
    if shapes.URL_CHARACTERS.fullmatch(href) and (_is_https(href) or re.match("/(?!/)", href)):
        return href
    raise ValueError("a link must start with https://, or with / for a page of the site")
