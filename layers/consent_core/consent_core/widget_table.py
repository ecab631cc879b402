"""The table of widgets: partition key ``widgetId`` (N), sort key ``version`` (S). The sort key is one of

live                     the item that every request reads (LiveWidget); it stays when a widget is deleted
<versionKey>             the definition as JSON, and the catalogue; immutable
<versionKey>#<language>  the settings, rendered, with their entity tag; immutable
audit#<date>#<revision>  an audit entry: change, author, date, and the values that were replaced; immutable
"""

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from threading import Thread
from typing import TYPE_CHECKING, Any

from consent_core import aws, deadlines, startup
from consent_core.catalogue import Catalogue, LiveWidget, Policy, Purpose, Rendering, Service, language_for
from consent_core.dynamodb import Table
from consent_core.errors import ConflictError
from consent_core.items import Item, attribute, plain_item
from consent_core.shapes import VERSION_KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGEST_ITEM = 350_000
"""The largest item in bytes of JSON. DynamoDB's limit is 400 KB, counted differently."""

LARGEST_TRANSACTION = 4_000_000
"""The most bytes that a publication writes besides the live item. DynamoDB's limits are 4 MB and 100 items.

A publication writes at most 33 items: live, audit entry, definition and 30 languages.
"""

_CACHED_VERSIONS = 512
_EARLY = 0.25  # seconds that start-up waits for its connection
_CONNECTING = 2.5  # seconds after which that connection is given up


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, which never changes. ``definition`` is JSON; ``settings`` are keyed by language."""

    catalogue: Catalogue
    definition: str
    published_at: str
    settings: Mapping[str, Rendering]


@dataclass(frozen=True, slots=True)
class Change:
    """A change to a widget. ``at`` is ISO 8601 in UTC; ``what`` is a verb such as ``publish``.

    ``before`` has the values that it replaces (publishing.history). The first publication replaces none, and release
    1.0.0 recorded none: both have None.
    """

    at: str
    actor: str
    what: str
    detail: str
    before: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A recorded change. ``revision`` and ``version_key`` were live after it."""

    change: Change
    revision: int
    version_key: str

    def as_json(self) -> dict[str, object]:
        """Return the entry as one flat object, without the values that the change replaced."""
        change = {name: value for name, value in asdict(self.change).items() if name != "before"}
        return {"revision": self.revision, **change, "versionKey": self.version_key}


