"""Verifying an archived day reports every kind of tampering, with the object concerned."""

from typing import Any

import boto3
import pytest

from consent_core.archive.integrity import Fault, verify
from consent_core.archive.objects import Archive, Lane, Line, archived, encoded, key_of, linked
from tests.repository_contract import proof

DAY_BEFORE, DAY, NEXT_DAY = "2026-11-23", "2026-11-24", "2026-11-25"
BUCKET = "archivebucket"


def key(number: int, *, lane: int = 0, day: str = DAY) -> str:
    return key_of(43, day, lane, number)


def line(number: int, day: str = DAY, **changes: object) -> Line:
    stored = proof(**{"widgetId": 43, "id": str(number), "date": f"{day}T10:00:00.000Z", **changes})
    return archived(stored, f"e{number}")


@pytest.fixture
def whole(archive: Archive) -> Archive:
    """Three days with two lanes: four objects in each, of two proofs each."""
    lanes = [Lane(archive, 0), Lane(archive, 1)]
    number = 0
    for day in (DAY_BEFORE, DAY, NEXT_DAY):
        for lane in lanes:
            for _ in range(4):
                number += 2
                lane.append(43, day, [line(number, day), line(number + 1, day)])
    return archive


class Intruder:
    """An intruder with all rights to the bucket."""

    def __init__(self) -> None:
        self._client: Any = boto3.client("s3")

    def get(self, key: str) -> tuple[bytes, dict[str, str]]:
        answer = self._client.get_object(Bucket=BUCKET, Key=key)
        return answer["Body"].read(), answer["Metadata"]

    def put(self, key: str, content: bytes, **metadata: str) -> None:
        self._client.put_object(
            Bucket=BUCKET, Key=key, Body=content, Metadata={n.replace("_", "-"): v for n, v in metadata.items()}
        )

    def remove(self, *keys: str) -> None:
        for each in keys:
            self._client.delete_object(Bucket=BUCKET, Key=each)


@pytest.fixture
def intruder(whole: Archive) -> Intruder:
    return Intruder()


def faults(archive: Archive, day: str = DAY) -> list[Fault]:
    return verify(archive, 43, day).faults


def test_an_untouched_day_is_complete(whole: Archive) -> None:
    for day in (DAY_BEFORE, DAY, NEXT_DAY):
        report = verify(whole, 43, day)
        assert (report.faults, report.proofs) == ([], 16)
        assert [(lane.lane, lane.objects, lane.lines) for lane in report.lanes] == [(0, 4, 8), (1, 4, 8)]
        assert [lane.last for lane in report.lanes] == [whole.link(key(4, lane=lane, day=day)) for lane in (0, 1)]


def test_repeats_are_counted_once(whole: Archive) -> None:
    Lane(whole, 1).append(43, DAY, [line(18), line(18), line(19)])

    report = verify(whole, 43, DAY)
    assert (report.faults, report.proofs, report.lanes[1].lines) == ([], 16, 11)


def test_late_proofs_are_not_a_fault(whole: Archive) -> None:
    """A refill of an earlier day, and of one that had nothing, after later days have begun."""
    Lane(whole, 0).append(43, DAY, [line(100)])
    Lane(whole, 0).append(43, "2026-11-26", [line(101, "2026-11-26")])
    Lane(whole, 2).append(43, DAY, [line(102)])
    Lane(whole, 2).append(43, DAY_BEFORE, [line(103, DAY_BEFORE)])
    Lane(whole, 2).append(43, NEXT_DAY, [line(104, NEXT_DAY)])

    assert [verify(whole, 43, day).faults for day in whole.days(43)] == [[]] * 4


def test_changed_content_is_named(whole: Archive, intruder: Intruder) -> None:
    _, metadata = intruder.get(key(2))
    intruder.put(key(2), encoded([line(12)]), **metadata)

    assert faults(whole) == [Fault(key(2), "has content that does not match its hash")]


def test_content_that_was_changed_together_with_its_hash_is_named(whole: Archive, intruder: Intruder) -> None:
    content = encoded([line(12)])
    _, metadata = intruder.get(key(2))
    sha256 = whole.link(key(2)).followed_by("", content).sha256  # type: ignore[union-attr]
    intruder.put(key(2), content, **{**metadata, "sha256": sha256})
    half = faults(whole)
    intruder.put(key(2), content, **{**metadata, "sha256": sha256, "link": linked(metadata["previous"], sha256)})

    assert half == [Fault(key(2), "has a link that does not match its hash and its predecessor")]
    assert faults(whole) == [Fault(key(3), "does not follow the object before it")]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((1,), [Fault(key(1), "is missing")]),
        ((2,), [Fault(key(2), "is missing")]),
        ((2, 3), [Fault(key(2), f"is missing, with all up to {key(3)}")]),
        ((4,), [Fault(key(4), f"is missing: {key(1, day=NEXT_DAY)} follows it")]),
        ((3, 4), [Fault(key(4), f"is missing: {key(1, day=NEXT_DAY)} follows it")]),
        ((1, 2, 3, 4), [Fault(key(4), f"is missing: {key(1, day=NEXT_DAY)} follows it")]),
    ],
)
def test_removed_objects_are_named(
    whole: Archive, intruder: Intruder, numbers: tuple[int, ...], expected: list[Fault]
) -> None:
    intruder.remove(*map(key, numbers))

    assert faults(whole) == expected
    assert [faults(whole, day) for day in (DAY_BEFORE, NEXT_DAY)] == [[], []]


