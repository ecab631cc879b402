"""Read and change widgets: in the tables themselves, or through the administration's HTTP API."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypedDict
from urllib.parse import urlencode, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from consent_core import aws
from consent_core.errors import (
    PROBLEM_TYPE,
    ConflictError,
    DefinitionError,
    DraftConflictError,
    InUseError,
    NotFoundError,
    ThrottledError,
    UnconfirmedError,
)
from consent_core.problems import Problem
from consent_core.publishing import changes, check, drafts, history, widgets
from consent_core.publishing.changes import Plan, Published
from consent_core.publishing.definitions import WidgetDefinition, members
from consent_core.publishing.differences import Difference
from consent_core.publishing.history import Moment
from consent_core.publishing.widgets import Page
from consent_core.widget_table import AuditEntry, Change, Draft, ListedWidget, WidgetTable
from consent_ops.failures import AccessError

type Origins = tuple[str, ...]
type Keys = tuple[str, ...]
type Json = dict[str, Any]

_TIMEOUT = 30  # seconds, as long as API Gateway waits
_LOCAL_TIMEOUT = 120  # seconds: this machine may be busy, and starts a function at its first request
_EXECUTE_API = re.compile(r"\.execute-api\.([a-z0-9-]+)\.")


class AdministrationError(AccessError):
    """The administration's API refuses the caller, or another service answers."""


@dataclass(frozen=True, slots=True)
class LiveDefinition:
    """The live definition, ready to be changed and published, and its version."""

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


