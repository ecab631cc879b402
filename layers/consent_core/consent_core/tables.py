"""The two tables. The only module that talks to DynamoDB.

Widgets: partition key ``widgetId`` (N), sort key ``version`` (S). The sort key is one of

    live                     what every request asks for (LiveWidget)
    <versionKey>             the definition as JSON, and the catalogue; immutable
    <versionKey>#<language>  the settings, rendered, with their entity tag; immutable
    audit#<date>#<revision>  who changed what, when; immutable

Consents: partition key ``consentId`` (S), sort key ``id`` (S), time to live ``ttl``; one item a decision.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from threading import Thread
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from consent_core import aws, startup
from consent_core.catalogue import Catalogue, LiveWidget, Purpose, Rendering, Service
from consent_core.errors import (
    AlteredReplayError,
    ConflictError,
    ConsentPlatformError,
    ThrottledError,
    UnavailableError,
    UnprocessableError,
)
from consent_core.items import attribute as _attribute
from consent_core.items import plain_item as _plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = Mapping[str, Any]
"""A DynamoDB item as plain values: str, int, bool, None, list and dict."""

LARGEST_ITEM = 350_000
"""Bytes of JSON that an item may have: DynamoDB takes 400 KB, counted its own way."""

LARGEST_TRANSACTION = 4_000_000
"""Bytes that a publication may write besides the live item: DynamoDB takes 4 MB (and 100 items: 33 are the most)."""

PERSONAL = ("userId", "sessionId", "referrer")
"""What of a proof names the visitor, beside the ids: shown to nobody but operators, erased at the visitor's wish."""

_ANY_PERSONAL = " OR ".join(f"attribute_exists({name})" for name in PERSONAL)
_CACHED_VERSIONS = 512
_VERSION_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# A decision takes three of these at most. Should each need its second attempt, and the last one fail, the
# answer is there in 2.2 s; the contract gives it 3 s. Botocore's legacy mode, because it waits 0.05 s between the two
# attempts, where the standard mode waits up to a second.
_CLIENT = Config(
    connect_timeout=0.5,
    read_timeout=0.5,
    retries={"mode": "legacy", "total_max_attempts": 2},
    parameter_validation=False,
    tcp_keepalive=True,
    user_agent="consent-platform",  # botocore's own is put together anew for each request: an eighth of its time
)

_EARLY = 0.25  # seconds that a start waits for its connection

_FOR_OPERATORS = _CLIENT.merge(Config(connect_timeout=1, read_timeout=4))

_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",  # so a transaction's cancellation spells it
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottlingError",
    }
)
_UNAVAILABLE = frozenset(
    {
        "InternalServerError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "InternalFailure",
        "TransactionInProgressException",  # the second attempt, while the first one is still at work
    }
)
_CONFLICTS = frozenset(
    {"ConditionalCheckFailedException", "ConditionalCheckFailed", "TransactionConflictException", "TransactionConflict"}
)


def connect(*, for_operators: bool = False) -> "DynamoDBClient":
    """Make a client with short timeouts and few attempts; region, credentials and endpoint are the environment's.

    A ``for_operators`` one has the time that a publication of some MB takes: for people, not for visitors.
    """
    client: DynamoDBClient = aws.client("dynamodb", _FOR_OPERATORS if for_operators else _CLIENT)
    client.meta.events.register("before-parse.dynamodb", _refuse_what_is_no_answer)
    return client


def _refuse_what_is_no_answer(response_dict: Mapping[str, Any], **_: object) -> None:
    """Botocore reads what is not JSON as ``{}``: a proxy's page would say that a proof is stored, a widget unknown."""
    if response_dict["status_code"] >= 500:
        return  # never taken for an answer, and worth a second attempt
    try:
        json.loads(response_dict["body"])
    except ValueError:
        raise UnavailableError from None


