"""A page's name for its visitor, and its address: kept if harmless, left out if they may be personal data."""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_core.personal_data import page_of, usable_user_id

SHOP = "https://shop.example"
SHARED = json.loads((Path(__file__).parents[1] / "cases" / "user_ids.json").read_text("utf-8"))

# --- The userId -------------------------------------------------------------------------------------------------------


def base64_of(text: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(text.encode(encoding)).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "percent": lambda text: quote(text, safe=""),
    "every character in percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "base64": base64_of,
    "base64 without padding": lambda text: base64_of(text).rstrip("="),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}
READABLE = {
    "UTF-16 with its mark, little end first": base64.b64encode(b"\xff\xfe" + "me@x.test".encode("utf-16-le")).decode(),
    "UTF-16 with its mark, big end first": base64.b64encode(b"\xfe\xff" + "me@x.test".encode("utf-16-be")).decode(),
    "UTF-16 without a mark": base64_of("josé@shop.example", "utf-16-le"),
    "UTF-16 without a mark, big end first": base64_of("josé@shop.example", "utf-16-be"),
    "UTF-32": base64_of("me@x.test", "utf-32"),
    "full-width sign": quote("me\uff20x.test"),
    "small sign": quote("me\ufe6bx.test"),
    "full-width sign in base64": base64_of("me\uff20x.test"),
    "small sign in base64": base64_of("me\ufe6bx.test"),
    "full-width sign in UTF-16": base64_of("me\uff20x.test", "utf-16"),
    "Latin-1 and a line's end": base64_of("josé@shop.example\n", "latin-1"),
    "Latin-1 and a tab": base64_of("José\tjosé@shop.example", "latin-1"),
    "curly quotes of Windows": base64_of("“josé@shop.example”", "cp1252"),
    "HTML, decimal": "me&#64;x.test",
    "HTML, decimal with zeros and no end": "me&#0064x.test",
    "HTML, hexadecimal": "me&#x40;x.test",
    "HTML, hexadecimal with zeros": "me&#X0040;x.test",
    "HTML, by name": "me&commat;x.test",
    "HTML, full-width sign": "me&#65312;x.test",
    "HTML, twice": "me&amp;#64;x.test",
    "HTML in base64": base64_of("me&#64;x.test"),
    "JavaScript's escape()": "me%u0040x.test",
    "JavaScript's escape(), full-width sign": "me%uFF20x.test",
    "JavaScript's escape(), twice": "me%25u0040x.test",
    "JavaScript, four digits": "me\\u0040x.test",
    "JavaScript, two digits": "me\\x40x.test",
    "JavaScript, in braces": "me\\u{40}x.test",
    "hexadecimal": b"me@x.test".hex(),
    "hexadecimal capitals": b"me@x.test".hex().upper(),
    "hexadecimal with colons": b"me@x.test".hex(":"),
    "hexadecimal with its prefix": "0x" + b"me@x.test".hex(),
    "hexadecimal of UTF-16": "me@x.test".encode("utf-16").hex(),
    "hexadecimal of base64": base64_of("me@x.test").encode().hex(),
    "base64 of hexadecimal": base64_of(b"me@x.test".hex()),
    "part of a token": f"eyJhbGciOiJIUzI1NiJ9.{base64_of('{"sub":"me@x.test"}').rstrip('=')}.c2ln",
}
ADDRESSES = ("jan@mail.example", "a+b@x.example", "josé@shop.example")


@pytest.mark.parametrize(
    "user_id",
    [
        *("u", "Y3JtLTQy", "crm-42", "a b", "~!#$%^&*()", "x" * 128, "QQ==", "MTIzNDU2Nzg5MA", "4oKs", "100%"),
        *("550e8400-e29b-41d4-a716-446655440000", "d41d8cd98f00b204e9800998ecf8427e", "user 4711", "%41%42"),
        base64.b64encode(b"\x00\xff@\xfe").decode(),
        base64_of("Zoë Müller"),
        base64_of("Anna van der Berg"),
        base64_of("550e8400-e29b-41d4-a716-446655440000"),
        *(
            "614062",
            "5141",
            "324053",
            "4140422e4d",
            "6d65&more",
            "a&#65;",
            "%u0041",
            "\\u0041",
            "&#x",
            "%uD83D",
            "&#99999;",
        ),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "anna.QA",
        base64.b64encode(b"\xff\xfe\x01\x02\x40\x12").decode(),
        base64_of("“Zoë”\n", "cp1252"),
        "",
    ],
)
def test_a_user_id_is_stored_exactly_as_it_was_sent(user_id: str) -> None:
    assert usable_user_id(user_id) == user_id


