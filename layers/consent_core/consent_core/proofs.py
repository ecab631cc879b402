"""The making of a proof from a decision and a catalogue. It is pure: the clock and the identifiers are passed in."""

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from consent_core.catalogue import PURPOSES, Catalogue, LiveWidget, Purpose, Service
from consent_core.dates import timestamp
from consent_core.decisions import Choice, Choices, Decision, request_hash
from consent_core.errors import MalformedError, UnprocessableError

type Proof = dict[str, object]
"""A proof as stored, with the names of docs/contract.md, section 4."""

CONSENT_IDS = uuid.UUID("5f0c6a0e-57a8-4c6b-9d1c-1b1f0a6f2c43")
_PRINTABLE_ASCII = re.compile(r"[ -~]{0,128}")
_LONGEST_REFERRER = 2_048


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The facts besides the decision: the widget and its version, the page's origin (None: a native app), the time."""

    widget: LiveWidget
    catalogue: Catalogue
    origin: str | None
    now: datetime


def proof_of(
    decision: Decision, choices: Choices, context: RequestContext, *, new_id: Callable[[], uuid.UUID]
) -> Proof:
    """Return the proof of a decision.

    It lists every service of the version: as decided, else as its purpose was decided, else refused. Strictly necessary
    services are always consented.
    Raises UnprocessableError for a service or a userId that cannot be used, MalformedError for contradicting entries.
    """
    widget, catalogue = context.widget, context.catalogue
    received = context.now.astimezone(UTC)
    expires = received + timedelta(days=widget.retention_days)
    decision_id = decision.id or str(new_id())
    given = {
        "sessionId": decision.session_id,
        "userId": usable_user_id(decision.user_id),
        "origin": context.origin,
        "referrer": page_of(decision.referrer),
        "action": decision.action,
    }
    return {
        "id": decision_id,
        "consentId": decision.consent_id or consent_id_of(widget.widget_id, decision_id),
        "widgetId": widget.widget_id,
        "workSpaceId": catalogue.workspace_id,
        "type": int(decision.type),
        "typeDevice": decision.type_device,
        "date": timestamp(received),
        "dateExpiration": timestamp(expires),
        "ttl": int(expires.timestamp()),
        "consents": {
            "lang": decision.language,
            "versionKey": catalogue.version_key,
            "cookieConsents": _service_consents(choices, catalogue, received, expires - received),
        },
        "versionAssumed": choices.version_key is None,
        "requestHash": request_hash(choices),
        **{name: value for name, value in given.items() if value is not None},
    }


def consent_id_of(widget_id: int, decision_id: str) -> str:
    """Return a new consent's id, derived from its first decision: a retry after a lost response gets the same id."""
    return str(uuid.uuid5(CONSENT_IDS, f"{widget_id}:{decision_id}"))


def usable_user_id(user_id: str | None) -> str | None:
    """Return the userId unchanged.

    Raises UnprocessableError if it may be an e-mail address, plain or in base64, or is not 0 to 128 characters of
    printable ASCII.
    """
    if user_id is None:
        return None
    if not _PRINTABLE_ASCII.fullmatch(user_id):
        raise UnprocessableError("userId", "At most 128 printable ASCII characters.")
    if "@" in user_id or "@" in _base64_text(user_id):
        raise UnprocessableError("userId", "An e-mail address is not stored: send an opaque identifier.")
    return user_id


def page_of(referrer: str | None) -> str | None:
    """Return the page's URL without user, query and fragment.

    Return the origin alone if the path may contain an e-mail address, or the URL is longer than 2,048 characters.
    Return None if the referrer is not an http(s) URL: the decision is stored without it.
    """
    try:
        url = urlsplit(referrer or "")
        host, port = url.hostname, url.port
    except ValueError:
        return None
    if url.scheme not in {"http", "https"} or not host:
        return None
    site = f"{url.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
    page = site + url.path
    return site if "@" in _decoded(url.path) or len(page) > _LONGEST_REFERRER else page


def _service_consents(
    choices: Choices, catalogue: Catalogue, received: datetime, retention: timedelta
) -> list[dict[str, object]]:
    explicit = _explicit(choices, catalogue)
    by_purpose = {PURPOSES[label]: consent for label, consent in (choices.purposes or {}).items()}

    def entry(service: Service) -> dict[str, object]:
        choice = explicit.get(service.id)
        decided = choice.consent if choice else by_purpose.get(service.purpose, False)
        date = choice.date if choice and choice.date else received
        return {
            "id": service.id,
            "tenantId": catalogue.tenant_id,
            "name": service.name,
            "slug": service.slug,
            "consent": service.purpose is Purpose.NECESSARY or decided,
            "version": service.version,
            "date": timestamp(date if received - retention <= date <= received else received),
            "purpose": int(service.purpose),
        }

    return [entry(service) for service in catalogue.services]


def _explicit(choices: Choices, catalogue: Catalogue) -> dict[str, Choice]:
    """Return the choices by the id of their service."""
    found: dict[str, Choice] = {}
    for index, choice in enumerate(choices.cookie_consents):
        service = _service_of(choice, catalogue, index)
        if found.setdefault(service.id, choice).consent != choice.consent:
            raise MalformedError.at("consents", "cookieConsents", index, kind="contradiction")
    return found


def _service_of(choice: Choice, catalogue: Catalogue, index: int) -> Service:
    for service in catalogue.services:
        if choice.id in {None, service.id} and choice.slug in {None, service.slug}:
            return service
    raise UnprocessableError(
        f"consents.cookieConsents.{index}", "This version of the widget has no such service, or id and slug disagree."
    )


def _base64_text(value: str) -> str:
    """Return the text that ``value`` encodes in base64 (either alphabet, padded or not); empty if it is not text."""
    data = value.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        meaning = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        return ""
    try:
        return meaning.decode()
    except UnicodeDecodeError:
        text = meaning.decode("latin-1")
        return text if text.isprintable() else ""


def _decoded(path: str) -> str:
    while (decoded := unquote(path)) != path:
        path = decoded
    return path
