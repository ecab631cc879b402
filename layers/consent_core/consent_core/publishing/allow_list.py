"""The checks of origins that a site owner writes into the allow-list. They use the public suffix list."""

import ipaddress
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from consent_core import origins


def normalise(entry: str) -> str:
    """Return one configured origin in the form that ``origins.is_allowed`` compares with.

    That form has lower case and punycode (IDNA 2008 after UTS 46 mapping), but no default port or trailing dot.
    Raises ValueError with a sentence for the site owner.
    """
    scheme, separator, authority = entry.strip().partition("://")
    if not separator or scheme.lower() != "https":
        raise ValueError(f"{entry!r} must start with https://")
    if set(authority) & set("/?#@\\"):
        raise ValueError(f"{entry!r} must be an origin alone, such as https://shop.example: no path, query or user")
    host, _, port = authority.partition(":")
    wildcard, host = ("*.", host[2:]) if host.startswith("*.") else ("", host)
    name = _ascii_host(entry, host)
    origin = origins.normalise(f"https://{name}:{port}" if ":" in authority else f"https://{name}")
    if origin is None:
        raise ValueError(f"{entry!r} is not an origin")
    if wildcard:
        _check_wildcard(entry, name)
    return origin.replace("https://", f"https://{wildcard}", 1)


def is_public_suffix(domain: str) -> bool:
    """Return whether the public can register names directly under ``domain``, as under ``co.uk`` and ``github.io``."""
    return _public_suffixes().privatesuffix(domain) is None


def _ascii_host(entry: str, host: str) -> str:
    if "*" in host:
        raise ValueError(f"{entry!r}: a wildcard stands for the first label only, as in https://*.shop.example")
    try:
        name = idna.encode(host.removesuffix("."), uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{entry!r} has no valid host name") from error
    if name.rpartition(".")[2].isdigit() and not _is_ipv4(name):
        raise ValueError(f"{entry!r} has no valid host name")
    return name


def _check_wildcard(entry: str, name: str) -> None:
    if _is_ipv4(name):
        raise ValueError(f"{entry!r}: an address has no subdomains")
    if is_public_suffix(name):
        raise ValueError(f"{entry!r}: {name} is a public suffix, so the wildcard would admit sites of strangers")


def _is_ipv4(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()