@pytest.mark.parametrize(
    "user_id",
    [
        *("x" * 129, "é", "Zoë Müller", "tab\there", "line\n", "\x7f", "\ud83d", "@", "QA==", "QA"),
        *("me@shop.example", "jan%40mail.example", "jan%2540mail.example", "%" + "25" * 60 + "40"),
        "jan" + "%25" * 30 + "40mail.example",
        base64_of("me@shop.example!"),
        base64_of("josé@shop.example", "latin-1"),
        base64_of("jan@mail.example", "utf-16-le"),
        base64.urlsafe_b64encode("ÿ?me@shop.example".encode()).decode(),
        None,
        True,
        [],
        {},
        float("inf"),
    ],
)
def test_a_user_id_that_may_be_an_address_or_is_not_an_identifier_is_not_stored(user_id: object) -> None:
    assert usable_user_id(user_id) is None


def test_service_and_sdk_agree_on_the_shape_of_a_user_id() -> None:
    assert [usable_user_id(user_id) for user_id in SHARED["accepted"]] == [str(each) for each in SHARED["accepted"]]
    assert [usable_user_id(user_id) for user_id in SHARED["refused"] + SHARED["refusedByService"]] == [None] * 14


@pytest.mark.parametrize("name", READABLE)
def test_no_simple_spelling_hides_an_address(name: str) -> None:
    assert usable_user_id(READABLE[name]) is None


@pytest.mark.parametrize(
    "encodings",
    [(name,) for name in ENCODINGS] + list(itertools.product(ENCODINGS, repeat=2)),
    ids=" in ".join,
)
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_encoding_hides_an_address(address: str, encodings: tuple[str, ...]) -> None:
    hidden = address
    for name in encodings:
        hidden = ENCODINGS[name](hidden)
    assert usable_user_id(hidden) is None


def test_three_encodings_hide_no_address_that_fits() -> None:
    fitting = []
    for names in itertools.product(ENCODINGS, repeat=3):
        hidden = "j@x.eu"
        for name in names:
            hidden = ENCODINGS[name](hidden)
        fitting += [hidden] if len(hidden) <= 128 else []
    assert len(fitting) == 124
    assert [usable_user_id(hidden) for hidden in fitting] == [None] * 124


@given(st.text(max_size=140))
def test_a_user_id_is_kept_or_left_out_and_never_changed(user_id: str) -> None:
    kept = usable_user_id(user_id)
    assert kept in {None, user_id}
    assert "@" not in (kept or "")


@given(st.integers(-(10**130), 10**130))
def test_a_whole_number_is_kept_as_its_digits(number: int) -> None:
    digits = str(number)
    assert usable_user_id(number) == (digits if len(digits) <= 128 else None)


@given(st.uuids(version=4))
def test_a_random_uuid_is_kept_in_clear_and_in_base64(random: object) -> None:
    assert usable_user_id(str(random)) == str(random)
    assert usable_user_id(base64_of(str(random))) == base64_of(str(random))


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
def test_a_digest_is_kept_in_hexadecimal(name: str) -> None:
    digests = [hashlib.new(name, str(number).encode()).hexdigest() for number in range(200)]
    assert [usable_user_id(digest) for digest in digests] == digests


