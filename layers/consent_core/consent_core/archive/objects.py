"""The archive of proofs. The only module that talks to S3.

A proof of widget 43 is a line of gzipped JSON lines in an object such as

    proofs/widget=43/date=2026-11-26/lane=3/0000000007.ndjson.gz

``date`` is the UTC day of the proof. Objects are written once and never changed. A writer keeps to one lane, in which
the numbers of a day have no gap, and each object names its predecessor in the lane by a hash that covers all that went
before: nobody can change or remove one without being found out (``integrity``). An object's metadata are

    sha256        of its content, in hexadecimal
    previous-key  the predecessor: the number before, or the last object of the lane's newest earlier day that had one
    previous      the predecessor's link; both are absent if there is none
    link          SHA-256 of "<previous>:<sha256>"

A proof may be there more than once: what a writer failed to hear the end of is written again. Readers drop repeats.
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

from consent_core import aws
from consent_core.errors import DamagedError, UnavailableError
from consent_core.shapes import DAY, WIDGET_ID

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

type Line = dict[str, Any]
"""A proof as it is archived."""

NEVER_ARCHIVED = frozenset({"userId", "referrer", "sessionId", "ttl", "erasedAt"})
"""What the archive leaves out of a stored proof: who decided, and where; and when the table forgets it."""

MOST_LANES = 10
"""A lane is one digit, so that names sort as numbers do."""

_KEY = re.compile(
    rf"proofs/widget=(?P<widget>{WIDGET_ID.pattern})/date=(?P<day>{DAY.pattern})/lane=(?P<lane>\d)/(?P<number>\d{{10}})"
    r"\.ndjson\.gz",
    re.ASCII,
)

# Nobody waits for the archive; what is not kept now is sent again. The address of an object is the same locally.
_CLIENT = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    s3={"addressing_style": "path"},
)
_DAMAGED = "An object of the archive cannot be read: `ops verify` names it."
_CONFLICTS = 50  # of one write: each one means that another writer of the lane has got on
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_ABSENT = frozenset({"404", "NoSuchKey"})


def connect() -> "S3Client":
    """Make a client; region, credentials and endpoint are the environment's."""
    client: S3Client = aws.client("s3", _CLIENT)
    return client


# --- What is kept -----------------------------------------------------------------------------------------------------


def archived(proof: Mapping[str, Any], event_id: str) -> Line:
    """Give a stored proof as the archive keeps it; ``event_id`` names the event that brought it there."""
    return {**{name: value for name, value in proof.items() if name not in NEVER_ARCHIVED}, "eventId": event_id}


def encoded(lines: Iterable[Line]) -> bytes:
    """Give the content of an object: the same bytes for the same lines. Raises TypeError for what is no JSON."""
    return gzip.compress("".join(map(_json_line, lines)).encode(), mtime=0)


def decoded(content: bytes) -> list[Line]:
    """Give the lines of an object. Raises DamagedError."""
    try:
        lines = [json.loads(line) for line in gzip.decompress(content).splitlines()]
        names = [identity(line) for line in lines]
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise DamagedError(_DAMAGED) from error
    if not names:
        raise DamagedError(_DAMAGED)
    return lines


def identity(line: Line) -> bytes:
    """Name a proof: lines of one identity are repeats of each other."""
    name = f"{line['consentId']} {line['id']} {line['date']}"
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def linked(previous: str, sha256: str) -> str:
    """Give the link of an object whose predecessor has the link ``previous``, which is empty for the very first."""
    return hashlib.sha256(f"{previous}:{sha256}".encode()).hexdigest()


def _json_line(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False) + "\n"


# --- Where it is kept -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchivedObject:
    """An object by its name; ``size`` is in bytes, compressed."""

    key: str
    widget_id: int
    day: str
    lane: int
    number: int
    size: int = 0

    @classmethod
    def named(cls, key: str, size: int = 0) -> "ArchivedObject | None":
        """Read a key. None: it is none of ours."""
        found = _KEY.fullmatch(key)
        if found is None:
            return None
        return cls(key, int(found["widget"]), found["day"], int(found["lane"]), int(found["number"]), size)


def key_of(widget_id: int, day: str, lane: int, number: int) -> str:
    """Name an object; ``day`` is an ISO date, ``lane`` one digit, numbers start at 1."""
    return f"{_folder(widget_id, day, lane)}{number:010}.ndjson.gz"


def _folder(widget_id: int, day: str, lane: int | None = None) -> str:
    folder = f"proofs/widget={widget_id}/date={day}/"
    return folder if lane is None else f"{folder}lane={lane}/"


@dataclass(frozen=True, slots=True)
class Link:
    """What the metadata of the object ``key`` say; what they do not say is empty."""

    key: str
    sha256: str
    previous_key: str
    previous: str
    link: str

    def followed_by(self, key: str, content: bytes) -> "Link":
        """Give what the metadata of the next object must be."""
        sha256 = hashlib.sha256(content).hexdigest()
        return Link(key, sha256, self.key, self.link, linked(self.link, sha256))

    def metadata(self) -> dict[str, str]:
        said = {"sha256": self.sha256, "previous-key": self.previous_key, "previous": self.previous, "link": self.link}
        return {name: value for name, value in said.items() if value}


