"""The table of widgets: partition key ``widgetId`` (N), sort key ``version`` (S). The sort key is one of

live                     the item that every request reads (LiveWidget); it stays when a widget is deleted
draft                    the definition that is being edited (Draft); its number alone stays when the draft is over
<versionKey>             the definition as JSON, and the catalogue; immutable
<versionKey>#<language>  the settings, rendered, with their entity tag; immutable
audit#<date>#<revision>  an audit entry: change, author, date, and the values that were replaced; immutable

The index ListedWidgets has the live items and the drafts, by ``widgetId``. It is sparse: an item is in it if it has the
attribute ``listed``. Live items that were written before there was an index have none until their next change.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby, islice
from threading import Thread
from typing import TYPE_CHECKING, Any

from consent_core import aws, deadlines, startup
from consent_core.catalogue import Catalogue, LiveWidget, Policy, Purpose, Rendering, Service, language_for
from consent_core.dynamodb import Table
from consent_core.errors import ConflictError, DraftConflictError
from consent_core.items import Item, attribute, plain_item
from consent_core.shapes import VERSION_KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGEST_ITEM = 350_000
"""The largest item in bytes of JSON. DynamoDB's limit is 400 KB, counted differently."""

LARGEST_TRANSACTION = 4_000_000
"""The most bytes that a publication writes besides the live item. DynamoDB's limits are 4 MB and 100 items.

A publication writes at most 64 items: live, audit entry, draft, definition and 60 languages.
"""

_INDEX = "ListedWidgets"
_LISTED = "widgets"
"""The one value of ``listed``: all that is listed is one partition of the index, in the order of ``widgetId``."""

FOR_TRIALS = 900_000_000_000_000
"""The first of the ids that smoke tests take at random (smoke/widget.py). New widgets get ids below."""

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


