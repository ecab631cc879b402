"""Changes to widgets, each recorded in the audit. The operators' command line and the administration API share them.

``actor`` is recorded in the audit. ``expected`` is the revision that the actor has seen, or None to skip that check. A
ConflictError means that another revision is live, or that another change was written first.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from consent_core.catalogue import LiveWidget
from consent_core.dates import timestamp
from consent_core.errors import DefinitionError, NotFoundError
from consent_core.publishing import allow_list, widgets
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, public_part
from consent_core.publishing.rendering import Stamp, catalogue_of, render
from consent_core.publishing.widgets import Widget
from consent_core.widget_table import LARGEST_ITEM, LARGEST_TRANSACTION, Change, Version, WidgetTable

type NewKey = Callable[[], uuid.UUID]


@dataclass(frozen=True, slots=True)
class Published:
    """The version and revision that are live after a change. ``is_new_version``: the settings changed."""

    version_key: str
    revision: int
    is_new_version: bool


# --- Settings ---------------------------------------------------------------------------------------------------------


def publish(
    table: WidgetTable,
    definition: WidgetDefinition,
    *,
    actor: str,
    now: datetime,
    expected: int | None = None,
    new_key: NewKey = uuid.uuid4,
) -> Published:
    """Make a definition live, in one transaction. If its public part did not change, the version stays the same.

    Raises DefinitionError for a definition that cannot be published, ConflictError after a concurrent change.
    """
    before = widgets.find(table, definition.id, expected=expected)
    detail = ", ".join(before.difference(definition)) if before else ""
    return _publish(table, before, definition, Change(timestamp(now), actor, "publish", detail), new_key)


def raise_renewal(
    table: WidgetTable, widget_id: int, *, actor: str, now: datetime, expected: int | None = None
) -> Published:
    """Ask every visitor again for consent. Raises NotFoundError, DefinitionError, ConflictError."""
    before = widgets.read(table, widget_id, expected=expected)
    renewal = before.definition["renewal"] + 1
    change = Change(timestamp(now), actor, "raise-renewal", str(renewal))
    return _publish(table, before, before.changed(renewal=renewal), change)


def set_developer_mode(
    table: WidgetTable, widget_id: int, *, on: bool, actor: str, now: datetime, expected: int | None = None
) -> Published:
    """Switch developer mode: it allows pages on localhost, and no cache keeps the settings.

    Raises NotFoundError, DefinitionError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected)
    change = Change(timestamp(now), actor, "developer-mode", "on" if on else "off")
    return _publish(table, before, before.changed(developerMode=on), change)


def roll_back(
    table: WidgetTable, widget_id: int, version_key: str, *, actor: str, now: datetime, expected: int | None = None
) -> Published:
    """Publish the definition of an older version again, as a new version.

    Domains, keys, developer mode and the other private members stay as they are now. ``renewal`` never decreases:
    otherwise its next increase would not reach visitors who were asked in the meantime.
    Raises NotFoundError, DefinitionError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected)
    text = table.definition(widget_id, version_key)
    if text is None:
        raise NotFoundError.version(widget_id, version_key)
    present, older = before.definition, json.loads(text)
    kept = {"developerMode": present["developerMode"], "renewal": max(present["renewal"], older["renewal"])}
    definition = definition_from_json(json.dumps({**older, **kept, **before.private}), stored=True)
    return _publish(table, before, definition, Change(timestamp(now), actor, "roll-back", version_key))


def _publish(
    table: WidgetTable,
    before: Widget | None,
    definition: WidgetDefinition,
    change: Change,
    new_key: NewKey = uuid.uuid4,
) -> Published:
    public = public_part(definition)
    if before and before.public == public:
        live = _write(table, before.live, _live(definition, before.live, before.live.version_key, change.at), change)
        return Published(live.version_key, live.revision, is_new_version=False)
    live = _live(definition, before.live if before else None, str(new_key()), change.at)
    version = _version(definition, public, live, change.at)
    _check(*(_stale_versions(before.public, public) if before else ()), *_too_many_origins(live), *_too_large(version))
    table.publish(live, change, version)
    return Published(live.version_key, live.revision, is_new_version=True)


# --- Origins ----------------------------------------------------------------------------------------------------------


def add_origin(
    table: WidgetTable, widget_id: int, origin: str, *, actor: str, now: datetime, expected: int | None = None
) -> LiveWidget:
    """Add an origin to the allow-list. Return the live item, unchanged if the origin was on the list already.

    Raises DefinitionError for an origin that cannot be configured, NotFoundError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected).live
    entry = _entry(origin)
    after = replace(before, origins=tuple(dict.fromkeys((*before.origins, entry))))
    return _write(table, before, after, Change(timestamp(now), actor, "add-origin", entry))


