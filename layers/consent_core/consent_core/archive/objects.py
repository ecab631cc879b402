"""The objects of the archive of proofs. The only module that talks to S3.

A proof of widget 43 is a line of gzipped JSON lines in an object such as

    proofs/widget=43/date=2026-11-26/lane=3/0000000007.ndjson.gz

``date`` is the UTC day of the proof. Objects are written once and never changed. A writer keeps to one lane, in which
the numbers of a day have no gap. Each object names its predecessor in the lane by a hash that covers all earlier
objects, so ``integrity`` detects a change or removal. An object's metadata are

    sha256        of its content, in hexadecimal
    previous-key  the predecessor: the number before, or the last object of the lane's newest earlier day that had one
    previous      the predecessor's link; both are absent if there is none
    link          SHA-256 of "<previous>:<sha256>"

A proof may be stored more than once, because a write whose response was lost is retried. Readers drop repeats.
"""

import base64
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from consent_core import aws, canonical
from consent_core.errors import DamagedError, UnavailableError
from consent_core.shapes import DAY, WIDGET_ID

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

type Line = dict[str, Any]
"""A proof as it is archived."""

MOST_LANES = 10
"""The most lanes. A lane is one digit, so that names sort as numbers do."""

_KEY = re.compile(
    rf"proofs/widget=(?P<widget>{WIDGET_ID.pattern})/date=(?P<day>{DAY.pattern})/lane=(?P<lane>\d)/(?P<number>\d{{10}})"
    r"\.ndjson\.gz",
    re.ASCII,
)

# No visitor waits for the archive, and records that were not archived are sent again. Path-style addresses are the same
# on AWS and locally.
_CLIENT = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    s3={"addressing_style": "path"},
)
_DAMAGED = "An archive object cannot be read: `consent-ops verify` names it."
_CONFLICTS = 50  # of one write: each means that another writer of the lane has written an object
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_ABSENT = frozenset({"404", "NoSuchKey"})


def connect() -> "S3Client":
    """Create a client; region, credentials and endpoint come from the environment."""
    client: S3Client = aws.client("s3", _CLIENT)
    return client


# --- Content ----------------------------------------------------------------------------------------------------------


def archived(proof: Mapping[str, Any], event_id: str) -> Line:
    """Return a stored proof as the archive keeps it. ``event_id`` is the id of its event in the table's stream."""
    return {**canonical.archived_part(proof), canonical.EVENT: event_id}


def encoded(lines: Iterable[Line]) -> bytes:
    """Return an object's content: the same bytes for the same lines.

    Raises TypeError or ValueError for a value that JSON does not have.
    """
    return gzip.compress("".join(map(_json_line, lines)).encode(), mtime=0)


def decoded(content: bytes) -> list[Line]:
    """Return the lines of an object's content. Raises DamagedError."""
    try:
        lines = [json.loads(line) for line in gzip.decompress(content).splitlines()]
        names = [identity(line) for line in lines]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise DamagedError(_DAMAGED) from error
    if not names:
        raise DamagedError(_DAMAGED)
    return lines


def identity(line: Line) -> bytes:
    """Return a proof's identity, 16 bytes. Lines of one identity are repeats of each other."""
    name = f"{line['consentId']} {line['id']} {line['date']}"
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def linked(previous: str, sha256: str) -> str:
    """Return the link of an object. ``previous`` is the predecessor's link, empty for the first object of a lane."""
    return hashlib.sha256(f"{previous}:{sha256}".encode()).hexdigest()


def _json_line(line: Line) -> str:
    return canonical.json_of(line) + "\n"


# --- Names and links --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchivedObject:
    """An object, as its name describes it. ``size`` is in bytes, compressed."""

    key: str
    widget_id: int
    day: str
    lane: int
    number: int
    size: int = 0

    @classmethod
    def named(cls, key: str, size: int = 0) -> "ArchivedObject | None":
        """Read a key. Return None if it is not the key of an archive object."""
        found = _KEY.fullmatch(key)
        if found is None:
            return None
        return cls(key, int(found["widget"]), found["day"], int(found["lane"]), int(found["number"]), size)


