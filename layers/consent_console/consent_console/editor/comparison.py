"""The differences between two definitions, as people read them: grouped by page, old and new side by side."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from consent_console import forms
from consent_console.editor import parts, places, text_groups
from consent_console.labels import CHOICES, LABELS
from consent_console.languages import name_of as name_of_language
from consent_core.catalogue import candidates
from consent_core.problems import Place
from consent_core.publishing import lint, texts
from consent_core.publishing.differences import Difference

_LONGEST = 400
"""The most characters of a value that are shown."""

_NAMES = {
    "origins": "Domains",
    "keys": "Public keys",
    "languages": "Languages",
    "services": "Services",
    "policies": "Rules for regions",
    "renewal": "Ask everybody again",
    "translations": "Texts",
    "controller": "The person or company that answers",
    "darkColors": "Colours on dark devices",
    "consentModeOptions": "Options of Google's tags",
}
_HEADINGS = {
    **dict.fromkeys(("origins", "keys"), "Domains and keys"),
    "languages": "Languages",
    "services": "Services",
    "policies": "Rules for regions",
    "renewal": "Ask everybody again",
}
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Row(NamedTuple):
    """One change. For a list, ``before`` are the entries that go away, and ``after`` those that come.

    ``empty`` says what counts where one of both is empty.
    """

    label: str
    before: str
    after: str
    empty: str
    is_colour: bool
    is_list: bool
    takes_away: bool
    link: str


class Group(NamedTuple):
    """The changes of one page, or of the texts of one language."""

    heading: str
    rows: Sequence[Row]


def groups(widget_id: int, found: Iterable[Difference], definition: Mapping[str, Any]) -> list[Group]:
    """Return the differences as they are shown, in the order of their pages."""
    rows: dict[str, list[Row]] = {}
    listed = [*found]
    changed = frozenset(each.member for each in listed)
    for each in listed:
        rows.setdefault(_heading(each.member), []).append(_row(widget_id, each, definition, changed))
    return [Group(heading, rows[heading]) for heading in sorted(rows, key=_order)]


def name_of(member: str, definition: Mapping[str, Any] | None = None) -> str:
    """Return what a member is called, by its dotted path. The definition has the names of services."""
    return _label(member, definition or {})


def title_of(place: Place, definition: Mapping[str, Any]) -> str:
    """Return what the field at a place is called."""
    match place:
        case ():
            return "The definition"
        case ("services", int(at), *inner):
            services = _services(definition)
            slug = services[at].get("slug", "") if at < len(services) else ""
            return _label(".".join(["services", slug, *(str(each) for each in inner[:1])]), definition)
        case ("translations", str(culture), *inner):
            return f"{name_of_language(culture)}: {_text(str(inner[0]))}" if inner else name_of_language(culture)
        case (str(member), str()) if member in LABELS:  # in one language
            return _label(member, definition)
    return _label(".".join(each for each in place if isinstance(each, str)), definition)


def _row(widget_id: int, found: Difference, definition: Mapping[str, Any], changed: frozenset[str]) -> Row:
    is_colour = _is_colour(found.member)
    return Row(
        _label(found.member, definition),
        _shown(found.member, found.before),
        _shown(found.member, found.after),
        "built in" if is_colour else _built_in(found.member, definition, changed) or "empty",
        is_colour,
        found.is_list,
        found.takes_away,
        places.address_of(widget_id, _place(found.member, definition), definition),
    )


def _is_colour(member: str) -> bool:
    return member.removeprefix("darkColors.") in LABELS and forms.kind_of(member) == "colour"


def _built_in(member: str, definition: Mapping[str, Any], changed: frozenset[str]) -> str:
    """Return what visitors read without a text of the owner; empty if that is, or was, a text in another language."""
    match member.split("."):
        case ["translations", culture, name] if name in text_groups.LABELS:
            stated = definition.get("translations", {})
            others = {*candidates(culture)} - {culture}
            if any(name in stated.get(each, {}) or f"translations.{each}.{name}" in changed for each in others):
                return ""
            source = "built in" if lint.is_built_in(culture) else "in English"
            return _cut(f"{source}: {texts.built_in(texts.spoken(culture))[name]}")
    return ""


def _heading(member: str) -> str:
    first, _, rest = member.partition(".")
    if first == "translations":
        return f"Texts in {name_of_language(rest.partition('.')[0])}" if rest else "Texts"
    page = next((name for name, found in parts.PARTS.items() if _has(found, member)), None)
    return page.capitalize() if page else _HEADINGS.get(first, "Others")


def _has(found: Iterable[parts.Group], member: str) -> bool:
    names = [name for group in found for name in group.names]
    return any(name == member or name.startswith(f"{member}.") or member.startswith(f"{name}.") for name in names)


_ORDER = ("Domains and keys", "Services", "Look", "Behaviour", "Rules for regions", "Languages", "Texts")


def _order(heading: str) -> tuple[int, str]:
    known = (at for at, name in enumerate(_ORDER) if heading.startswith(name))
    return next(known, len(_ORDER)), heading


def _label(member: str, definition: Mapping[str, Any]) -> str:
    first, _, rest = member.partition(".")
    if member in _NAMES:
        return _NAMES[member]
    if first == "services":
        slug, _, inner = rest.partition(".")
        named = next((each.get("name") for each in _services(definition) if each.get("slug") == slug), slug)
        if inner.startswith("description."):
            return f"{named}: Description in {name_of_language(inner.removeprefix('description.'))}"
        return f"{named}: {_words(inner)}" if inner else str(named)
    if first == "translations" and "." in rest:
        return _text(rest.partition(".")[2])
    known = LABELS.get(member.removeprefix("darkColors."))
    if known:
        return f"{known.text} (dark)" if member.startswith("darkColors.") else known.text
    return _words(member.rpartition(".")[2])


def _text(name: str) -> str:
    return text_groups.LABELS.get(name, name)


def _words(name: str) -> str:
    """Return the name of a member as words: ``startupTitle`` is *Startup title*."""
    return _WORDS.sub(" ", name.replace(".", " ")).capitalize().strip()


def _place(member: str, definition: Mapping[str, Any]) -> Place:
    """Return the place of a member, whose services have their slugs in place of numbers."""
    first, *rest = member.split(".")
    if first == "services" and rest:
        slugs = [each.get("slug") for each in _services(definition)]
        return ("services", slugs.index(rest[0]), *rest[1:]) if rest[0] in slugs else ("services",)
    if first == "policies":
        return ("policies",)
    return (first, *rest)


def _services(definition: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [each for each in definition.get("services", ()) if isinstance(each, dict)]


def _shown(member: str, value: object) -> str:
    match value:
        case None | "":
            text = ""
        case bool():
            text = "yes" if value else "no"
        case str():
            text = CHOICES.get(member, {}).get(value, value)
        case list() if all(isinstance(each, str) for each in value):
            text = "\n".join(value)
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False)
        case _:
            text = str(value)
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