def test_a_removed_day_is_revealed_by_the_next_one(whole: Archive, intruder: Intruder) -> None:
    for lane in (0, 1):
        intruder.remove(*(key(number, lane=lane) for number in (1, 2, 3, 4)))

    assert faults(whole) == [
        Fault(key(4, lane=lane), f"is missing: {key(1, lane=lane, day=NEXT_DAY)} follows it") for lane in (0, 1)
    ]


def test_a_tail_that_was_cut_and_written_anew_is_named(whole: Archive, intruder: Intruder) -> None:
    intruder.remove(key(4))
    Lane(whole, 0).append(43, DAY, [line(16)])

    assert faults(whole) == [Fault(key(4), f"has a link that differs from the one in {key(1, day=NEXT_DAY)}")]
    assert faults(whole, NEXT_DAY) == [Fault(key(1, day=NEXT_DAY), f"does not follow the present {key(4)}")]


def test_a_cut_tail_of_the_last_day_is_revealed_by_a_noted_link(whole: Archive, intruder: Intruder) -> None:
    links = [(lane.lane, lane.last.link) for lane in verify(whole, 43, NEXT_DAY).lanes if lane.last]
    Lane(whole, 0).append(43, NEXT_DAY, [line(60, NEXT_DAY)])
    assert verify(whole, 43, NEXT_DAY, expected=links).faults == []

    intruder.remove(key(4, day=NEXT_DAY, lane=1))

    assert faults(whole, NEXT_DAY) == []
    assert verify(whole, 43, NEXT_DAY, expected=[*links, (7, "a")]).faults == [
        Fault("lane 1", f"no object has the link {links[1][1]} any more"),
        Fault("lane 7", "no object has the link a any more"),
    ]


def test_two_objects_that_were_swapped_are_named(whole: Archive, intruder: Intruder) -> None:
    second, third = intruder.get(key(2)), intruder.get(key(3))
    intruder.put(key(2), third[0], **third[1])
    intruder.put(key(3), second[0], **second[1])

    assert faults(whole) == [Fault(key(number), "does not follow the object before it") for number in (2, 3, 4)]


def test_an_object_of_another_lane_or_day_is_named(whole: Archive, intruder: Intruder) -> None:
    other_lane, other_day = intruder.get(key(1, lane=1)), intruder.get(key(1, day=NEXT_DAY))
    intruder.put(key(1), other_lane[0], **other_lane[1])
    intruder.put(key(1, lane=1), other_day[0], **other_day[1])

    assert faults(whole) == [
        Fault(key(1), "does not follow an earlier day of its lane"),
        Fault(key(2), "does not follow the object before it"),
        Fault(key(1, lane=1), "does not follow an earlier day of its lane"),
        Fault(key(1, lane=1), "holds proofs of another widget or day"),
        Fault(key(2, lane=1), "does not follow the object before it"),
    ]


def test_an_added_object_is_named(whole: Archive, intruder: Intruder) -> None:
    content, metadata = intruder.get(key(1, lane=1))
    folder = "proofs/widget=43/date=2026-11-24/"
    intruder.put(f"{folder}lane=0/0000000002.ndjson", content, **metadata)
    intruder.put(key(7), content, **metadata)
    intruder.put(key(1, lane=2), b"no gzip")

    assert faults(whole) == [
        Fault(f"{folder}lane=0/0000000002.ndjson", "is not an archive object"),
        Fault(key(5), f"is missing, with all up to {key(6)}"),
        Fault(key(7), "does not follow the object before it"),
        Fault(key(1, lane=2), "has content that does not match its hash"),
        Fault(key(1, lane=2), "has a link that does not match its hash and its predecessor"),
        Fault(key(1, lane=2), "cannot be read"),
    ]


def test_an_object_removed_while_reading_is_reported(whole: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def removed(_: str) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(whole, "fetch", removed)
    assert {fault.what for fault in faults(whole)} == {"was removed during the check"}


def test_objects_past_their_retention_are_not_a_fault_of_later_days(whole: Archive, intruder: Intruder) -> None:
    for lane in (0, 1):
        intruder.remove(*(key(number, lane=lane, day=DAY_BEFORE) for number in (1, 2, 3, 4)))

    assert [faults(whole, day) for day in (DAY, NEXT_DAY)] == [[], []]
