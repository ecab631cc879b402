"""Reading tables and archive for a dossier, with an AWS in memory, and checking its claims by hand."""

import gzip
import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from consent_core import deadlines
from consent_core.archive.athena import NotAnsweredError
from consent_core.archive.objects import Archive, Lane, archived
from consent_core.dossier.claims import Evidence, dossier_of
from consent_core.dossier.evidence import Question, Sources, collect
from consent_core.publishing.changes import publish
from local.tables import Tables
from tests.dossiers import CONSENT, LATER_DECISION, LOCATIONS, NOW, PERSONAL, PUBLISHED, SHOP, holding, proof

DAY, NEXT_DAY = "2026-11-24", "2026-11-25"
OTHER = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
EXPIRED = {"dateExpiration": "2026-11-25T09:00:00.000Z", "ttl": 1_795_597_200}


@pytest.fixture
def sources(tables: Tables, archive: Archive) -> Sources:
    return Sources(tables.widgets, tables.consents, archive, LOCATIONS)


@pytest.fixture
def version(tables: Tables) -> str:
    """The version of widget 45, whose definition is SHOP's."""
    return publish(tables.widgets, replace_id(45), actor="test", now=PUBLISHED).version_key


def replace_id(widget_id: int) -> Any:  # noqa: ANN401 - a definition
    return SHOP.model_copy(update={"id": widget_id})


def made(version: str, **changes: object) -> dict[str, Any]:
    """A decision on widget 45 as it was published."""
    stated = proof(replace_id(45))["consents"]
    return proof(replace_id(45), **{"consents": {**stated, "versionKey": version}, **PERSONAL, **changes})


def archive_of(sources: Sources, *proofs: dict[str, Any], lane: int = 2) -> list[str]:
    """Archive proofs, an object each, and give the keys."""
    writer = Lane(sources.archive, lane)
    return [
        writer.append(each["widgetId"], each["date"][:10], [archived(each, f"e{number}")])
        for number, each in enumerate(proofs)
    ]


class Found:
    """A finder that has found these objects, or had no answer for a reason, and what it was asked."""

    def __init__(self, keys: list[str] | str) -> None:
        self._keys = keys
        self.asked: list[tuple[str, list[int], float]] = []

    def objects(self, consent_id: str, widget_ids: list[int], *, seconds: float) -> list[str]:
        self.asked.append((consent_id, widget_ids, seconds))
        if isinstance(self._keys, str):
            raise NotAnsweredError(self._keys)
        return self._keys


def ask_anywhere(sources: Sources, finder: Any, widget_id: int | None = None) -> Evidence:  # noqa: ANN401 - a finder
    question = Question(CONSENT, widget_id, None)
    return collect(replace(sources, finder=finder), question, now=NOW, seconds=20)


def ask(sources: Sources, *days: str, widget_id: int | None = None, seconds: float | None = None) -> Evidence:
    return collect(sources, Question(CONSENT, widget_id, days), now=NOW, seconds=seconds)


def replace_object(key: str, content: bytes) -> None:
    """Change an object as an intruder with all rights could: its metadata stay."""
    client = boto3.client("s3")
    metadata = client.head_object(Bucket="archivebucket", Key=key)["Metadata"]
    client.put_object(Bucket="archivebucket", Key=key, Body=content, Metadata=metadata)


# --- What is found ----------------------------------------------------------------------------------------------------


def test_a_proof_that_both_have_is_whole(sources: Sources, version: str) -> None:
    stored = made(version)
    sources.consents.put_proof(stored)
    (key,) = archive_of(sources, stored)

    found = ask(sources)

    assert found.stored == [stored]
    assert [(each.key, each.is_unchanged, each.is_linked, each.is_preceded) for each in found.kept] == [
        (key, True, True, True)
    ]
    assert found.searched == {(45, DAY)}
    assert (found.is_complete, found.unreadable) == (True, [])
    (shown,) = found.shown.values()
    assert (shown.version_key, shown.language, json.loads(shown.body)["lang"]) == (version, "fr", "fr")
    (decision,) = dossier_of(found, NOW)["decisions"]
    assert set(holding(decision).values()) == {True}


@pytest.mark.parametrize("widget_id", [None, 45])
def test_a_proof_that_the_table_has_deleted_is_found_on_its_day(
    sources: Sources, version: str, widget_id: int | None
) -> None:
    archive_of(sources, made(version, **EXPIRED))

    assert dossier_of(ask(sources), NOW)["decisions"] == []
    found = ask(sources, NEXT_DAY, DAY, widget_id=widget_id)

    (decision,) = dossier_of(found, NOW)["decisions"]
    assert (decision["isInTable"], decision["isExpired"]) == (False, True)
    assert set(holding(decision).values()) == {True}
    assert found.searched >= {(45, DAY), (45, NEXT_DAY)}


