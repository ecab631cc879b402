"""Changes to widgets, each recorded in the audit. The operators' command line and the administration API share them.

``actor`` is recorded in the audit. ``expected`` is the revision that the actor has seen, or None to skip that check. A
ConflictError means that another revision is live, or that another change was written first.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from consent_core import shapes
from consent_core.catalogue import LiveWidget, Rendering
from consent_core.dates import timestamp
from consent_core.errors import DefinitionError, InUseError, NotFoundError, UnconfirmedError
from consent_core.problems import Place, Problem
from consent_core.publishing import allow_list, history, widgets
from consent_core.publishing.definitions import (
    LARGEST_RENEWAL,
    MOST_KEYS,
    MOST_ORIGINS,
    WidgetDefinition,
    definition_from_json,
    public_part,
)
from consent_core.publishing.differences import Difference
from consent_core.publishing.fields import KEY_SHAPE, too_many
from consent_core.publishing.rendering import Stamp, catalogue_of, render
from consent_core.publishing.widgets import Widget
from consent_core.widget_table import LARGEST_ITEM, LARGEST_TRANSACTION, Change, ChangeKind, Draft, Version, WidgetTable

type NewKey = Callable[[], uuid.UUID]


@dataclass(frozen=True, slots=True)
class Published:
    """The version and revision that are live after a change. ``is_new_version``: the settings changed.

    ``kept_renewal`` is the live ``renewal``, if the definition stated another one that visitors have seen.
    """

    version_key: str
    revision: int
    is_new_version: bool
    kept_renewal: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A publication that is checked and not written yet.

    ``revision`` is the live one, or None for a widget that is not live. ``differences`` are those to what is live.
    """

    revision: int | None
    is_new_version: bool
    differences: tuple[Difference, ...]
    kept_renewal: int | None = None

    @property
    def takes_away(self) -> tuple[Difference, ...]:
        """The differences for which the publication needs a confirmation."""
        return tuple(each for each in self.differences if each.takes_away)

    def as_json(self) -> dict[str, object]:
        """Return the plan as the administration API and the command line show it."""
        return {
            "revision": self.revision,
            "isNewVersion": self.is_new_version,
            "differences": [each.as_json() for each in self.differences],
            **({} if self.kept_renewal is None else {"keptRenewal": self.kept_renewal}),
        }


# --- Settings ---------------------------------------------------------------------------------------------------------


def publish(  # noqa: PLR0913 - each is a part of the question
    table: WidgetTable,
    definition: WidgetDefinition,
    *,
    actor: str,
    now: datetime,
    expected: int | None = None,
    confirmed: bool = True,
    new_key: NewKey = uuid.uuid4,
    ends_draft: int | None = None,
) -> Published:
    """Make a definition live, in one transaction. If its public part did not change, the version stays the same.

    ``renewal`` never goes down. A publication that takes something away is refused unless it is ``confirmed``; an
    ``expected`` revision confirms it as well, because its author has seen what is live. ``ends_draft`` is the number of
    the draft that is published, and ends with it: then only ``confirmed`` counts (``drafts.publish``).
    Raises DefinitionError for a definition that cannot be published, UnconfirmedError, and ConflictError or
    DraftConflictError after a concurrent change.
    """
    prepared = _prepared(table, definition, timestamp(now), expected, new_key)
    live = prepared.before
    is_seen = expected is not None and ends_draft is None
    if live and prepared.plan.takes_away and not (confirmed or is_seen):
        taken = [each.as_json() for each in prepared.plan.takes_away]
        raise UnconfirmedError(taken, live.version_key, live.revision)
    names = sorted({each.member.partition(".")[0] for each in prepared.plan.differences})
    change = Change(timestamp(now), actor, ChangeKind.PUBLISH, ", ".join(names))
    outcome = _save(table, prepared.written, change, ends_draft)
    return replace(outcome, kept_renewal=prepared.plan.kept_renewal)


