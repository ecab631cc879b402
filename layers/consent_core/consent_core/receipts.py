"""The consent receipt of a proof, as JSON-LD: the structure of ISO/IEC TS 27560:2023 in the terms of W3C's DPV.

It follows DPV's public guide to that standard. docs/receipts.md lists the terms and fields, and what is left out. It is
pure. The same proof, settings and time make the same receipt, so that a receipt is checked by making it again.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from consent_core import canonical
from consent_core.catalogue import Purpose
from consent_core.dates import timestamp
from consent_core.proofs import NOT_REFUSED, is_consent

type Json = dict[str, Any]

MEDIA_TYPE = "application/ld+json"
PROFILE = "https://w3id.org/dpv/schema/dpv-27560#receipt"

_RECEIPTS = uuid.UUID("b7a0d1f4-3c55-4c0e-9b0e-6a3f3d1c8e52")
_REFERENCES = (
    "dct:conformsTo",
    "schema:recipient",
    "skos:broader",
    "dpv:hasEntityInvolvement",
    "dpv:hasLegalBasis",
    "dpv:hasNecessity",
    "dpv:isExercisedAt",
    "dpv:isIndicatedBy",
    "cp:site",
)
_TIMES = ("dct:created", "dct:date", "dct:valid", "dpv:isIndicatedAtTime")
_CONTEXT: Mapping[str, object] = {
    "cp": "urn:consent-platform:receipt:",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{name: {"@type": "@id"} for name in _REFERENCES},
    **{name: {"@type": "xsd:dateTime"} for name in _TIMES},
}
_CONTROLLER = "_:controller"
_LABELS = {int(purpose): purpose.label for purpose in Purpose}
_PURPOSES: Mapping[int, str] = {
    Purpose.NECESSARY: "dpv:RequestedServiceProvision",
    Purpose.PREFERENCE: "dpv:ServicePersonalisation",
    Purpose.ANALYTICAL: "dpv:ServiceUsageAnalytics",
    Purpose.MARKETING: "dpv:Marketing",
}


def receipt_of(proof: Mapping[str, Any], shown: str | None, *, created: datetime) -> Json:
    """Return the receipt of a stored or archived proof, as it is made at ``created``.

    ``shown`` are the settings of the proof's version in the visitor's language, as JSON; None if they are lost. Without
    them the receipt has neither the controller nor what the window said.
    """
    at = timestamp(created)
    settings = json.loads(shown) if shown else {}
    receipt_id = str(uuid.uuid5(_RECEIPTS, f"{canonical.sha256_of(proof)} {at}"))
    return {
        "@context": _context(settings.get("lang")),
        "@id": f"urn:uuid:{receipt_id}",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": receipt_id,
        "dpv:hasIdentifier": receipt_id,
        "dct:conformsTo": PROFILE,
        "dct:created": at,
        **({"dct:publisher": {"@id": _CONTROLLER}} if settings.get("controller") else {}),
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": _record(proof, settings, shown),
    }


def _context(language: str | None) -> Json:
    return {**_CONTEXT, **({"dct:title": {"@language": language}} if language else {})}


def _record(proof: Mapping[str, Any], settings: Json, shown: str | None) -> Json:
    consents, site = proof["consents"], proof.get("origin")
    control = {"@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"], "dpv:isExercisedAt": site}
    signals = {f"cp:{name}": is_on for name, is_on in sorted((consents.get("signals") or {}).items())}
    stated = {
        "cp:site": site,
        "dpv:hasDataController": _controller(settings.get("controller")),
        "dpv:hasConsentControl": control if site else None,
        "cp:policy": consents.get("policy"),
        "cp:signals": signals or None,
    }
    return {
        "@id": f"urn:uuid:{proof['id']}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": proof["id"],
        "dct:created": proof["date"],
        "dct:valid": proof["dateExpiration"],
        "dpv:hasDataSubject": _named(proof["consentId"], "dpv:DataSubject"),
        "dpv:hasNotice": list(_notices(consents, settings, shown)),
        "dpv:hasProcess": [_process(entry, proof, settings) for entry in consents["cookieConsents"]],
        **{name: value for name, value in stated.items() if value is not None},
        "cp:widget": proof["widgetId"],
        "cp:versionAssumed": proof.get("versionAssumed", False),
        "cp:proofSha256": canonical.sha256_of(proof),
    }


def _named(own_id: str, kind: str) -> Json:
    return {"@id": f"urn:uuid:{own_id}", "@type": kind, "dct:identifier": own_id}


def _controller(stated: Mapping[str, str] | None) -> Json | None:
    if not stated:
        return None
    officer = stated.get("dataProtectionOfficer")
    members = {
        "dpv:hasAddress": stated.get("address"),
        "dpv:hasContact": stated.get("contact"),
        "dpv:hasDataProtectionOfficer": {"@type": "dpv:DataProtectionOfficer", "dpv:hasContact": officer}
        if officer
        else None,
    }
    given = {name: value for name, value in members.items() if value}
    return {"@id": _CONTROLLER, "@type": "dpv:DataController", "dpv:hasName": stated.get("name"), **given}


def _notices(consents: Mapping[str, Any], settings: Json, shown: str | None) -> Iterator[Json]:
    """Yield the window that asked, and the page to which it links."""
    notice = _named(consents["versionKey"], "dpv:ConsentNotice")
    if shown:
        of_version = {"dct:language": settings.get("lang"), "dct:date": settings.get("lastVersionGeneration")}
        notice |= {**of_version, "cp:sha256": hashlib.sha256(shown.encode()).hexdigest()}
    yield notice
    if page := settings.get("cookieNoticeUrl"):
        yield {"@id": page, "@type": "dpv:PrivacyNotice"}


def _process(entry: Mapping[str, Any], proof: Mapping[str, Any], settings: Json) -> Json:
    """Return a service with its purpose, and what was decided on it."""
    groups: list[Json] = settings.get("groups", [])
    group: Json = next((each for each in groups if each.get("purpose") == entry["purpose"]), {})
    described: Json = next((each for each in group.get("services", ()) if each.get("id") == entry["id"]), {})
    purpose: Json = {"@type": "dpv:Purpose", "dct:title": group.get("label") or _LABELS.get(entry["purpose"])}
    if entry["purpose"] in _PURPOSES:
        purpose["skos:broader"] = _PURPOSES[entry["purpose"]]
    service = {**_named(entry["id"], "dpv:Service"), "dct:identifier": entry["slug"], "dct:title": entry["name"]}
    page = described.get("privacyPolicyUrl")
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": purpose,
        "dpv:hasService": {
            **service,
            **({"dpv:hasNotice": {"@id": page, "@type": "dpv:PrivacyNotice"}} if page else {}),
        },
        **_decided(entry, proof.get("action")),
    }


def _decided(entry: Mapping[str, Any], action: str | None) -> Json:
    if entry["purpose"] == Purpose.NECESSARY:
        return {"dpv:hasNecessity": "dpv:Required"}
    if NOT_REFUSED in entry:
        return {"dpv:hasEntityInvolvement": "dpv:OptingOutFromProcess", "cp:notRefused": True}
    is_given = is_consent(entry)
    status: Json = {
        "@type": "dpv:ConsentGiven" if is_given else "dpv:ConsentRefused",
        "dpv:isIndicatedBy": "dpv:DataSubject",
        "dpv:isIndicatedAtTime": entry.get("date"),
        **({"dpv:hasIndicationMethod": action} if action else {}),
    }
    return {**({"dpv:hasLegalBasis": "dpv:Consent"} if is_given else {}), "dpv:hasConsentStatus": status}
