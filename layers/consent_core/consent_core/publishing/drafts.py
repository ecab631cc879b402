"""Drafts: definitions that are being edited. A widget has one at most, and only people with its key may see it.

``expected`` is the number of the draft that the author has seen, or None. Each write makes the number grow, so that a
second author is told of the first: DraftConflictError. ``actor`` is the author.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from consent_core.dates import timestamp
from consent_core.errors import ConflictError, DefinitionError, NotFoundError
from consent_core.problems import Place, Problem
from consent_core.publishing import changes, check, history, widgets
from consent_core.publishing.changes import Published
from consent_core.publishing.check import Findings
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, members
from consent_core.publishing.differences import Difference
from consent_core.publishing.widgets import Widget
from consent_core.shapes import LARGEST_ID
from consent_core.widget_table import LARGEST_ITEM, Draft, WidgetTable

_MOST_ATTEMPTS = 20
"""Ids that are tried for a new widget. The steps between them double, so a million used ones are passed."""


# --- New widgets ------------------------------------------------------------------------------------------------------


def create(  # noqa: PLR0913 - each is a part of the question
    table: WidgetTable,
    label: str,
    origin: str,
    languages: Sequence[object],
    *,
    actor: str,
    now: datetime,
    new_key: Callable[[], str] = changes.new_public_key,
) -> Draft:
    """Make a new widget, as a draft. Its id was never used before; its definition has a new public key.

    Raises DefinitionError for a label, an origin or languages that no definition can have. Raises ConflictError in the
    rare case that none of the ids that were tried is free.
    """
    stated = {"label": label, "keys": [new_key()], "origins": [origin], "languages": list(languages)}
    for widget_id in islice(_ids_after(table.last_listed()), _MOST_ATTEMPTS):
        definition = definition_from_json(json.dumps({"id": widget_id, **stated}))
        draft = _written(_of(_new(widget_id, 0), definition), actor, now)
        with suppress(ConflictError):
            table.create(draft)
            return draft
    raise ConflictError


def _ids_after(widget_id: int) -> Iterator[int]:
    """Yield ids above one that is used, with growing steps. After the largest one the first one follows."""
    step = 1
    while True:
        widget_id = (widget_id + step - 1) % LARGEST_ID + 1
        yield widget_id
        step *= 2


# --- Editing ----------------------------------------------------------------------------------------------------------


def read(table: WidgetTable, widget_id: int, *, expected: int | None = None) -> Draft:
    """Return the draft. Raises NotFoundError without one, DraftConflictError if its number is not the expected one."""
    draft = table.draft(widget_id)
    if draft is None or (draft.is_over and expected is None):
        raise NotFoundError.draft(widget_id)
    if expected not in {None, draft.number} or draft.is_over:
        raise draft.conflict()
    return draft


def start(table: WidgetTable, widget_id: int, *, actor: str, now: datetime) -> Draft:
    """Begin a draft with the definition that is live.

    Raises NotFoundError without a live widget, DraftConflictError if there is a draft.
    """
    return _saved(table, _begun(table, widget_id, None), actor, now)


def save(
    table: WidgetTable, definition: WidgetDefinition, *, actor: str, now: datetime, expected: int | None = None
) -> Draft:
    """Replace the whole definition. Without an expected number this begins a draft, so it never replaces an unseen one.

    Raises DefinitionError for a definition that is too large; NotFoundError, DraftConflictError.
    """
    begun = _begun(table, definition.id, expected)
    return _saved(table, _of(begun, definition), actor, now)


def save_part(
    table: WidgetTable,
    widget_id: int,
    part: Mapping[str, object],
    *,
    actor: str,
    now: datetime,
    expected: int | None = None,
) -> Draft:
    """Replace these members of the definition; None as a value leaves a member out. All others stay.

    Raises DefinitionError for a part that is not valid by itself; otherwise as ``save`` does.
    """
    begun = _begun(table, widget_id, expected)
    stated = {**json.loads(begun.definition), **part}
    kept = {name: value for name, value in stated.items() if value is not None}
    definition = definition_from_json(json.dumps(kept), parts_only=True)
    check_id(definition, widget_id)
    return _saved(table, _of(begun, definition), actor, now)


def check_id(definition: WidgetDefinition, widget_id: int) -> None:
    """Raise DefinitionError unless the definition is the one of this widget."""
    if definition.id != widget_id:
        raise DefinitionError([Problem(("id",), f"it is {definition.id}, but this is the draft of widget {widget_id}")])


def discard(table: WidgetTable, widget_id: int, *, expected: int | None = None) -> None:
    """End the draft without publishing it. Raises NotFoundError, DraftConflictError."""
    draft = read(table, widget_id, expected=expected)
    table.save_draft(Draft(widget_id, draft.number + 1))


def problems(draft: Draft) -> tuple[str, ...]:
    """Return a sentence for each fault that keeps the draft from being published."""
    return _problems(draft.definition)


def as_json(draft: Draft) -> dict[str, Any]:
    """Return a draft as the administration API and the command line show it, without its definition and share key."""
    return {
        "widgetId": draft.widget_id,
        "number": draft.number,
        "basedOn": draft.based_on or None,
        "changedAt": draft.changed_at,
        "changedBy": draft.changed_by,
        "problems": list(problems(draft)),
    }


# --- Publishing -------------------------------------------------------------------------------------------------------


def publish(
    table: WidgetTable,
    widget_id: int,
    *,
    actor: str,
    now: datetime,
    expected: int | None = None,
    confirmed: bool = True,
) -> Published:
    """Make the draft live and end it, in one transaction.

    The settings that are live must be those that the draft began from. Keys, domains and switches that were changed
    at once in the meantime stay as they are, unless the draft changes them as well.
    A publication that takes something away is refused unless it is ``confirmed``, or the author has seen the draft.
    Raises DefinitionError, UnconfirmedError, NotFoundError, DraftConflictError; ConflictError with the live revision if
    the draft began from another one.
    """
    draft = read(table, widget_id, expected=expected)
    definition, revision = _on_live(table, draft, definition_from_json(draft.definition))
    return changes.publish(
        table,
        definition,
        actor=actor,
        now=now,
        expected=revision,
        confirmed=confirmed or expected is not None,
        ends_draft=draft.number,
    )


@dataclass(frozen=True, slots=True)
class Review:
    """A draft's publication that is not written yet: the ``definition`` that would be live, and what it changes."""

    definition: Mapping[str, Any]
    differences: tuple[Difference, ...]
    findings: Findings

    @property
    def takes_away(self) -> tuple[Difference, ...]:
        """The differences for which the publication needs a confirmation."""
        return tuple(each for each in self.differences if each.takes_away)


