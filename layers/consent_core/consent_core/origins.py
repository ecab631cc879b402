"""The check whether a page's origin is on a widget's allow-list. It is pure, and part of every request.

The check protects sites from other sites. It is not authentication: a client other than a browser can send any Origin.
"""

import re
from collections.abc import Iterable

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"(https?)://((?:{_LABEL}\.)*{_LABEL})\.?(?::([1-9][0-9]{{0,4}}))?")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1"})
_LONGEST_ORIGIN = 8 + 253 + 1 + 6  # "https://", a DNS name (RFC 1035 §2.3.4), its trailing dot, ":65535"


def normalise(header: str) -> str | None:
    """Return the serialised origin (RFC 6454 §6.2) in lower case, without default port and trailing dot.

    Return None when ``header`` is not exactly one http(s) origin: ``null``, several origins, userinfo, a path, an IPv6
    address, or characters outside ASCII (lower-casing would turn the Kelvin sign into a k).
    """
    if not header.isascii() or len(header) > _LONGEST_ORIGIN:
        return None
    parts = _ORIGIN.fullmatch(header.lower())
    if parts is None:
        return None
    scheme, host, port = parts.groups()
    if len(host) > 253 or (port is not None and int(port) > 65535):
        return None
    return f"{scheme}://{host}" if port in {None, _DEFAULT_PORTS[scheme]} else f"{scheme}://{host}:{port}"


def is_allowed(origin: str, allowed: Iterable[str], *, developer_mode: bool) -> bool:
    """Return whether a normalised ``origin`` matches one of the entries, normalised by ``allow_list.normalise``.

    ``https://*.shop.example`` matches every subdomain at any depth, but not the bare domain. ``developer_mode`` also
    allows localhost and 127.0.0.1 over http, on any port.
    """
    if developer_mode and _is_local(origin):
        return True
    return any(_matches(origin, entry) for entry in allowed)


def _is_local(origin: str) -> bool:
    scheme, _, rest = origin.partition("://")
    return scheme == "http" and rest.partition(":")[0] in _LOCAL_HOSTS


def _matches(origin: str, entry: str) -> bool:
    scheme, wildcard, domain = entry.partition("*")
    if not wildcard:
        return origin == entry
    return origin.startswith(scheme) and origin.endswith(domain)