def _link_of(key: str, metadata: Mapping[str, str]) -> Link:
    return Link(key, *(metadata.get(name, "") for name in ("sha256", "previous-key", "previous", "link")))


_NOTHING = Link("", "", "", "", "")  # before the very first object of a lane


class Archive:
    """Reads, and the one write. Every method raises UnavailableError when S3 does not answer in time."""

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def widgets(self) -> list[int]:
        """List the widgets that have objects, the smallest id first."""
        names = (name.removeprefix("widget=") for name in self._folders("proofs/"))
        return sorted(int(name) for name in names if name.isascii() and name.isdigit())

    def days(self, widget_id: int) -> list[str]:
        """List the days that have objects of a widget as ISO dates, the oldest first."""
        names = (name.removeprefix("date=") for name in self._folders(f"proofs/widget={widget_id}/"))
        return sorted(name for name in names if DAY.fullmatch(name))

    def lanes(self, widget_id: int, day: str) -> list[int]:
        """List the lanes that have objects of a widget and day."""
        names = (name.removeprefix("lane=") for name in self._folders(_folder(widget_id, day)))
        return sorted(int(name) for name in names if name.isascii() and name.isdigit() and len(name) == 1)

    def keys(self, widget_id: int, day: str) -> Iterator[tuple[str, int]]:
        """Give key and size of all that lies in a day's folder, also of what is none of ours."""
        return self._keys(_folder(widget_id, day))

    def objects(self, widget_id: int, day: str) -> Iterator[ArchivedObject]:
        """Give the objects of a day by lane and number."""
        named = (ArchivedObject.named(key, size) for key, size in self.keys(widget_id, day))
        return (each for each in named if each is not None)

    def read(self, key: str) -> bytes:
        """Give the content of an object, compressed as it is. Raises FileNotFoundError."""
        return self.fetch(key)[1]

    def fetch(self, key: str) -> tuple[Link, bytes]:
        """Give what an object's metadata say, and its content. Raises FileNotFoundError."""
        with aws.errors():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if aws.code_of(error) in _ABSENT:
                    raise FileNotFoundError(key) from error
                raise
            return _link_of(key, answer["Metadata"]), answer["Body"].read()

    def lines(self, widget_id: int, day: str) -> Iterator[Line]:
        """Give the proofs of a day, each one once, as ``archived`` made them. Raises DamagedError.

        In memory are one object, and a few bytes for each proof.
        """
        seen: set[bytes] = set()
        for each in self.objects(widget_id, day):
            for line in decoded(self.read(each.key)):
                if (name := identity(line)) not in seen:
                    seen.add(name)
                    yield line

    def link(self, key: str) -> Link | None:
        """Give what an object's metadata say. None: there is no such object."""
        with aws.errors():
            try:
                return _link_of(key, self._client.head_object(Bucket=self._bucket, Key=key)["Metadata"])
            except ClientError as error:
                if aws.code_of(error) in _ABSENT:
                    return None
                raise

    def last_key(self, widget_id: int, day: str, lane: int) -> str | None:
        """Give the key of a lane's last object on a day, if it has any."""
        keys = (key for key, _ in self._keys(_folder(widget_id, day, lane)))
        last = None
        for key in filter(_KEY.fullmatch, keys):
            last = key
        return last

    def put_new(self, link: Link, content: bytes) -> bool:
        """Write an object that is not there yet. False: it is, or somebody else is about to write it."""
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
    """A writer's place in the archive, which may have other writers. A write is one request where it is the only one.

    It remembers what it has written last, by widget and day: an object that follows it needs no look at the archive.
    """

    def __init__(self, archive: Archive, number: int) -> None:
        self._archive = archive
        self._number = number
        self._last: dict[tuple[int, str], Link] = {}

    def append(self, widget_id: int, day: str, lines: Sequence[Line]) -> str:
        """Keep lines of one widget and day as one object, and give its key.

        Called again after an UnavailableError, it may find that the object was written, and does not write it twice.
        """
        content = encoded(lines)
        # Taken out: should the write fail, nobody knows what is last.
        last = self._last.pop((widget_id, day), None) or self._find_last(widget_id, day)
        for _ in range(_CONFLICTS):
            following = last.followed_by(self._key_after(last, widget_id, day), content)
            if last.sha256 == following.sha256:
                break
            if self._archive.put_new(following, content):
                last = following
                break
            # The object of another writer, or this one: then its answer was lost.
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
        """Find the last object of the lane on this day, or else on the newest earlier day that has one."""
        for each in self._newest_first(widget_id, day):
            key = self._archive.last_key(widget_id, each, self._number)
            if key and (link := self._archive.link(key)):
                return link
        return _NOTHING

    def _newest_first(self, widget_id: int, day: str) -> Iterator[str]:
        yield day
        yield from (each for each in reversed(self._archive.days(widget_id)) if each < day)
