"""The allow-list: what a page's origin matches, and what an owner may configure."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent_core import origins
from consent_core.publishing import allow_list

TABLE: list[dict[str, Any]] = json.loads((Path(__file__).parent / "origins.json").read_text("utf-8"))
# "--" in third place is kept for punycode (RFC 5891 §4.2.3.1).
LABEL = st.from_regex(r"(?!..--)[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
PORT = st.none() | st.integers(1, 65535)


def admitted(header: str, allowed: list[str], *, developer_mode: bool = False) -> bool:
    origin = origins.normalise(header)
    return origin is not None and origins.is_allowed(origin, allowed, developer_mode=developer_mode)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["why"])
def test_the_table_of_origins_is_decided_as_it_says(row: dict[str, Any]) -> None:
    assert admitted(row["origin"], row["allowed"], developer_mode=row["developerMode"]) is row["admitted"]


def test_the_table_has_both_kinds_and_no_entry_twice() -> None:
    cases = [(row["origin"], tuple(row["allowed"]), row["developerMode"]) for row in TABLE]
    assert len(set(cases)) == len(cases) >= 60
    assert {row["admitted"] for row in TABLE} == {True, False}


@given(st.text(max_size=300))
@example("https://shop.example:" + "9" * 5000)
def test_no_header_breaks_the_check(header: str) -> None:
    origin = origins.normalise(header)
    assert origin is None or origins.normalise(origin) == origin


@given(HOST, PORT)
def test_a_configured_origin_matches_itself_however_it_is_written(host: str, port: int | None) -> None:
    written = f"https://{host}" if port is None else f"https://{host}:{port}"
    entry = allow_list.normalise(written.replace("https://", "HTTPS://").upper())
    assert admitted(written, [entry])
    assert origins.normalise(entry) == entry


@given(HOST, HOST)
def test_a_configured_origin_matches_no_other_host(host: str, other: str) -> None:
    entry = allow_list.normalise(f"https://{host}")
    assert admitted(f"https://{other}", [entry]) is (host == other)


@given(HOST, st.text(min_size=1, max_size=20))
def test_nothing_appended_to_an_allowed_origin_stays_allowed(host: str, tail: str) -> None:
    allowed = admitted(f"https://{host}{tail}", [f"https://{host}"])
    assert allowed is (tail in {".", ":443", ".:443"})


@given(HOST, st.text(min_size=1, max_size=20))
def test_a_wildcard_admits_only_what_ends_with_its_domain_after_a_dot(host: str, head: str) -> None:
    if admitted(f"https://{head}{host}", [f"https://*.{host}"]):
        assert head.endswith(".")
        assert set(head.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789!\"$&'()+,-.;=_`{}~")
        assert "" not in head.removesuffix(".").split(".")


@pytest.mark.parametrize(
    ("written", "entry"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("  https://shop.example ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example.:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://café.example", "https://xn--caf-dma.example"),
        ("https://CAFÉ.example", "https://xn--caf-dma.example"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("https://例え.example", "https://xn--r8jz45g.example"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://*.Shop.Example:8443", "https://*.shop.example:8443"),
        ("https://*.café.example", "https://*.xn--caf-dma.example"),
        ("https://*.example.co.uk", "https://*.example.co.uk"),
        ("https://*.mine.github.io", "https://*.mine.github.io"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://192.0.2.7.", "https://192.0.2.7"),
        ("https://[2001:DB8:0:0:0:0:0:1]", "https://[2001:db8::1]"),
        ("https://[::ffff:192.0.2.7]:8443", "https://[::ffff:c000:207]:8443"),
        ("https://[::1]:443", "https://[::1]"),
        ("https://[1:0:0:2:0:0:0:3]", "https://[1:0:0:2::3]"),
        ("https://[1:0:2:3:4:5:6:7]", "https://[1:0:2:3:4:5:6:7]"),
        ("https://a_b.shop.example", "https://a_b.shop.example"),
        ("https://_dmarc.shop_.example", "https://_dmarc.shop_.example"),
        ("https://☕.example", "https://xn--53h.example"),
        ("https://I❤.example", "https://xn--i-7iq.example"),
        ("https://xn--i-7iq.example", "https://xn--i-7iq.example"),
        ("https://XN--B39H.example", "https://xn--b39h.example"),
        ("https://\U0001fae9.example", "https://xn--b39h.example"),
        ("https://ab--c.example", "https://ab--c.example"),
        ("https://*.☕.example", "https://*.xn--53h.example"),
        ("https://क्\u200dष.example", "https://xn--11b2ezcw70k.example"),
    ],
)
def test_a_configured_origin_is_normalised(written: str, entry: str) -> None:
    assert allow_list.normalise(written) == entry
    assert allow_list.normalise(entry) == entry


ORIGIN_ALONE = "must be an origin alone, such as https://shop.example: no path, query or user"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("http://shop.example", "must start with https://"),
        ("shop.example", "must start with https://"),
        ("null", "must start with https://"),
        ("", "must start with https://"),
        ("https://shop.example/", ORIGIN_ALONE),
        ("https://shop.example?x", ORIGIN_ALONE),
        ("https://me@shop.example", ORIGIN_ALONE),
        ("https://shop.example\\evil", ORIGIN_ALONE),
        ("https://", "has no valid host name"),
        ("https://sh op.example", "has no valid host name"),
        ("https://-shop.example", "has no valid host name"),
        ("https://shop..example", "has no valid host name"),
        ("https://300.0.2.7", "has no valid host name"),
        ("https://0x7f000001", "has no valid host name"),
        ("https://a.0x1", "has no valid host name"),
        ("https://a.0X", "has no valid host name"),
        ("https://2130706433", "has no valid host name"),
        ("https://0177.0.0.1", "has no valid host name"),
        ("https://127.1", "has no valid host name"),
        ("https://127.0.0.01", "has no valid host name"),
        ("https://①②③", "has no valid host name"),
        ("https://*.a.0x1", "has no valid host name"),
        ("https://a!b.example", "has no valid host name"),
        ("https://a\u200db.example", "has no valid host name"),
        ("https://\u0301a.example", "has no valid host name"),
        ("https://אa.example", "has no valid host name"),
        ("https://é.xn--a.example", "has no valid host name"),
        ("https://" + "é" * 63 + ".example", "has no valid host name"),
        ("https://[::1", "is not an origin"),
        ("https://[::1]x", "is not an origin"),
        ("https://[::g]", "is not an origin"),
        ("https://[fe80::1%25eth0]", "is not an origin"),
        ("https://[1:2:3:4:5:6:7:8:9]", "is not an origin"),
        ("https://*.[::1]", "an address has no subdomains"),
        ("https://1.2", "has no valid host name"),
        ("https://shop.example:99999", "is not an origin"),
        ("https://shop.example:", "is not an origin"),
        ("https://shop.example:http", "is not an origin"),
        ("https://*", "a wildcard stands for the first label only, as in https://*.shop.example"),
        ("https://www.*.example", "a wildcard stands for the first label only, as in https://*.shop.example"),
        ("https://*shop.example", "a wildcard stands for the first label only, as in https://*.shop.example"),
        ("https://*.*.example", "a wildcard stands for the first label only, as in https://*.shop.example"),
        ("https://*.192.0.2.7", "an address has no subdomains"),
        ("https://*.co.uk", "co.uk is a public suffix, so the wildcard would admit sites of strangers"),
        ("https://*.CO.UK", "co.uk is a public suffix, so the wildcard would admit sites of strangers"),
        ("https://*.com", "com is a public suffix, so the wildcard would admit sites of strangers"),
        ("https://*.github.io", "github.io is a public suffix, so the wildcard would admit sites of strangers"),
        ("https://*.example", "example is a public suffix, so the wildcard would admit sites of strangers"),
        (
            "https://*.公司.cn",
            "xn--55qx5d.cn is a public suffix, so the wildcard would admit sites of strangers",
        ),
    ],
)
def test_an_unusable_origin_is_refused_with_the_reason(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        allow_list.normalise(written)
    assert str(refused.value).removeprefix(repr(written)).lstrip(": ") == sentence


@given(st.text(max_size=60).map(lambda text: f"https://{text}"))
def test_any_configured_origin_is_refused_or_comparable(written: str) -> None:
    try:
        entry = allow_list.normalise(written)
    except ValueError:
        return
    assert origins.normalise(entry.replace("*.", "", 1)) == entry.replace("*.", "", 1)
