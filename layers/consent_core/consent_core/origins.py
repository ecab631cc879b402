"""The check whether a page's origin is on a widget's allow-list. It is pure, and part of every request.

The check protects sites from other sites. It is not authentication: a client other than a browser can send any Origin.
"""

import re
import socket
from collections.abc import Iterable, Iterator
from itertools import groupby

# A host as browsers write it: the URL standard admits more characters than DNS names for machines have.
_LABEL = r"[!\"$&'()+,\-0-9;=_`a-z{}~]{1,63}"
_ORIGIN = re.compile(rf"(https?)://(?:((?:{_LABEL}\.)*{_LABEL})\.?|\[([0-9a-f:.]{{2,45}})\])(?::([1-9][0-9]{{0,4}}))?")
_PLAIN = re.compile(r"https?://[a-z0-9._:\[\]-]+")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OCTET = r"(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOCAL = re.compile(r"http://(?:localhost|127\.0\.0\.1)(?::[0-9]+)?")
_LONGEST_ORIGIN = 8 + 253 + 1 + 6  # "https://", a DNS name (RFC 1035 §2.3.4), its trailing dot, ":65535"


def normalise(header: str) -> str | None:
    """Return the serialised origin (RFC 6454 §6.2) in lower case, without default port and trailing dot.

    Return None when ``header`` is not exactly one http(s) origin: ``null``, several origins, userinfo, a path, a host
    that browsers would write otherwise, or characters outside ASCII (lower-casing would turn the Kelvin sign into a k).
    """
    if not header.isascii() or len(header) > _LONGEST_ORIGIN:
        return None
    parts = _ORIGIN.fullmatch(header.lower())
    if parts is None:
        return None
    scheme, name, address, port = parts.groups()
    host = name if address is None else _ipv6(address)
    if host is None or not (address or is_host(host)) or (port is not None and int(port) > 65535):
        return None
    return f"{scheme}://{host}" if port in {None, _DEFAULT_PORTS[scheme]} else f"{scheme}://{host}:{port}"


def is_plain(origin: str) -> bool:
    """Return whether a normalised origin has a host as the DNS has it: it can stand in a content security policy."""
    return _PLAIN.fullmatch(origin) is not None


def is_host(name: str) -> bool:
    """Return whether browsers keep a name as it is: one whose last label is a number must be an IPv4 address."""
    if len(name) > 253:
        return False
    return not _NUMBER.fullmatch(name.rpartition(".")[2]) or is_ipv4(name)


def is_ipv4(name: str) -> bool:
    """Return whether a name is an IPv4 address as browsers write it: four decimal numbers."""
    return _IPV4.fullmatch(name) is not None


def _ipv6(address: str) -> str | None:
    """Return an IPv6 address as browsers write it (URL standard, "IPv6 serializer"); None if it is not an address."""
    try:
        packed = socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return None
    groups = [int.from_bytes(packed[place : place + 2]) for place in range(0, 16, 2)]
    runs = [(is_zero, list(places)) for is_zero, places in groupby(range(8), key=lambda place: groups[place] == 0)]
    zeros = max((places for is_zero, places in runs if is_zero), key=len, default=[])
    written = [f"{group:x}" for group in groups]
    if len(zeros) < 2:
        return f"[{':'.join(written)}]"
    return f"[{':'.join(written[: zeros[0]])}::{':'.join(written[zeros[-1] + 1 :])}]"


def is_local(origin: str) -> bool:
    """Return whether a normalised origin is on the visitor's own machine over http: only developer mode admits it."""
    return _LOCAL.fullmatch(origin) is not None


def is_allowed(origin: str, allowed: Iterable[str], *, developer_mode: bool) -> bool:
    """Return whether a normalised ``origin`` matches one of the entries, normalised by ``allow_list.normalise``.

    ``https://*.shop.example`` matches every subdomain at any depth, but not the bare domain. ``developer_mode`` also
    allows localhost and 127.0.0.1 over http, on any port.
    """
    if developer_mode and is_local(origin):
        return True
    return not set(allowed).isdisjoint(_entries_for(origin))


def _entries_for(origin: str) -> Iterator[str]:
    """Yield every entry that an origin matches: itself, and a wildcard for each domain above its host."""
    yield origin
    scheme, _, rest = origin.partition("://")
    while rest:
        _, dot, rest = rest.partition(".")
        if dot:
            yield f"{scheme}://*.{rest}"