@dataclass(frozen=True, slots=True)
class StoredProof:
    """A proof in the contract's shape. ``expired``: its time is over, though DynamoDB has not deleted it yet."""

    proof: dict[str, Any]
    expired: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What a publication writes once and for all: ``definition`` is JSON, ``settings`` are keyed by language."""

    catalogue: Catalogue
    definition: str
    published_at: str
    settings: Mapping[str, Rendering]


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the audit: ``at`` is ISO 8601 in UTC, ``what`` a verb of ours such as ``publish``."""

    at: str
    actor: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change as the audit has it: ``revision`` and ``version_key`` were live after it."""

    change: Change
    revision: int
    version_key: str

    def as_json(self) -> dict[str, object]:
        """Give it flat, as the administration and the command line show it."""
        return {"revision": self.revision, **asdict(self.change), "versionKey": self.version_key}


class Tables:
    """Reads and writes, each one request unless it says otherwise.

    Every method raises ThrottledError or UnavailableError when the store does not answer in time.
    """

    def __init__(self, client: "DynamoDBClient", *, widgets_table: str, consents_table: str) -> None:
        self._client = client
        self._widgets = widgets_table
        self._consents = consents_table
        self._recent: dict[int, tuple[float, LiveWidget]] = {}
        # A version never changes, so its copy here is never stale. What is absent is not kept.
        self._cached_catalogue = lru_cache(_CACHED_VERSIONS)(self._read_catalogue)
        self._cached_rendering = lru_cache(_CACHED_VERSIONS)(self._read_rendering)

    def connect_early(self) -> Thread:
        """Open a connection while the function still starts, by asking for what there is not.

        Lambda lends a start a whole processor and a request a part of one; certificates are read and keys agreed on
        here. A store that is away breaks nothing, and delays a start by a quarter of a second.
        """
        thread = Thread(target=self._connect, daemon=True)
        if startup.CONNECTS_EARLY:
            thread.start()
            thread.join(_EARLY)
        return thread

    def _connect(self) -> None:
        with suppress(Exception):  # the first request will find out, and has an answer for it
            self._widget_item(0, "live")

    # --- Widgets ------------------------------------------------------------------------------------------------------

    def live(self, widget_id: int) -> LiveWidget | None:
        """Read what is live now, consistently: CloudFront keeps the answer for a day."""
        item = self._widget_item(widget_id, "live", consistent=True)
        return None if item is None else _live_of(item)

    def recent_live(self, widget_id: int, *, max_age: float) -> LiveWidget | None:
        """Give what was live at most ``max_age`` seconds ago. An unknown widget is asked for each time."""
        now = time.monotonic()
        read_at, widget = self._recent.get(widget_id, (0.0, None))
        if widget is None or now - read_at > max_age:
            widget = self.live(widget_id)
            if widget is not None:
                self._recent[widget_id] = (now, widget)
        return widget

    def catalogue(self, widget_id: int, version_key: str) -> Catalogue | None:
        """Give a published version. None when this widget has never had it; ``version_key`` may be any string."""
        if not _VERSION_KEY.fullmatch(version_key):
            return None
        try:
            return self._cached_catalogue(widget_id, version_key)
        except _AbsentError:
            return None

    def rendering(self, widget_id: int, version_key: str, language: str) -> Rendering:
        """Give the settings of a published version. Raises KeyError when they were never rendered: a bug."""
        return self._cached_rendering(widget_id, version_key, language)

    def definition(self, widget_id: int, version_key: str) -> str | None:
        """Give the definition of a published version as JSON, without what is private to the live item.

        None when this widget has never had it; ``version_key`` may be any string.
        """
        item = self._widget_item(widget_id, version_key) if _VERSION_KEY.fullmatch(version_key) else None
        return None if item is None else item["definition"]

    def versions(self, widget_id: int) -> list[tuple[str, str]]:
        """List (versionKey, date of publication), newest first. As many requests as the answer has pages."""
        items = self._query(
            TableName=self._widgets,
            KeyConditionExpression="widgetId = :widget",
            ProjectionExpression="version, publishedAt",
            FilterExpression="attribute_exists(publishedAt)",
            ExpressionAttributeValues={":widget": _attribute(widget_id)},
        )
        return sorted(
            ((item["version"], item["publishedAt"]) for item in items), key=lambda found: found[1], reverse=True
        )

    def changes(self, widget_id: int) -> list[AuditEntry]:
        """List the audit, newest first. As many requests as the answer has pages."""
        items = self._query(
            TableName=self._widgets,
            KeyConditionExpression="widgetId = :widget AND begins_with(version, :audit)",
            ConsistentRead=True,
            ExpressionAttributeValues={":widget": _attribute(widget_id), ":audit": _attribute("audit#")},
        )
        return sorted(map(_entry_of, items), key=lambda entry: entry.revision, reverse=True)

    def publish(self, live: LiveWidget, change: Change, version: Version | None = None) -> None:
        """Write the live item, its audit entry and, if there is one, the new version, all or nothing.

        ``live.revision`` must be one more than what was read. Raises ConflictError when somebody else was first.
        """
        new = [_audit_item(live, change), *(_version_items(live.widget_id, version) if version else ())]
        current: dict[str, Any] = self._new_item(_live_item(live))
        if live.revision > 1:
            current["ConditionExpression"] = "revision = :read"
            current["ExpressionAttributeValues"] = {":read": _attribute(live.revision - 1)}
        writes: list[Any] = [{"Put": current}, *({"Put": self._new_item(item)} for item in new)]
        try:
            with _domain_errors():
                self._client.transact_write_items(TransactItems=writes)
        except ConflictError:
            winner = self.live(live.widget_id)
            raise ConflictError(*(winner.version_key, winner.revision) if winner else ()) from None

    # --- Consents -----------------------------------------------------------------------------------------------------

    def put_proof(self, proof: Item) -> bool:
        """Store a proof. False: the same decision is stored. Raises AlteredReplayError if it had other choices."""
        try:
            with _domain_errors():
                self._client.put_item(
                    TableName=self._consents,
                    Item={name: _attribute(value) for name, value in proof.items()},
                    ConditionExpression="attribute_not_exists(consentId)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailedError as failed:
            # A client's id is unique within its consentId: the same pair at another widget is no retry either.
            if any(failed.item.get(name) != proof[name] for name in ("requestHash", "widgetId")):
                raise AlteredReplayError from None
            return False
        return True

    def history(self, consent_id: str, *, now: int, most_pages: int | None = None) -> list[StoredProof]:
        """List the proofs of a consent, oldest first. ``now`` is in epoch seconds.

        As many requests as the answer has pages of 1 MB: one, in life. Raises UnprocessableError when there are more
        than ``most_pages``.
        """
        pages = self._pages(
            TableName=self._consents,
            KeyConditionExpression="consentId = :consent",
            ConsistentRead=True,
            ExpressionAttributeValues={":consent": _attribute(consent_id)},
        )
        proofs: list[StoredProof] = []
        for number, page in enumerate(pages):
            if number == most_pages:
                raise UnprocessableError("consentId", "It has more proofs than can be given at once.")
            proofs += (StoredProof(item, expired=item["ttl"] <= now) for item in page)
        return sorted(proofs, key=lambda stored: (stored.proof["date"], stored.proof["id"]))

    def erase(self, consent_id: str, *, widget_id: int, at: str, seconds: float) -> int:
        """Remove what is PERSONAL from a widget's proofs of a consent, which stay; give how many had any of it.

        Those say ``erasedAt`` from then on. A request for each of them. Raises ThrottledError when ``seconds`` are over
        before all are done: the next call goes on from there.
        """
        deadline = time.monotonic() + seconds
        erased = 0
        for proof in self._query(
            TableName=self._consents,
            KeyConditionExpression="consentId = :consent",
            FilterExpression=f"widgetId = :widget AND ({_ANY_PERSONAL})",
            ProjectionExpression="id",
            ConsistentRead=True,
            ExpressionAttributeValues={":consent": _attribute(consent_id), ":widget": _attribute(widget_id)},
        ):
            if time.monotonic() >= deadline:
                raise ThrottledError
            erased += self._erase_proof(consent_id, proof["id"], at)
        return erased

    def _erase_proof(self, consent_id: str, decision_id: str, at: str) -> bool:
        """False: DynamoDB has deleted the expired proof meanwhile. Without the condition it would be there again."""
        with suppress(ConflictError), _domain_errors():
            self._client.update_item(
                TableName=self._consents,
                Key={"consentId": _attribute(consent_id), "id": _attribute(decision_id)},
                UpdateExpression=f"SET erasedAt = :at REMOVE {', '.join(PERSONAL)}",
                ExpressionAttributeValues={":at": _attribute(at)},
                ConditionExpression="attribute_exists(consentId)",
            )
            return True
        return False

    def proofs_since(self, day: str, *, now: int, widget_id: int | None = None) -> Iterator[Item]:
        """Read the whole table for the proofs of ``day``, an ISO date, and later that have not expired.

        Give them as DynamoDB spells them, for not every item need be a proof of ours; ``now`` is in epoch seconds. As
        many requests as the table has pages of 1 MB, each when it is needed.
        """
        condition = "#date >= :day AND #ttl > :now" + (" AND widgetId = :widget" if widget_id else "")
        values = {":day": day, ":now": now, **({":widget": widget_id} if widget_id else {})}
        scan: dict[str, Any] = {
            "TableName": self._consents,
            "FilterExpression": condition,
            "ExpressionAttributeNames": {"#date": "date", "#ttl": "ttl"},
            "ExpressionAttributeValues": {name: _attribute(value) for name, value in values.items()},
        }
        with _domain_errors():
            for page in self._client.get_paginator("scan").paginate(**scan):
                yield from page["Items"]

    # --- Requests -----------------------------------------------------------------------------------------------------

    def _read_catalogue(self, widget_id: int, version_key: str) -> Catalogue:
        item = self._widget_item(widget_id, version_key)
        if item is None:
            raise _AbsentError
        return _catalogue_of(item)

    def _read_rendering(self, widget_id: int, version_key: str, language: str) -> Rendering:
        item = self._widget_item(widget_id, f"{version_key}#{language}")
        if item is None:
            raise KeyError(version_key, language)
        return Rendering(body=item["body"], etag=item["etag"])

    def _widget_item(self, widget_id: int, version: str, *, consistent: bool = False) -> dict[str, Any] | None:
        with _domain_errors():
            answer = self._client.get_item(
                TableName=self._widgets,
                Key={"widgetId": _attribute(widget_id), "version": _attribute(version)},
                ConsistentRead=consistent,
            )
        return _plain_item(answer["Item"]) if "Item" in answer else None

    def _new_item(self, item: Item) -> dict[str, Any]:
        attributes = {name: _attribute(value) for name, value in item.items()}
        condition = "attribute_not_exists(widgetId)"
        return {"TableName": self._widgets, "Item": attributes, "ConditionExpression": condition}

    def _query(self, **query: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as boto3 names them
        for page in self._pages(**query):
            yield from page

    def _pages(self, **query: Any) -> Iterator[list[dict[str, Any]]]:  # noqa: ANN401
        with _domain_errors():
            for page in self._client.get_paginator("query").paginate(**query):
                yield [_plain_item(item) for item in page["Items"]]


# --- Errors -----------------------------------------------------------------------------------------------------------


class _AbsentError(Exception):
    """Keeps what is absent out of the cache of versions."""


class ConditionFailedError(ConsentPlatformError):
    """A single write whose condition failed, with the item that is there."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