def plan(table: WidgetTable, definition: WidgetDefinition, *, now: datetime, expected: int | None = None) -> Plan:
    """Check a publication without writing it. Raises as ``publish`` does, but for UnconfirmedError."""
    return _prepared(table, definition, timestamp(now), expected, uuid.uuid4).plan


def raise_renewal(
    table: WidgetTable, widget_id: int, *, actor: str, now: datetime, expected: int | None = None
) -> Published:
    """Ask every visitor again for consent. Raises NotFoundError, DefinitionError, ConflictError."""
    before = widgets.read(table, widget_id, expected=expected)
    renewal = _unseen_renewal(table, before, before.definition["renewal"] + 1)
    change = Change(timestamp(now), actor, ChangeKind.RAISE_RENEWAL, str(renewal))
    return _publish(table, before, before.changed(renewal=renewal), change)


def set_developer_mode(
    table: WidgetTable, widget_id: int, *, on: bool, actor: str, now: datetime, expected: int | None = None
) -> Published:
    """Switch developer mode: it allows pages on localhost, and no cache keeps the settings.

    Raises NotFoundError, DefinitionError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected)
    change = Change(timestamp(now), actor, ChangeKind.DEVELOPER_MODE, "on" if on else "off")
    return _publish(table, before, before.changed(developerMode=on), change)


def roll_back(  # noqa: PLR0913 - each is a part of the question
    table: WidgetTable,
    widget_id: int,
    version: str | int,
    *,
    with_domains: bool = False,
    actor: str,
    now: datetime,
    expected: int | None = None,
) -> Published:
    """Publish the definition of an older version again, as a new version.

    ``version`` is the version's key, or a revision at which it was live. Developer mode stays as it is now. So do
    domains, keys and the other private members, unless those of that time are wanted ``with_domains``. ``renewal``
    never decreases: otherwise its next increase would not reach visitors who were asked in the meantime.
    Raises NotFoundError, also when the domains of that time are not known, DefinitionError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected)
    by_key = isinstance(version, str)
    found = [] if by_key and not with_domains else history.read(table, before.live)
    version_key = version if isinstance(version, str) else history.version_at(found, widget_id, version)
    text = table.definition(widget_id, version_key)
    if text is None:
        raise NotFoundError.version(widget_id, version_key)
    private = history.private_at(found, widget_id, version) if with_domains else before.private
    present, older = before.definition, json.loads(text)
    kept = {"developerMode": present["developerMode"], "renewal": max(present["renewal"], older["renewal"])}
    definition = definition_from_json(json.dumps({**older, **kept, **private}), stored=True)
    detail = f"{version_key} with domains" if with_domains else version_key
    return _publish(table, before, definition, Change(timestamp(now), actor, ChangeKind.ROLL_BACK, detail))


