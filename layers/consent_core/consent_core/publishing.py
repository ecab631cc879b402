"""Changes to widgets, each recorded: what the operators' command line and the administration have in common."""

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from consent_core import allow_list
from consent_core.catalogue import LiveWidget
from consent_core.definitions import WidgetDefinition, public_part
from consent_core.errors import DefinitionError
from consent_core.proofs import timestamp
from consent_core.rendering import Stamp, catalogue_of, render
from consent_core.tables import LARGEST_ITEM, LARGEST_TRANSACTION, Change, Tables, Version


@dataclass(frozen=True, slots=True)
class Published:
    """What came of a publication. ``is_new_version`` is False when the settings stayed as they were."""

    version_key: str
    is_new_version: bool


def publish(
    tables: Tables,
    definition: WidgetDefinition,
    *,
    actor: str,
    now: datetime,
    new_key: Callable[[], uuid.UUID] = uuid.uuid4,
) -> Published:
    """Make a definition live, in one transaction. Settings that did not change make no new version.

    ``actor`` goes into the audit. Raises DefinitionError for what cannot be published, ConflictError when somebody else
    was first: read again and repeat.
    """
    before = tables.live(definition.id)
    previous = tables.definition(definition.id, before.version_key) if before else None
    public = public_part(definition)
    if before and previous == public:
        _write(
            tables,
            before,
            _live(definition, before, before.version_key, now),
            Change(timestamp(now), actor, "publish", ""),
        )
        return Published(before.version_key, is_new_version=False)
    if previous:
        _check_versions(definition, previous)
    version_key = str(new_key())
    live = _live(definition, before, version_key, now)
    stamp = Stamp(version_key=version_key, created=live.created_at, published=now)
    version = Version(
        catalogue=catalogue_of(definition, version_key),
        definition=public,
        published_at=timestamp(now),
        settings={language: render(definition, language, stamp) for language in definition.languages},
    )
    _check_origins(live)
    _check_sizes(version)
    tables.publish(live, Change(timestamp(now), actor, "publish", ""), version)
    return Published(version_key, is_new_version=True)


def add_origin(tables: Tables, widget_id: int, origin: str, *, actor: str, now: datetime) -> LiveWidget:
    """Allow one more origin and give what is live then. An origin that is allowed already changes nothing.

    Raises DefinitionError for an origin that cannot be configured, LookupError for an unknown widget, ConflictError.
    """
    before = tables.live(widget_id)
    if before is None:
        raise LookupError(widget_id)
    try:
        entry = allow_list.normalise(origin)
    except ValueError as error:
        raise DefinitionError([str(error)]) from error
    after = replace(before, origins=tuple(dict.fromkeys((*before.origins, entry))))
    return _write(tables, before, after, Change(timestamp(now), actor, "add-origin", entry))


def _write(tables: Tables, before: LiveWidget, after: LiveWidget, change: Change) -> LiveWidget:
    if replace(after, revision=before.revision) == before:
        return before
    _check_origins(after)
    written = replace(after, revision=before.revision + 1)
    tables.publish(written, change)
    return written


def _live(definition: WidgetDefinition, before: LiveWidget | None, version_key: str, now: datetime) -> LiveWidget:
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
        languages=definition.languages,
        retention_days=definition.consent_cookie_expiry_time,
        created_at=before.created_at if before else timestamp(now),
    )


def _check_versions(definition: WidgetDefinition, previous: str) -> None:
    """A stated service version must change with its service: a proof says with it what the visitor decided on."""
    old = {service["slug"]: service for service in json.loads(previous)["services"]}
    new = {service["slug"]: service for service in json.loads(public_part(definition))["services"]}
    stale = [
        f"services: {slug}: changed, but its version did not: leave version out, or state a new one"
        for slug, service in new.items()
        if slug in old
        and "version" in service
        and service["version"] == old[slug].get("version")
        and service != old[slug]
    ]
    if stale:
        raise DefinitionError(stale)


def _check_origins(live: LiveWidget) -> None:
    size = len(json.dumps(live.origins))
    if size > LARGEST_ITEM:
        raise DefinitionError(
            [f"The allowed origins would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored: use wildcards"]
        )


def _check_sizes(version: Version) -> None:
    services = json.dumps([asdict(service) for service in version.catalogue.services])
    parts = {"The definition": version.definition + services}
    parts.update({f"The settings in {language}": rendering.body for language, rendering in version.settings.items()})
    sizes = {name: len(text.encode()) for name, text in parts.items()}
    total = sum(sizes.values())
    problems = [
        f"{name} would have {size:,} bytes, and {LARGEST_ITEM:,} can be stored: shorten texts, styles or images"
        for name, size in sizes.items()
        if size > LARGEST_ITEM
    ]
    if total > LARGEST_TRANSACTION:
        problems.append(
            f"All languages together would have {total:,} bytes, and {LARGEST_TRANSACTION:,} can be published at once: "
            "shorten texts, styles or images, or use fewer languages"
        )
    if problems:
        raise DefinitionError(problems)
