"""HTML that the service writes: published texts and attributes, so that no text of an owner becomes an element."""

import html
import re
from collections.abc import Mapping

_PIECES = re.compile(r"(<[^<>]*>)")
_KEPT = re.compile(r"</?(?:b|strong|i|em|p|ul|ol|li|a)>|<br>")
_LINK = re.compile(r'<a href="((?:https://|/(?![/\\]))[^"<>]*)">')


def rich(text: str | None, *, link: Mapping[str, str] | None = None) -> str:
    """Return a published text, which has entities for its characters. Tags that publishing would refuse are dropped.

    Its links get the attributes of ``link``, too.
    """
    return "".join(_piece(piece, attributes(link or {})) for piece in _PIECES.split(text or ""))


def attributes(values: Mapping[str, str]) -> str:
    """Return the attributes of a tag, each after a space."""
    return "".join(f' {name}="{html.escape(value)}"' for name, value in values.items())


def _piece(piece: str, link: str) -> str:
    if not piece.startswith("<"):
        return piece.replace("<", "&lt;").replace(">", "&gt;")
    if found := _LINK.fullmatch(piece):
        return f'<a href="{found[1]}"{link}>'
    return piece if _KEPT.fullmatch(piece) else ""