def test_only_the_requested_widget_is_returned(sources: Sources, version: str) -> None:
    stored = [made(version), made(version, id=LATER_DECISION, widgetId=44)]
    for each in stored:
        sources.consents.put_proof(each)
    archive_of(sources, *stored)

    found = ask(sources, widget_id=44)

    assert [each["id"] for each in (*found.stored, *(kept.line for kept in found.kept))] == [LATER_DECISION] * 2


def test_other_visitors_proofs_in_the_same_object_are_not_read(sources: Sources, version: str) -> None:
    mine, theirs = made(version), made(version, consentId=OTHER, action=CONSENT)
    Lane(sources.archive, 0).append(45, DAY, [archived(theirs, "e1"), archived(mine, "e2")])

    found = ask(sources, DAY)

    assert [each.line["consentId"] for each in found.kept] == [CONSENT]


def test_a_deleted_rendering_is_not_shown(sources: Sources, version: str) -> None:
    sources.consents.put_proof(made(version))
    key = {"widgetId": {"N": "45"}, "version": {"S": f"{version}#fr"}}
    boto3.client("dynamodb").delete_item(TableName="WidgetsTable", Key=key)

    assert ask(sources).shown == {}


def test_a_version_that_is_not_there_is_not_shown(sources: Sources) -> None:
    sources.consents.put_proof(made("0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01"))
    assert ask(sources).shown == {}


def test_a_search_that_takes_too_long_ends_and_says_so(sources: Sources, version: str) -> None:
    archive_of(sources, made(version))

    found = ask(sources, DAY, seconds=0)

    assert (found.kept, found.is_complete) == ([], False)


