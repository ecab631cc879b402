"""The texts that visitors read: built in for four languages, checked when an owner writes his own."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

BUILT_IN_LANGUAGES = ("en", "fr", "nl", "de")

_LONGEST = 5_000
_RICH = re.compile(r"(startup|inner)Disclaimer|category\w+(Excerpt|Description)|cookieDeclaration")
_PIECES = re.compile(r"(<[^<>]*>)")
_TAG = re.compile(r"<(?P<close>/?)(?P<name>b|strong|i|em|br|a)(?P<attributes>\s[^<>]*?)?\s*/?>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\s*(?P<name>href|target|rel)\s*=\s*(?P<quote>["'])(?P<value>[^"']*)(?P=quote)""", re.IGNORECASE
)
_URL = re.compile(r"[!#-;=?-\[\]_a-z~%]{1,2048}")  # printable ASCII without quotes, angle brackets, spaces


@cache
def built_in(language: str) -> Mapping[str, str]:
    """Give the texts of a language of BUILT_IN_LANGUAGES by their name in the contract."""
    texts: dict[str, str] = json.loads((files(__package__) / "built_in_texts" / f"{language}.json").read_text("utf-8"))
    return texts


def names() -> frozenset[str]:
    """All names that a text may have."""
    return frozenset(built_in("en"))


def inherited(language: str) -> Mapping[str, str]:
    """What a language has without anybody writing: ``fr-CA`` inherits French; an unknown language nothing."""
    base = language.partition("-")[0]
    return built_in(base) if base in BUILT_IN_LANGUAGES else {}


def checked(name: str, text: str) -> str:
    """Give a text as it is published: with links and emphasis where the contract has room for them, else plain.

    Raises ValueError with a sentence for the site owner.
    """
    return rich(text) if _RICH.fullmatch(name) else plain(text)


def plain(text: str) -> str:
    """A label: no markup at all."""
    if len(text) > _LONGEST or not text.strip():
        raise ValueError(f"must have 1 to {_LONGEST} characters")
    if re.search(r"<[a-zA-Z/!]", text):
        raise ValueError("is a plain label: no markup")
    return text.strip()


def rich(text: str) -> str:
    """A text with <b> <strong> <i> <em> <br> and <a href="https://…">, brought into one form that has nothing else.

    In that form ``&``, ``<`` and ``>`` outside a tag are always entities, and tags are lower case, closed and nested.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST} characters")
    open_tags: list[str] = []
    published = "".join(_canonical(text.strip(), open_tags))
    if open_tags:
        raise ValueError(f"<{open_tags[-1]}> is not closed")
    return published


def https_url(value: str) -> str:
    """Check a URL that visitors may follow: https, a host, no user, nothing that could end an attribute."""
    parts = urlsplit(value) if _URL.fullmatch(value) else None
    if parts is None or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be a URL that starts with https://")
    return value


def _canonical(text: str, open_tags: list[str]) -> Iterator[str]:
    for piece in _PIECES.split(text):
        if not piece.startswith("<"):
            yield html.escape(html.unescape(piece), quote=False)
            continue
        tag = _TAG.fullmatch(piece)
        if tag is None:
            raise ValueError(
                f"{piece[:40]} is not allowed: only links, <b>, <strong>, <i>, <em> and <br>; write &lt; for <"
            )
        yield _canonical_tag(tag, open_tags)


def _canonical_tag(tag: re.Match[str], open_tags: list[str]) -> str:
    name = tag["name"].lower()
    if name == "br":
        return "<br>"
    if tag["close"]:
        if not open_tags or open_tags.pop() != name:
            raise ValueError(f"</{name}> closes nothing")
        return f"</{name}>"
    open_tags.append(name)
    href = _href(tag["attributes"] or "", name)
    return f'<a href="{href}">' if name == "a" else f"<{name}>"


def _href(attributes: str, name: str) -> str | None:
    """The link of <a>; ``target`` and ``rel`` are dropped, for the widget sets its own."""
    found = {match["name"].lower(): match["value"] for match in _ATTRIBUTE.finditer(attributes)}
    if _ATTRIBUTE.sub("", attributes).strip() or (found and name != "a"):
        raise ValueError(f"<{name}> may have no attribute but the href of a link")
    if name != "a":
        return None
    return https_url(found.get("href", "").replace("&amp;", "&"))