class ChangeKind(StrEnum):
    """The kinds of change, as the audit has them."""

    PUBLISH = "publish"
    RAISE_RENEWAL = "raise-renewal"
    DEVELOPER_MODE = "developer-mode"
    ROLL_BACK = "roll-back"
    ADD_ORIGIN = "add-origin"
    REMOVE_ORIGIN = "remove-origin"
    ADD_KEY = "add-key"
    RETIRE_KEY = "retire-key"
    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """A change to a widget. ``at`` is ISO 8601 in UTC; ``what`` is a ChangeKind, or one that a later release wrote.

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


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition that is being edited. A draft that is over has its ``number`` alone.

    ``number`` grows by one with each write, and never comes again. ``based_on`` is the live revision that it began
    from, or 0 for a widget that was never live. ``definition`` is JSON: each part is valid by itself. If it is not
    ``is_valid`` as a whole, ``last_valid`` has the last one that was, unless there is none or both are too large.
    Nothing of it is public, but people who have the ``share_key`` may see how the window would look.
    """

    widget_id: int
    number: int
    based_on: int = 0
    label: str = ""
    domains: int = 0
    definition: str = ""
    is_valid: bool = False
    last_valid: str | None = None
    changed_at: str = ""
    changed_by: str = ""
    share_key: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the draft was published or discarded."""
        return not self.definition

    def conflict(self) -> DraftConflictError:
        """Return the error for an author who has seen another draft than this one."""
        if self.is_over:
            return DraftConflictError.over(self.widget_id)
        return DraftConflictError.saved(self.widget_id, self.number, self.changed_at, self.changed_by)


@dataclass(frozen=True, slots=True)
class Summary:
    """The part of a live item or a draft that a list shows. A draft's ``revision`` is its number."""

    revision: int
    label: str
    domains: int
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class LiveSummary(Summary):
    """The part of a live item that a list shows."""

    version_key: str
    is_enabled: bool
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class ListedWidget:
    """A widget of a list: its live item, its draft, or both."""

    widget_id: int
    live: LiveSummary | None
    draft: Summary | None

    @property
    def label(self) -> str:
        """The label that is live, or that of a draft that was never live."""
        shown = self.live or self.draft
        return shown.label if shown else ""


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

    def publish(
        self, live: LiveWidget, change: Change, version: Version | None = None, *, ends_draft: int | None = None
    ) -> None:
        """Write the live item, its audit entry and, if there is one, the new version in one transaction.

        ``live.revision`` must be one more than the revision that was read. Raises ConflictError when another change was
        written first. ``ends_draft``: the transaction also ends the draft with this number; raises DraftConflictError
        when the draft was changed first.
        """
        new = [_audit_item(live, change), *(_version_items(live.widget_id, version) if version else ())]
        writes: list[Any] = [
            {"Put": self._next_item(_live_item(live, change))},
            *({"Put": self._new_item(item)} for item in new),
        ]
        if ends_draft is not None:
            writes.append({"Put": self._next_item(_draft_item(Draft(live.widget_id, ends_draft + 1)))})
        try:
            with aws.errors():
                self._client.transact_write_items(TransactItems=writes)
        except ConflictError:
            winner = self.live(live.widget_id)
            if ends_draft is not None and (winner.revision if winner else 0) == live.revision - 1:
                raise self._draft_conflict(live.widget_id) from None
            raise ConflictError(*(winner.version_key, winner.revision) if winner else ()) from None

    # --- Drafts -------------------------------------------------------------------------------------------------------

    def draft(self, widget_id: int) -> Draft | None:
        """Read the draft, also one that is over; None if the widget never had one. The read is consistent."""
        item = self._item(widget_id, "draft", consistent=True)
        return None if item is None else _draft_of(item)

    def create(self, draft: Draft) -> None:
        """Write the first draft of a new widget. Raises ConflictError if the id was ever used."""
        live = {"widgetId": attribute(draft.widget_id), "version": attribute("live")}
        unused = {"TableName": self._name, "Key": live, "ConditionExpression": "attribute_not_exists(widgetId)"}
        writes: list[Any] = [{"Put": self._next_item(_draft_item(draft))}, {"ConditionCheck": unused}]
        with aws.errors():
            self._client.transact_write_items(TransactItems=writes)

    def save_draft(self, draft: Draft) -> None:
        """Write a draft, or end it. ``draft.number`` must be one more than the number that was read.

        Raises DraftConflictError when another change was written first.
        """
        try:
            with aws.errors():
                self._client.put_item(**self._next_item(_draft_item(draft)))
        except ConflictError:
            raise self._draft_conflict(draft.widget_id) from None

    def _draft_conflict(self, widget_id: int) -> DraftConflictError:
        winner = self.draft(widget_id)
        return winner.conflict() if winner else DraftConflictError.over(widget_id)

    # --- Lists --------------------------------------------------------------------------------------------------------

    def listed(self, *, after: int = 0, most: int) -> list[ListedWidget]:
        """Return the listed widgets whose ids are above ``after``, in their order, but at most ``most`` of them.

        Makes one request per page. The index is behind the table by a moment.
        """
        items = self._query(
            IndexName=_INDEX,
            KeyConditionExpression="#listed = :listed AND widgetId > :after",
            ExpressionAttributeNames={"#listed": "listed"},
            ExpressionAttributeValues={":listed": attribute(_LISTED), ":after": attribute(after)},
            Limit=2 * most,
        )
        by_widget = groupby(items, key=lambda item: item["widgetId"])
        return [_listed_of(widget_id, found) for widget_id, found in islice(by_widget, most)]

    def last_listed(self) -> int:
        """Return the highest id of a listed widget below FOR_TRIALS, or 0."""
        items = self._query(
            IndexName=_INDEX,
            KeyConditionExpression="#listed = :listed AND widgetId < :end",
            ExpressionAttributeNames={"#listed": "listed"},
            ExpressionAttributeValues={":listed": attribute(_LISTED), ":end": attribute(FOR_TRIALS)},
            ScanIndexForward=False,
            Limit=1,
        )
        return next((int(item["widgetId"]) for item in items), 0)

    def unlisted(self) -> Iterator[LiveWidget]:
        """Yield the live items that are not in the index. Reads the whole table, a request per page."""
        with aws.errors():
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._name,
                FilterExpression="version = :live AND attribute_not_exists(#listed)",
                ExpressionAttributeNames={"#listed": "listed"},
                ExpressionAttributeValues={":live": attribute("live")},
            )
            for page in pages:
                yield from (_live_of(plain_item(item)) for item in page["Items"])

    def enlist(self, live: LiveWidget, *, changed_at: str, changed_by: str) -> None:
        """Put an item that is live already into the index; nothing else of it changes.

        Raises ConflictError when the widget was changed meanwhile, which puts it into the index as well.
        """
        with aws.errors():
            self._client.update_item(
                TableName=self._name,
                Key={"widgetId": attribute(live.widget_id), "version": attribute("live")},
                UpdateExpression="SET #listed = :listed, summary = :summary",
                ConditionExpression="revision = :read",
                ExpressionAttributeNames={"#listed": "listed"},
                ExpressionAttributeValues={
                    ":listed": attribute(_LISTED),
                    ":summary": attribute(_summary(live.label, len(live.origins), changed_at, changed_by)),
                    ":read": attribute(live.revision),
                },
            )

    # --- Single items -------------------------------------------------------------------------------------------------

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

    def _next_item(self, item: Item) -> dict[str, Any]:
        """Return the write of an item that replaces the one with the revision before its own."""
        if item["revision"] == 1:
            return self._new_item(item)
        condition = {"ConditionExpression": "revision = :read"}
        return {
            **self._new_item(item),
            **condition,
            "ExpressionAttributeValues": {":read": attribute(item["revision"] - 1)},
        }


