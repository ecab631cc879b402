"""Connections that end every wait at the deadline of the request at hand (``deadlines``).

A socket's own timeout counts anew for each receive, so a peer that sends a byte now and then is waited for without end.
A lookup of a name has no timeout at all. Here each wait lasts as long as its timeout, or as the time that the request
has left if that is shorter: to look up a name, to connect, for the TLS handshake, to send, and for each receive.
A wait that runs out closes its connection, so a late answer is never taken for another request's.
"""

import socket
from collections.abc import Buffer, Iterable, Sequence
from concurrent.futures import Future
from math import inf
from ssl import SSLSocket
from threading import Lock, Thread
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from consent_core import deadlines

type _Place = tuple[Any, ...]
"""A row of ``getaddrinfo``."""

# --- Sockets ----------------------------------------------------------------------------------------------------------


class TimelySocket(socket.socket):
    """A socket whose every wait ends at the deadline. Raises TimeoutError then, or when a timeout runs out."""

    _patience: float = inf

    def settimeout(self, value: float | None) -> None:
        self._patience = inf if value is None else value
        super().settimeout(value)

    def connect(self, address: Any) -> None:  # noqa: ANN401 - as in socket
        self._limit()
        super().connect(address)

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        self._limit()
        super().sendall(data, flags)

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        self._limit()
        return super().recv_into(buffer, nbytes, flags)

    def _limit(self) -> None:
        seconds = deadlines.current().limited(self._patience)
        super().settimeout(None if seconds == inf else seconds)


class TimelySSLSocket(TimelySocket, SSLSocket):  # type: ignore[misc]  # ssl's recv_into may be given no size
    """The same with TLS. Python itself counts a timeout over the whole of a handshake or of a record."""

    def do_handshake(self, block: bool = False) -> None:
        self._limit()
        super().do_handshake(block)


# --- Names ------------------------------------------------------------------------------------------------------------

_LOOKUPS: dict[tuple[str, int], Future[Sequence[_Place]]] = {}
"""Those under way. A lookup cannot be ended, so a later attempt waits for the same one."""

_LOCK = Lock()


def _places(host: str, port: int, seconds: float) -> Sequence[_Place]:
    """Look up a name. Raises TimeoutError, or another OSError if the name is unknown."""
    with _LOCK:
        lookup = _LOOKUPS.get((host, port))
        if lookup is None:
            lookup = _LOOKUPS[host, port] = Future()
            Thread(target=_look_up, args=(host, port, lookup), daemon=True).start()
    seconds = deadlines.current().limited(seconds)
    return lookup.result(None if seconds == inf else seconds)


def _look_up(host: str, port: int, lookup: Future[Sequence[_Place]]) -> None:
    try:
        lookup.set_result(socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM))
    except Exception as error:  # whoever waits gets it
        lookup.set_exception(error)
    finally:
        with _LOCK:
            del _LOOKUPS[host, port]


def _connected(places: Iterable[_Place], seconds: float | None, options: Iterable[Any]) -> TimelySocket:
    """Connect to the first place that answers. Raises OSError."""
    failure = OSError("The name has no address.")
    for family, kind, protocol, _, address in places:
        connection = TimelySocket(family, kind, protocol)
        try:
            for option in options:
                connection.setsockopt(*option)
            connection.settimeout(seconds)
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


# --- Connections of botocore's client ---------------------------------------------------------------------------------


class _TimelyConnection(AWSHTTPConnection):
    def _new_conn(self) -> TimelySocket:
        seconds = self.timeout
        try:
            places = _places(self._dns_host, self.port, inf if seconds is None else seconds)
            return _connected(places, seconds, self.socket_options or ())
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "The connection took too long.") from error
        except OSError as error:
            raise NewConnectionError(self, "The connection failed.") from error


class _TimelySSLConnection(_TimelyConnection, AWSHTTPSConnection):  # type: ignore[misc]  # as botocore's own
    def connect(self) -> None:
        if self.ssl_context is not None:  # botocore always brings one
            self.ssl_context.sslsocket_class = TimelySSLSocket
        super().connect()


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _TimelyConnection


class _SSLPool(AWSHTTPSConnectionPool):
    ConnectionCls = _TimelySSLConnection


def keep_to_deadlines(client: Any) -> None:  # noqa: ANN401 - botocore makes each client's class when it is asked for
    """Make a client of botocore use such connections. Botocore has no option for it: a test holds each step to it."""
    client._endpoint.http_session._pool_classes_by_scheme.update(http=_Pool, https=_SSLPool)