@dataclass(frozen=True, slots=True)
class _Written:
    """The items that a publication writes. Without a ``version`` the settings stay as they are."""

    before: LiveWidget | None
    after: LiveWidget
    version: Version | None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A publication before it is written. ``before`` is None for a widget that is not live."""

    before: LiveWidget | None
    written: _Written
    plan: Plan


def _prepared(
    table: WidgetTable, definition: WidgetDefinition, at: str, expected: int | None, new_key: NewKey
) -> _Prepared:
    found = widgets.find(table, definition.id, expected=expected)
    definition, kept = _with_renewal(table, found, definition)
    before = found if found and not found.live.deleted else None
    written = _written(found, definition, at, new_key)
    live = before.live if before else None
    differences = tuple(before.differences(definition)) if before else ()
    is_new = written.version is not None
    return _Prepared(live, written, Plan(live.revision if live else None, is_new, differences, kept))


def _with_renewal(
    table: WidgetTable, found: Widget | None, definition: WidgetDefinition
) -> tuple[WidgetDefinition, int | None]:
    """Return the definition with a ``renewal`` that does not go down, and the same number if another one was stated."""
    live = found.definition.get("renewal", 0) if found else 0
    stated = definition.renewal
    if found is None or stated == live:
        return definition, None
    renewal = live if stated < live else _unseen_renewal(table, found, stated)
    is_told = renewal != stated and "renewal" in definition.model_fields_set
    return definition.model_copy(update={"renewal": renewal}), renewal if is_told else None


def _unseen_renewal(table: WidgetTable, before: Widget, renewal: int) -> int:
    """Return ``renewal``, or a higher one if visitors may have seen it: release 1.0.0 could publish a lower one."""
    seen: list[int] = [before.definition["renewal"]]
    for entry in table.changes(before.live.widget_id):
        if entry.change.what == ChangeKind.RAISE_RENEWAL:
            seen.append(int(entry.change.detail))
        elif history.sets_renewal(entry):
            text = table.definition(before.live.widget_id, entry.version_key)
            seen.append(json.loads(text or "{}").get("renewal", 0))
    unseen = max(renewal, max(seen) + 1)
    if unseen > LARGEST_RENEWAL:
        seen_all = f"visitors have seen every number up to {LARGEST_RENEWAL:,}"
        raise DefinitionError([Problem(("renewal",), seen_all)])
    return unseen


def _publish(table: WidgetTable, before: Widget, definition: WidgetDefinition, change: Change) -> Published:
    return _save(table, _written(before, definition, change.at, uuid.uuid4), change)


def _written(before: Widget | None, definition: WidgetDefinition, at: str, new_key: NewKey) -> _Written:
    public = public_part(definition)
    if before and before.public == public:
        after = _live(definition, before.live, before.live.version_key, at)
        _check(*_too_many_origins(after))
        return _Written(before.live, after, None)
    live = _live(definition, before.live if before else None, str(new_key()), at)
    version = _version(definition, public, live, at)
    stale = _stale_versions(before.public, public) if before else ()
    _check(*stale, *_too_many_origins(live), *_too_large(version, live.languages))
    return _Written(before.live if before else None, live, version)


def _save(table: WidgetTable, written: _Written, change: Change, ends_draft: int | None = None) -> Published:
    before, after, version = written.before, written.after, written.version
    if version is None and before:
        live = _write(table, before, after, change, ends_draft)
        return Published(live.version_key, live.revision, is_new_version=False)
    table.publish(after, _recorded(change, before, after), version, ends_draft=ends_draft)
    return Published(after.version_key, after.revision, is_new_version=True)


# --- Origins ----------------------------------------------------------------------------------------------------------


def add_origin(
    table: WidgetTable, widget_id: int, origin: str, *, actor: str, now: datetime, expected: int | None = None
) -> LiveWidget:
    """Add an origin to the allow-list. Return the live item, unchanged if the origin was on the list already.

    Raises DefinitionError for an origin that cannot be configured, or for one too many; NotFoundError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected).live
    entry = _entry(origin)
    if entry in before.origins:
        return before
    if len(before.origins) >= MOST_ORIGINS:
        raise DefinitionError([Problem(("origins",), too_many(MOST_ORIGINS))])
    after = replace(before, origins=(*before.origins, entry))
    _check(*_too_many_origins(after))
    return _write(table, before, after, Change(timestamp(now), actor, ChangeKind.ADD_ORIGIN, entry))


def remove_origin(
    table: WidgetTable, widget_id: int, origin: str, *, actor: str, now: datetime, expected: int | None = None
) -> LiveWidget:
    """Remove an origin from the allow-list. Return the live item.

    Raises DefinitionError, also when a logo of the widget is on that origin; NotFoundError, also when the origin is not
    on the list; ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected)
    entry = _entry(origin)
    if entry not in before.live.origins:
        raise NotFoundError.origin(widget_id, entry)
    origins = tuple(other for other in before.live.origins if other != entry)
    before.changed(origins=origins)
    change = Change(timestamp(now), actor, ChangeKind.REMOVE_ORIGIN, entry)
    return _write(table, before.live, replace(before.live, origins=origins), change)


def _entry(origin: str) -> str:
    try:
        return allow_list.normalise(origin)
    except ValueError as error:
        raise DefinitionError([Problem(("origins",), str(error), "")]) from error


# --- Public keys ------------------------------------------------------------------------------------------------------


def new_public_key() -> str:
    """Return a public key that cannot be guessed."""
    return secrets.token_hex(16)


def add_key(
    table: WidgetTable,
    widget_id: int,
    key: str | None = None,
    *,
    actor: str,
    now: datetime,
    expected: int | None = None,
) -> LiveWidget:
    """Add a public key; a new one is made if none is given. Return the live item, in which a new key is the last one.

    A key that the widget has changes nothing. Raises DefinitionError for a key of another shape, or for one too many;
    NotFoundError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected).live
    entry = new_public_key() if key is None else key
    if not shapes.KEY.fullmatch(entry):
        raise DefinitionError([Problem(("keys",), KEY_SHAPE)])
    if entry in before.keys:
        return before
    if len(before.keys) >= MOST_KEYS:
        raise DefinitionError([Problem(("keys",), too_many(MOST_KEYS))])
    change = Change(timestamp(now), actor, ChangeKind.ADD_KEY, entry)
    return _write(table, before, replace(before, keys=(*before.keys, entry)), change)


