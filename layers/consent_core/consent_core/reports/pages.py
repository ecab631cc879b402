"""How the pages are made: what others wrote is escaped, isolated by ``<bdi>``, and cannot turn the words around it."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from consent_core.reports.printable import printable

TEMPLATES = Path(__file__).with_name("templates")

ACTIONS = {
    "AcceptAll": "Accept all",
    "RefuseAll": "Refuse all",
    "Selection": "A selection",
    "Api": "By the page’s own code",
    "Signal": "By a signal of the browser (GPC, Do Not Track)",
}
"""The words for the actions of a proof."""

_TAGS = map(chr, range(0xE0020, 0xE0080))
_IN_TEXTS = frozenset("\t\n\u00a0\u00ad\u061c\u200c\u200d\u200e\u200f\u202f\u2060").union(_TAGS)
"""Characters that scripts, spacing and emoji need. None opens or closes a direction of its own."""


def environment() -> Environment:
    """Return the environment of the pages. It prints text like a terminal does, except by the filter ``foreign``."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_strict,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["foreign"] = foreign
    return made


def style_of(report: str) -> Markup:
    """Return the style sheet of a report's own page: that of the page, then that of the parts."""
    sheets = (TEMPLATES / name for name in (f"{report}.css", f"{report}_parts.css"))
    return Markup("\n".join(sheet.read_text("utf-8") for sheet in sheets))  # noqa: S704 - our own files


def foreign(text: object) -> Markup:
    """Return what others wrote, isolated. Markup of texts keeps its links and emphasis; other text is escaped."""
    markup = escape(text)
    return Markup(f"<bdi>{printable(markup, kept=_IN_TEXTS)}</bdi>")  # noqa: S704 - escaped above


def _strict(value: object) -> object:
    """Make text printable. Markup comes from a filter of ours, or from a macro whose values came through here."""
    return printable(value, kept="\n") if isinstance(value, str) and not isinstance(value, Markup) else value
