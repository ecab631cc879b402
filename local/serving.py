"""Web servers that share one process."""

import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class PortError(Exception):
    """A port that is not available; the message is for the developer."""


def listen(variable: str, default: int, *, host: str = "127.0.0.1") -> socket.socket:
    """Take the port that the environment ``variable`` names (0: any free one) before anything is started.

    Connections wait in the socket's queue until it is served. Raises PortError.
    """
    text = os.environ.get(variable) or str(default)
    try:
        return socket.create_server((host, int(text)))
    except (ValueError, OverflowError):
        raise PortError(f"{variable}={text} is not a port number.") from None
    except OSError as error:
        reason = (
            "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        )
        raise PortError(f"Port {text} on {host} {reason}. Choose another one with {variable}=…") from None


def address(listener: socket.socket) -> str:
    """Return the URL at which this machine reaches ``listener``."""
    host, port = listener.getsockname()
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound


@contextmanager
def serving(listener: socket.socket, application: "WSGIApplication") -> Iterator[None]:
    """Answer ``listener``'s connections, a thread each, for as long as the context lasts."""
    from werkzeug.serving import make_server  # slow to import; a port that is taken is reported before

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    host, port = listener.getsockname()
    server = make_server(host, port, application, threaded=True, fd=listener.fileno())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        listener.close()
