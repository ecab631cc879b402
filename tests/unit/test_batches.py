"""Stored proofs on their way into the archive."""

from typing import Any

import pytest

from consent_core.archive.batches import ArchiveLine, batches, entry_of
from consent_core.archive.objects import Line, archived, decoded, encoded, identity, linked
from consent_core.errors import UnreadableError
from consent_core.items import attribute, plain_item
from tests.repository_contract import FIRST, SECOND, proof

DAY, NEXT_DAY = "2026-11-24", "2026-11-25"


def item(**changes: object) -> dict[str, Any]:
    """A stored proof, as DynamoDB spells it; an attribute that is None is left out."""
    stored = proof(**{"widgetId": 43, **changes})
    return {name: attribute(value) for name, value in stored.items() if value is not None}


def record(number: int, **changes: object) -> dict[str, Any]:
    image = item(**changes)
    return {
        "eventID": f"e{number}",
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": str(number), "NewImage": image},
    }


def event_ids(lines: list[Line]) -> list[str]:
    return [line["eventId"] for line in lines]


def test_insertions_are_put_together_by_widget_and_day_in_the_order_of_their_first() -> None:
    late = {"date": "2026-11-25T00:00:00.000Z"}
    found, unreadable = batches(
        [record(7), record(8, **late), record(9, widgetId=44), record(10, id=SECOND), record(11, **late)]
    )

    assert unreadable == 0
    assert [(each.widget_id, each.day, each.first, event_ids(each.lines)) for each in found] == [
        (43, DAY, "7", ["e7", "e10"]),
        (43, NEXT_DAY, "8", ["e8", "e11"]),
        (44, DAY, "9", ["e9"]),
    ]
    assert found[0].lines[0] == archived(proof(widgetId=43), "e7")


UNREADABLE: dict[str, Any] = {
    "no date": {"date": None},
    "a date that is a number": {"date": 5},
    "a date that is none": {"date": "2026-02-30T10:00:00.000Z"},
    "a date that leads elsewhere": {"date": "2026-11-24/../../x"},
    "a local date": {"date": "2026-11-24T10:00:00.000+02:00"},
    "no widget": {"widgetId": None},
    "a widget that is a text": {"widgetId": "43"},
    "a widget that is a truth": {"widgetId": True},
    "a widget below all": {"widgetId": 0},
    "a widget above all": {"widgetId": 1_000_000_000_000_000},
    "no consent": {"consentId": None},
    "no decision": {"id": None},
}


@pytest.mark.parametrize("changes", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_invalid_proof_is_skipped_and_counted(changes: dict[str, Any]) -> None:
    found, unreadable = batches([record(7, **changes), record(8)])

    assert ([event_ids(each.lines) for each in found], unreadable) == ([["e8"]], 1)


@pytest.mark.parametrize(
    "image",
    [
        {"widgetId": {"N": "4.5"}},
        {"widgetId": {}},
        {"origin": {"B": b"bytes"}},
        {"origin": {"SS": {1}}},
    ],
)
def test_an_item_that_no_function_wrote_is_skipped_too(image: dict[str, Any]) -> None:
    odd = record(7)
    odd["dynamodb"]["NewImage"].update(image)

    assert batches([odd, {"eventID": "e9", "dynamodb": {"SequenceNumber": "9"}}]) == ([], 2)


def test_an_item_is_read_as_it_was_written() -> None:
    stored = proof(widgetId=43)
    assert plain_item({name: attribute(value) for name, value in stored.items()}) == stored


def test_an_entry_says_where_its_line_belongs() -> None:
    assert entry_of(item(), "e1") == ArchiveLine(43, DAY, archived(proof(widgetId=43), "e1"))
    with pytest.raises(UnreadableError):
        entry_of({}, "e1")


# --- The format -------------------------------------------------------------------------------------------------------


def test_the_same_lines_are_the_same_bytes_whatever_the_order_of_their_members() -> None:
    line = archived(proof(widgetId=43), "e1")
    turned = dict(reversed(line.items()))

    assert encoded([line]) == encoded([turned])
    assert decoded(encoded([line, turned])) == [line, line]


def test_a_proof_is_known_by_consent_decision_and_date() -> None:
    line = archived(proof(), "e1")
    same = archived(proof(widgetId=1), "e2")
    others = [
        archived(proof(**{name: value}), "e1") for name, value in (("id", SECOND), ("consentId", FIRST), ("date", DAY))
    ]

    assert identity(line) == identity(same)
    assert len({identity(line), *map(identity, others)}) == 4


def test_a_link_covers_content_and_all_that_went_before() -> None:
    # As `echo -n …:… | sha256sum` says.
    assert linked("", "a" * 64) == "51f36251b4f61ebfcf81c916147b9cd5ec25e0010a697b8da71425a4645ae5bf"
    assert linked("b" * 64, "a" * 64) == "55bb2e9d673ca2c9ae048ec1c07c6ad7eb9f377a34b68082e2fd7f98b8a11a56"
