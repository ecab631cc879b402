"""The archive's promises, with an S3 in memory."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber

from consent_core.archive import objects as module
from consent_core.archive.objects import Archive, Lane, Line, archived, key_of
from consent_core.errors import DamagedError, ThrottledError, UnavailableError
from tests.repository_contract import CONSENT, FIRST, SECOND, THIRD, proof

DAY, NEXT_DAY = "2026-11-24", "2026-11-25"
FOLDER = "proofs/widget=43/date=2026-11-24"


def line(id_: str = FIRST, *, event: str = "e1", **changes: object) -> Line:
    return archived(proof(widgetId=43, id=id_, **changes), event)


def client() -> Any:  # noqa: ANN401 - boto3's, where a test looks behind the archive
    return boto3.client("s3")


def keys() -> list[str]:
    return [each["Key"] for each in client().list_objects_v2(Bucket="archivebucket").get("Contents", ())]


def metadata(key: str) -> dict[str, str]:
    found: dict[str, str] = client().head_object(Bucket="archivebucket", Key=key)["Metadata"]
    return found


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_a_line_is_a_proof_without_visitor_page_and_expiry(archive: Archive) -> None:
    stored = proof(widgetId=43, userId="crm-42", referrer="https://shop.example/basket", sessionId=THIRD)
    key = Lane(archive, 3).append(43, DAY, [archived(stored, "e1"), line(SECOND, event="e2")])

    assert key == f"{FOLDER}/lane=3/0000000001.ndjson.gz"
    first, second = gzip.decompress(archive.read(key)).decode().splitlines()
    assert first == json.dumps(
        {
            "consentId": CONSENT,
            "consents": stored["consents"],
            "date": "2026-11-24T10:00:00.000Z",
            "eventId": "e1",
            "id": FIRST,
            "requestHash": "0" * 64,
            "versionAssumed": True,
            "widgetId": 43,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    assert json.loads(second) == line(SECOND, event="e2")


def test_the_proofs_of_a_day_are_read_once_each_by_lane_and_number(archive: Archive) -> None:
    lanes = [Lane(archive, 2), Lane(archive, 0)]
    lanes[0].append(43, DAY, [line(FIRST), line(SECOND, event="e2")])
    lanes[0].append(43, DAY, [line(SECOND, event="e2")])  # sent again
    lanes[1].append(43, DAY, [line(FIRST, event="table:1"), line(THIRD, event="e3")])  # refilled from the table
    lanes[1].append(43, DAY, [line(FIRST, event="e4", date="2026-11-24T10:00:00.001Z")])  # another decision
    lanes[1].append(43, NEXT_DAY, [line(event="e5")])
    lanes[1].append(430, DAY, [line(event="e6")])

    assert [found["eventId"] for found in archive.lines(43, DAY)] == ["table:1", "e3", "e4", "e2"]
    assert [(each.lane, each.number) for each in archive.objects(43, DAY)] == [(0, 1), (0, 2), (2, 1), (2, 2)]
    assert {each.size for each in archive.objects(430, DAY)} == {len(archive.read(key_of(430, DAY, 0, 1)))}
    assert (archive.days(43), archive.days(430), archive.days(44)) == ([DAY, NEXT_DAY], [DAY], [])
    assert archive.widgets() == [43, 430]


def test_foreign_objects_are_not_read(archive: Archive) -> None:
    Lane(archive, 0).append(43, DAY, [line()])
    for key in (f"{FOLDER}/lane=0/note.txt", f"{FOLDER}/lane=00/0000000001.ndjson.gz", "proofs/widget=x/date=x/1"):
        client().put_object(Bucket="archivebucket", Key=key, Body=b"")

    assert list(archive.lines(43, DAY)) == [line()]
    assert [key for key, _ in archive.keys(43, DAY)][1:] == [
        f"{FOLDER}/lane=0/note.txt",
        f"{FOLDER}/lane=00/0000000001.ndjson.gz",
    ]
    assert (archive.widgets(), Lane(archive, 0).append(43, DAY, [line(SECOND)])) == ([43], key_of(43, DAY, 0, 2))


def test_a_missing_object_is_reported(archive: Archive) -> None:
    with pytest.raises(FileNotFoundError):
        archive.read(key_of(43, DAY, 0, 1))
    assert archive.link(key_of(43, DAY, 0, 1)) is None
    assert list(archive.lines(43, DAY)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip",
        gzip.compress(b"{}", mtime=0)[:-4],
        gzip.compress(b"{", mtime=0),
        gzip.compress(b"[]", mtime=0),
        gzip.compress(b'{"id": 1}', mtime=0),
        b"",
    ],
)
def test_an_unreadable_object_is_reported(archive: Archive, content: bytes) -> None:
    client().put_object(Bucket="archivebucket", Key=key_of(43, DAY, 0, 1), Body=content)

    with pytest.raises(DamagedError):
        list(archive.lines(43, DAY))


# --- The chain --------------------------------------------------------------------------------------------------------


def test_an_object_names_its_content_and_its_predecessor(archive: Archive) -> None:
    lane = Lane(archive, 1)
    first, second, third = (
        lane.append(43, day, [line(id_)]) for day, id_ in ((DAY, FIRST), (DAY, SECOND), (NEXT_DAY, THIRD))
    )

    contents = [sha256(archive.read(key)) for key in (first, second, third)]
    links = [sha256(f":{contents[0]}")]
    links += [sha256(f"{links[0]}:{contents[1]}")]
    links += [sha256(f"{links[1]}:{contents[2]}")]
    assert metadata(first) == {"sha256": contents[0], "link": links[0]}
    assert metadata(second) == {
        "sha256": contents[1],
        "previous": links[0],
        "previous-key": first,
        "link": links[1],
    }
    assert third == key_of(43, NEXT_DAY, 1, 1)
    assert metadata(third) == {
        "sha256": contents[2],
        "previous": links[1],
        "previous-key": second,
        "link": links[2],
    }


def test_a_new_writer_goes_on_where_its_lane_ends(archive: Archive) -> None:
    for id_ in (FIRST, SECOND):
        Lane(archive, 1).append(43, DAY, [line(id_)])
    Lane(archive, 2).append(43, NEXT_DAY, [line(THIRD)])

    for day in (NEXT_DAY, "2026-12-24"):
        last = metadata(Lane(archive, 1).append(43, day, [line(THIRD, event=day)]))
        assert (last["previous-key"] == key_of(43, DAY, 1, 2)) == (day == NEXT_DAY)
    assert last["previous-key"] == key_of(43, NEXT_DAY, 1, 1)


def test_a_day_that_is_late_follows_the_days_before_it(archive: Archive) -> None:
    lane = Lane(archive, 1)
    for day in ("2026-11-22", "2026-11-26", DAY):
        lane.append(43, day, [line(event=day)])

    assert metadata(key_of(43, DAY, 1, 1))["previous-key"] == key_of(43, "2026-11-22", 1, 1)
    assert metadata(key_of(43, "2026-11-26", 1, 1))["previous-key"] == key_of(43, "2026-11-22", 1, 1)


def test_a_lane_of_thousands_of_objects_is_gone_on_with(archive: Archive) -> None:
    def page(*numbers: int, **more: object) -> dict[str, object]:
        return {"Contents": [{"Key": key_of(43, DAY, 0, number), "Size": 1} for number in numbers], **more}

    with Stubber(archive._client) as stub:
        stub.add_response("list_objects_v2", page(*range(1, 1_001), IsTruncated=True, NextContinuationToken="more"))
        stub.add_response("list_objects_v2", page(1_001, 1_002))
        stub.add_response(
            "head_object", {"Metadata": {}}, {"Bucket": "archivebucket", "Key": key_of(43, DAY, 0, 1_002)}
        )
        stub.add_response("put_object", {})

        assert Lane(archive, 0).append(43, DAY, [line()]) == key_of(43, DAY, 0, 1_003)


# --- Writers that meet, and answers that are lost ---------------------------------------------------------------------


def test_two_writers_of_a_lane_never_write_the_same_number(archive: Archive) -> None:
    one, other = Lane(archive, 0), Lane(archive, 0)
    written = [
        one.append(43, DAY, [line(event="1")]),
        other.append(43, DAY, [line(event="2")]),
        other.append(43, DAY, [line(event="3")]),
        one.append(43, DAY, [line(event="4")]),  # it has not seen the other's
    ]

    assert written == [key_of(43, DAY, 0, number) for number in (1, 2, 3, 4)]
    links = [metadata(key) for key in written]
    assert [link.get("previous") for link in links] == [None, *(link["link"] for link in links[:3])]


@pytest.fixture
def losing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have the next answer to a write lost, each time that it is called."""
    put = archive._client.put_object
    lost: list[bool] = []

    def put_object(**request: object) -> object:
        answer = put(**request)  # type: ignore[arg-type]
        if lost and lost.pop():
            raise ReadTimeoutError(endpoint_url="https://s3.example")
        return answer

    monkeypatch.setattr(archive._client, "put_object", put_object)
    return lambda: lost.append(True)