def key_of(widget_id: int, day: str, lane: int, number: int) -> str:
    """Return the key of an object. ``day`` is an ISO date, ``lane`` is one digit, and numbers start at 1."""
    return f"{_folder(widget_id, day, lane)}{number:010}.ndjson.gz"


def _folder(widget_id: int, day: str, lane: int | None = None) -> str:
    folder = f"proofs/widget={widget_id}/date={day}/"
    return folder if lane is None else f"{folder}lane={lane}/"


@dataclass(frozen=True, slots=True)
class Link:
    """The metadata of the object ``key``. A missing entry is an empty string."""

    key: str
    sha256: str
    previous_key: str
    previous: str
    link: str

    def followed_by(self, key: str, content: bytes) -> "Link":
        """Return the metadata of the next object in the lane."""
        sha256 = hashlib.sha256(content).hexdigest()
        return Link(key, sha256, self.key, self.link, linked(self.link, sha256))

    def metadata(self) -> dict[str, str]:
        said = {"sha256": self.sha256, "previous-key": self.previous_key, "previous": self.previous, "link": self.link}
        return {name: value for name, value in said.items() if value}


def _link_of(key: str, metadata: Mapping[str, str]) -> Link:
    return Link(key, *(metadata.get(name, "") for name in ("sha256", "previous-key", "previous", "link")))


_NOTHING = Link("", "", "", "", "")  # before the very first object of a lane


class Archive:
    """Reads of objects, and the one write. Every method raises UnavailableError when S3 does not answer in time."""

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def widgets(self) -> list[int]:
        """Return the ids of widgets that have objects, smallest first."""
        names = (name.removeprefix("widget=") for name in self._folders("proofs/"))
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

    def days(self, widget_id: int) -> list[str]:
        """Return the days on which a widget has objects, as ISO dates, oldest first."""
        names = (name.removeprefix("date=") for name in self._folders(f"proofs/widget={widget_id}/"))
        return sorted(name for name in names if DAY.fullmatch(name))

    def lanes(self, widget_id: int, day: str) -> list[int]:
        """Return the lanes that have objects of a widget and day, in ascending order."""
        names = (name.removeprefix("lane=") for name in self._folders(_folder(widget_id, day)))
        return sorted(int(name) for name in names if name.isascii() and name.isdigit() and len(name) == 1)

    def keys(self, widget_id: int, day: str) -> Iterator[tuple[str, int]]:
        """Return key and size of everything in a day's folder, including foreign objects."""
        return self._keys(_folder(widget_id, day))

    def keys_in(self, folder: str) -> Iterator[str]:
        """Return the keys of everything in a folder, such as ``erasures/``."""
        return (key for key, _ in self._keys(folder))

    def objects(self, widget_id: int, day: str) -> Iterator[ArchivedObject]:
        """Return the archive objects of a day, by lane and number."""
        named = (ArchivedObject.named(key, size) for key, size in self.keys(widget_id, day))
        return (each for each in named if each is not None)

    def read(self, key: str) -> bytes:
        """Return the content of an object, still compressed. Raises FileNotFoundError."""
        return self.fetch(key)[1]

    def fetch(self, key: str) -> tuple[Link, bytes]:
        """Return an object's metadata and its content, still compressed. Raises FileNotFoundError."""
        with aws.errors():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if aws.code_of(error) in _ABSENT:
                    raise FileNotFoundError(key) from error
                raise
            return _link_of(key, answer["Metadata"]), answer["Body"].read()

    def lines(self, widget_id: int, day: str) -> Iterator[Line]:
        """Yield the proofs of a day, each one once, as ``archived`` made them. Raises DamagedError.

        Memory holds one object, and a few bytes for each proof.
        """
        seen: set[bytes] = set()
        for each in self.objects(widget_id, day):
            for line in decoded(self.read(each.key)):
                if (name := identity(line)) not in seen:
                    seen.add(name)
                    yield line

    def link(self, key: str) -> Link | None:
        """Return an object's metadata, or None if the object does not exist."""
        with aws.errors():
            try:
                return _link_of(key, self._client.head_object(Bucket=self._bucket, Key=key)["Metadata"])
            except ClientError as error:
                if aws.code_of(error) in _ABSENT:
                    return None
                raise

    def last_key(self, widget_id: int, day: str, lane: int) -> str | None:
        """Return the key of a lane's last object on a day, or None if there is none."""
        keys = (key for key, _ in self._keys(_folder(widget_id, day, lane)))
        last = None
        for key in filter(_KEY.fullmatch, keys):
            last = key
        return last

    def put_new(self, link: Link, content: bytes) -> bool:
        """Write a new object. Return False if it already exists, or another writer is writing it."""
        digest = base64.b64encode(bytes.fromhex(link.sha256)).decode()
        with aws.errors():
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=link.key,
                    Body=content,
                    ContentType="application/gzip",
                    Metadata=link.metadata(),
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=digest,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if aws.code_of(error) in _TAKEN:
                    return False
                raise
        return True

    def _folders(self, parent: str) -> Iterator[str]:
        for page in self._pages(parent, Delimiter="/"):
            for folder in page.get("CommonPrefixes", ()):
                yield folder["Prefix"].removeprefix(parent).removesuffix("/")

    def _keys(self, folder: str) -> Iterator[tuple[str, int]]:
        for page in self._pages(folder):
            for each in page.get("Contents", ()):
                yield each["Key"], each["Size"]

    def _pages(self, prefix: str, **options: str) -> Iterator[Mapping[str, Any]]:
        with aws.errors():
            yield from self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket,
                Prefix=prefix,
                **options,  # type: ignore[arg-type]
            )


