"""Widgets, shown and changed: in the tables themselves, or through the administration's HTTP API."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypedDict
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from consent_core.errors import PROBLEM_TYPE, ConflictError, DefinitionError, NotFoundError, UnavailableError
from consent_core.publishing import changes, widgets
from consent_core.publishing.changes import Published
from consent_core.publishing.definitions import WidgetDefinition
from consent_core.widget_table import AuditEntry, Change, WidgetTable

type Origins = tuple[str, ...]
type Json = dict[str, Any]

_TIMEOUT = 30  # seconds, as long as API Gateway waits
_EXECUTE_API = re.compile(r"\.execute-api\.([a-z0-9-]+)\.")


class AdministrationError(Exception):
    """The administration does not let the caller in, or is none; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class LiveDefinition:
    """What is live: a definition, ready to be changed and published, and the version that it is."""

    definition: Json
    version_key: str


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A published version."""

    version_key: str
    published_at: str
    is_live: bool

    def as_json(self) -> dict[str, object]:
        return {"versionKey": self.version_key, "publishedAt": self.published_at, "live": self.is_live}


class Administration(Protocol):
    """What operators do with widgets.

    All raise NotFoundError, and what makes a change DefinitionError and ConflictError.
    """

    def show(self, widget_id: int) -> LiveDefinition: ...
    def versions(self, widget_id: int) -> list[VersionSummary]: ...
    def changes(self, widget_id: int) -> list[AuditEntry]: ...
    def publish(self, definition: WidgetDefinition) -> Published: ...
    def add_origin(self, widget_id: int, origin: str) -> Origins: ...
    def remove_origin(self, widget_id: int, origin: str) -> Origins: ...
    def raise_renewal(self, widget_id: int) -> Published: ...
    def set_developer_mode(self, widget_id: int, *, on: bool) -> Published: ...
    def roll_back(self, widget_id: int, version_key: str) -> Published: ...


# --- The tables -------------------------------------------------------------------------------------------------------


class _Authorship(TypedDict):
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class InTables:
    """``actor`` gives the caller's ARN, for the audit; it is called when something changes."""

    table: WidgetTable
    actor: Callable[[], str]

    def show(self, widget_id: int) -> LiveDefinition:
        found = widgets.read(self.table, widget_id)
        return LiveDefinition(found.definition, found.live.version_key)

    def versions(self, widget_id: int) -> list[VersionSummary]:
        live = widgets.read(self.table, widget_id).live.version_key
        return [VersionSummary(key, at, key == live) for key, at in self.table.versions(widget_id)]

    def changes(self, widget_id: int) -> list[AuditEntry]:
        widgets.read(self.table, widget_id)
        return self.table.changes(widget_id)

    def publish(self, definition: WidgetDefinition) -> Published:
        return changes.publish(self.table, definition, **self._authorship())

    def add_origin(self, widget_id: int, origin: str) -> Origins:
        return changes.add_origin(self.table, widget_id, origin, **self._authorship()).origins

    def remove_origin(self, widget_id: int, origin: str) -> Origins:
        return changes.remove_origin(self.table, widget_id, origin, **self._authorship()).origins

    def raise_renewal(self, widget_id: int) -> Published:
        return changes.raise_renewal(self.table, widget_id, **self._authorship())

    def set_developer_mode(self, widget_id: int, *, on: bool) -> Published:
        return changes.set_developer_mode(self.table, widget_id, on=on, **self._authorship())

    def roll_back(self, widget_id: int, version_key: str) -> Published:
        return changes.roll_back(self.table, widget_id, version_key, **self._authorship())

    def _authorship(self) -> _Authorship:
        return {"actor": self.actor(), "now": datetime.now(UTC)}


# --- The HTTP API -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OverHttp:
    """The administration at ``address``; requests are signed with the session's credentials, as IAM wants them."""

    address: str
    session: Session

    def show(self, widget_id: int) -> LiveDefinition:
        live = next(listed for listed in self.versions(widget_id) if listed.is_live)
        return LiveDefinition(self._ask("GET", widget_id), live.version_key)

    def versions(self, widget_id: int) -> list[VersionSummary]:
        listed = self._ask("GET", widget_id, "/versions")["versions"]
        return [VersionSummary(each["versionKey"], each["publishedAt"], each["live"]) for each in listed]

    def changes(self, widget_id: int) -> list[AuditEntry]:
        return [
            AuditEntry(
                Change(at=each["at"], actor=each["actor"], what=each["what"], detail=each["detail"]),
                each["revision"],
                each["versionKey"],
            )
            for each in self._ask("GET", widget_id, "/changes")["changes"]
        ]

    def publish(self, definition: WidgetDefinition) -> Published:
        body = definition.model_dump(mode="json", by_alias=True, exclude_none=True)
        return _published(self._ask("PUT", definition.id, body=body))

    def add_origin(self, widget_id: int, origin: str) -> Origins:
        return tuple(self._ask("PUT", widget_id, f"/origins/{quote(origin, safe='')}")["origins"])

    def remove_origin(self, widget_id: int, origin: str) -> Origins:
        return tuple(self._ask("DELETE", widget_id, f"/origins/{quote(origin, safe='')}")["origins"])

    def raise_renewal(self, widget_id: int) -> Published:
        return _published(self._ask("POST", widget_id, "/renewal"))

    def set_developer_mode(self, widget_id: int, *, on: bool) -> Published:
        return _published(self._ask("POST", widget_id, "/developer-mode", body={"developerMode": on}))

    def roll_back(self, widget_id: int, version_key: str) -> Published:
        return _published(self._ask("POST", widget_id, "/rollback", body={"versionKey": version_key}))

    def _ask(self, method: str, widget_id: int, path: str = "", *, body: Json | None = None) -> Json:
        url = f"{self.address.rstrip('/')}/v1/widgets/{widget_id}{path}"
        content = None if body is None else json.dumps(body).encode()
        request = AWSRequest(method, url, headers={"Content-Type": "application/json"}, data=content)
        self._sign(request)
        answer = URLLib3Session(timeout=_TIMEOUT).send(request.prepare())
        said = _object(answer.content)
        if answer.status_code >= 400:
            raise _refusal(answer.status_code, said)
        return said

    def _sign(self, request: AWSRequest) -> None:
        address = urlsplit(self.address)
        if address.scheme == "http":
            return  # this machine's: nobody is asked who they are
        found = _EXECUTE_API.search(address.hostname or "")
        region = found[1] if found else self.session.get_config_variable("region") or "us-east-1"
        credentials = self.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, "execute-api", region).add_auth(request)


def _published(said: Mapping[str, Any]) -> Published:
    return Published(said["versionKey"], said["revision"], is_new_version=said["isNewVersion"])


def _object(content: bytes) -> Json:
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(status: int, said: Mapping[str, Any]) -> Exception:
    """The error that the tables would have raised; whatever the gateway refuses has words of its own."""
    match str(said.get("type", "")).removeprefix(PROBLEM_TYPE):
        case NotFoundError.slug:
            return NotFoundError(said["detail"])
        case ConflictError.slug:
            return ConflictError(said["versionKey"], said["revision"])
        case DefinitionError.slug:
            return DefinitionError(said["problems"])
    if status >= 500 or status == 429:
        return UnavailableError()
    words = said.get("detail") or said.get("message") or said.get("Message") or "nothing more"
    return AdministrationError(f"The administration answers {status}: {words}")
