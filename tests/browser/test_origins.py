"""Origins as Chromium writes them: pages of exactly these origins are admitted, and exactly these can be configured."""

import random
import re
import unicodedata

from playwright.sync_api import Browser

from consent_core import origins
from consent_core.publishing import allow_list

CASES = 36_000

WORDS = [
    "a",
    "shop",
    "WWW",
    "0",
    "42",
    "xn--caf-dma",
    "xn--53h",
    "xn--a",
    "XN--FA-HIA",
    "a_b",
    "_dmarc",
    "a-",
    "-a",
    "a--b",
]
NUMBERS = [
    "0x1",
    "0x",
    "0X7f000001",
    "0x7f000001",
    "2130706433",
    "127",
    "256",
    "255",
    "0",
    "00",
    "08",
    "010",
    "09",
    "1e3",
    "0xg",
]
MARKS = [*"!\"$&'()+,;=`{}~_-"]
NASTY = ["..", "%61", "%2e", "%", "*", "<", ">", "^", "|", "[", "]", " ", "\t", "\\", "@", "#", "?", "/"]
LETTERS = [
    *"éßñäöÅşıİſςΣѕаяاب۴אבहिकあ漢ａＡ．。｡々ー한ಠ",
    "e\u0301",
    "\u0301",
    "\u00ad",
    "\u200b",
    "\u200c",
    "\u200d",
    "क\u094d\u200d",
]
SYMBOLS = [
    "☕",
    "❤",
    "\u2764\ufe0f",
    "I❤",
    "🫠",
    "©",
    "½",
    "①",
    "ﬁ",
    "K",
    "™",
    "→",
    "\u2260",
    "\u2024",
    "\ufffd",
    "\ue000",
]
IPV6 = ["0", "1", "ffff", "FFFF", "00ab", "abcd", "0db8", "2001", "12345", "g", ""]
PORTS = [*[""] * 8, ":443", ":80", ":8443", ":0", ":65535", ":65536", ":00443", ":", ":x", ":1:2", ":-1"]
SCHEMES = [*["https://"] * 12, "http://", "HTTPS://", "https:/", "https:", "ftp://", "", "//"]


def label(some: random.Random) -> str:
    kind = some.random()
    if kind < 0.35:
        return some.choice(WORDS)
    if kind < 0.55:
        return "".join(some.choice([*WORDS, *MARKS, *"abz019-"]) for _ in range(some.randint(1, 4)))
    if kind < 0.6:
        return some.choice(WORDS) + some.choice(NASTY) + some.choice(WORDS)
    if kind < 0.8:
        return "".join(some.choice([*LETTERS, *SYMBOLS, *"ab1-"]) for _ in range(some.randint(1, 4)))
    if kind < 0.9:
        return chr(some.choice([some.randrange(0x80, 0x3000), some.randrange(0x80, 0x20000)]))
    return some.choice(NUMBERS)


def name(some: random.Random) -> str:
    kind = some.random()
    if kind < 0.12:
        return ".".join(some.choice(NUMBERS) for _ in range(some.randint(1, 5))) + some.choice(["", "", ".", ".."])
    if kind < 0.27:
        groups = [some.choice(IPV6) for _ in range(some.choice([1, 3, 6, 7, 8, 8, 8, 9]))]
        text = ":".join(groups) + some.choice(["", "", "", "::", ":1.2.3.4", ":1.2.3.04", ":1.2.3", "%25eth0"])
        return f"[{some.choice(['', '', '::'])}{text}]"
    if kind < 0.3:
        return "".join(chr(some.randrange(0x20, 0x7F)) for _ in range(some.randint(1, 12)))
    if kind < 0.32:
        return ".".join(["a" * some.choice([62, 63, 64])] * some.randint(1, 5))
    ending = some.choice([".example", ".example", ".example", ".", ".example.", ""])
    return ".".join(label(some) for _ in range(some.randint(1, 3))) + ending


def generated() -> list[str]:
    """Return the cases: the same ones in each run. A code point must be known to every Unicode in use."""
    some = random.Random(20261128)  # noqa: S311 - not a secret
    found: dict[str, None] = {}
    while len(found) < CASES:
        text = f"{some.choice(SCHEMES)}{name(some)}{some.choice(PORTS)}"
        if all(unicodedata.category(each) not in {"Cn", "Cs"} for each in text):
            found[text] = None
    return list(found)


def without_dot(origin: str) -> str:
    return re.sub(r"\.(?=(:\d+)?$)", "", origin)


def is_of_dns(origin: str) -> bool:
    """Whether there can be such a server: the URL standard limits no lengths, escapes characters, and has a port 0."""
    host = re.sub(r":\d+$", "", origin.partition("://")[2])
    return (
        not origin.endswith(":0")
        and "%" not in host
        and len(host) <= 253
        and all(0 < len(each) <= 63 for each in host.split("."))
    )


def can_be_configured(text: str, seen: str | None) -> bool:
    """Whether an owner may write the origin so: names of letters, digits, - and _; addresses and ports as they are."""
    if seen is None or not seen.startswith("https://") or not is_of_dns(seen) or re.search(r"[%\t]|:(0.*)?$", text):
        return False
    host = re.sub(r":\d+$", "", seen.removeprefix("https://"))
    is_name = all(re.fullmatch(r"(?!-)[a-z0-9_-]+(?<!-)", each) for each in host.split("."))
    return text.lower().startswith("https://") and (host.startswith("[") or (is_name and not origins.is_ipv4(host)))


def configured(entry: str) -> str | None:
    try:
        return allow_list.normalise(entry)
    except ValueError:
        return None


READ = """texts => texts.map(text => {
  try {
    const url = new URL(text);
    return [url.origin, url.href === `${url.origin}/`];
  } catch {
    return [null, false];
  }
})"""


def test_generated_origins_agree_with_chromiums_url_both_ways(browser: Browser) -> None:
    page = browser.new_page()
    cases = generated()
    read = page.evaluate(READ, cases)
    written = sorted({origin for origin, _ in read if origin and origin != "null"})  # as a page would send them
    cases, read = [*cases, *written], [*read, *page.evaluate(READ, written)]
    page.close()

    faults: list[tuple[str, str, str | None, str | None]] = []
    counted = dict.fromkeys(("sent", "configured", "refused"), 0)
    for text, (origin, is_alone) in zip(cases, read, strict=True):
        seen = without_dot(origin) if is_alone and origin.startswith("http") else None
        request, entry = origins.normalise(text), configured(text)
        is_sent = origin == text and seen is not None and is_of_dns(seen)
        if request is not None and request != seen:
            faults.append(("admits what Chromium never sends", text, origin, request))
        if is_sent and request != seen:
            faults.append(("refuses what Chromium sends", text, origin, request))
        if entry is not None and entry != seen and "*" not in text:
            faults.append(("configures another origin", text, origin, entry))
        if can_be_configured(text, seen) and (is_sent or not text.isascii()) and entry != seen:
            faults.append(("cannot be configured", text, origin, entry))
        counted["sent"] += is_sent
        counted["configured"] += entry is not None
        counted["refused"] += seen is None
    assert faults == []
    assert min(counted.values()) > 5_000, counted