class Lane:
    """A writer of the archive, which may share its lane with others.

    It remembers its last object of each widget and day, so a further write is one request unless another writer of the
    lane came first.
    """

    def __init__(self, archive: Archive, number: int) -> None:
        self._archive = archive
        self._number = number
        self._last: dict[tuple[int, str], Link] = {}

    def append(self, widget_id: int, day: str, lines: Sequence[Line]) -> str:
        """Write lines of one widget and day as one object. Return its key.

        A repeated call after an UnavailableError may find that the object was written; it is not written twice then.
        Raises UnavailableError also after 50 conflicts with other writers.
        """
        content = encoded(lines)
        # Removed from the cache: if the write fails, the last object is unknown.
        last = self._last.pop((widget_id, day), None) or self._find_last(widget_id, day)
        for _ in range(_CONFLICTS):
            following = last.followed_by(self._key_after(last, widget_id, day), content)
            if last.sha256 == following.sha256:
                break
            if self._archive.put_new(following, content):
                last = following
                break
            # The key has another writer's object, or this one if the response to an earlier attempt was lost.
            last = self._archive.link(following.key) or last
        else:
            raise UnavailableError
        self._last[widget_id, day] = last
        return last.key

    def _key_after(self, last: Link, widget_id: int, day: str) -> str:
        named = ArchivedObject.named(last.key)
        number = named.number if named and named.day == day else 0
        return key_of(widget_id, day, self._number, number + 1)

    def _find_last(self, widget_id: int, day: str) -> Link:
        """Return the last object of the lane on this day, or else on the newest earlier day that has one."""
        for each in self._newest_first(widget_id, day):
            key = self._archive.last_key(widget_id, each, self._number)
            if key and (link := self._archive.link(key)):
                return link
        return _NOTHING

    def _newest_first(self, widget_id: int, day: str) -> Iterator[str]:
        yield day
        yield from (each for each in reversed(self._archive.days(widget_id)) if each < day)
