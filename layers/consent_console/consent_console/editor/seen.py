"""The pages that have asked for a widget: the last time of each domain, and the origins that were refused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from consent_console.editor.widget import Edited
from consent_core import origins
from consent_core.publishing import allow_list
from consent_core.sightings import KEPT, MOST_ORIGINS, Outcome, Sighting, Sightings

_REFUSED_SINCE = timedelta(days=1)


class Domain(NamedTuple):
    """An entry of the allow-list, with the last hour in which a page of it was served; None: in none that is kept."""

    entry: str
    last: datetime | None


class Refused(NamedTuple):
    """An origin that was refused in the last day, and is not allowed now.

    ``remedy`` is ``add`` for one that can be added, ``developer`` for one that developer mode admits, and ``https``
    for a page without TLS, which no widget takes.
    """

    origin: str
    hour: datetime
    remedy: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The known pages of a widget. Without ``is_kept`` none are known."""

    is_kept: bool
    domains: tuple[Domain, ...]
    refused: tuple[Refused, ...]
    is_crowded: bool
    """Whether so many origins were refused that others may not have been kept."""

    @property
    def has_arrived(self) -> bool:
        """Whether any page of the domains was served."""
        return any(each.last for each in self.domains)


def allowed(edited: Edited) -> tuple[str, ...]:
    """Return the allow-list that counts: the live one, because it changes at once; without it, the draft's."""
    return edited.live.live.origins if edited.live else tuple(edited.definition.get("origins", ()))


def seen(sightings: Sightings, edited: Edited, *, now: datetime) -> Seen:
    """Return what is known of the pages of a widget. Refused pages of its own sites come first."""
    listed, developer_mode = allowed(edited), bool(edited.live and edited.live.live.developer_mode)
    found = sightings.since(edited.widget_id, now - KEPT)
    served = [each for each in found if each.outcome is Outcome.SERVED]
    refused = [
        Refused(each.origin, each.hour, _remedy(each.origin))
        for each in found
        if each.outcome is Outcome.REFUSED
        and each.hour > now - _REFUSED_SINCE
        and not origins.is_allowed(each.origin, listed, developer_mode=developer_mode)
    ]
    own = {_site_of(each) for each in listed}
    refused.sort(key=lambda each: _site_of(each.origin) not in own)
    return Seen(
        sightings.is_kept,
        tuple(Domain(entry, _last(entry, served)) for entry in listed),
        tuple(refused[:MOST_ORIGINS]),
        len(refused) >= MOST_ORIGINS,
    )


def _site_of(origin: str) -> str:
    """Return the name under which the host of an origin, or of an entry of the allow-list, was registered."""
    return allow_list.site_of((urlsplit(origin.replace("*.", "", 1)).hostname or "").removesuffix("."))


def _last(entry: str, served: Iterable[Sighting]) -> datetime | None:
    return next(
        (each.hour for each in served if origins.is_allowed(each.origin, [entry], developer_mode=False)),
        None,
    )


def _remedy(origin: str) -> str:
    if origins.is_local(origin):
        return "developer"
    return "add" if origin.startswith("https://") else "https"
