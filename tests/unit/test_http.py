"""API Gateway events in, responses and problems out."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.errors import (
    BypassedError,
    MalformedError,
    MediaTypeError,
    RefusedError,
    ThrottledError,
    TooLargeError,
    UnknownWidgetError,
)
from consent_core.http import UNCHECKED, Request, Response, endpoint, json_response, problem, response
from consent_core.observability import Telemetry
from tests.handlers import invoked

COMMON = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
LIMIT = 32_768


def request(**event: object) -> Request:
    return Request(event)


def with_header(name: str, value: str) -> Request:
    return request(headers={name: value})


def with_body(body: str | None, content_type: str = "application/json", **event: object) -> Request:
    return request(headers={"content-type": content_type}, body=body, **event)


def fault(error: MalformedError) -> dict[str, object]:
    errors: Any = error.members["errors"]
    (only,) = errors
    assert isinstance(only, dict)
    return only


# --- Path and query ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("widget_id", ["1", "43", "999999999999999"])
def test_a_widget_id_is_read_as_a_number(widget_id: str) -> None:
    assert request(pathParameters={"id": widget_id}).widget_id == int(widget_id)


@pytest.mark.parametrize(
    "widget_id", ["", "0", "043", "-1", "+1", "1.0", "1e3", "1000000000000000", "43 ", "43\n", "４３", "x"]
)
def test_a_widget_id_has_one_spelling(widget_id: str) -> None:
    with pytest.raises(MalformedError) as refused:
        _ = request(pathParameters={"id": widget_id}).widget_id
    assert fault(refused.value) == {"loc": ["path", "id"], "type": "string_pattern_mismatch"}


ROUTES = (
    "GET /v1/client/cookie-widget-settings/{id}",
    "HEAD /v1/client/cookie-widget-settings/{id}",
    "POST /v1/client/collect/{id}",
    "POST /v1/client/consents/{id}/history",
    "POST /v1/client/consents/{id}/receipt",
    "POST /v1/client/consents/{id}/erase",
)


@pytest.mark.parametrize("route", ROUTES)
def test_a_visitors_path_has_one_spelling(route: str) -> None:
    path = route.partition(" ")[2]
    canonical = path.replace("{id}", "44")
    spelled = (
        path.replace("{id}", "%34%34"),
        path.replace("{id}", "4%34"),
        path.replace("{id}", "44;x"),
        path.replace("{id}", "044"),
        path.replace("{id}", "./44"),
        path.replace("{id}", "x/../44"),
        path.replace("{id}", "\uff14\uff14"),
        path.replace("{id}", "44 "),
        path.replace("{id}", "4400"),
        path.replace("client", "%63lient").replace("{id}", "44"),
        path.replace("/v1/", "//v1/").replace("{id}", "44"),
        path.replace("/{id}", "//44"),
        f"{canonical}/",
        f"{canonical}//",
        f"{canonical}%2F",
        f"/dev{canonical}",
        canonical.upper(),
        canonical.removeprefix("/"),
        "",
    )
    asked = {"routeKey": route, "pathParameters": {"id": "44"}}

    assert request(**asked, rawPath=canonical).widget_id == 44
    for each in spelled:
        with pytest.raises(UnknownWidgetError):
            _ = request(**asked, rawPath=each).widget_id


@pytest.mark.parametrize("widget_id", ["%34%34", "44/", "/44"])
def test_an_id_that_holds_encoding_or_a_slash_is_another_spelling(widget_id: str) -> None:
    with pytest.raises(UnknownWidgetError):
        _ = request(pathParameters={"id": widget_id}).widget_id


@pytest.mark.parametrize("event", [{}, {"pathParameters": None}, {"pathParameters": {}}])
def test_a_missing_widget_id_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(MalformedError) as refused:
        _ = request(**event).widget_id
    assert fault(refused.value) == {"loc": ["path", "id"], "type": "missing"}


@pytest.mark.parametrize("key", ["12345678", "A_b-c_d-", "x" * 64])
def test_a_key_is_read_as_it_is(key: str) -> None:
    assert request(queryStringParameters={"key": key}).key == key


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (None, "missing"),
        ({}, "missing"),
        ({"Key": "12345678"}, "missing"),
        ({"key": ""}, "string_pattern_mismatch"),
        ({"key": "1234567"}, "string_pattern_mismatch"),
        ({"key": "x" * 65}, "string_pattern_mismatch"),
        ({"key": "12345678,12345678"}, "string_pattern_mismatch"),
        ({"key": "12345678\n"}, "string_pattern_mismatch"),
        ({"key": "é2345678"}, "string_pattern_mismatch"),
    ],
)
def test_an_invalid_key_is_refused(query: dict[str, str] | None, kind: str) -> None:
    with pytest.raises(MalformedError) as refused:
        _ = request(queryStringParameters=query).key
    assert fault(refused.value) == {"loc": ["query", "key"], "type": kind}


@pytest.mark.parametrize(
    ("query", "culture"),
    [
        *(
            (None, None),
            ({}, None),
            ({"culture": ""}, None),
            ({"culture": "fr"}, "fr"),
            ({"culture": "fr-BE"}, "fr-BE"),
        ),
        *(({"culture": "FR_be"}, "fr-BE"), ({"culture": "fil"}, None), ({"culture": "es-419"}, "es")),
    ],
)
def test_a_culture_may_be_left_out(query: dict[str, str] | None, culture: str | None) -> None:
    assert request(queryStringParameters=query).culture == culture


@pytest.mark.parametrize("culture", ["f", "french", "fr-BE,fr", "fr\n", "*", "fr-" + "x" * 61])
def test_an_invalid_culture_is_refused(culture: str) -> None:
    with pytest.raises(MalformedError) as refused:
        _ = request(queryStringParameters={"culture": culture}).culture
    assert fault(refused.value) == {"loc": ["query", "culture"], "type": "string_pattern_mismatch"}


# --- Headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["origin", "Origin", "ORIGIN"])
def test_a_header_is_found_in_any_case(name: str) -> None:
    assert with_header(name, "https://shop.example").origin == "https://shop.example"


@pytest.mark.parametrize(
    ("accept", "is_text"),
    [
        *(("text/plain", True), ("TEXT/PLAIN", True), ("text/*", True), ("text/plain;charset=utf-8", True)),
        *(("text/plain, */*;q=0.8", True), ("text/plain, */*; q=0.01", True), ("text/plain;format=flowed;q=0.1", True)),
        *(("application/json;q=0.5, text/plain", True), ("application/json; q=0, */*", True)),
        *(("", False), ("*/*", False), ("application/json", False), ("text/html", False), ("text/plainer", False)),
        *(
            ("text/plain, application/json", False),
            ("application/json, text/plain, */*", False),
            ("text/plain, */*", False),
        ),
        *(("text/plain;q=0", False), ("text/plain;q=0.5, application/json", False), ("text/plain;q=0.1, */*", False)),
        *((", ,;q=1,text", False), ("text/plain;q=0.0, text/*", False), ("x" * 1_000 + ",text/plain", False)),
        *(("text/plain ; q = 0", False), ("text/plain;q =0.5", False), ("text/plain;q=0.0001", False)),
        *(("text/plain;q", False), ("text/plain;q=", False), ("text/plain;q=high", False), ("text/*;q=1.1", False)),
        *(('text/plain;q="1"', False), ("text/plain;q=-1", False), ("text/plain\t;\tq=0.000", False)),
        *(("application/json;q=low, text/plain;q=0.5", False), ("text/plain ;q=1.000 ;x=q", True)),
        *(("text/html;q=high, text/plain", True), ("text/plain;quality=0", True)),
    ],
)
def test_plain_text_is_preferred_only_if_the_client_says_so(accept: str, is_text: bool) -> None:
    assert with_header("Accept", accept).prefers_text is is_text


def test_no_accept_header_prefers_no_text() -> None:
    assert not request().prefers_text


@given(st.text(max_size=40))
def test_any_accept_header_is_read(accept: str) -> None:
    assert with_header("accept", accept).prefers_text in {True, False}


def test_an_empty_origin_is_not_a_missing_one() -> None:
    assert with_header("origin", "").origin == ""
    assert request(headers={}).origin is None
    assert request(headers=None).origin is None
    assert request().origin is None


@pytest.mark.parametrize("name", ["x-origin-verify", "X-Origin-Verify"])
def test_a_request_with_the_secret_is_accepted(name: str) -> None:
    with_header(name, "s3cret").check_front_door("s3cret")


@pytest.mark.parametrize("sent", ["", "S3cret", "s3cret ", "s3cre", "s3crets", "é"])
def test_a_request_with_another_secret_is_refused(sent: str) -> None:
    with pytest.raises(BypassedError):
        with_header("x-origin-verify", sent).check_front_door("s3cret")
    with pytest.raises(BypassedError):
        request().check_front_door("s3cret")


@pytest.mark.parametrize("sent", ["new", "old"])
def test_while_the_secret_is_changed_the_one_before_is_good_enough(sent: str) -> None:
    with_header("x-origin-verify", sent).check_front_door("new,old")


@pytest.mark.parametrize("sent", ["", "new,old", "older", "ne"])
def test_during_a_rotation_a_third_secret_is_refused(sent: str) -> None:
    with pytest.raises(BypassedError):
        with_header("x-origin-verify", sent).check_front_door("new,old")


@pytest.mark.parametrize("secret", ["off", "new,off", "off,old"])
@pytest.mark.parametrize("sent", ["", "off", "anything"])
def test_the_check_is_turned_off_by_a_word(secret: str, sent: str) -> None:
    request().check_front_door(secret)
    with_header("x-origin-verify", sent).check_front_door(secret)


@pytest.mark.parametrize("secret", ["", ",", "new,", ",old", "OFF", " off", "offline"])
@pytest.mark.parametrize("sent", [None, "", ",", "off", " "])
def test_without_a_secret_no_request_is_accepted(secret: str, sent: str | None) -> None:
    with pytest.raises(BypassedError):
        (request() if sent is None else with_header("x-origin-verify", sent)).check_front_door(secret)


@pytest.mark.parametrize(
    ("sent", "matches"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"x",W/"abc" , "y"', True),
        ("*", True),
        (" * ", True),
        ('"ABC"', False),
        ("abc", False),
        ('"abcd"', False),
        ('w/"abc"', False),
        ('"x", *', False),
        ("", False),
    ],
)
def test_an_entity_tag_is_compared_weakly_and_in_lists(sent: str, matches: bool) -> None:
    assert with_header("If-None-Match", sent).matches('"abc"') is matches


def test_no_if_none_match_matches_nothing() -> None:
    assert request().matches('"abc"') is False


# --- The body ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "text/plain", "Application/JSON", "application/json; charset=utf-8"),
        *("application/json;charset=UTF-8", " text/plain ; x=y"),
    ],
)
def test_json_comes_as_json_or_as_plain_text(content_type: str) -> None:
    assert with_body("{}", content_type).text() == "{}"


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/html", "application/x-www-form-urlencoded", "application/problem+json", "application/jsonp"),
        *("multipart/form-data", "json", "application/json, text/plain", "charset=utf-8; application/json"),
    ],
)
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(MediaTypeError):
        with_body("{}", content_type).text()
    with pytest.raises(MediaTypeError):
        request(body="{}").text()


def test_the_content_type_is_refused_before_the_size() -> None:
    with pytest.raises(MediaTypeError):
        with_body("x" * (LIMIT + 1), "text/html").text()


@pytest.mark.parametrize(
    "largest", ["x" * LIMIT, "é" * (LIMIT // 2), "😀" * (LIMIT // 4)], ids=["one byte", "two bytes", "four bytes"]
)
def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(largest: str) -> None:
    encoded = base64.b64encode(largest.encode()).decode()
    larger = base64.b64encode(largest.encode() + b" ").decode()

    assert with_body(largest).text() == largest
    assert with_body(encoded, isBase64Encoded=True).text() == largest
    for too_large in (with_body(largest + " "), with_body(larger, isBase64Encoded=True)):
        with pytest.raises(TooLargeError) as refused:
            too_large.text()
        assert refused.value.members == {"limit": LIMIT}


@pytest.mark.parametrize("body", [None, ""])
def test_no_body_is_an_empty_text(body: str | None) -> None:
    assert with_body(body).text() == ""


@pytest.mark.parametrize(
    ("body", "is_base64"),
    [
        (base64.b64encode(b'{"\xff"}').decode(), True),
        (base64.b64encode("é".encode("latin-1")).decode(), True),
        ("not base64!", True),
        ("e30=!", True),
        ("abc", True),
        ("é", True),
        ("\ud83d", False),
    ],
)
def test_a_body_that_is_not_utf_8_is_malformed(body: str, is_base64: bool) -> None:
    with pytest.raises(MalformedError) as refused:
        with_body(body, isBase64Encoded=is_base64).text()
    assert fault(refused.value) == {"loc": ["body"], "type": "not_utf8"}


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_a_body_is_read_the_same_encoded_or_not(text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    assert with_body(text).text() == with_body(encoded, isBase64Encoded=True).text() == text


# --- Responses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "raw"),
    [
        ({"body": "é"}, "é"),
        ({"body": "w6k=", "isBase64Encoded": True}, "é"),
        ({"body": "/w==", "isBase64Encoded": True}, ""),
        ({"body": "%%%", "isBase64Encoded": True}, ""),
        ({"body": "x" * LIMIT}, "x" * LIMIT),
        ({"body": "x" * (LIMIT + 1)}, ""),
        ({"body": "\ud83d"}, ""),
        ({"body": None}, ""),
        ({}, ""),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_is_looked_at_whatever_its_type_if_it_is_not_too_large(event: dict[str, object], raw: str) -> None:
    assert request(**event).raw_text == raw


def test_a_response_is_not_cached_unless_its_headers_say_so() -> None:
    assert response(304) == {"statusCode": 304, "headers": COMMON, "body": ""}
    assert response(200, "{}", {"cache-control": "max-age=1", "etag": '"x"'}) == {
        "statusCode": 200,
        "headers": {**COMMON, "cache-control": "max-age=1", "etag": '"x"'},
        "body": "{}",
    }
    assert response(200)["headers"] is not response(200)["headers"]


def test_a_body_of_values_is_sent_as_json() -> None:
    assert json_response(202, {}) == {"statusCode": 202, "headers": COMMON, "body": "{}"}
    assert json_response(201, {"consentId": "é"})["body"] == '{"consentId":"\\u00e9"}'


def test_a_problem_has_the_shape_of_rfc_9457() -> None:
    answer = problem(TooLargeError(LIMIT))
    assert answer["statusCode"] == 413
    assert answer["headers"] == {**COMMON, "content-type": "application/problem+json"}
    assert json.loads(answer["body"]) == {
        "type": "urn:consent-platform:problem:body-too-large",
        "title": "The body is too large",
        "status": 413,
        "detail": "At most 32768 bytes are accepted.",
        "limit": LIMIT,
    }


def test_an_unavailable_store_says_when_to_try_again() -> None:
    assert problem(ThrottledError())["headers"]["retry-after"] == "5"


# --- Endpoints --------------------------------------------------------------------------------------------------------


class Call:
    """One call of an endpoint: what it answered, and what it wrote."""

    def __init__(
        self, outcome: Response | Exception, *, secret: str = UNCHECKED, event: dict[str, Any] | None = None
    ) -> None:
        telemetry = Telemetry()

        def lost(request: Request) -> str | None:
            return "ThingsLost" if request.raw_text == "lost" else None

        @endpoint(telemetry, refused="ThingsRefused", secret=secret, lost=lost)
        def handler(_request: Request) -> Response:
            if isinstance(outcome, Exception):
                raise outcome
            telemetry.outcome("ThingsDone", status=outcome["statusCode"])
            return outcome

        self.answer, printed = invoked(handler, {} if event is None else event, telemetry)
        self.log, self.metrics = printed.log, printed.metrics


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "ConsentPlatform")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")


@pytest.mark.parametrize(
    ("error", "metric"), [(UnknownWidgetError(), "ThingsRefusedNotFound"), (MediaTypeError(), "ThingsRefusedMediaType")]
)
def test_a_refusal_becomes_a_problem_and_is_counted(error: RefusedError, metric: str) -> None:
    call = Call(error)
    assert call.answer == problem(error)
    assert call.metrics == {metric: 1.0}
    assert [(line["level"], line["message"], line["status"]) for line in call.log] == [("INFO", metric, error.status)]


def test_of_a_long_recursion_the_innermost_calls_are_logged() -> None:
    def even(number: int) -> None:
        if number == 0:
            raise ValueError
        odd(number - 1)

    def odd(number: int) -> None:
        even(number - 1)

    with pytest.raises(ValueError) as caught:  # noqa: PT011 - it has no message
        even(200)
    bug, _ = Call(caught.value).log
    assert len(bug["stack"]) == 30
    assert bug["stack"][-1].endswith("raise ValueError\n")


def test_an_unexpected_error_becomes_a_500_without_its_message() -> None:
    call = Call(ValueError("a visitor's secret"))

    assert call.answer["statusCode"] == 500
    assert json.loads(call.answer["body"]) == {
        "type": "urn:consent-platform:problem:internal-error",
        "title": "Internal error",
        "status": 500,
        "detail": "Keep what was sent, and send it again later.",
    }
    assert call.metrics == {"ThingsRefusedBug": 1.0}
    bug, outcome = call.log
    assert (bug["level"], bug["message"], bug["error"]) == ("ERROR", "Bug", "ValueError")
    assert "raise outcome" in bug["stack"][-1]
    assert (outcome["message"], outcome["status"]) == ("ThingsRefusedBug", 500)
    assert "secret" not in json.dumps([call.answer, call.log])


@pytest.mark.parametrize(
    ("error", "metrics"),
    [
        (UnknownWidgetError(), {"ThingsRefusedNotFound": 1.0, "ThingsLost": 1.0}),
        (ThrottledError(), {"ThingsRefusedUnavailable": 1.0}),
        (ValueError(), {"ThingsRefusedBug": 1.0}),
    ],
)
def test_a_refusal_that_a_repetition_would_meet_again_is_counted_as_lost(
    error: Exception, metrics: dict[str, float]
) -> None:
    assert Call(error, event={"body": "lost"}).metrics == metrics
    assert "ThingsLost" not in Call(error, event={"body": "kept"}).metrics


def test_an_unexpected_event_is_answered_too() -> None:
    assert Call(response(200), event={"headers": "none"}).answer["statusCode"] == 500


def test_the_front_door_is_checked_before_anything_else() -> None:
    call = Call(ValueError("must not be reached"), secret="s3cret")
    assert call.answer == problem(BypassedError())
    assert call.metrics == {"ThingsRefusedBypassed": 1.0}

    through = {"headers": {"X-Origin-Verify": "s3cret"}}
    passed = Call(json_response(202, {}), secret="s3cret", event=through)
    assert (passed.answer["statusCode"], passed.metrics) == (202, {"ThingsDone": 1.0})


# --- Lists and large objects ------------------------------------------------------------------------------------------


def test_a_page_begins_after_a_widget_or_at_the_first_one() -> None:
    queries: list[Any] = [None, {}, {"after": "43"}]
    assert [request(queryStringParameters=query).after for query in queries] == [0, 0, 43]
    with pytest.raises(MalformedError) as refused:
        _ = request(queryStringParameters={"after": "043"}).after
    assert fault(refused.value) == {"loc": ["query", "after"], "type": "string_pattern_mismatch"}


@pytest.mark.parametrize(
    ("body", "kind"), [("[1]", "dict_type"), ("{", "json_invalid"), ('{"a": 1, "a": 2}', "duplicate_key")]
)
def test_an_object_is_read_whole_or_not_at_all(body: str, kind: str) -> None:
    with pytest.raises(MalformedError) as refused:
        with_body(body).members(limit=LIMIT)
    assert fault(refused.value) == {"loc": ["body"], "type": kind}


def test_an_object_may_be_as_large_as_its_reader_allows() -> None:
    sent = {"text": "x" * LIMIT}
    assert with_body(json.dumps(sent)).members(limit=2 * LIMIT) == sent
    with pytest.raises(TooLargeError):
        with_body(json.dumps(sent)).members(limit=LIMIT)


# --- Reasons and users ------------------------------------------------------------------------------------------------


@given(st.text(max_size=520), st.booleans())
def test_a_reason_is_taken_as_it_is_or_refused_without_being_quoted(text: str, is_raw: bool) -> None:
    """A reason that is taken can be stored: UTF-8 holds it, and it is neither blank nor long."""
    sent = with_body(json.dumps({"reason": text}, ensure_ascii=not is_raw))
    faults: object = []
    try:
        assert sent.reason == text
    except MalformedError as refused:
        faults = refused.members["errors"]
    if faults:
        assert faults == [{"loc": ["body", "reason"], "type": "string_pattern_mismatch"}]
    else:
        assert 1 <= len(text.encode()) <= 2_000
        assert text.strip()


@pytest.mark.parametrize("body", ['{"reason": "\\ud800"}', '{"reason": "a\\u0000"}', '{"reason": "\\u001b[2J"}'])
def test_a_reason_that_no_store_or_terminal_can_have_is_refused(body: str) -> None:
    with pytest.raises(MalformedError):
        _ = with_body(body).reason


@pytest.mark.parametrize("body", ["{}", '{"reason": null}'])
def test_a_reason_may_be_left_out_where_none_is_needed(body: str) -> None:
    assert with_body(body).stated_reason is None
    with pytest.raises(MalformedError):
        _ = with_body(body).reason


@pytest.mark.parametrize("user_id", [" ", "CRM-42", "~" * 128])
def test_a_user_id_is_taken_as_it_is(user_id: str) -> None:
    assert with_body(json.dumps({"userId": user_id})).user_id == user_id