@contextmanager
def _domain_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _domain_error(error) from error
    except BotoCoreError as error:  # no connection, no answer in time, no credentials
        raise UnavailableError from error


def _domain_error(error: ClientError) -> Exception:
    """Throttled, unavailable, conflict; anything else is a bug of ours, and stays what it is."""
    response: Mapping[str, Any] = error.response
    code: str = response["Error"]["Code"]
    codes = {code, *(reason.get("Code") for reason in response.get("CancellationReasons", ()))}
    if code == "ConditionalCheckFailedException" and "Item" in response:
        return ConditionFailedError(_plain_item(response["Item"]))
    if codes & _CONFLICTS:
        return ConflictError()
    if codes & _THROTTLED:
        return ThrottledError()
    if codes & _UNAVAILABLE or response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return UnavailableError()
    return error


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
        "languages": live.languages,
        "retentionDays": live.retention_days,
        "createdAt": live.created_at,
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
        languages=tuple(item["languages"]),
        retention_days=item["retentionDays"],
        created_at=item["createdAt"],
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
            {"id": s.id, "name": s.name, "slug": s.slug, "version": s.version, "purpose": int(s.purpose)}
            for s in catalogue.services
        ],
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
            Service(s["id"], s["name"], s["slug"], s["version"], Purpose(s["purpose"])) for s in item["services"]
        ),
    )


def _audit_item(live: LiveWidget, change: Change) -> Item:
    return {
        "widgetId": live.widget_id,
        "version": f"audit#{change.at}#{live.revision}",
        "actor": change.actor,
        "what": change.what,
        "detail": change.detail,
        "versionKey": live.version_key,
    }


def _entry_of(item: Item) -> AuditEntry:
    _, at, revision = item["version"].split("#")
    return AuditEntry(Change(at, item["actor"], item["what"], item["detail"]), int(revision), item["versionKey"])