def review(table: WidgetTable, draft: Draft, *, now: datetime) -> Review:
    """Return what the publication of a draft would change, and what prevents it. Nothing is written.

    Raises ConflictError as ``publish`` does.
    """
    begun = definition_from_json(draft.definition, parts_only=True)
    definition, revision = _on_live(table, draft, begun, parts_only=True)
    stated = members(definition)
    live = widgets.read(table, draft.widget_id, expected=revision) if revision else None
    found = tuple(live.differences(definition)) if live else ()
    return Review(stated, found, check.check(table, draft.widget_id, stated, now=now))


_AT_ONCE = ("developerMode", "renewal")
"""The members of a version that a single change sets at once, without a draft."""


def _on_live(
    table: WidgetTable, draft: Draft, definition: WidgetDefinition, *, parts_only: bool = False
) -> tuple[WidgetDefinition, int]:
    """Return the definition with what was changed at once since the draft began, and the live revision."""
    found = widgets.find(table, draft.widget_id)
    live = found.live if found and not found.live.deleted else None
    revision = live.revision if live else 0
    if revision == draft.based_on:
        return definition, revision
    if not found or not live or not draft.based_on:
        raise ConflictError(live.version_key if live else None, revision or None)
    now, then = _at_once(found), _at_once_then(table, draft, found)
    ours = {name: value for name, value in members(definition).items() if name in then and value != then[name]}
    theirs = {name for name, value in now.items() if value != then[name]}
    if ours.keys() & theirs - {"renewal"}:  # of two increases either will do
        raise ConflictError(live.version_key, live.revision)
    merged = json.dumps(members(definition) | now | ours)
    return definition_from_json(merged, parts_only=parts_only), revision


