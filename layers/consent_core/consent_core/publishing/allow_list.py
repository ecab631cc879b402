"""The checks of origins that a site owner writes into the allow-list. They use the public suffix list."""

import re
import unicodedata
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from consent_core import origins

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_JOINERS = "\u200c\u200d"
_END_OF_AUTHORITY = re.compile(r"[/?#\\]")
_LONGEST_ENTRY = 300
"""Characters: a DNS name has at most 253, besides https://, a wildcard, a port and some white space."""


def normalise(entry: str) -> str:
    """Return one configured origin in the form that ``origins.is_allowed`` compares with.

    That form has lower case and punycode, as browsers write it, but no default port or trailing dot.
    Raises ValueError with a sentence for the site owner.
    """
    if len(entry) > _LONGEST_ENTRY:
        raise ValueError(f"'{entry[:40]}…' is too long for an origin")
    scheme, separator, authority = entry.strip().partition("://")
    if not separator or scheme.lower() != "https":
        raise ValueError(f"{entry!r} must start with https://")
    if set(authority) & set("/?#@\\"):
        raise ValueError(f"{entry!r} must be an origin alone, such as https://shop.example: no path, query or user")
    wildcard, authority = ("*.", authority[2:]) if authority.startswith("*.") else ("", authority)
    host, colon, port = _split(authority)
    name = host if host.startswith("[") else _ascii_host(entry, host)
    origin = origins.normalise(f"https://{name}{colon}{port}")
    if origin is None:
        raise ValueError(f"{entry!r} is not an origin")
    if wildcard:
        _check_wildcard(entry, name)
    return origin.replace("https://", f"https://{wildcard}", 1)


def meant(entry: str) -> str | None:
    """Return the origin that a site owner may mean by an address with a path, or by a name; None if there is none."""
    scheme, separator, rest = entry.strip().rpartition("://")
    if separator and scheme.lower() not in {"http", "https"}:
        return None
    authority = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0].rpartition("@")[2]
    try:
        return normalise(f"https://{authority}")
    except ValueError:
        return None


def is_public_suffix(domain: str) -> bool:
    """Return whether the public can register names directly under ``domain``, as under ``co.uk`` and ``github.io``."""
    return _public_suffixes().privatesuffix(domain) is None


def site_of(host: str) -> str:
    """Return the name under which a host was registered, such as ``shop.co.uk``; a host without one is its own site."""
    return _public_suffixes().privatesuffix(host) or host


def _split(authority: str) -> tuple[str, str, str]:
    """Return host, colon and port. The host may be an IPv6 address in brackets."""
    address, bracket, rest = authority.partition("]")
    if authority.startswith("[") and bracket:
        _, colon, port = rest.partition(":")
        return f"{address}]{rest.partition(':')[0]}", colon, port
    return authority.partition(":")


def _ascii_host(entry: str, host: str) -> str:
    if "*" in host:
        raise ValueError(f"{entry!r}: a wildcard stands for the first label only, as in https://*.shop.example")
    try:
        name = _in_ascii(host).removesuffix(".")
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"{entry!r} has no valid host name") from error
    if not (_NAME.fullmatch(name) and origins.is_host(name)):
        raise ValueError(f"{entry!r} has no valid host name")
    return name


def _check_wildcard(entry: str, name: str) -> None:
    if name.startswith("[") or origins.is_ipv4(name):
        raise ValueError(f"{entry!r}: an address has no subdomains")
    if is_public_suffix(name):
        raise ValueError(f"{entry!r}: {name} is a public suffix, so the wildcard would admit sites of strangers")


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


# --- Names in other scripts -------------------------------------------------------------------------------------------
# Browsers follow UTS 46 without the registries' rules (IDNA 2008): symbols such as emoji have names. They take a name
# in ASCII as it is, so that names of a newer Unicode than ours can be written in punycode.


def _in_ascii(host: str) -> str:
    """Return a host in ASCII ("domain to ASCII" of the URL standard). Raises IDNAError or UnicodeError."""
    if host.isascii():
        return host.lower()
    labels = [_unicode(label) for label in idna.uts46_remap(host, std3_rules=False).split(".")]
    is_right_to_left = any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for label in labels for each in label)
    return ".".join(_checked(label, check_direction=is_right_to_left) for label in labels)


def _unicode(label: str) -> str:
    """Return a label with its punycode decoded, which must not hide what mapping would have changed."""
    if not label.startswith("xn--"):
        return label
    decoded = label[4:].encode().decode("punycode")
    if decoded.isascii() or idna.uts46_remap(decoded, std3_rules=False) != decoded:
        raise idna.IDNAError
    return decoded


def _checked(label: str, *, check_direction: bool) -> str:
    if label and check_direction:
        idna.check_bidi(label, check_ltr=True)
    if label.isascii():
        return label
    idna.check_initial_combiner(label)
    for place, each in enumerate(label):
        if each in _JOINERS and not idna.valid_contextj(label, place):
            raise idna.IDNAError
    return f"xn--{label.encode('punycode').decode()}"
