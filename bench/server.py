"""A function behind HTTP on loopback, one request at a time, as one of Lambda's environments. Prints its port.

Run by a bare interpreter: ``server.py FOLDER EVENT``, the event a file that says all but header ``origin`` and body.
"""

import sys

sys.path.insert(0, sys.argv[1])
import asyncio
import json
import os
from pathlib import Path

import app

EVENT = json.loads(Path(sys.argv[2]).read_bytes())


class Context:
    """The part of Lambda's context that the functions read."""

    aws_request_id = "6f5e4d3c-2b1a-4987-8654-3210fedcba98"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            body = (await reader.readexactly(length)).decode()
            answer = app.handler({**EVENT, "body": body}, Context)
            content = answer["body"].encode()
            names = "".join(f"{name}: {value}\r\n" for name, value in answer["headers"].items())
            start = f"HTTP/1.1 {answer['statusCode']} OK\r\n{names}content-length: {len(content)}\r\n\r\n"
            writer.write(start.encode() + content)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    os.write(1, f"{server.sockets[0].getsockname()[1]}\n".encode())
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the function logs
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
