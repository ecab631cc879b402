"""The consent receipt of a proof: what it says, that it can be checked, and that its terms are known ones."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from consent_core.receipts import receipt_of
from local import ROOT
from tests.dossiers import CONSENT, DECISION, NOW, PERSONAL, proof, shown
from tests.factories import VERSION_KEY

BODY = shown().body
SESSION, MATOMO = "80397d27-eaba-567a-a139-a8fb0bbd10cc", "0a891ffd-d927-5b4c-8ed0-03ad8a6636e4"
CONTROLLER = {
    "name": "Shop SA",
    "address": "1 rue du Port, Nantes",
    "contact": "privacy@shop.example",
    "dataProtectionOfficer": "dpo@shop.example",
}


def of_controller(**stated: str) -> str:
    """The settings of a version that names its controller."""
    return json.dumps({**json.loads(BODY), "controller": stated})


def decided(**entry: object) -> dict[str, Any]:
    """A decision on Matomo, under a policy and with a signal."""
    made = proof(**PERSONAL)
    made["consents"] |= {"policy": "us", "signals": {"gpc": True, "dnt": False}}
    made["consents"]["cookieConsents"][1] |= entry
    return made


def record(made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = made["dpv:hasRecordOfActivity"]
    return found


def matomo(**entry: object) -> dict[str, Any]:
    """Return the process of Matomo in the receipt of a decision, without purpose and service."""
    process = record(receipt_of(decided(**entry), BODY, created=NOW))["dpv:hasProcess"][1]
    return {name: value for name, value in process.items() if name not in {"@type", "dpv:hasPurpose", "dpv:hasService"}}


def test_a_receipt_says_who_asked_whom_what_was_shown_and_what_was_decided() -> None:
    given = proof(**PERSONAL)
    made = receipt_of(given, of_controller(**CONTROLLER), created=NOW)
    kept = {name: value for name, value in given.items() if name not in {*PERSONAL, "ttl"}}
    line = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    settings = hashlib.sha256(of_controller(**CONTROLLER).encode()).hexdigest()

    context = made.pop("@context")
    own_id = made.pop("dct:identifier")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", own_id)
    assert context["dct:title"] == {"@language": "fr"}
    assert made == {
        "@id": f"urn:uuid:{own_id}",
        "@type": "dpv:ConsentReceipt",
        "dpv:hasIdentifier": own_id,
        "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#receipt",
        "dct:created": "2026-11-26T18:00:00.000Z",
        "dct:publisher": {"@id": "_:controller"},
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": {
            "@id": f"urn:uuid:{DECISION}",
            "@type": "dpv:ConsentRecord",
            "dct:identifier": DECISION,
            "dct:created": "2026-11-24T10:00:00.000Z",
            "dct:valid": "2027-05-23T10:00:00.000Z",
            "dpv:hasDataSubject": {
                "@id": f"urn:uuid:{CONSENT}",
                "@type": "dpv:DataSubject",
                "dct:identifier": CONSENT,
            },
            "dpv:hasNotice": [
                {
                    "@id": f"urn:uuid:{VERSION_KEY}",
                    "@type": "dpv:ConsentNotice",
                    "dct:identifier": VERSION_KEY,
                    "dct:language": "fr",
                    "dct:date": "2026-01-03T09:00:00.000Z",
                    "cp:sha256": settings,
                },
                {"@id": "https://shop.example/cookies", "@type": "dpv:PrivacyNotice"},
            ],
            "dpv:hasProcess": [
                {
                    "@type": "dpv:Process",
                    "dpv:hasPurpose": {
                        "@type": "dpv:Purpose",
                        "dct:title": "Strictement nécessaires",
                        "skos:broader": "dpv:RequestedServiceProvision",
                    },
                    "dpv:hasService": {
                        "@id": f"urn:uuid:{SESSION}",
                        "@type": "dpv:Service",
                        "dct:identifier": "session",
                        "dct:title": "Session",
                    },
                    "dpv:hasNecessity": "dpv:Required",
                },
                {
                    "@type": "dpv:Process",
                    "dpv:hasPurpose": {
                        "@type": "dpv:Purpose",
                        "dct:title": "Mesure d’audience",
                        "skos:broader": "dpv:ServiceUsageAnalytics",
                    },
                    "dpv:hasService": {
                        "@id": f"urn:uuid:{MATOMO}",
                        "@type": "dpv:Service",
                        "dct:identifier": "matomo",
                        "dct:title": "Matomo",
                        "dpv:hasNotice": {"@id": "https://matomo.example/privacy", "@type": "dpv:PrivacyNotice"},
                    },
                    "dpv:hasLegalBasis": "dpv:Consent",
                    "dpv:hasConsentStatus": {
                        "@type": "dpv:ConsentGiven",
                        "dpv:isIndicatedBy": "dpv:DataSubject",
                        "dpv:isIndicatedAtTime": "2026-11-24T10:00:00.000Z",
                        "dpv:hasIndicationMethod": "AcceptAll",
                    },
                },
            ],
            "cp:site": "https://shop.example",
            "dpv:hasDataController": {
                "@id": "_:controller",
                "@type": "dpv:DataController",
                "dpv:hasName": "Shop SA",
                "dpv:hasAddress": "1 rue du Port, Nantes",
                "dpv:hasContact": "privacy@shop.example",
                "dpv:hasDataProtectionOfficer": {
                    "@type": "dpv:DataProtectionOfficer",
                    "dpv:hasContact": "dpo@shop.example",
                },
            },
            "dpv:hasConsentControl": {
                "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"],
                "dpv:isExercisedAt": "https://shop.example",
            },
            "cp:widget": 43,
            "cp:versionAssumed": False,
            "cp:proofSha256": hashlib.sha256(line.encode()).hexdigest(),
        },
    }


def test_a_service_is_consented_refused_not_refused_or_necessary() -> None:
    given = {
        "dpv:isIndicatedBy": "dpv:DataSubject",
        "dpv:isIndicatedAtTime": "2026-11-24T10:00:00.000Z",
        "dpv:hasIndicationMethod": "AcceptAll",
    }
    assert matomo() == {
        "dpv:hasLegalBasis": "dpv:Consent",
        "dpv:hasConsentStatus": {"@type": "dpv:ConsentGiven", **given},
    }
    assert matomo(consent=False) == {"dpv:hasConsentStatus": {"@type": "dpv:ConsentRefused", **given}}
    assert matomo(notRefused=True) == {
        "dpv:hasEntityInvolvement": "dpv:OptingOutFromProcess",
        "cp:notRefused": True,
    }


def test_policy_and_signals_are_told_if_the_proof_has_them() -> None:
    told = record(receipt_of(decided(), BODY, created=NOW))
    assert (told["cp:policy"], told["cp:signals"]) == ("us", {"cp:gpc": True, "cp:dnt": False})
    assert not {"cp:policy", "cp:signals"} & record(receipt_of(proof(), BODY, created=NOW)).keys()


@pytest.mark.parametrize("purpose", [4, 5])
def test_a_purpose_that_dpv_does_not_have_is_named_in_words_alone(purpose: int) -> None:
    process = record(receipt_of(decided(purpose=purpose), BODY, created=NOW))["dpv:hasProcess"][1]
    label = {4: "Other", 5: "Unclassified"}[purpose]
    assert process["dpv:hasPurpose"] == {"@type": "dpv:Purpose", "dct:title": label}


def test_what_was_not_stated_is_left_out() -> None:
    bare = {name: value for name, value in proof().items() if name not in {"origin", "action", "versionAssumed"}}
    bare["consents"] = {**bare["consents"], "lang": None}
    made = receipt_of(bare, None, created=NOW)
    assert not {"dct:publisher"} & made.keys()
    assert "dct:title" not in made["@context"]
    told = record(made)
    assert not {"dpv:hasDataController", "dpv:hasConsentControl", "cp:site"} & told.keys()
    assert told["dpv:hasNotice"] == [
        {"@id": f"urn:uuid:{VERSION_KEY}", "@type": "dpv:ConsentNotice", "dct:identifier": VERSION_KEY}
    ]
    assert [each["dpv:hasPurpose"]["dct:title"] for each in told["dpv:hasProcess"]] == ["Necessary", "Analytical"]
    assert "dpv:hasIndicationMethod" not in told["dpv:hasProcess"][1]["dpv:hasConsentStatus"]


def test_a_controller_may_have_a_name_alone() -> None:
    made = receipt_of(proof(), of_controller(name="Shop SA"), created=NOW)
    assert record(made)["dpv:hasDataController"] == {
        "@id": "_:controller",
        "@type": "dpv:DataController",
        "dpv:hasName": "Shop SA",
    }


def test_nothing_that_an_erasure_removes_is_in_a_receipt() -> None:
    erased = proof(erasedAt="2026-11-25T12:00:00.000Z")
    assert receipt_of(proof(**PERSONAL), BODY, created=NOW) == receipt_of(erased, BODY, created=NOW)
    archived = {name: value for name, value in {**erased, "eventId": "e1"}.items() if name not in {"erasedAt", "ttl"}}
    assert receipt_of(archived, BODY, created=NOW) == receipt_of(erased, BODY, created=NOW)


# --- Its terms --------------------------------------------------------------------------------------------------------

PREFIXES = ("cp", "dct", "dpv", "schema", "skos", "xsd")
TERM = re.compile(rf"(?:{'|'.join(PREFIXES)}):[A-Za-z0-9]+")


def terms(value: object) -> Iterator[str]:
    """Yield every term of a receipt: its names and its values."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from terms(name)
            yield from terms(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from terms(inner)
    elif isinstance(value, str) and TERM.fullmatch(value):
        yield value


def test_every_term_is_in_the_list_of_the_documentation_and_every_listed_one_is_used() -> None:
    used: set[str] = set()
    for entry in ({}, {"consent": False}, {"notRefused": True}, {"purpose": 1}, {"purpose": 3}):
        used |= set(terms(receipt_of(decided(**entry), of_controller(**CONTROLLER), created=NOW)))
    page = (ROOT / "docs" / "receipts.md").read_text("utf-8")
    assert set(TERM.findall(page)) == used


def test_every_prefix_is_declared_and_nothing_is_fetched_to_read_a_receipt() -> None:
    context = receipt_of(proof(), BODY, created=NOW)["@context"]
    assert set(PREFIXES) <= context.keys()
    assert isinstance(context, dict)