# --- The page's address -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "referrer",
    [
        *("about:blank", "capacitor://localhost", "javascript:alert(1)", "/basket", "https://", "https://[::1"),
        *("https://shop.example:port/", "https://shop.example:0/", "ftp://shop.example/", "//shop.example/a"),
        *(
            "http://shop.example/",
            "https://shop.example:8443/",
            "https://www.shop.example/",
            "https://shop.example.evil/",
        ),
        *("https://shop.example\\@evil.test/", "https://shop.example@evil.test/", "https://shop.example /"),
        *(
            "https://shop.example/a\n",
            "\thttps://shop.example/",
            "https://shop.example/\ud83d",
            "https://shop.example/\u202e",
        ),
        "https://shop.example/" + "x" * 2_028,
        "https://shop.example/" + "x/" * 63,
        "https://x/" + "%25" * 10_000,
    ],
)
def test_an_odd_or_foreign_address_is_no_page(referrer: str) -> None:
    assert page_of(referrer, SHOP) is None


@pytest.mark.parametrize(
    ("referrer", "page"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example/"),
        ("https://shop.example/a/b", "https://shop.example/a/b"),
        ("https://shop.example:443/a/", "https://shop.example/a/"),
        ("https://Shop.Example./A", "https://shop.example/A"),
        ("https://shop.example/a?mail=me@x.test", "https://shop.example/a"),
        ("https://shop.example/a#me@x.test", "https://shop.example/a"),
        ("https://shop.example?mail=me@x.test", "https://shop.example"),
        ("https://me:pw@shop.example/a", "https://shop.example/a"),
        ("https://shop.example/a;jsessionid=1234/b;x=y", "https://shop.example/a/b"),
        ("https://shop.example/;jsessionid=1234", "https://shop.example/"),
        ("https://shop.example/100%", "https://shop.example/100%"),
        ("https://shop.example/caf%C3%A9/😀", "https://shop.example/caf%C3%A9/😀"),
        ("https://shop.example/2026/11/top-10-bowls", "https://shop.example/2026/11/top-10-bowls"),
        ("https://shop.example/Datenschutzerklaerung-und-Impressum.html", None),
        ("https://shop.example/de-DE/how-to-throw-a-bowl-in-12-steps_v2", None),
        ("https://shop.example/iphone15/win11", None),
        ("https://shop.example/" + "x/" * 62, None),
    ],
)
def test_a_page_is_kept_without_what_may_name_a_visitor(referrer: str, page: str | None) -> None:
    assert page_of(referrer, SHOP) == (page or referrer)


PERSONAL = [
    *("me@x.test", "me%40x.test", "me%2540x.test", "me%25252540x.test", "%6d%65%40x.test", "amFuQG1haWwuZXhhbXBsZQ=="),
    *("+33612345678", "0612345678", "06-12-34-56-78", "06.12.34.56.78", "tel:+1%20(555)%20010-9999", "%30612345678"),
    *("550e8400-e29b-41d4-a716-446655440000", "550e8400e29b41d4a716446655440000", "d41d8cd98f00b204e9800998ecf8427e"),
    *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "dGhpcy1pcy1hLXRva2Vu", "x7Gh3kQ9pL", "a1b2c3d4", "token=a1b2c3"),
    *("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "A1B2C3"),
    *("a%3Bjsessionid=1", "a%3Fmail=x", "a%23b", "a%2Fme%40x.test", "%00", "x" * 101, "%" + "25" * 20 + "40"),
]


@pytest.mark.parametrize("segment", PERSONAL, ids=lambda segment: segment[:30])
def test_a_segment_that_may_name_a_visitor_is_left_out(segment: str) -> None:
    assert page_of(f"{SHOP}/orders/{segment}/thanks", SHOP) == f"{SHOP}/orders/thanks"
    assert page_of(f"{SHOP}/{segment}", SHOP) == f"{SHOP}"


def test_a_native_app_has_no_origin_to_compare_with() -> None:
    assert page_of("https://any.example/screen?x=1", None) == "https://any.example/screen"
    assert page_of("app://screen", None) is None


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: f"https://shop.example/{text}"))
@example("https://shop.example/a]b")
def test_no_page_holds_an_address_or_a_query(referrer: str) -> None:
    page = page_of(referrer, SHOP)
    assert page is None or (page.startswith(SHOP) and not re.search(r"[@?#;]", page))