class _AbsentError(Exception):
    """A version does not exist. Raising it keeps absent versions out of the cache."""


# --- Items ------------------------------------------------------------------------------------------------------------


def _live_item(live: LiveWidget, change: Change) -> Item:
    return {
        "widgetId": live.widget_id,
        "version": "live",
        "listed": _LISTED,
        "summary": _summary(live.label, len(live.origins), change.at, change.actor),
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
        label=item.get("summary", {}).get("label", ""),
    )


def _draft_item(draft: Draft) -> Item:
    key = {"widgetId": draft.widget_id, "version": "draft", "revision": draft.number}
    if draft.is_over:
        return key
    return {
        **key,
        "listed": _LISTED,
        "summary": _summary(draft.label, draft.domains, draft.changed_at, draft.changed_by),
        "basedOn": draft.based_on,
        "definition": draft.definition,
        "isValid": draft.is_valid,
        "shareKey": draft.share_key,
        **({} if draft.last_valid is None else {"lastValid": draft.last_valid}),
    }


def _draft_of(item: Item) -> Draft:
    if "definition" not in item:
        return Draft(item["widgetId"], item["revision"])
    summary = _summary_of(item)
    return Draft(
        widget_id=item["widgetId"],
        number=item["revision"],
        based_on=item["basedOn"],
        label=summary.label,
        domains=summary.domains,
        definition=item["definition"],
        is_valid=item["isValid"],
        last_valid=item.get("lastValid"),
        changed_at=summary.changed_at,
        changed_by=summary.changed_by,
        share_key=item["shareKey"],
    )


def _summary(label: str, domains: int, changed_at: str, changed_by: str) -> Item:
    """Return what the index has of an item besides its own attributes.

    It is one attribute, because an index cannot be told to take one more: a list can show more without another index.
    """
    return {"label": label, "domains": domains, "changedAt": changed_at, "changedBy": changed_by}


def _summary_of(item: Item) -> Summary:
    stored = item["summary"]
    return Summary(item["revision"], stored["label"], stored["domains"], stored["changedAt"], stored["changedBy"])


def _listed_of(widget_id: int, items: Iterable[Item]) -> ListedWidget:
    """Return a widget from its items in the index. Only a live one has a version."""
    live, draft = None, None
    for item in items:
        summary = _summary_of(item)
        if "versionKey" in item:
            live = LiveSummary(
                summary.revision,
                summary.label,
                summary.domains,
                summary.changed_at,
                summary.changed_by,
                item["versionKey"],
                is_enabled=item["enabled"],
                is_deleted=item.get("deleted", False),
            )
        else:
            draft = summary
    return ListedWidget(widget_id, live, draft)


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
