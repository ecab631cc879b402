"""The fields of a form that was posted. The time to read one grows with its size alone, whatever is in it."""

import codecs
from collections.abc import Iterator
from urllib.parse import parse_qsl

from multipart import PushMultipartParser, parse_options_header

from consent_core.errors import MalformedError
from consent_core.http import Request

LARGEST = 1_000_000
"""Bytes of a form: all texts of a widget in one file. Escaped, they still fit into an answer of a Lambda (6 MB)."""

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_MOST_FIELDS = 10_000
_MOST_PARTS, _LONGEST_HEADER, _MOST_HEADERS = 100, 1_000, 4  # of a form with a file


def fields_of(request: Request, limit: int = LARGEST) -> dict[str, list[str]]:
    """Return the fields of a form in the body. A file is the text in it, with U+FFFD for bytes that are not UTF-8.

    Raises MediaTypeError; TooLargeError for more than ``limit`` bytes; MalformedError if the body is not a form, has
    more than 10,000 fields (100 with a file) or more than one file, or if a field is not UTF-8.
    """
    content = request.content(limit=limit, media_types=frozenset({_FORM, _MULTIPART}))
    is_multipart = request.content_type.lower().startswith(_MULTIPART)
    try:
        pairs = [*_parts(request.content_type, content)] if is_multipart else _pairs(content)
    except ValueError as error:
        raise MalformedError.at("body", kind="not_a_form") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return fields


def _pairs(content: bytes) -> list[tuple[str, str]]:
    return parse_qsl(content.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)


def _parts(content_type: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of multipart/form-data (RFC 7578). Raises ValueError."""
    _, options = parse_options_header(content_type)
    files = 0
    with PushMultipartParser(
        options.get("boundary", ""),
        max_header_size=_LONGEST_HEADER,
        max_header_count=_MOST_HEADERS,
        max_segment_count=_MOST_PARTS,
        strict=True,
    ) as parser:
        part, value = None, bytearray()
        for each in parser.parse(content):
            if each is None and part is not None:
                files += part.filename is not None
                if files > 1:
                    raise ValueError("more than one file")
                yield part.name, value.decode() if part.filename is None else _text_of(bytes(value))
            elif isinstance(each, bytes | bytearray):
                value += each
            else:
                part, value = each, bytearray()


def _text_of(file: bytes) -> str:
    """Return the text of a file: UTF-16 if it begins with the mark of that, otherwise UTF-8."""
    is_utf_16 = file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return file.decode("utf-16" if is_utf_16 else "utf-8", errors="replace")