@dataclass(frozen=True, slots=True)
class CreatedWidget:
    """A new widget: a draft with a public key."""

    widget_id: int
    key: str


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft as the administration shows it. ``based_on`` is None for a widget that was never live."""

    widget_id: int
    number: int
    based_on: int | None
    changed_at: str
    changed_by: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftDefinition:
    """A draft with its definition, ready to be changed and saved."""

    draft: SavedDraft
    definition: Json


class Administration(Protocol):
    """The operations on widgets. All raise NotFoundError; changes also raise DefinitionError and ConflictError.

    ``publish`` raises UnconfirmedError if it takes something away, unless the ``expected`` revision is live.
    ``publish_draft`` does as well, unless the draft has the ``expected`` number; all on drafts raise
    DraftConflictError. ``check`` returns what the API answers, and raises none of these.
    """

    def listed(self) -> Iterator[ListedWidget]: ...
    def create(self, label: str, origin: str, languages: Sequence[str]) -> CreatedWidget: ...
    def draft(self, widget_id: int) -> DraftDefinition: ...
    def save_draft(self, definition: WidgetDefinition, *, expected: int | None) -> SavedDraft: ...
    def discard_draft(self, widget_id: int) -> None: ...
    def publish_draft(self, widget_id: int, *, expected: int | None = None) -> Published: ...
    def add_key(self, widget_id: int, key: str | None) -> Keys: ...
    def retire_key(self, widget_id: int, key: str) -> Keys: ...
    def show(self, widget_id: int) -> LiveDefinition: ...
    def versions(self, widget_id: int) -> list[VersionSummary]: ...
    def changes(self, widget_id: int) -> list[Moment]: ...
    def check(self, definition: WidgetDefinition) -> Json: ...
    def plan(self, definition: WidgetDefinition) -> Plan: ...
    def publish(self, definition: WidgetDefinition, *, expected: int | None = None) -> Published: ...
    def add_origin(self, widget_id: int, origin: str) -> Origins: ...
    def remove_origin(self, widget_id: int, origin: str) -> Origins: ...
    def raise_renewal(self, widget_id: int) -> Published: ...
    def set_developer_mode(self, widget_id: int, *, on: bool) -> Published: ...
    def set_enabled(self, widget_id: int, *, on: bool) -> Published: ...
    def roll_back(self, widget_id: int, version: str | int, *, with_domains: bool) -> Published: ...
    def delete(self, widget_id: int, *, even_with_proofs: bool) -> None: ...


# --- The tables -------------------------------------------------------------------------------------------------------


class _Authorship(TypedDict):
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class InTables:
    """The tables themselves.

    ``actor`` returns the caller's ARN for the audit; only changes call it. ``has_proofs`` returns whether a widget has
    unexpired proofs, and reads the whole table of consents for it.
    """

    table: WidgetTable
    actor: Callable[[], str]
    has_proofs: Callable[[int], bool]

    def listed(self) -> Iterator[ListedWidget]:
        return _listed(lambda after: widgets.listed(self.table, after=after))

    def create(self, label: str, origin: str, languages: Sequence[str]) -> CreatedWidget:
        draft = drafts.create(self.table, label, origin, languages, **self._authorship())
        return CreatedWidget(draft.widget_id, json.loads(draft.definition)["keys"][0])

    def draft(self, widget_id: int) -> DraftDefinition:
        draft = drafts.read(self.table, widget_id)
        return DraftDefinition(_shown(draft), json.loads(draft.definition))

    def save_draft(self, definition: WidgetDefinition, *, expected: int | None) -> SavedDraft:
        return _shown(drafts.save(self.table, definition, expected=expected, **self._authorship()))

    def discard_draft(self, widget_id: int) -> None:
        drafts.discard(self.table, widget_id)

    def publish_draft(self, widget_id: int, *, expected: int | None = None) -> Published:
        return drafts.publish(self.table, widget_id, confirmed=False, expected=expected, **self._authorship())

    def add_key(self, widget_id: int, key: str | None) -> Keys:
        return changes.add_key(self.table, widget_id, key, **self._authorship()).keys

    def retire_key(self, widget_id: int, key: str) -> Keys:
        return changes.retire_key(self.table, widget_id, key, **self._authorship()).keys

    def show(self, widget_id: int) -> LiveDefinition:
        found = widgets.read(self.table, widget_id)
        return LiveDefinition(found.definition, found.live.version_key)

    def versions(self, widget_id: int) -> list[VersionSummary]:
        live = widgets.read_with_deleted(self.table, widget_id)
        current = None if live.deleted else live.version_key
        return [VersionSummary(key, at, key == current) for key, at in self.table.versions(widget_id)]

    def changes(self, widget_id: int) -> list[Moment]:
        return history.read(self.table, widgets.read_with_deleted(self.table, widget_id))

    def check(self, definition: WidgetDefinition) -> Json:
        return check.of(self.table, definition, now=datetime.now(UTC)).as_json()

    def plan(self, definition: WidgetDefinition) -> Plan:
        return changes.plan(self.table, definition, now=datetime.now(UTC))

    def publish(self, definition: WidgetDefinition, *, expected: int | None = None) -> Published:
        return changes.publish(self.table, definition, confirmed=False, expected=expected, **self._authorship())

    def add_origin(self, widget_id: int, origin: str) -> Origins:
        return changes.add_origin(self.table, widget_id, origin, **self._authorship()).origins

    def remove_origin(self, widget_id: int, origin: str) -> Origins:
        return changes.remove_origin(self.table, widget_id, origin, **self._authorship()).origins

    def raise_renewal(self, widget_id: int) -> Published:
        return changes.raise_renewal(self.table, widget_id, **self._authorship())

    def set_developer_mode(self, widget_id: int, *, on: bool) -> Published:
        return changes.set_developer_mode(self.table, widget_id, on=on, **self._authorship())

    def set_enabled(self, widget_id: int, *, on: bool) -> Published:
        return changes.set_enabled(self.table, widget_id, on=on, **self._authorship())

    def roll_back(self, widget_id: int, version: str | int, *, with_domains: bool) -> Published:
        return changes.roll_back(self.table, widget_id, version, with_domains=with_domains, **self._authorship())

    def delete(self, widget_id: int, *, even_with_proofs: bool) -> None:
        changes.delete(
            self.table,
            widget_id,
            even_with_proofs=even_with_proofs,
            has_proofs=lambda: self.has_proofs(widget_id),
            **self._authorship(),
        )

    def _authorship(self) -> _Authorship:
        return {"actor": self.actor(), "now": datetime.now(UTC)}


# --- The HTTP API -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OverHttp:
    """The administration's API at ``address``; requests are signed with the session's credentials, for IAM.

    All methods also raise AdministrationError.
    """

    address: str
    session: Session

    def listed(self) -> Iterator[ListedWidget]:
        return _listed(lambda after: self._ask("GET", query={"after": after} if after else {}, read=_page))

    def create(self, label: str, origin: str, languages: Sequence[str]) -> CreatedWidget:
        body = {"label": label, "origin": origin, "languages": list(languages)}
        return self._ask("POST", body=body, read=lambda answer: CreatedWidget(answer["widgetId"], answer["key"]))

    def draft(self, widget_id: int) -> DraftDefinition:
        return self._ask(
            "GET", widget_id, "/draft", read=lambda answer: DraftDefinition(_draft(answer), answer["definition"])
        )

    def save_draft(self, definition: WidgetDefinition, *, expected: int | None) -> SavedDraft:
        return self._ask("PUT", definition.id, "/draft", body=members(definition), expected=expected, read=_draft)

    def discard_draft(self, widget_id: int) -> None:
        self._ask("DELETE", widget_id, "/draft", read=lambda _: None)

    def publish_draft(self, widget_id: int, *, expected: int | None = None) -> Published:
        return self._ask("POST", widget_id, "/draft/publish", expected=expected, read=_published)

    def add_key(self, widget_id: int, key: str | None) -> Keys:
        return self._ask("POST", widget_id, "/keys", body={} if key is None else {"key": key}, read=_keys)

    def retire_key(self, widget_id: int, key: str) -> Keys:
        return self._ask("POST", widget_id, "/keys/retire", body={"key": key}, read=_keys)

    def show(self, widget_id: int) -> LiveDefinition:
        definition = self._ask("GET", widget_id, read=dict)
        live = next((each.version_key for each in self.versions(widget_id) if each.is_live), None)
        if live is None:
            raise self._foreign()
        return LiveDefinition(definition, live)

    def versions(self, widget_id: int) -> list[VersionSummary]:
        return self._ask("GET", widget_id, "/versions", read=_versions)

    def changes(self, widget_id: int) -> list[Moment]:
        return self._ask("GET", widget_id, "/changes", read=_changes)

    def check(self, definition: WidgetDefinition) -> Json:
        return self._ask("POST", definition.id, "/check", body=_stated(definition), read=_findings)

    def plan(self, definition: WidgetDefinition) -> Plan:
        return self._ask("PUT", definition.id, query={"dryRun": True}, body=_stated(definition), read=_plan)

    def publish(self, definition: WidgetDefinition, *, expected: int | None = None) -> Published:
        return self._ask("PUT", definition.id, body=_stated(definition), expected=expected, read=_published)

    def add_origin(self, widget_id: int, origin: str) -> Origins:
        return self._ask("POST", widget_id, "/origins", body={"origin": origin}, read=_origins)

    def remove_origin(self, widget_id: int, origin: str) -> Origins:
        return self._ask("POST", widget_id, "/origins/remove", body={"origin": origin}, read=_origins)

    def raise_renewal(self, widget_id: int) -> Published:
        return self._ask("POST", widget_id, "/renewal", read=_published)

    def set_developer_mode(self, widget_id: int, *, on: bool) -> Published:
        return self._ask("POST", widget_id, "/developer-mode", body={"developerMode": on}, read=_published)

    def set_enabled(self, widget_id: int, *, on: bool) -> Published:
        return self._ask("POST", widget_id, "/enabled", body={"enabled": on}, read=_published)

    def roll_back(self, widget_id: int, version: str | int, *, with_domains: bool) -> Published:
        named = "versionKey" if isinstance(version, str) else "revision"
        body = {named: version, **({"withDomains": True} if with_domains else {})}
        return self._ask("POST", widget_id, "/rollback", body=body, read=_published)

    def delete(self, widget_id: int, *, even_with_proofs: bool) -> None:
        query = {"evenWithProofs": True} if even_with_proofs else {}
        self._ask("DELETE", widget_id, query=query, read=lambda answer: answer["revision"])

    def _ask[T](  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        widget_id: int | None = None,
        path: str = "",
        *,
        query: Mapping[str, bool | int] | None = None,
        body: Json | None = None,
        expected: int | None = None,
        read: Callable[[Json], T],
    ) -> T:
        asked = f"?{urlencode({name: str(value).lower() for name, value in query.items()})}" if query else ""
        widget = "" if widget_id is None else f"/{widget_id}"
        return self.ask(method, f"/v1/widgets{widget}{path}{asked}", body=body, expected=expected, read=read)

    def ask[T](
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        expected: int | None = None,
        read: Callable[[Json], T],
    ) -> T:
        """Send a request. Return what ``read`` makes of the answer, whose members it may take to be there."""
        url = f"{self.address.rstrip('/')}{path}"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **({"If-Match": f'"{expected}"'} if expected else {})}
        request = AWSRequest(method, url, headers=headers, data=content)
        timeout = _LOCAL_TIMEOUT if self._is_local else _TIMEOUT
        with aws.errors():
            self._sign(request)
            response = URLLib3Session(timeout=timeout).send(request.prepare())
        answer = _object(response.content)
        try:
            if response.status_code >= 400:
                raise self._refusal(response.status_code, answer)
            return read(answer)
        except (KeyError, TypeError) as error:
            raise self._foreign() from error

    @property
    def _is_local(self) -> bool:
        return urlsplit(self.address).scheme == "http"

    def _sign(self, request: AWSRequest) -> None:
        if self._is_local:
            return  # no authentication locally
        found = _EXECUTE_API.search(urlsplit(self.address).hostname or "")
        region = found[1] if found else self.session.get_config_variable("region") or "us-east-1"
        credentials = self.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, "execute-api", region).add_auth(request)

    def _foreign(self) -> AdministrationError:
        advice = "Check --api: the stack's output AdminApiUrl."
        return AdministrationError(f"{self.address} does not answer like the administration's API. {advice}")

    def _refusal(self, status: int, answer: Mapping[str, Any]) -> Exception:
        """Return the error that the tables would have raised, or one for a refusal by the gateway."""
        kind = str(answer.get("type", ""))
        if kind.startswith(PROBLEM_TYPE) and status < 500:
            return _problem(kind.removeprefix(PROBLEM_TYPE), answer)
        if status == 429:
            return ThrottledError()
        if status >= 500:
            return AdministrationError(f"{self.address} failed ({status}). Wait a minute and repeat the command.")
        if status in {401, 403}:
            advice = "Check --profile, and the permission execute-api:Invoke."
            return AdministrationError(f"{self.address} refused the request ({status}). {advice}")
        return self._foreign()


def _problem(slug: str, answer: Mapping[str, Any]) -> Exception:  # noqa: PLR0911 - one for each error
    match slug:
        case NotFoundError.slug:
            return NotFoundError(answer["detail"])
        case ConflictError.slug:
            return ConflictError(answer["versionKey"], answer["revision"])
        case DraftConflictError.slug:
            return DraftConflictError(answer["detail"], answer["number"], answer["changedAt"], answer["changedBy"])
        case DefinitionError.slug:
            return DefinitionError([Problem((), said) for said in answer["problems"]])
        case UnconfirmedError.slug:
            return UnconfirmedError(answer["takesAway"], answer["versionKey"], answer["revision"])
        case InUseError.slug:
            return InUseError(answer["detail"], answer["expires"])
        case _:
            return AdministrationError(answer["detail"])


def _listed(page_after: Callable[[int], Page]) -> Iterator[ListedWidget]:
    after: int | None = 0
    while after is not None:
        page = page_after(after)
        yield from page.widgets
        after = page.next


def _page(answer: Json) -> Page:
    return Page(tuple(map(widgets.from_json, answer["widgets"])), answer["next"])


def _shown(draft: Draft) -> SavedDraft:
    return _draft(drafts.as_json(draft))


def _draft(answer: Json) -> SavedDraft:
    return SavedDraft(
        answer["widgetId"],
        answer["number"],
        answer["basedOn"],
        answer["changedAt"],
        answer["changedBy"],
        tuple(answer["problems"]),
    )


def _keys(answer: Json) -> Keys:
    return tuple(answer["keys"])


def _versions(answer: Json) -> list[VersionSummary]:
    return [VersionSummary(each["versionKey"], each["publishedAt"], each["live"]) for each in answer["versions"]]


def _changes(answer: Json) -> list[Moment]:
    return [
        Moment(
            AuditEntry(
                Change(at=each["at"], actor=each["actor"], what=each["what"], detail=each["detail"]),
                each["revision"],
                each["versionKey"],
            ),
            each["before"],
            each["after"],
            None,
        )
        for each in answer["changes"]
    ]


def _stated(definition: WidgetDefinition) -> Json:
    """Return a definition as its author stated it, so that the service sees whether ``renewal`` was stated."""
    stated = members(definition)
    return stated if "renewal" in definition.model_fields_set else {n: v for n, v in stated.items() if n != "renewal"}


def _plan(answer: Json) -> Plan:
    found = tuple(map(Difference.from_json, answer["differences"]))
    return Plan(answer["revision"], answer["isNewVersion"], found, answer.get("keptRenewal"))


def _findings(answer: Json) -> Json:
    return {
        kind: [{"loc": [*each["loc"]], "detail": str(each["detail"])} for each in answer[kind]]
        for kind in ("problems", "warnings")
    }


def _origins(answer: Json) -> Origins:
    return tuple(answer["origins"])


def _published(answer: Json) -> Published:
    kept = answer.get("keptRenewal")
    return Published(answer["versionKey"], answer["revision"], is_new_version=answer["isNewVersion"], kept_renewal=kept)


def _object(content: bytes) -> Json:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
