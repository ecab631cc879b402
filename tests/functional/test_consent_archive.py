"""The stream of proofs becomes objects of the archive."""

import copy
import gzip
import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from consent_core.archive import erasures
from consent_core.archive.objects import Archive, Lane
from consent_core.consent_table import PERSONAL
from consent_core.errors import UnavailableError
from tests.functional.conftest import event
from tests.handlers import invoked, load_handler

DAY, NEXT_DAY = "2026-11-24", "2026-11-25"
EVENTS = [f"{number:032x}" for number in (1, 2, 3, 4)]
SECRETS = ("Y3JtLTQy", "basket", "0b93b823")


@dataclass(frozen=True, slots=True)
class Answer:
    failures: list[dict[str, str]]
    log: list[dict[str, Any]]
    metrics: dict[str, float]


@pytest.fixture
def archiver(archive: Archive) -> ModuleType:
    return load_handler("consent_archive", POWERTOOLS_SERVICE_NAME="consent_archive")


def call(function: ModuleType, records: list[dict[str, Any]]) -> Answer:
    answer, printed = invoked(function.handler, {"Records": records}, function.TELEMETRY)
    return Answer(answer["batchItemFailures"], printed.log, printed.metrics)


def kept(archive: Archive) -> dict[tuple[int, str], list[str]]:
    """The events of all proofs in the archive, by widget and day."""
    places = [(widget, day) for widget in archive.widgets() for day in archive.days(widget)]
    return {place: [line["eventId"] for line in archive.lines(*place)] for place in places}


def objects(archive: Archive) -> int:
    return sum(len(list(archive.objects(widget, day))) for widget, day in kept(archive))


def number(record: dict[str, Any]) -> list[dict[str, str]]:
    return [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]


def refusing(monkeypatch: pytest.MonkeyPatch, widget_id: int, error: Exception) -> None:
    """Have the objects of one widget fail."""
    append = Lane.append

    def failing(lane: Lane, widget: int, day: str, lines: list[dict[str, Any]]) -> str:
        if widget == widget_id:
            raise error
        return append(lane, widget, day, lines)

    monkeypatch.setattr(Lane, "append", failing)


def test_a_batch_becomes_an_object_for_each_widget_and_day(archiver: ModuleType, archive: Archive) -> None:
    answer = call(archiver, event("consent-archive")["Records"])

    assert answer.failures == []
    assert kept(archive) == {
        (43, DAY): [EVENTS[0], EVENTS[2]],
        (43, NEXT_DAY): [EVENTS[3]],
        (44, DAY): [EVENTS[1]],
    }
    assert objects(archive) == 3


def test_a_line_is_the_proof_without_what_the_archive_never_holds(archiver: ModuleType, archive: Archive) -> None:
    call(archiver, event("consent-archive")["Records"])

    (line, _) = archive.lines(43, DAY)
    assert set(line) == {
        *("action", "consentId", "consents", "date", "dateExpiration", "eventId", "id", "origin", "requestHash"),
        *("type", "typeDevice", "versionAssumed", "widgetId", "workSpaceId"),
    }
    assert line["consents"]["cookieConsents"][1]["slug"] == "drift"
    assert not any(secret in json.dumps(line) for secret in SECRETS)


def test_a_batch_is_one_log_line_of_counts_alone(archiver: ModuleType) -> None:
    answer = call(archiver, event("consent-archive")["Records"])

    (line,) = answer.log
    assert line.items() >= {"message": "BatchesArchived", "records": 4, "kept": 4, "unreadable": 0}.items()
    assert "aaaa" not in json.dumps(line)
    assert answer.metrics == {"BatchesArchived": 1, "ProofsArchived": 4, "ProofsUnreadable": 0}