def test_an_object_whose_answer_was_lost_is_not_written_twice(archive: Archive, losing: Callable[[], None]) -> None:
    lane = Lane(archive, 0)
    for number in (1, 2):
        losing()
        with pytest.raises(UnavailableError):
            lane.append(43, DAY, [line(event=str(number))])
        assert lane.append(43, DAY, [line(event=str(number))]) == key_of(43, DAY, 0, number)

    assert keys() == [key_of(43, DAY, 0, 1), key_of(43, DAY, 0, 2)]


def test_a_second_attempt_that_finds_its_own_object_is_content(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore's own second attempt is refused, for the first one was done."""
    put = archive._client.put_object

    def twice(**request: object) -> object:
        put(**request)  # type: ignore[arg-type]
        return put(**request)  # type: ignore[arg-type]

    lane = Lane(archive, 0)
    monkeypatch.setattr(archive._client, "put_object", twice)
    written = [lane.append(43, DAY, [line(event=str(number))]) for number in (1, 2, 3)]

    assert written == keys() == [key_of(43, DAY, 0, number) for number in (1, 2, 3)]


def test_an_object_that_is_being_written_is_waited_for(archive: Archive) -> None:
    with Stubber(archive._client) as stub:
        stub.add_response("list_objects_v2", {"Contents": []})
        stub.add_response("list_objects_v2", {})
        stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        stub.add_client_error("head_object", "404", http_status_code=404)
        stub.add_response("put_object", {})

        assert Lane(archive, 0).append(43, DAY, [line()]) == key_of(43, DAY, 0, 1)
        stub.assert_no_pending_responses()


def test_a_writer_that_always_comes_too_late_gives_up(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "put_new", lambda *_: False)

    with pytest.raises(UnavailableError):
        Lane(archive, 0).append(43, DAY, [line()])


def test_a_writer_that_is_alone_needs_one_request(archive: Archive) -> None:
    lane = Lane(archive, 0)
    lane.append(43, DAY, [line()])
    with Stubber(archive._client) as stub:
        stub.add_response("put_object", {})
        lane.append(43, DAY, [line(SECOND)])
        stub.assert_no_pending_responses()


# --- S3 in trouble ----------------------------------------------------------------------------------------------------

REQUESTS: dict[str, Callable[[Archive], object]] = {
    "list_objects_v2": lambda archive: archive.days(43),
    "get_object": lambda archive: archive.read("key"),
    "head_object": lambda archive: archive.link("key"),
    "put_object": lambda archive: archive.put_new(module.Link("key", "00", "", "", ""), b""),
}


@pytest.fixture(params=REQUESTS)
def request_of(request: pytest.FixtureRequest, archive: Archive) -> Iterator[tuple[str, Callable[[], object], Stubber]]:
    name: str = request.param
    with Stubber(archive._client) as stub:
        yield name, lambda: REQUESTS[name](archive), stub


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("SlowDown", 503, ThrottledError),
        ("InternalError", 500, UnavailableError),
        ("503", 503, UnavailableError),
        ("RequestTimeout", 400, UnavailableError),
        ("AccessDenied", 403, ClientError),
    ],
)
def test_failures_are_told_apart(
    request_of: tuple[str, Callable[[], object], Stubber], code: str, status: int, error: type[Exception]
) -> None:
    name, ask, stub = request_of
    stub.add_client_error(name, code, http_status_code=status)

    with pytest.raises(error) as raised:
        ask()
    assert type(raised.value) is error or error is ClientError


def test_no_answer_in_time_is_unavailable(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://s3.example")

    monkeypatch.setattr(archive._client, "_make_api_call", silent)
    for ask in REQUESTS.values():
        with pytest.raises(UnavailableError):
            ask(archive)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("request_", REQUESTS)
def test_an_answer_that_is_not_s3s_is_refused(archive: Archive, request_: str, status: int) -> None:
    def page(**_: object) -> Any:  # noqa: ANN401 - what is sent is never seen by anybody else
        raw = MagicMock(stream=lambda *_: [b"<html>Please log in</html>"])
        return AWSResponse("https://s3.example", status, HTTPHeaders.from_dict({"ETag": "e"}), raw)

    archive._client.meta.events.register_first("before-send.s3", page)
    with pytest.raises(UnavailableError):
        REQUESTS[request_](archive)
