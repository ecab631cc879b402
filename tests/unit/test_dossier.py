"""A dossier: what is put together, and which claim of it fails when something was tampered with."""

import hashlib
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent_core.dossier.claims import ADVICE, Evidence, dossier_of
from tests.dossiers import (
    CONSENT,
    DECISION,
    LATER_DECISION,
    NOW,
    PERSONAL,
    altered,
    evidence,
    forged,
    holding,
    kept,
    proof,
    shown,
)
from tests.factories import VERSION_KEY

IN_TABLE = "The table has this proof."
FORGOTTEN = "The proof has expired and was deleted from the table."
SAME = "The archive has the same proof."
ARCHIVED = "The archive has this proof."
UNCHANGED = "The archived object is unchanged: its SHA-256 is the one recorded when it was written."
LINKED = "The object's link follows from its SHA-256 and from the link of its predecessor."
PRECEDED = "The object's predecessor exists and has the recorded link."
FIRST_OBJECT = "The object is the first one of its lane."
UNSEARCHED = "The archive was not searched for this proof."
PUBLISHED = "The settings shown are, byte for byte, those that were published."
BEFORE = "The version was published before the decision."
SERVICES = "The proof lists exactly the services of the version, as they were described."
VERSION = "The version that the visitor saw is still stored."
NAMED = "The consent's id derives from this decision, its first one."
ALL = (IN_TABLE, SAME, UNCHANGED, LINKED, PRECEDED, PUBLISHED, BEFORE, SERVICES, NAMED)


def only(given: Evidence, now: datetime = NOW) -> dict[str, Any]:
    """The only decision of a dossier."""
    (decision,) = dossier_of(given, now)["decisions"]
    found: dict[str, Any] = decision
    return found


def failing(given: Evidence) -> set[str]:
    return {claim for claim, holds in holding(only(given)).items() if holds is False}


# --- What is in it ----------------------------------------------------------------------------------------------------


def test_a_dossier_shows_the_decision_the_version_and_where_they_are_stored() -> None:
    dossier = dossier_of(evidence(), NOW)

    (decision,), (screens,) = dossier["decisions"], dossier["shown"]
    assert (dossier["consentId"], dossier["madeAt"]) == (CONSENT, "2026-11-26T18:00:00.000Z")
    assert dossier["archive"] == {
        "searched": [{"widgetId": 43, "date": "2026-11-24"}],
        "isWhole": False,
        "isComplete": True,
        "advice": ADVICE,
        "unreadable": [],
    }
    assert decision["proof"] == proof(**PERSONAL)
    assert (decision["isInTable"], decision["isExpired"], decision["shown"]) == (True, False, 0)
    assert decision["archived"]["key"] == "proofs/widget=43/date=2026-11-24/lane=2/0000000002.ndjson.gz"
    assert holding(decision) == dict.fromkeys(ALL, True)
    assert (screens["widgetId"], screens["versionKey"], screens["lang"]) == (43, VERSION_KEY, "fr")
    assert screens["settings"] == json.loads(shown().body)
    assert screens["sha256"] == hashlib.sha256(shown().body.encode()).hexdigest()
    assert json.loads(json.dumps(dossier)) == dossier


def test_a_proof_of_the_archive_alone_is_shown_as_archived() -> None:
    old = {"date": "2026-01-24T10:00:00.000Z", "dateExpiration": "2026-07-23T10:00:00.000Z"}
    decision = only(evidence(stored=[], kept=[kept(proof(**old))]))

    expected = {name: value for name, value in proof(**old).items() if name != "ttl"}
    assert decision["proof"] == expected
    assert (decision["isInTable"], decision["isExpired"]) == (False, True)
    assert holding(decision) == dict.fromkeys((FORGOTTEN, ARCHIVED, *ALL[2:]), True)


def test_decisions_are_listed_oldest_first_and_once() -> None:
    later = proof(id=LATER_DECISION, date="2026-11-25T10:00:00.000Z")
    earlier = proof()
    dossier = dossier_of(
        evidence(stored=[later, earlier], kept=[kept(later), kept(earlier), kept(earlier, is_linked=False)]), NOW
    )

    first, second = dossier["decisions"]
    assert (first["proof"]["id"], second["proof"]["id"]) == (DECISION, LATER_DECISION)
    assert holding(first)[LINKED], "of repeats, the first one counts"
    assert (first["shown"], second["shown"]) == (0, 0)
    assert NAMED in holding(first)
    assert NAMED not in holding(second)


def test_two_languages_of_one_version_are_shown_apart() -> None:
    stated = proof()["consents"]
    english = proof(id=LATER_DECISION, consents={**stated, "lang": None})
    screens = {(43, VERSION_KEY, "fr-BE"): shown(), (43, VERSION_KEY, None): shown(language="en")}
    dossier = dossier_of(evidence(stored=[proof(), english], shown=screens), NOW)

    by_id = {decision["proof"]["id"]: decision["shown"] for decision in dossier["decisions"]}
    languages = [screens["lang"] for screens in dossier["shown"]]
    assert [languages[by_id[decision]] for decision in (DECISION, LATER_DECISION)] == ["fr", "en"]


def test_an_empty_dossier_has_no_decision() -> None:
    assert dossier_of(evidence(stored=[], kept=[], shown={}), NOW)["decisions"] == []


# --- What was tampered with -------------------------------------------------------------------------------------------


