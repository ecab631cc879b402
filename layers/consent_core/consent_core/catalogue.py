"""The parts of a widget that the functions need, as plain frozen types: cheap to make, without pydantic."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self


class Purpose(IntEnum):
    """The purpose of a service. Only ``NECESSARY`` needs no consent."""

    NECESSARY = 0
    PREFERENCE = 1
    ANALYTICAL = 2
    MARKETING = 3
    OTHER = 4
    UNCLASSIFIED = 5

    @property
    def label(self) -> str:
        """The purpose's name in docs/contract.md, such as ``Analytical``."""
        return self.name.capitalize()


PURPOSES = {purpose.label: purpose for purpose in Purpose}


@dataclass(frozen=True, slots=True)
class Service:
    """A third-party service of a published version. ``id`` and ``version`` are UUIDs in lower case.

    ``exempt``: it measures or adapts this site alone, so a policy may have it on by default.
    """

    id: str
    name: str
    slug: str
    version: str
    purpose: Purpose
    exempt: bool = False


STRICT = "strict"
"""The policy that every version with policies has without naming it: only what is necessary is on by default."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of a published version: it has services of the purposes ``opt_out`` on by default.

    ``exempt``: the services that are exempt too.
    """

    opt_out: frozenset[int] = frozenset()
    exempt: bool = False

    def has_on(self, service: Service) -> bool:
        """Return whether the service is on until the visitor refuses it. A necessary one is on for another reason."""
        is_on = service.purpose in self.opt_out or (self.exempt and service.exempt)
        return is_on and service.purpose is not Purpose.NECESSARY


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The parts of a published version that proofs need. ``policies`` are keyed by their ids."""

    version_key: str
    workspace_id: int
    tenant_id: int
    services: tuple[Service, ...]
    policies: Mapping[str, Policy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A version's settings in one language: the body, ready to send, and its entity tag with its quotes."""

    body: str
    etag: str

    @classmethod
    def of(cls, body: str) -> Self:
        """Return a body with a strong entity tag that is derived from its bytes (RFC 9110, section 8.8.3)."""
        return cls(body, f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"')


@dataclass(frozen=True, slots=True)
class LiveWidget:
    """The small item that every request reads.

    ``revision`` grows by one with each write. ``retention_days`` is 1 to 180. ``origins`` are normalised. ``languages``
    are never empty, and the first one is the default. ``created_at`` is ISO 8601. A ``deleted`` widget is not enabled.
    ``label`` is for lists of widgets, and empty in an item that was written before there were any.
    """

    widget_id: int
    version_key: str
    revision: int
    enabled: bool
    keys: tuple[str, ...]
    origins: tuple[str, ...]
    allow_native_apps: bool
    developer_mode: bool
    save_consent_proof: bool
    store_page_address: bool
    languages: tuple[str, ...]
    retention_days: int
    created_at: str
    deleted: bool = False
    label: str = ""


RELATIVES: Mapping[str, str] = {"no": "nb", "nb": "no", "nn": "nb", "zh-HK": "zh-TW", "zh-MO": "zh-TW"}
"""Languages whose readers read another one, which is not their base language: Norwegian, and traditional Chinese."""


def candidates(culture: str) -> tuple[str, ...]:
    """Return the languages that serve a reader of ``culture``, the best first."""
    base = culture.partition("-")[0]
    return tuple(each for each in (culture, RELATIVES.get(culture), base, RELATIVES.get(base)) if each)


def language_for(culture: str | None, languages: Sequence[str]) -> str:
    """Return the language to answer in: ``culture``, a relative or its base, else the first of ``languages``."""
    return next((each for each in candidates(culture or "") if each in languages), languages[0])
