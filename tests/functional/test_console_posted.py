"""Forms that are posted, with and without a file: read equal, or refused, in a time that grows with size alone."""

import base64
import codecs
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_console.posted import fields_of
from consent_core.errors import MalformedError, MediaTypeError, TooLargeError
from consent_core.http import Request
from tests.functional.console_pages import multipart


def request_of(kind: str, body: bytes) -> Request:
    return Request(
        {"headers": {"content-type": kind}, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    )


NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=5)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)


@given(st.dictionaries(NAMES, VALUES, max_size=5), VALUES)
def test_a_form_with_a_file_is_read_equal(fields: dict[str, str], file: str) -> None:
    kind, body = multipart({**fields, "FILE": file.encode()})

    read = fields_of(request_of(kind, body))

    decoded = file.encode().decode("utf-8", "replace")
    assert read == {**{name: [value] for name, value in fields.items()}, "FILE": [decoded]}


@given(st.binary(max_size=60), st.sampled_from(["multipart/form-data; boundary=b", "multipart/form-data"]))
def test_no_body_is_a_bug(body: bytes, kind: str) -> None:
    with pytest.raises(MalformedError):
        fields_of(request_of(kind, body))


def test_a_file_of_a_spreadsheet_in_utf_16() -> None:
    kind, body = multipart({"file": codecs.BOM_UTF16_LE + "né".encode("utf-16-le")})

    assert fields_of(request_of(kind, body)) == {"file": ["né"]}


def test_forms_that_are_refused() -> None:
    two = multipart({"a": b"1", "b": b"2"})
    with pytest.raises(MalformedError):
        fields_of(request_of(*two))
    with pytest.raises(MalformedError):
        fields_of(request_of("application/x-www-form-urlencoded", b"a=\xff"))
    with pytest.raises(MediaTypeError):
        fields_of(request_of("application/json", b"{}"))
    with pytest.raises(TooLargeError):
        fields_of(request_of("application/x-www-form-urlencoded", b"a=1"), 2)


HEAD = b'--b\r\ncontent-disposition: form-data; name="a"'
NESTED = b"--c\r\ncontent-type: multipart/mixed; boundary=d\r\n\r\n--d--\r\n--c--\r\n"
HOSTILE = {
    "a header of 48 kB": HEAD + b"; x=" + b";" * 48_000 + b"\r\n\r\nv\r\n--b--\r\n",
    "a header of brackets": HEAD + b"; x=" + b"(" * 5_000 + b"\r\n\r\nv\r\n--b--\r\n",
    "five headers": HEAD + b"\r\nx: y" * 4 + b"\r\n\r\nv\r\n--b--\r\n",
    "101 parts": (HEAD + b"\r\n\r\nv\r\n") * 101 + b"--b--\r\n",
    "no end": HEAD + b"\r\n\r\nv\r\n",
}
"""Bodies with the boundary "b" whose reading could take long, or whose readers could disagree."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_form_with_a_file_has_bounded_parts_and_headers(name: str) -> None:
    with pytest.raises(MalformedError):
        fields_of(request_of("multipart/form-data; boundary=b", HOSTILE[name]))


def test_a_hundred_parts_are_read_and_parts_within_a_part_are_text() -> None:
    parts = (HEAD + b"\r\n\r\nv\r\n") * 100 + b"--b--\r\n"
    assert fields_of(request_of("multipart/form-data; boundary=b", parts)) == {"a": ["v"] * 100}
    nested = HEAD + b"\r\ncontent-type: multipart/mixed; boundary=c\r\n\r\n" + NESTED + b"\r\n--b--\r\n"
    assert fields_of(request_of("multipart/form-data; boundary=b", nested)) == {
        "a": [NESTED.decode().replace("\r\n", "\n")]
    }


@pytest.mark.parametrize("boundary", ["(" * 500, "x" * 2_000, '"', "\\" * 100, "", "é"])
def test_a_boundary_of_any_shape_is_no_bug(boundary: str) -> None:
    with pytest.raises(MalformedError):
        fields_of(request_of(f"multipart/form-data; boundary={boundary}", b"--b--\r\n"))
