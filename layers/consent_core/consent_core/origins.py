"""Is a page's origin on a widget's allow-list? Pure, in the path of every request.

The check protects sites from other sites. It does not authenticate anybody: what is no browser can send any Origin.
"""

import re
from collections.abc import Iterable

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"(https?)://((?:{_LABEL}\.)*{_LABEL})\.?(?::([1-9][0-9]{{0,4}}))?")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1"})
_LONGEST_ORIGIN = 8 + 253 + 1 + 6  # "https://", a DNS name (RFC 1035 §2.3.4), its trailing dot, ":65535"


def normalise(header: str) -> str | None:
    """Give the serialised origin (RFC 6454 §6.2) in lower case, without default port and trailing dot.

    None when ``header`` is not one origin of a named host: ``null``, several origins, userinfo, a path, anything that
    is not ASCII (lower-casing could otherwise turn the Kelvin sign into a k).
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
    """Compare a normalised ``origin`` with normalised entries (``allow_list.normalise``).

    ``https://*.shop.example`` stands for every subdomain at any depth and not for the bare domain. ``developer_mode``
    admits localhost and 127.0.0.1 over http, on any port, unlisted.
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