def decided(**changes: object) -> dict[str, Any]:
    """The proof with other words about its last service."""
    stated = proof()["consents"]
    *others, last = stated["cookieConsents"]
    return proof(**PERSONAL, consents={**stated, "cookieConsents": [*others, {**last, **changes}]})


@pytest.mark.parametrize(
    ("given", "fails"),
    [
        (evidence(stored=[]), {IN_TABLE}),
        (evidence(stored=[decided(consent=False)]), {SAME}),
        (evidence(stored=[proof(**PERSONAL, origin="https://other.example")]), {SAME}),
        (evidence(stored=[decided(name="Piwik")]), {SAME, SERVICES}),
        (evidence(kept=[]), {SAME}),
        (evidence(kept=[kept(decided(consent=False))]), {SAME}),
        (evidence(kept=[kept(proof(), is_unchanged=False)]), {UNCHANGED}),
        (evidence(kept=[kept(proof(), is_linked=False)]), {LINKED}),
        (evidence(kept=[kept(proof(), is_preceded=False)]), {PRECEDED}),
        (evidence(kept=[kept(proof(), is_preceded=False, previous_key="", previous="")]), {FIRST_OBJECT}),
        (evidence(shown={}), {VERSION}),
        (evidence(shown={(43, VERSION_KEY, "fr-BE"): altered(shown(), label="Another")}), {PUBLISHED}),
        (evidence(shown={(43, VERSION_KEY, "fr-BE"): replace(shown(), body="garbled")}), {PUBLISHED}),
        (evidence(shown={(43, VERSION_KEY, "fr-BE"): forged(shown(), groups=[])}), {SERVICES}),
        (
            evidence(
                shown={(43, VERSION_KEY, "fr-BE"): forged(shown(), lastVersionGeneration="2026-11-25T00:00:00.000Z")}
            ),
            {BEFORE},
        ),
    ],
)
def test_tampering_fails_the_claims_about_what_was_altered(given: Evidence, fails: set[str]) -> None:
    assert failing(given) == fails


def test_a_version_altered_after_publication_is_not_shown_as_seen() -> None:
    dossier = dossier_of(evidence(shown={(43, VERSION_KEY, "fr-BE"): altered(shown(), label="Another")}), NOW)

    assert dossier["shown"] == []
    assert dossier["decisions"][0]["shown"] is None
    assert not {BEFORE, SERVICES} & holding(dossier["decisions"][0]).keys()


def test_an_erasure_is_not_tampering() -> None:
    erased = proof(erasedAt="2026-11-25T10:00:00.000Z")
    assert failing(evidence(stored=[erased])) == set()


def test_a_proof_not_archived_yet_is_open_and_fails_after_a_quarter_of_an_hour() -> None:
    given = evidence(kept=[])
    made = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    assert holding(only(given, made + timedelta(minutes=14)))[SAME] is None
    assert holding(only(given, made + timedelta(minutes=15)))[SAME] is False
    assert holding(only(replace(given, is_complete=False)))[SAME] is None


def test_without_a_search_nothing_is_claimed_about_the_archive() -> None:
    claims = holding(only(evidence(kept=[], searched=frozenset({(44, "2026-11-24"), (43, "2026-11-25")}))))

    assert claims[UNSEARCHED] is None
    assert SAME not in claims


def test_a_search_of_the_whole_archive_covers_every_day_and_leaves_no_advice() -> None:
    given = evidence(kept=[], searched=frozenset(), is_whole=True)

    assert holding(only(given))[SAME] is False
    assert dossier_of(given, NOW)["archive"]["advice"] is None


def test_a_predecessor_that_was_due_to_be_deleted_is_open() -> None:
    assert holding(only(evidence(kept=[kept(proof(), is_preceded=None)])))[PRECEDED] is None


# --- By hand ----------------------------------------------------------------------------------------------------------


def test_claims_that_need_no_aws_are_checked_by_their_commands() -> None:
    link = hashlib.sha256(b"4e07:3a6e").hexdigest()
    given = evidence(kept=[kept(proof(), previous="4e07", sha256="3a6e", link=link)])
    commands = {
        claim["claim"]: (claim["check"], claim["expected"])
        for claim in only(given)["claims"]
        if "aws" not in claim["check"] and claim["check"]
    }

    assert commands.keys() == {LINKED, NAMED}
    for command, expected in commands.values():
        printed = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)  # noqa: S603
        assert printed.stdout.split()[0] == expected


def test_stored_text_never_becomes_a_command() -> None:
    """Write access to the table or the archive does not run commands on an operator's machine."""
    hostile = "x'; echo obeyed >&2; $(echo obeyed >&2) `echo obeyed >&2` \"; echo obeyed >&2 #"
    stated = proof()["consents"]
    forged = proof(id=hostile, widgetId=43, consents={**stated, "versionKey": hostile})
    decision = only(evidence(stored=[forged], kept=[kept(forged, key=hostile, previous_key=hostile)], shown={}))

    for claim in decision["claims"]:
        if claim["check"]:
            print_them = f"aws() {{ printf '<%s>' \"$@\"; }}; gunzip() {{ cat; }}; grep() {{ cat; }}; {claim['check']}"
            printed = subprocess.run(  # noqa: S603
                ["/bin/sh", "-euc", print_them], capture_output=True, text=True, check=True
            )
            assert printed.stderr == ""
    assert any(hostile in claim["check"].replace("'\"'\"'", "'") for claim in decision["claims"])