def test_the_readers_of_the_archive_keep_to_the_requests_deadline(
    sources: Sources, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are threads, which inherit nothing."""
    archive_of(sources, made(version))
    fetch, left = Archive.fetch, []

    def noted(archive: Archive, key: str) -> object:
        left.append(deadlines.current().remaining)
        return fetch(archive, key)

    monkeypatch.setattr(Archive, "fetch", noted)
    with deadlines.within(28, lambda: 0.0):
        assert len(ask(sources, DAY).kept) == 1
    assert left == [28]


def test_without_a_known_day_the_whole_archive_is_searched(sources: Sources, version: str) -> None:
    old, new = archive_of(sources, made(version, id=LATER_DECISION, date="2025-11-24T10:00:00.000Z"), made(version))
    sources.consents.put_proof(made(version))
    finder = Found([old, new])

    found = ask_anywhere(sources, finder)

    assert finder.asked == [(CONSENT, [45], 10.0)]
    assert ([each.key for each in found.kept], found.is_whole) == ([old, new], True)


def test_one_widget_alone_is_asked_for(sources: Sources, version: str) -> None:
    archive_of(sources, made(version))
    finder = Found([])

    assert ask_anywhere(sources, finder, 44).kept == []
    assert finder.asked == [(CONSENT, [44], 10.0)]


def test_without_an_answer_the_days_of_the_table_are_searched(sources: Sources, version: str) -> None:
    (key,) = archive_of(sources, made(version))
    sources.consents.put_proof(made(version))

    found = ask_anywhere(sources, Found("Athena's query failed."))

    assert [each.key for each in found.kept] == [key]
    assert found.searched == {(45, DAY)}
    assert (found.is_whole, found.is_complete, found.not_answered) == (False, False, "Athena's query failed.")


def test_with_a_known_day_only_that_day_is_searched(sources: Sources, version: str) -> None:
    archive_of(sources, made(version))
    finder: Any = Found([])

    found = collect(replace(sources, finder=finder), Question(CONSENT, None, (DAY,)), now=NOW)

    assert (len(found.kept), finder.asked) == (1, [])


# --- What was tampered with -------------------------------------------------------------------------------------------


def test_an_object_that_was_changed_is_found_out(sources: Sources, version: str) -> None:
    stored = made(version)
    sources.consents.put_proof(stored)
    (key,) = archive_of(sources, stored)
    forged = archived({**stored, "action": "RefuseAll"}, "e0")
    replace_object(key, gzip.compress(json.dumps(forged).encode()))

    (decision,) = dossier_of(ask(sources), NOW)["decisions"]

    assert {claim for claim, holds in holding(decision).items() if not holds} == {
        "The archive has the same proof.",
        "The archived object is unchanged: its SHA-256 is the one recorded when it was written.",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b"x" * 100, mtime=0)[:-10],
        gzip.compress(f"{CONSENT} no JSON".encode(), mtime=0),
        gzip.compress(json.dumps([CONSENT]).encode(), mtime=0),
        *(
            gzip.compress(json.dumps({**proof(), **forged}).encode(), mtime=0)
            for forged in (
                {"id": None},
                {"date": "yesterday"},
                {"date": "2026-11-24"},
                {"widgetId": "43"},
                {"consents": CONSENT},
                {"consents": {"lang": "fr", "versionKey": 1, "cookieConsents": []}},
                {"consents": {"lang": "fr", "versionKey": "1", "cookieConsents": [{"slug": "x"}]}},
                {"consents": {"lang": "fr", "versionKey": "1", "cookieConsents": ["x"]}},
                {"consents": {"lang": "fr", "versionKey": "1", "cookieConsents": [], "policy": 1}},
                {"consents": {"lang": "fr", "versionKey": "1", "cookieConsents": [], "signals": "gpc"}},
            )
        ),
    ],
)
def test_an_object_that_cannot_be_read_is_named(sources: Sources, version: str, content: bytes) -> None:
    stored = made(version)
    sources.consents.put_proof(stored)
    damaged, sound = archive_of(sources, stored, made(version, id=LATER_DECISION))
    replace_object(damaged, content)

    found = ask(sources)

    assert found.unreadable == [damaged]
    assert [each.key for each in found.kept] == [sound]
    assert dossier_of(found, NOW)["archive"]["unreadable"] == [damaged]


@pytest.mark.parametrize(
    ("removed", "is_preceded"), [(None, True), (0, None), (1, False)], ids=["nothing", "of another day", "of its day"]
)
def test_a_removed_predecessor_is_found_out_unless_it_was_due(
    sources: Sources, version: str, removed: int | None, is_preceded: bool | None
) -> None:
    before = made(version, consentId=OTHER, date="2026-11-23T10:00:00.000Z")
    same_day = made(version, consentId=OTHER)
    asked = made(version, id=LATER_DECISION)
    keys = archive_of(sources, before, *([same_day] if removed == 1 else []), asked)
    if removed is not None:
        boto3.client("s3").delete_object(Bucket="archivebucket", Key=keys[removed])

    (found,) = ask(sources, DAY).kept

    assert (found.is_unchanged, found.is_linked, found.is_preceded) == (True, True, is_preceded)


def test_an_object_that_claims_to_follow_another_one_is_found_out(sources: Sources, version: str) -> None:
    first, second, third = archive_of(
        sources,
        made(version, consentId=OTHER),
        made(version, consentId=OTHER, id=LATER_DECISION),
        made(version),
    )
    client = boto3.client("s3")
    content = sources.archive.read(third)
    metadata = client.head_object(Bucket="archivebucket", Key=second)["Metadata"]
    client.put_object(Bucket="archivebucket", Key=third, Body=content, Metadata={**metadata, "previous-key": first})

    (found,) = ask(sources, DAY).kept

    assert (found.is_unchanged, found.is_preceded) == (False, False)


# --- By hand ----------------------------------------------------------------------------------------------------------


def printed(command: str) -> str:
    """Return what a command of the AWS command line prints, as far as dossiers use it."""
    _, service, operation, *rest = shlex.split(command.removeprefix('printf %s "$(').partition(')" |')[0])
    if (service, operation) == ("s3", "cp"):
        bucket, _, key = rest[0].removeprefix("s3://").partition("/")
        content = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return str(gzip.decompress(content).decode())
    options = {name.removeprefix("--"): value for name, value in zip(rest[::2], rest[1::2], strict=True)}
    if service == "s3api":
        answer: Any = boto3.client("s3").head_object(Bucket=options["bucket"], Key=options["key"])
    else:
        answer = boto3.client("dynamodb").get_item(TableName=options["table-name"], Key=json.loads(options["key"]))
    for name in options.get("query", "Item").split("."):
        answer = answer[name]
    return str(answer)


def test_each_claim_is_checked_by_its_command(sources: Sources, version: str) -> None:
    stored = made(version)
    sources.consents.put_proof(stored)
    archive_of(sources, made(version, consentId=OTHER), stored)
    (decision,) = dossier_of(ask(sources), NOW)["decisions"]

    by_aws = {each["claim"]: each for each in decision["claims"] if "aws " in each["check"]}
    said = {claim: printed(each["check"]) for claim, each in by_aws.items()}

    assert set(said) == {
        "The table has this proof.",
        "The archive has the same proof.",
        "The archived object is unchanged: its SHA-256 is the one recorded when it was written.",
        "The object's predecessor exists and has the recorded link.",
        "The settings shown are, byte for byte, those that were published.",
        "The version was published before the decision.",
    }
    assert stored["id"] in said["The table has this proof."]
    assert stored["id"] in said["The archive has the same proof."]
    preceded = "The object's predecessor exists and has the recorded link."
    assert said[preceded] == by_aws[preceded]["expected"]
    before = "The version was published before the decision."
    assert said[before] == by_aws[before]["expected"] == "2026-01-03T09:00:00.000Z"
    assert json.loads(said["The settings shown are, byte for byte, those that were published."])["lang"] == "fr"


def test_the_clock_of_the_table_is_the_question_s(sources: Sources, version: str) -> None:
    """A proof that DynamoDB has not deleted yet is shown, as expired."""
    sources.consents.put_proof(made(version, **EXPIRED))

    (decision,) = dossier_of(ask(sources), datetime(2026, 12, 1, tzinfo=UTC))["decisions"]

    assert (decision["isInTable"], decision["isExpired"]) == (True, True)
