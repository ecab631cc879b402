"""Descriptions of services and of their cookies: in one language, and by name in a file for translators.

A description is one text for all languages, which counts as that of the widget's first language, or a text for each.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

DESCRIPTION = "description"

type Described = Mapping[str, Any]
"""A service or a cookie."""

type Description = str | Mapping[str, str]


def own_text(said: Description, language: str, first: str) -> str:
    """Return what a description says in a language itself. ``first`` is the widget's first language."""
    if isinstance(said, str):
        return said if language == first else ""
    return said.get(language, "")


def with_text(said: Description, text: str, language: str, first: str) -> Description:
    """Return a description with another text in a language; an empty one is left out. The others keep theirs."""
    if isinstance(said, str):
        if language == first:
            return text
        return {**({first: said} if said else {}), language: text} if text else said
    if text:
        return {**said, language: text}
    return {each: own for each, own in said.items() if each != language} or ""


# --- By name ----------------------------------------------------------------------------------------------------------


def named(services: Sequence[Described]) -> dict[str, Description]:
    """Return the descriptions by their names, such as ``service/matomo/cookie/_pk_id*/description``.

    Slugs and names of cookies have dots, and no slashes. A second cookie of one name is ``service/matomo/cookie/a/2``.
    """
    return {name: each.get(DESCRIPTION, "") for name, each in _described(services)}


def labels(services: Sequence[Described]) -> dict[str, str]:
    """Return for each name, in the same order, whose description it is, as people read it."""
    said = [
        label
        for service in services
        for label in (
            f"Service {service['name']}",
            *(f"Cookie {cookie['name']} of {service['name']}" for cookie in service.get("cookies", ())),
        )
    ]
    return dict(zip(named(services), said, strict=True))


def changed(services: Sequence[Described], own: Mapping[str, str], language: str, first: str) -> Sequence[Described]:
    """Return the services with other texts in a language, by their names; an empty one is left out."""
    copied = deepcopy([*services])
    for name, each in _described(copied):
        if name in own:
            each[DESCRIPTION] = with_text(each.get(DESCRIPTION, ""), own[name].strip(), language, first)
    return copied


def unknown(name: str, services: Sequence[Described]) -> str | None:
    """Return a sentence about a name without a description; None for one that is not made as those are."""
    match name.split("/"):
        case ["service", slug, *_] if all(each["slug"] != slug for each in services):
            return "the row is for a service that the widget does not have: delete the row"
        case ["service", _, "cookie", _, *_]:
            return "the row is for a cookie that the service does not have: delete the row"
    return None


def _described(services: Sequence[Described]) -> Iterator[tuple[str, Any]]:
    for lead, service in _numbered("service", services, "slug"):
        yield f"{lead}/{DESCRIPTION}", service
        for below, cookie in _numbered(f"{lead}/cookie", service.get("cookies", ()), "name"):
            yield f"{below}/{DESCRIPTION}", cookie


def _numbered(lead: str, parts: Sequence[Described], member: str) -> Iterator[tuple[str, Described]]:
    seen: Counter[str] = Counter()
    for part in parts:
        own = part[member]
        seen[own] += 1
        yield f"{lead}/{own}/{seen[own]}" if seen[own] > 1 else f"{lead}/{own}", part