def remove_origin(
    table: WidgetTable, widget_id: int, origin: str, *, actor: str, now: datetime, expected: int | None = None
) -> LiveWidget:
    """Remove an origin from the allow-list. Return the live item, unchanged if the origin was not on the list.

    Raises DefinitionError, also when a logo of the widget is on that origin, NotFoundError, ConflictError.
    """
    before = widgets.read(table, widget_id, expected=expected)
    entry = _entry(origin)
    origins = tuple(other for other in before.live.origins if other != entry)
    before.changed(origins=origins)
    change = Change(timestamp(now), actor, "remove-origin", entry)
    return _write(table, before.live, replace(before.live, origins=origins), change)


def _entry(origin: str) -> str:
    try:
        return allow_list.normalise(origin)
    except ValueError as error:
        raise DefinitionError([str(error)]) from error


# --- The live item ----------------------------------------------------------------------------------------------------


def _write(table: WidgetTable, before: LiveWidget, after: LiveWidget, change: Change) -> LiveWidget:
    if replace(after, revision=before.revision) == before:
        return before
    _check(*_too_many_origins(after))
    written = replace(after, revision=before.revision + 1)
    table.publish(written, change)
    return written


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
    )


def _version(definition: WidgetDefinition, public: str, live: LiveWidget, published_at: str) -> Version:
    published = datetime.fromisoformat(published_at)
    stamp = Stamp(version_key=live.version_key, created=live.created_at, published=published)
    return Version(
        catalogue=catalogue_of(definition, live.version_key),
        definition=public,
        published_at=published_at,
        settings={language: render(definition, language, stamp) for language in definition.languages},
    )


# --- Checks -----------------------------------------------------------------------------------------------------------


def _check(*problems: str) -> None:
    if problems:
        raise DefinitionError(problems)


def _stale_versions(before: str, after: str) -> Iterator[str]:
    """Check that a stated service version changed with its service: proofs use it to say what was decided on."""
    old = {service["slug"]: service for service in json.loads(before)["services"]}
    for service in json.loads(after)["services"]:
        known = old.get(service["slug"], service)
        if "version" in service and service["version"] == known.get("version") and service != known:
            stale = "changed, but its version did not: leave version out, or state a new one"
            yield f"services: {service['slug']}: {stale}"


def _too_many_origins(live: LiveWidget) -> Iterator[str]:
    size = len(json.dumps(live.origins))
    if size > LARGEST_ITEM:
        yield f"The allowed origins would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored: use wildcards"


def _too_large(version: Version) -> Iterator[str]:
    services = json.dumps([asdict(service) for service in version.catalogue.services])
    parts = {"The definition": version.definition + services}
    parts.update({f"The settings in {language}": rendering.body for language, rendering in version.settings.items()})
    sizes = {name: len(text.encode()) for name, text in parts.items()}
    for name, size in sizes.items():
        if size > LARGEST_ITEM:
            advice = "shorten texts, styles or images"
            yield f"{name} would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored: {advice}"
    if (total := sum(sizes.values())) > LARGEST_TRANSACTION:
        yield (
            f"All languages together would have {total:,} bytes, and {LARGEST_TRANSACTION:,} can be published at once: "
            "shorten texts, styles or images, or use fewer languages"
        )
