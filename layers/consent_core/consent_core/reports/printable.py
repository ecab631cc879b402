"""The one rule for what may pass to a terminal or a page of what others wrote.

Labels, pages, names, messages of servers, file names and arguments come from others. A terminal obeys some of their
characters: control characters, direction marks and invisible ones. Text shows each as U+FFFD, JSON as an escape.
"""

import json
import re
import unicodedata
from collections.abc import Container

_OF_JSON = re.compile(r"[^\n -~]")


def printable(text: str, *, kept: Container[str] = "") -> str:
    """Return ``text`` without the characters that are not printable (``str.isprintable``), except those ``kept``.

    A space of any kind becomes a space. Any other one becomes U+FFFD: C0, DEL, C1, format characters such as direction
    marks, separators of lines, lone surrogates, and code points that have no character.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in kept else _replacement(each) for each in text)


def escaped(text: str) -> str:
    """Return JSON in which every character that is not printable is an escape: outside strings there is none."""
    return _OF_JSON.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


def _replacement(character: str) -> str:
    return " " if unicodedata.category(character) == "Zs" else "\N{REPLACEMENT CHARACTER}"
