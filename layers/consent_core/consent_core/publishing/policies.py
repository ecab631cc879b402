"""Regional policies: what is on by default where. ``policy_presets.json`` has those that a definition refers to by id.

A preset is a policy as a definition writes it. Three further members are about it: ``note`` says what it assumes,
``sources`` are the pages that were read, and ``checked`` is the day on which they were. Without it, none was read.
"""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from consent_core import shapes
from consent_core.catalogue import STRICT, Purpose
from consent_core.problems import Problem
from consent_core.publishing.fields import Part, Slug, Switch, at_most, listed, not_empty, purpose_of, shape

EVERYWHERE = "*"
"""The region that stands for every known place."""

MOST_POLICIES, MOST_REGIONS = 50, 300

_LONGEST_ID = 64
_TAKEN = {
    STRICT: "the rule for all other places",
    "unknown": "stored if a decision names a policy that its version lacks",
}
"""Ids that proofs have for other reasons."""

# --- Places in which an opt-out cannot be configured ------------------------------------------------------------------

_EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()  # noqa: SIM905
)
_IN_THE_EU = frozenset(("AX", "GF", "GP", "MF", "MQ", "RE", "YT"))
"""Territories of Finland and France that are in the European Union and have ISO codes of their own."""

_BESIDE_IT = frozenset(("BL", "NC", "PF", "PM", "SJ", "TF", "WF"))
"""Other territories of France and Norway. The law of the state may hold there, which was not checked."""

_WITH_THE_UK = frozenset(("GB", "GG", "GI", "IM", "JE"))
"""The United Kingdom, and the territories beside it. Gibraltar has such a rule; the others were not checked."""

HABITUAL_CODES = {"EL": "GR", "UK": "GB"}
"""Codes that people write for Greece and the United Kingdom, and those that a visitor's place has for them."""

ASKS_FIRST = _EEA | _IN_THE_EU | _BESIDE_IT | _WITH_THE_UK | HABITUAL_CODES.keys() | {"CH", "EU"}
"""The countries in which only an exempt service can be on by default (docs/decisions.md)."""

_LAW = "the law of the EEA, Switzerland and the United Kingdom"


def country_of(region: str) -> str:
    """Return the country of a region: ``US`` for ``US-CA``."""
    return region.partition("-")[0]


# --- The model --------------------------------------------------------------------------------------------------------


def _not_taken(value: str) -> str:
    if value in _TAKEN:
        raise ValueError(f"must not be {value}, which is {_TAKEN[value]}")
    return value


def _may_be_on(value: object) -> Purpose:
    purpose = purpose_of(value)
    if purpose in {Purpose.NECESSARY, Purpose.UNCLASSIFIED}:
        raise ValueError("must be Preference, Analytical, Marketing or Other, or its number from 1 to 4")
    return purpose


def _in_order(value: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
    return tuple(sorted(set(value)))


type PolicyRegion = Annotated[str, shape(shapes.POLICY_REGION, "must be a region such as FR or US-CA, or *")]
type OptOutPurpose = Annotated[Purpose, BeforeValidator(_may_be_on)]


class PolicyDefinition(Part):
    """A rule for visitors of some regions: the services that are on by default, until they refuse them.

    These are the services of the purposes ``opt_out`` and, if ``exempt``, those that are flagged ``exempt``. ``link``
    shows the page's own link to the choices. ``announce`` shows the window although nothing must be asked.
    """

    id: Annotated[Slug, AfterValidator(_not_taken)]
    regions: Annotated[tuple[PolicyRegion, ...], listed(MOST_REGIONS), AfterValidator(not_empty), at_most(MOST_REGIONS)]
    opt_out: Annotated[tuple[OptOutPurpose, ...], listed(4), AfterValidator(_in_order), at_most(4)] = ()
    exempt: Switch = False
    link: Switch = False
    announce: Switch = False


def faults(policies: Sequence[PolicyDefinition]) -> Iterator[Problem]:
    """Yield a problem for each policy that cannot stand where it does, or that the law of its regions excludes."""
    for at, policy in enumerate(policies):
        found = (*_of_everywhere(policy, policies[-1]), *_excluded(policy))
        yield from (fault.under(("policies", at), f"policies: {policy.id}: ") for fault in found)


def _of_everywhere(policy: PolicyDefinition, last: PolicyDefinition) -> Iterator[Problem]:
    if EVERYWHERE not in policy.regions:
        return
    if len(policy.regions) > 1:
        yield Problem(("regions",), f"{EVERYWHERE} is every known place, so it must be the only region", "")
    if policy is not last:
        yield Problem((), f"a policy for {EVERYWHERE} must be the last one")
    if policy.opt_out:
        asks = f"optOut cannot hold in {EVERYWHERE}: {_LAW} asks visitors first. Name the countries"
        yield Problem(("regions",), asks, "")


def _excluded(policy: PolicyDefinition) -> Iterator[Problem]:
    excluded = sorted(region for region in policy.regions if country_of(region) in ASKS_FIRST)
    if policy.opt_out and excluded:
        asks = f"it cannot hold in {', '.join(excluded)}: {_LAW} asks visitors first"
        yield Problem(("optOut",), asks, "optOut: ")


# --- Presets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A page that was read for a preset."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A policy that is ready for use. ``checked`` is ISO 8601, or None if no source was read."""

    policy: Mapping[str, Any]
    note: str
    sources: tuple[Source, ...]
    checked: str | None

    def as_json(self) -> dict[str, object]:
        """Return the preset as one flat object, as the command line shows it."""
        sources = [asdict(source) for source in self.sources]
        return {**self.policy, "note": self.note, "sources": sources, "checked": self.checked}


@cache
def presets() -> Mapping[str, Preset]:
    """Return all presets by id, in the order of the file."""
    read = json.loads((files(__package__) / "policy_presets.json").read_text("utf-8"))
    return {entry["id"]: _preset(entry) for entry in read}


def _preset(entry: dict[str, Any]) -> Preset:
    sources = tuple(Source(**source) for source in entry.pop("sources"))
    note, checked = entry.pop("note"), entry.pop("checked")
    return Preset(entry, note, sources, checked)


def expanded(entry: object) -> object:
    """Return the policy that a reference stands for: ``"us"``, or ``{"preset": "us", …}`` with members that win.

    Any other entry is returned unchanged. Raises ValueError with a sentence for the site owner.
    """
    if isinstance(entry, str):
        return _policy(entry)
    if isinstance(entry, dict) and "preset" in entry:
        own = dict(entry)
        policy = _policy(own.pop("preset"))
        if "id" in own:
            raise ValueError("a preset keeps its id: leave id out, or write the policy in full")
        return {**policy, **own}
    return entry


def _policy(preset: object) -> Mapping[str, Any]:
    if not isinstance(preset, str):
        raise ValueError("preset must be the id of a preset")  # noqa: TRY004 - pydantic asks for a ValueError
    if known := presets().get(preset):
        return known.policy
    near = next(iter(difflib.get_close_matches(preset[:_LONGEST_ID], presets(), n=1)), None)
    hint = f"is it {near}?" if near else "`consent-ops presets` lists them"
    raise ValueError(f"{preset[:_LONGEST_ID]!r} is not a preset: {hint}")