def test_from_the_first_proof_that_cannot_be_kept_on_all_are_asked_for_again(
    archiver: ModuleType, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = event("consent-archive")["Records"]
    with monkeypatch.context() as meanwhile:
        refusing(meanwhile, 44, UnavailableError())
        answer = call(archiver, records)
        again = call(archiver, records[1:])

    assert (answer.failures, again.failures) == (number(records[1]), number(records[1]))
    assert answer.metrics == {"BatchesPostponed": 1, "ProofsArchived": 2, "ProofsUnreadable": 0}
    assert kept(archive) == {(43, DAY): [EVENTS[0], EVENTS[2]]}
    assert objects(archive) == 1  # the second call wrote nothing: its first proof is what cannot be kept

    assert call(archiver, records[1:]).failures == []
    assert kept(archive) == {
        (43, DAY): [EVENTS[0], EVENTS[2]],
        (43, NEXT_DAY): [EVENTS[3]],
        (44, DAY): [EVENTS[1]],
    }


def test_a_bug_is_logged_with_its_place_and_loses_nothing(
    archiver: ModuleType, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = event("consent-archive")["Records"]
    refusing(monkeypatch, 44, ZeroDivisionError("of a visitor"))
    answer = call(archiver, records)

    assert answer.failures == number(records[1])
    assert [line["message"] for line in answer.log] == ["Bug", "BatchesFailed"]
    assert answer.log[0]["error"] == "ZeroDivisionError"
    assert "of a visitor" not in json.dumps(answer.log)
    assert answer.metrics == {"BatchesFailed": 1, "ProofsArchived": 2, "ProofsUnreadable": 0}


def test_an_invalid_proof_does_not_hold_up_the_others(archiver: ModuleType, archive: Archive) -> None:
    records = event("consent-archive")["Records"]
    del records[0]["dynamodb"]["NewImage"]["date"]
    answer = call(archiver, records)

    assert answer.failures == []
    assert answer.metrics == {"BatchesArchived": 1, "ProofsArchived": 3, "ProofsUnreadable": 1}
    assert kept(archive)[43, DAY] == [EVENTS[2]]


def test_the_same_batch_again_counts_nothing_twice(archiver: ModuleType, archive: Archive) -> None:
    records = event("consent-archive")["Records"]
    call(archiver, records)
    before = kept(archive), objects(archive)

    again = load_handler("consent_archive", POWERTOOLS_SERVICE_NAME="consent_archive")
    for function in (archiver, again):
        assert call(function, records).failures == []
        assert kept(archive) == before[0]


def test_an_environment_keeps_to_one_of_the_lanes(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_LANES", "1")
    for _ in range(2):
        call(
            load_handler("consent_archive", POWERTOOLS_SERVICE_NAME="consent_archive"),
            event("consent-archive")["Records"],
        )

    assert {each.lane for each in archive.objects(43, DAY)} == {0}


# --- The list of erasures ---------------------------------------------------------------------------------------------

ERASED_AT = "2026-11-26T10:00:00.000Z"


def erased(*numbers: int) -> list[dict[str, Any]]:
    """Records of erasures, as the template's filter passes them."""
    records = []
    for place in numbers:
        record = copy.deepcopy(event("consent-archive")["Records"][place])
        image = {name: value for name, value in record["dynamodb"]["NewImage"].items() if name not in PERSONAL}
        image["erasedAt"] = {"S": ERASED_AT}
        sequence = str(int(record["dynamodb"]["SequenceNumber"]) + 10)
        told = {**record["dynamodb"], "NewImage": image, "SequenceNumber": sequence}
        records.append({**record, "eventName": "MODIFY", "eventID": f"m{place}", "dynamodb": told})
    return records


def named(record: dict[str, Any]) -> str:
    image = record["dynamodb"]["NewImage"]
    return erasures.name_of(image["consentId"]["S"], image["id"]["S"])


def test_an_erasure_is_listed_and_archived_no_second_time(archiver: ModuleType, archive: Archive) -> None:
    news = event("consent-archive")["Records"]
    answer = call(archiver, [*news, *erased(0, 1)])

    assert answer.failures == []
    assert sum(map(len, kept(archive).values())) == 4
    assert answer.metrics["ErasuresRecorded"] == 2
    assert erasures.recorded(archive) == ({named(news[0]): ERASED_AT, named(news[1]): ERASED_AT}, [])
    (key,) = archive.keys_in("erasures/")
    listed = gzip.decompress(archive.read(key)).decode()
    assert not any(secret in listed for secret in (*SECRETS, news[0]["dynamodb"]["NewImage"]["consentId"]["S"]))


def test_a_repeated_erasure_adds_no_object_and_an_unreadable_one_is_skipped(
    archiver: ModuleType, archive: Archive
) -> None:
    (garbled,) = erased(2)
    del garbled["dynamodb"]["NewImage"]["id"]
    for records in (erased(0, 1), erased(1, 0), [garbled, *erased(0, 1)]):
        assert call(archiver, records).failures == []

    assert len(list(archive.keys_in("erasures/"))) == 1


def test_an_erasure_that_could_not_be_listed_is_sent_again(
    archiver: ModuleType, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [*event("consent-archive")["Records"][:1], *erased(0)]

    def failing(*_: object) -> bool:
        raise UnavailableError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Archive, "put_new", failing)
        answer = call(archiver, records)
    assert sorted(answer.failures, key=str) == sorted([*number(records[0]), *number(records[1])], key=str)
    assert answer.metrics["ErasuresRecorded"] == 0

    assert call(archiver, records).failures == []
    assert len(erasures.recorded(archive).times) == 1
