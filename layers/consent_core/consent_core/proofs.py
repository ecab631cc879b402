"""The making of a proof from a decision and a catalogue. It is pure: the clock and the identifiers are passed in."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from consent_core.catalogue import PURPOSES, STRICT, Catalogue, LiveWidget, Policy, Purpose, Service
from consent_core.dates import timestamp
from consent_core.decisions import UNKNOWN, Choice, Choices, Decision, request_hash
from consent_core.errors import MalformedError, UnprocessableError
from consent_core.personal_data import page_of

type Proof = dict[str, object]
"""A proof as stored, with the names of docs/contract.md, section 4."""

NOT_REFUSED = "notRefused"
"""The member of an entry whose ``consent`` is true for one reason alone: the visitor did not refuse the service."""

_ANYTHING = Policy(opt_out=frozenset(PURPOSES.values()))  # what a policy that is lost may have had on by default

CONSENT_IDS = uuid.UUID("5f0c6a0e-57a8-4c6b-9d1c-1b1f0a6f2c43")


def is_consent(entry: Mapping[str, Any]) -> bool:
    """Return whether a stored proof's entry on a service is a consent: true, and not for want of a refusal alone."""
    return bool(entry["consent"]) and NOT_REFUSED not in entry


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The facts besides the decision: the widget and its version, the page's origin (None: a native app), the time."""

    widget: LiveWidget
    catalogue: Catalogue
    origin: str | None
    now: datetime


def proof_of(
    decision: Decision, choices: Choices, context: RequestContext, *, new_id: Callable[[], uuid.UUID]
) -> tuple[Proof, list[str]]:
    """Return the proof of a decision, and the places of what it leaves out.

    It lists every service of the version: as decided, else as its purpose was decided, else refused. Strictly necessary
    services are always consented. A true of a service that the policy has on by default is marked as not refused.
    Raises UnprocessableError for a request without choices, MalformedError for contradicting entries.
    """
    widget, catalogue = context.widget, context.catalogue
    _require_choices(decision, choices, catalogue)
    received = context.now.astimezone(UTC)
    expires = received + timedelta(days=widget.retention_days)
    decision_id = decision.id or str(new_id())
    explicit, unknown = _explicit(choices, catalogue)
    is_named = choices.version_key is not None and choices.version_key.lower() == catalogue.version_key
    policy_id, policy = _policy_of(choices, catalogue if is_named else None)
    entries = _service_consents(choices, explicit, catalogue, received, expires - received)
    page = page_of(decision.referrer, context.origin) if decision.referrer else None
    given = {
        "sessionId": decision.session_id,
        "userId": decision.user_id,
        "origin": context.origin,
        "referrer": page if widget.store_page_address else None,
        "action": decision.action,
    }
    proof = {
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
            "cookieConsents": [
                _marked(entry, service, policy) for entry, service in zip(entries, catalogue.services, strict=True)
            ],
            **({} if policy_id is None else {"policy": policy_id}),
            **({} if choices.signals is None else {"signals": choices.signals._asdict()}),
        },
        "versionAssumed": not is_named,
        "requestHash": request_hash(choices),
        **{name: value for name, value in given.items() if value is not None},
    }
    odd_referrer = ["referrer"] if decision.referrer and page is None else []
    odd_version = ["versionKey"] if choices.version_key is not None and not is_named else []
    odd_policy = ["policy"] if policy is _ANYTHING else []
    return proof, [*decision.ignored, *odd_referrer, *odd_version, *odd_policy, *unknown]


def consent_id_of(widget_id: int, decision_id: str) -> str:
    """Return a new consent's id, derived from its first decision: a retry after a lost response gets the same id."""
    return str(uuid.uuid5(CONSENT_IDS, f"{widget_id}:{decision_id}"))


def _require_choices(decision: Decision, choices: Choices, catalogue: Catalogue) -> None:
    """Raise UnprocessableError if the request decides on no service, although the version has some to decide on."""
    is_decided = choices.cookie_consents or choices.purposes or decision.action == "RefuseAll"
    if not is_decided and any(service.purpose is not Purpose.NECESSARY for service in catalogue.services):
        raise UnprocessableError("consents", "The decision has neither entries nor purposes.")


def _service_consents(
    choices: Choices, explicit: dict[str, Choice], catalogue: Catalogue, received: datetime, retention: timedelta
) -> list[dict[str, object]]:
    by_purpose = {PURPOSES[label]: consent for label, consent in choices.purposes.items()}

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


def _policy_of(choices: Choices, named: Catalogue | None) -> tuple[str | None, Policy]:
    """Return the policy of the decision, as it is stored. UNKNOWN: the version that it names has none of that id.

    Without such a version it is UNKNOWN as well: under the same id, another version may have had more on by default.
    """
    if choices.policy is None or choices.policy == STRICT:
        return choices.policy, Policy()
    found = named and named.policies.get(choices.policy)
    return (choices.policy, found) if found else (UNKNOWN, _ANYTHING)


def _marked(entry: dict[str, object], service: Service, policy: Policy) -> dict[str, object]:
    return {**entry, NOT_REFUSED: True} if entry["consent"] and policy.has_on(service) else entry


def _explicit(choices: Choices, catalogue: Catalogue) -> tuple[dict[str, Choice], list[str]]:
    """Return the choices by the id of their service, and the places of entries and dates that cannot be used."""
    by_id = {service.id: service for service in catalogue.services}
    by_slug = {service.slug: service for service in catalogue.services}
    found: dict[str, Choice] = {}
    unknown: list[str] = []
    for index, choice in enumerate(choices.cookie_consents):
        ids = _named(choice, by_id, by_slug)
        if not ids:
            unknown.append(f"cookieConsents.{index}")
        elif choice.odd_date:
            unknown.append(f"cookieConsents.{index}.date")
        for service_id in ids:
            if found.setdefault(service_id, choice).consent != choice.consent:
                raise MalformedError.at("consents", "cookieConsents", index, kind="contradiction")
    return found, unknown


def _named(choice: Choice, by_id: Mapping[str, Service], by_slug: Mapping[str, Service]) -> set[str]:
    """Return the ids of the services that an entry decides on.

    A consent counts only for the service that all of its names mean. A refusal counts for each service that one of its
    names means, so that no purpose can turn it into a consent.
    """
    sent_id, sent_slug = choice.sent
    by_names = [by_id.get(choice.id or "")] * bool(sent_id) + [by_slug.get(choice.slug or "")] * bool(sent_slug)
    ids = {service.id for service in by_names if service}
    is_certain = len(ids) == 1 and None not in by_names
    return ids if is_certain or not choice.consent else set()
