"""Many connections from one process: requests one after the other on each, for a while, and what that took."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

TIMEOUT = 30.0  # seconds for an answer
CUT = 0
"""Stands among the statuses for a connection that the service has closed, or that it has not answered on."""

type Request = Callable[[], bytes]
"""Gives the next request, ready to send."""


@dataclass
class Result:
    """``latencies`` are in seconds; ``statuses`` count the answers."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Write a request of HTTP/1.1."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(port: int, following: Request, *, connections: int, seconds: float) -> Result:
    """Send requests to a port of this machine, for so long."""
    return asyncio.run(_run(port, following, connections, seconds))


async def _run(port: int, following: Request, connections: int, seconds: float) -> Result:
    result = Result()
    begun = time.perf_counter()
    ends = begun + seconds
    await asyncio.gather(*(_connection(port, following, ends, result) for _ in range(connections)))
    result.seconds = time.perf_counter() - begun
    return result


async def _connection(port: int, following: Request, ends: float, result: Result) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (sent := time.perf_counter()) < ends:
        writer.write(following())
        try:
            status, closes = await asyncio.wait_for(_answer(reader), TIMEOUT)
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            status, closes = CUT, True
        result.statuses[status] = result.statuses.get(status, 0) + 1
        if status != CUT:
            result.latencies.append(time.perf_counter() - sent)
        if closes:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, and whether the connection is closed now; the body is read."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12]), b"connection: close" in head
