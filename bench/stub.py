"""DynamoDB's side of a benchmark: TLS on loopback, connections kept, real-shaped answers to GetItem and PutItem.

A process of its own, so that its time is not counted. It stores nothing: every item is a new one.
"""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.tables import Items, published
from local import ROOT


@dataclass(frozen=True, slots=True)
class Stub:
    """``url`` is where it listens; ``bundle`` is a file of certificates that has its own among the world's."""

    url: str
    bundle: Path

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment that leads an AWS client here."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.url,
            "AWS_CA_BUNDLE": str(self.bundle),
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "AWS_SESSION_TOKEN": "IQoJb3JpZ2luX2VjE" * 40,  # a role's is as long
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }


@contextmanager
def serving(services: int) -> Iterator[Stub]:
    """Run the stub, with a widget of so many services, for as long as the context lasts."""
    with TemporaryDirectory() as folder:
        own, bundle = certificate(Path(folder)), Path(folder) / "bundle.pem"
        world = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
        bundle.write_bytes(world + own.read_bytes())
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'consent_core'}"}
        command = [sys.executable, "-m", "bench.stub", str(own), str(services)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603
            try:
                assert process.stdout is not None
                yield Stub(f"https://localhost:{int(process.stdout.readline())}", bundle)
            finally:
                process.kill()


def certificate(folder: Path) -> Path:
    """Make a certificate for this machine with its key, in a file in ``folder``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DynamoDB of a benchmark")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, pkcs8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + signed.public_bytes(encoding))
    return path


# --- The process ------------------------------------------------------------------------------------------------------


def answers(items: Items) -> dict[tuple[bytes, str], bytes]:
    """Return all answers, by operation and sort key."""
    found = {(b"GetItem", version): _answer({"Item": item}) for version, item in items.items()}
    return {**found, (b"GetItem", ""): _answer({}), (b"PutItem", ""): _answer({})}


def _answer(content: object) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    head = (
        "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Thu, 26 Nov 2026 10:00:00 GMT\r\n"
        "Content-Type: application/x-amz-json-1.0\r\nConnection: keep-alive\r\n"
        "x-amzn-RequestId: 4KBNVRGD25RG1KEO9UT4V3FQDJVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def main(certificate: str, services: int) -> None:
    known = answers(published(services).items)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
                if b"dynamodb_20120810.getitem" in head:
                    version = json.loads(body)["Key"]["version"]["S"]
                    writer.write(known.get((b"GetItem", version), known[b"GetItem", ""]))
                else:
                    writer.write(known[b"PutItem", ""])
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