def _at_once(widget: Widget) -> dict[str, Any]:
    stated = widget.definition
    return widget.private | {name: stated[name] for name in _AT_ONCE}


def _at_once_then(table: WidgetTable, draft: Draft, found: Widget) -> Mapping[str, Any]:
    """Return the members that change at once as they were when the draft began.

    Raises ConflictError if they are not known, or if other settings are live since.
    """
    then, private = _base(table, draft, found)
    if _settings(then) != _settings(found):
        raise ConflictError(found.live.version_key, found.live.revision)
    return _at_once(then) | private


def _base(table: WidgetTable, draft: Draft, found: Widget) -> tuple[Widget, dict[str, Any]]:
    """Return the version that the draft began from, and the private members of that time.

    Raises ConflictError if they are not known.
    """
    past = history.read(table, found.live)
    with suppress(NotFoundError):  # release 1.0.0 did not record them
        key = history.version_at(past, draft.widget_id, draft.based_on)
        then = replace(found, public=table.definition(draft.widget_id, key) or "{}")
        return then, history.private_at(past, draft.widget_id, draft.based_on)
    raise ConflictError(found.live.version_key, found.live.revision)


def _settings(widget: Widget) -> dict[str, Any]:
    """Return the settings of a version, without what changes at once."""
    return {name: value for name, value in json.loads(widget.public).items() if name not in _AT_ONCE}


# --- Rebasing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rebase:
    """A draft's changes made again on what is live now. Nothing of it is written yet.

    ``differences`` are those to what is live, and ``both`` the places that were changed there as well since the draft
    began: the draft's values are kept.
    """

    draft: Draft
    definition: Mapping[str, Any]
    differences: tuple[Difference, ...]
    both: tuple[Place, ...]


def rebase(table: WidgetTable, draft: Draft) -> Rebase:
    """Merge what the draft has changed since it began into what is live now.

    Raises DefinitionError for a result that no draft can have; ConflictError if it is not known what the draft began
    from, or if the widget is not live.
    """
    found = widgets.find(table, draft.widget_id)
    if not found or found.live.deleted:
        raise ConflictError(None, None)
    then, private = _base(table, draft, found)
    ours, theirs = members(definition_from_json(draft.definition, parts_only=True)), found.definition
    both: list[Place] = []
    merged = _merged((), then.definition | private, ours, theirs, both)
    merged["renewal"] = max(ours["renewal"], theirs["renewal"])  # of two increases either will do
    definition = definition_from_json(json.dumps(merged), parts_only=True)
    begun = replace(_of(draft, definition), based_on=found.live.revision)
    places = tuple(place for place in both if place != ("renewal",))
    return Rebase(begun, members(definition), tuple(found.differences(definition)), places)


def save_rebased(
    table: WidgetTable, widget_id: int, *, actor: str, now: datetime, expected: int | None = None
) -> Draft:
    """Replace the draft by the one that ``rebase`` makes of it. Raises as ``rebase`` and ``read`` do."""
    return _saved(table, rebase(table, read(table, widget_id, expected=expected)).draft, actor, now)