class WidgetTable(Table):
    """Reads and writes of widgets. A method makes one request unless its docstring says otherwise.

    Every method raises ThrottledError or UnavailableError when the store does not answer in time.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        super().__init__(client, name)
        self._recent: dict[int, tuple[float, LiveWidget]] = {}
        # A version never changes, so its cached copy is never stale. An absent version is not cached.
        self._cached_catalogue = lru_cache(_CACHED_VERSIONS)(self._read_catalogue)
        self._cached_rendering = lru_cache(_CACHED_VERSIONS)(self._read_rendering)

    def connect_early(self) -> Thread:
        """Open a connection while the function starts, by reading an item that does not exist.

        Lambda gives start-up a whole processor and a request only a part of one, so the TLS handshake is done here. An
        unavailable store does no harm, and delays start-up by at most 0.25 s.
        """
        thread = Thread(target=self._connect, daemon=True)
        if startup.CONNECTS_EARLY:
            thread.start()
            thread.join(_EARLY)
        return thread

    def _connect(self) -> None:
        with suppress(Exception), deadlines.within(_CONNECTING):  # the first request reports the same error
            self._item(0, "live")

    def live(self, widget_id: int) -> LiveWidget | None:
        """Read the live item; None if the widget is unknown. The read is consistent: CloudFront caches for a day."""
        item = self._item(widget_id, "live", consistent=True)
        return None if item is None else _live_of(item)

    def recent_live(self, widget_id: int, *, max_age: float) -> LiveWidget | None:
        """Return the live item, read at most ``max_age`` seconds ago. An unknown widget is never cached."""
        now = time.monotonic()
        read_at, widget = self._recent.get(widget_id, (0.0, None))
        if widget is None or now - read_at > max_age:
            widget = self.live(widget_id)
            if widget is not None:
                self._recent[widget_id] = (now, widget)
        return widget

    def catalogue(self, widget_id: int, version_key: str) -> Catalogue | None:
        """Return the catalogue of a published version, from the cache if it was read before.

        Return None when this widget never had the version; ``version_key`` may be any string.
        """
        if not VERSION_KEY.fullmatch(version_key):
            return None
        try:
            return self._cached_catalogue(widget_id, version_key)
        except _AbsentError:
            return None

    def rendering(self, widget_id: int, version_key: str, language: str) -> Rendering:
        """Return the settings of a published version, from the cache if they were read before.

        Raises KeyError when they are not in the table, which means a bug or a deletion by hand.
        """
        return self._cached_rendering(widget_id, version_key, language)

    def definition(self, widget_id: int, version_key: str) -> str | None:
        """Return the definition of a published version as JSON, without the live item's private members.

        Return None when this widget never had the version; ``version_key`` may be any string.
        """
        item = self._item(widget_id, version_key) if VERSION_KEY.fullmatch(version_key) else None
        return None if item is None else item["definition"]

    def shown(self, widget_id: int, version_key: str, culture: str | None) -> tuple[str, Rendering] | None:
        """Return the settings of a version that a reader of ``culture`` was shown, with their language.

        Makes two requests. Return None when this widget never had the version, or when it was deleted by hand.
        """
        definition = self.definition(widget_id, version_key)
        if definition is None:
            return None
        language = language_for(culture, json.loads(definition)["languages"])
        try:
            return language, self.rendering(widget_id, version_key, language)
        except KeyError:
            return None

    def versions(self, widget_id: int) -> list[tuple[str, str]]:
        """Return (versionKey, date of publication) of each version, newest first. Makes one request per page."""
        items = self._query(
            KeyConditionExpression="widgetId = :widget",
            ProjectionExpression="version, publishedAt",
            FilterExpression="attribute_exists(publishedAt)",
            ExpressionAttributeValues={":widget": attribute(widget_id)},
        )
        return sorted(
            ((item["version"], item["publishedAt"]) for item in items), key=lambda found: found[1], reverse=True
        )

    def changes(self, widget_id: int) -> list[AuditEntry]:
        """Return the audit entries, newest first. Makes one request per page."""
        items = self._query(
            KeyConditionExpression="widgetId = :widget AND begins_with(version, :audit)",
            ConsistentRead=True,
            ExpressionAttributeValues={":widget": attribute(widget_id), ":audit": attribute("audit#")},
        )
        return sorted(map(_entry_of, items), key=lambda entry: entry.revision, reverse=True)

    def publish(self, live: LiveWidget, change: Change, version: Version | None = None) -> None:
        """Write the live item, its audit entry and, if there is one, the new version in one transaction.

        ``live.revision`` must be one more than the revision that was read. Raises ConflictError when another change was
        written first.
        """
        new = [_audit_item(live, change), *(_version_items(live.widget_id, version) if version else ())]
        current: dict[str, Any] = self._new_item(_live_item(live))
        if live.revision > 1:
            current["ConditionExpression"] = "revision = :read"
            current["ExpressionAttributeValues"] = {":read": attribute(live.revision - 1)}
        writes: list[Any] = [{"Put": current}, *({"Put": self._new_item(item)} for item in new)]
        try:
            with aws.errors():
                self._client.transact_write_items(TransactItems=writes)
        except ConflictError:
            winner = self.live(live.widget_id)
            raise ConflictError(*(winner.version_key, winner.revision) if winner else ()) from None

    def _read_catalogue(self, widget_id: int, version_key: str) -> Catalogue:
        item = self._item(widget_id, version_key)
        if item is None:
            raise _AbsentError
        return _catalogue_of(item)

    def _read_rendering(self, widget_id: int, version_key: str, language: str) -> Rendering:
        item = self._item(widget_id, f"{version_key}#{language}")
        if item is None:
            raise KeyError(version_key, language)
        return Rendering(body=item["body"], etag=item["etag"])

    def _item(self, widget_id: int, version: str, *, consistent: bool = False) -> dict[str, Any] | None:
        with aws.errors():
            answer = self._client.get_item(
                TableName=self._name,
                Key={"widgetId": attribute(widget_id), "version": attribute(version)},
                ConsistentRead=consistent,
            )
        return plain_item(answer["Item"]) if "Item" in answer else None

    def _new_item(self, item: Item) -> dict[str, Any]:
        attributes = {name: attribute(value) for name, value in item.items()}
        condition = "attribute_not_exists(widgetId)"
        return {"TableName": self._name, "Item": attributes, "ConditionExpression": condition}


class _AbsentError(Exception):
    """A version does not exist. Raising it keeps absent versions out of the cache."""


# --- Items ------------------------------------------------------------------------------------------------------------


def _live_item(live: LiveWidget) -> Item:
    return {
        "widgetId": live.widget_id,
        "version": "live",
        "versionKey": live.version_key,
        "revision": live.revision,
        "enabled": live.enabled,
        "keys": live.keys,
        "origins": live.origins,
        "allowNativeApps": live.allow_native_apps,
        "developerMode": live.developer_mode,
        "saveConsentProof": live.save_consent_proof,
        "storePageAddress": live.store_page_address,
        "languages": live.languages,
        "retentionDays": live.retention_days,
        "createdAt": live.created_at,
        **({"deleted": True} if live.deleted else {}),
    }


def _live_of(item: Item) -> LiveWidget:
    return LiveWidget(
        widget_id=item["widgetId"],
        version_key=item["versionKey"],
        revision=item["revision"],
        enabled=item["enabled"],
        keys=tuple(item["keys"]),
        origins=tuple(item["origins"]),
        allow_native_apps=item["allowNativeApps"],
        developer_mode=item["developerMode"],
        save_consent_proof=item["saveConsentProof"],
        store_page_address=item.get("storePageAddress", False),  # absent from items of 1.0.0
        languages=tuple(item["languages"]),
        retention_days=item["retentionDays"],
        created_at=item["createdAt"],
        deleted=item.get("deleted", False),
    )


def _version_items(widget_id: int, version: Version) -> Iterable[Item]:
    catalogue = version.catalogue
    yield {
        "widgetId": widget_id,
        "version": catalogue.version_key,
        "publishedAt": version.published_at,
        "definition": version.definition,
        "workSpaceId": catalogue.workspace_id,
        "tenantId": catalogue.tenant_id,
        "services": [
            {
                "id": s.id,
                "name": s.name,
                "slug": s.slug,
                "version": s.version,
                "purpose": int(s.purpose),
                **({"exempt": True} if s.exempt else {}),
            }
            for s in catalogue.services
        ],
        **({"policies": [_policy_item(*each) for each in catalogue.policies.items()]} if catalogue.policies else {}),
    }
    for language, rendering in version.settings.items():
        key = f"{catalogue.version_key}#{language}"
        yield {"widgetId": widget_id, "version": key, "body": rendering.body, "etag": rendering.etag}


def _catalogue_of(item: Item) -> Catalogue:
    return Catalogue(
        version_key=item["version"],
        workspace_id=item["workSpaceId"],
        tenant_id=item["tenantId"],
        services=tuple(
            Service(s["id"], s["name"], s["slug"], s["version"], Purpose(s["purpose"]), s.get("exempt", False))
            for s in item["services"]
        ),
        policies={p["id"]: _policy_of(p) for p in item.get("policies", ())},
    )


def _policy_item(policy_id: str, policy: Policy) -> Item:
    """Return a policy as the settings have it: what is not the default."""
    on = {"optOut": sorted(policy.opt_out), "exempt": policy.exempt}
    return {"id": policy_id, **{name: value for name, value in on.items() if value}}


def _policy_of(item: Item) -> Policy:
    return Policy(frozenset(item.get("optOut", ())), item.get("exempt", False))


def _audit_item(live: LiveWidget, change: Change) -> Item:
    return {
        "widgetId": live.widget_id,
        "version": f"audit#{change.at}#{live.revision}",
        "actor": change.actor,
        "what": change.what,
        "detail": change.detail,
        "versionKey": live.version_key,
        **({} if change.before is None else {"before": change.before}),
    }


def _entry_of(item: Item) -> AuditEntry:
    _, at, revision = item["version"].split("#")
    change = Change(at, item["actor"], item["what"], item["detail"], item.get("before"))
    return AuditEntry(change, int(revision), item["versionKey"])