def retire_key(
    table: WidgetTable, widget_id: int, key: str, *, actor: str, now: datetime, expected: int | None = None
) -> LiveWidget:
    """Take a public key away: pages that use it get 404. Return the live item.

    Raises DefinitionError for the last key; NotFoundError, also when the widget has no such key; ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected).live
    if key not in before.keys:
        raise NotFoundError.key(widget_id, key)
    keys = tuple(other for other in before.keys if other != key)
    if not keys:
        raise DefinitionError([Problem(("keys",), "the last key cannot be retired. Add another one first")])
    change = Change(timestamp(now), actor, ChangeKind.RETIRE_KEY, key)
    return _write(table, before, replace(before, keys=keys), change)


# --- Disabling and deleting -------------------------------------------------------------------------------------------


def set_enabled(
    table: WidgetTable, widget_id: int, *, on: bool, actor: str, now: datetime, expected: int | None = None
) -> Published:
    """Enable a widget, or disable it: pages then get 404, as if it did not exist.

    Raises NotFoundError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected).live
    change = Change(timestamp(now), actor, ChangeKind.ENABLE if on else ChangeKind.DISABLE, "")
    live = _write(table, before, replace(before, enabled=on), change)
    return Published(live.version_key, live.revision, is_new_version=False)


def delete(  # noqa: PLR0913 - each is a part of the question
    table: WidgetTable,
    widget_id: int,
    *,
    actor: str,
    now: datetime,
    expected: int | None = None,
    even_with_proofs: bool = False,
    has_proofs: Callable[[], bool] = lambda: True,
) -> LiveWidget:
    """Delete a widget that is disabled. Its versions and its audit stay, because proofs refer to them.

    Publishing it again continues its revisions. Its draft is discarded. Without a look into the proofs
    (``has_proofs``, which is asked only if it matters), a widget counts as used until it was disabled for longer than
    any proof is kept.
    Raises InUseError for an enabled widget, and for unexpired proofs unless ``even_with_proofs``; NotFoundError,
    ConflictError, DraftConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected).live
    if before.enabled:
        raise InUseError(f"Widget {widget_id} is enabled. Disable it first.")
    since = history.disabled_since(history.read(table, before))
    expires = since + history.LONGEST_RETENTION
    if now < expires and not even_with_proofs and has_proofs():
        day = expires.date().isoformat()
        raise InUseError(
            f"Widget {widget_id} was disabled on {since.date()}, and its proofs are kept until {day} at the latest. "
            "Delete it after that day, or state that its proofs may stay behind.",
            day,
        )
    draft = table.draft(widget_id)
    ends_draft = draft.number if draft and not draft.is_over else None
    change = Change(timestamp(now), actor, ChangeKind.DELETE, "")
    return _write(table, before, replace(before, deleted=True), change, ends_draft)


# --- The live item ----------------------------------------------------------------------------------------------------


def _write(
    table: WidgetTable, before: LiveWidget, after: LiveWidget, change: Change, ends_draft: int | None = None
) -> LiveWidget:
    if replace(after, revision=before.revision) == before:
        if ends_draft is not None:
            table.save_draft(Draft(before.widget_id, ends_draft + 1))
        return before
    written = replace(after, revision=before.revision + 1)
    table.publish(written, _recorded(change, before, after), ends_draft=ends_draft)
    return written


def _recorded(change: Change, before: LiveWidget | None, after: LiveWidget) -> Change:
    """Return the change with the values that it replaces."""
    return replace(change, before=history.replaced(before, after)) if before else change


def _live(definition: WidgetDefinition, before: LiveWidget | None, version_key: str, now: str) -> LiveWidget:
    return LiveWidget(
        widget_id=definition.id,
        version_key=version_key,
        revision=before.revision + 1 if before else 1,
        enabled=definition.enabled,
        keys=definition.keys,
        origins=tuple(dict.fromkeys(definition.origins)),
        allow_native_apps=definition.allow_native_apps,
        developer_mode=definition.developer_mode,
        save_consent_proof=definition.save_consent_proof,
        store_page_address=definition.store_page_address,
        languages=definition.languages,
        retention_days=definition.consent_cookie_expiry_time,
        created_at=before.created_at if before else now,
        label=definition.label,
    )


def _version(definition: WidgetDefinition, public: str, live: LiveWidget, published_at: str) -> Version:
    published = datetime.fromisoformat(published_at)
    stamp = Stamp(version_key=live.version_key, created=live.created_at, published=published)
    return Version(
        catalogue=catalogue_of(definition, live.version_key),
        definition=public,
        published_at=published_at,
        settings=dict(_rendered(definition, stamp)),
    )


def _rendered(definition: WidgetDefinition, stamp: Stamp) -> Iterator[tuple[str, Rendering]]:
    """Render each language. End early when twice as much is rendered as can be published: it is refused anyhow."""
    size = 0
    for language in definition.languages:
        rendering = render(definition, language, stamp)
        yield language, rendering
        size += len(rendering.body)
        if size > 2 * LARGEST_TRANSACTION:
            return


# --- Checks -----------------------------------------------------------------------------------------------------------


def _check(*problems: Problem) -> None:
    if problems:
        raise DefinitionError(problems)


def _stale_versions(before: str, after: str) -> Iterator[Problem]:
    """Check that a stated service version changed with its service: proofs use it to say what was decided on."""
    old = {service["slug"]: service for service in json.loads(before)["services"]}
    for at, service in enumerate(json.loads(after)["services"]):
        known = old.get(service["slug"], service)
        if "version" in service and service["version"] == known.get("version") and service != known:
            stale = "changed, but its version did not: leave version out, or state a new one"
            yield Problem(("services", at, "version"), stale, f"services: {service['slug']}: ")


def _too_many_origins(live: LiveWidget) -> Iterator[Problem]:
    size = len(json.dumps(live.origins))
    if size > LARGEST_ITEM:
        large = f"The allowed origins would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored: use wildcards"
        yield Problem(("origins",), large, "")


def _too_large(version: Version, languages: Sequence[str]) -> Iterator[Problem]:
    services = json.dumps([asdict(service) for service in version.catalogue.services])
    parts: dict[Place, tuple[str, str]] = {(): ("The definition", version.definition + services)}
    for at, (language, rendering) in enumerate(version.settings.items()):
        parts["languages", at] = (f"The settings in {language}", rendering.body)
    sizes = {place: (name, len(text.encode())) for place, (name, text) in parts.items()}
    for place, (name, size) in sizes.items():
        if size > LARGEST_ITEM:
            advice = "shorten texts, styles or images"
            yield Problem(place, f"{name} would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored: {advice}", "")
    if (total := sum(size for _, size in sizes.values())) > LARGEST_TRANSACTION:
        least = "" if len(version.settings) == len(languages) else "more than "
        large = (
            f"All languages together would have {least}{total:,} bytes, and {LARGEST_TRANSACTION:,} can be published "
            "at once: shorten texts, styles or images, or use fewer languages"
        )
        yield Problem(("languages",), large, "")