def _merged(place: Place, base: Any, ours: Any, theirs: Any, both: list[Place]) -> Any:  # noqa: ANN401 - JSON values
    """Return a value with the changes of both since ``base``. A conflict keeps ours, and its place is noted."""
    if ours in (base, theirs):
        return theirs
    if theirs == base:
        return ours
    keyed = [_keyed(value) for value in (base, ours, theirs)]
    if None in keyed or isinstance(ours, dict) != isinstance(theirs, dict):
        both.append(place)
        return ours
    old, mine, other = (each or {} for each in keyed)
    names = dict.fromkeys([*mine, *other])
    found = {name: _merged((*place, name), old.get(name), mine.get(name), other.get(name), both) for name in names}
    kept = {name: value for name, value in found.items() if value is not None}
    return kept if isinstance(ours, dict) else list(kept.values())


def _keyed(value: object) -> dict[str, Any] | None:
    """Return an object as it is, and a list by what names its entries; None for what can only be taken as a whole."""
    if isinstance(value, list):
        named = {name: each for each in value if (name := _name(each)) is not None}
        return named if len(named) == len(value) else None
    return value if isinstance(value, dict) else {} if value is None else None


def _name(entry: object) -> str | None:
    """Return what names a text, a service or a policy among the others; None for any other entry of a list."""
    found = entry.get("slug", entry.get("id")) if isinstance(entry, dict) else entry
    return found if isinstance(found, str) else None


# --- Sharing ----------------------------------------------------------------------------------------------------------


def new_share_key(table: WidgetTable, widget_id: int, *, actor: str, now: datetime) -> Draft:
    """Return the draft with another key, which ends all links to it. Raises NotFoundError, DraftConflictError."""
    return _saved(table, replace(read(table, widget_id), share_key=_share_key()), actor, now)


def _share_key() -> str:
    """Return 43 random characters, which fit the shape of a public key."""
    return secrets.token_urlsafe(32)


# --- One draft after the other ----------------------------------------------------------------------------------------


def _begun(table: WidgetTable, widget_id: int, expected: int | None) -> Draft:
    """Return the draft with the expected number; if none is expected, one of what is live that is not written yet."""
    if expected is not None:
        return read(table, widget_id, expected=expected)
    found = table.draft(widget_id)
    if found and not found.is_over:
        raise found.conflict()
    widget = widgets.read(table, widget_id)
    text = _json_of(widget.definition)
    return replace(
        _new(widget_id, found.number if found else 0),
        based_on=widget.live.revision,
        label=widget.live.label,
        domains=len(widget.live.origins),
        definition=text,
        is_valid=not _problems(text),
    )


def _new(widget_id: int, number: int) -> Draft:
    """Return a draft without a definition, which has a key of its own."""
    return Draft(widget_id, number, share_key=_share_key())


def _of(draft: Draft, definition: WidgetDefinition) -> Draft:
    """Return the draft with another definition. Raises DefinitionError if it is too large."""
    text = _json_of(members(definition))
    if (size := _size(text)) > LARGEST_ITEM:
        large = f"The definition would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored"
        raise DefinitionError([Problem((), f"{large}: shorten texts, styles or images")])
    is_valid = not _problems(text)
    earlier = None if is_valid else draft.definition if draft.is_valid else draft.last_valid
    fits = earlier is not None and size + _size(earlier) <= LARGEST_ITEM
    return replace(
        draft,
        label=definition.label,
        domains=len(definition.origins),
        definition=text,
        is_valid=is_valid,
        last_valid=earlier if fits else None,
    )


def _saved(table: WidgetTable, draft: Draft, actor: str, now: datetime) -> Draft:
    saved = _written(draft, actor, now)
    table.save_draft(saved)
    return saved


def _written(draft: Draft, actor: str, now: datetime) -> Draft:
    return replace(draft, number=draft.number + 1, changed_at=timestamp(now), changed_by=actor)


def _json_of(stated: Mapping[str, object]) -> str:
    return json.dumps(stated, ensure_ascii=False, separators=(",", ":"))


def _size(text: str) -> int:
    return len(text.encode())


def _problems(text: str) -> tuple[str, ...]:
    try:
        definition_from_json(text)
    except DefinitionError as error:
        return error.problems
    return ()
