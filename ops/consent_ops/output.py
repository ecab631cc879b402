"""The output of the commands, complete. ``printing`` brings it to the terminal."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TimeElapsedColumn
from rich.progress import Progress as Bar

from consent_core.access_audit import Access
from consent_core.archive.integrity import LaneOfDay, Report
from consent_core.catalogue import Purpose
from consent_core.consent_table import StoredProof, UserConsent
from consent_core.decisions import Signals
from consent_core.problems import Problem
from consent_core.proofs import NOT_REFUSED, is_consent
from consent_core.publishing.changes import Plan, Published
from consent_core.publishing.differences import Difference
from consent_core.publishing.history import Moment
from consent_core.publishing.known_services import KnownService
from consent_core.publishing.policies import Preset
from consent_core.reports.printable import printable
from consent_core.statistics.counts import Statistics
from consent_core.widget_table import ListedWidget
from consent_ops import statistics_terminal
from consent_ops.administration import Keys, LiveDefinition, Origins, SavedDraft, VersionSummary
from consent_ops.backfill import Backfilled
from consent_ops.printing import Cell, error_line, json_text, line, table

__all__ = ["json_text", "line"]


def proofs(number: int) -> str:
    """Return a number of proofs in words."""
    return f"{number} proof" if number == 1 else f"{number} proofs"


def history(stored: Sequence[StoredProof]) -> None:
    """Print a row per decision, the oldest first, within 80 columns."""
    line(f"Consent {stored[0].proof['consentId']}")
    line()
    heading = ("Decision", "Accepted", "Refused", "Not refused")
    rows = [_decision(each) for each in stored]
    columns = len(heading) if any(row[-1] for row in rows) else len(heading) - 1
    table(heading[:columns], [row[:columns] for row in rows], leading=1)


def consents(found: Sequence[UserConsent]) -> None:
    """Print a row per consent of a user."""
    rows = [(each.consent_id, str(each.decisions), each.first, each.last) for each in found]
    table(("Consent", "Decisions", "First", "Last"), rows)


def accesses(found: Sequence[Access]) -> None:
    """Print a row per entry of the audit of accesses."""
    rows = [
        (each.at, each.kind, str(each.widget_id or ""), each.days or "", each.actor, each.reason or "")
        for each in found
    ]
    table(("At", "Kind", "Widget", "Days", "By", "Reason"), rows)


def published(widget_id: int, outcome: Published) -> None:
    said = "published version" if outcome.is_new_version else "settings unchanged, still version"
    line(f"Widget {widget_id}: {said} {outcome.version_key}")
    _kept(outcome.kept_renewal)


def listed(widgets: Sequence[ListedWidget]) -> None:
    """Print a row per widget, in the order of their ids."""
    columns = ("Widget", "Label", "State", "Domains", "Draft", "Last changed", "By")
    table(columns, map(_listed, widgets))


def _listed(widget: ListedWidget) -> tuple[Cell, ...]:
    live, draft = widget.live, widget.draft
    state = "draft" if live is None else "deleted" if live.is_deleted else "live" if live.is_enabled else "disabled"
    shown = live or draft
    facts = (str(shown.domains), shown.changed_at, shown.changed_by) if shown else ("", "", "")
    number = str(draft.revision) if draft else "-"
    return (str(widget.widget_id), widget.label, state, facts[0], number, *facts[1:])


def draft(shown: SavedDraft) -> None:
    """Print which draft it is, and what keeps it from being published, on standard error."""
    began = "of a widget that was never live" if shown.based_on is None else f"of revision {shown.based_on}"
    error_line(f"Draft {shown.number} {began}, saved by {shown.changed_by} at {shown.changed_at}")
    for problem in shown.problems:
        error_line(f"To correct before it can be published: {problem}")


def keys(widget_id: int, known: Keys) -> None:
    line(f"Widget {widget_id} has the public keys: {' '.join(known)}")


def plan(widget_id: int, planned: Plan) -> None:
    """Print what a publication would change, a line for each member."""
    if planned.revision is None:
        line(f"Widget {widget_id} is new: publishing makes its first version.")
        return
    line(f"Widget {widget_id}: {'these would change' if planned.differences else 'publishing would change nothing'}")
    _differences(planned.differences, line)
    if planned.takes_away:
        line("Lines with ! take something away: publishing asks for a yes, or needs --yes.")
    _kept(planned.kept_renewal)


def taken_away(widget_id: int, taken: Sequence[Difference]) -> None:
    """Print what a publication takes away, on standard error."""
    error_line(f"Publishing this takes away from widget {widget_id}:")
    _differences([replace(each, after=[]) if each.is_list else each for each in taken], error_line)


def findings(found: Mapping[str, Any]) -> None:
    """Print the problems and warnings of a check, a line for each."""
    for kind, listed in (("Problem", found["problems"]), ("Warning", found["warnings"])):
        for each in listed:
            line(f"{kind}: {Problem(tuple(each['loc']), each['detail'])}")
    if not found["problems"] and not found["warnings"]:
        line("No problems and no warnings.")


def access(definition: Mapping[str, Any]) -> None:
    """Print which pages may use a widget, with which keys."""
    origins(definition["id"], definition["origins"])
    line(f"Public keys: {' '.join(definition['keys'])}")
    if not definition["enabled"]:
        line("It is disabled.")


def _differences(found: Iterable[Difference], print_line: Callable[[str], None]) -> None:
    rows = [row for each in found for row in _changes_of(each)]
    width = max((len(name) for _, name, _ in rows), default=0)
    for takes_away, name, said in rows:
        print_line(f"{'!' if takes_away else ' '} {printable(name):<{width}}  {said}")


def _changes_of(difference: Difference) -> Iterator[tuple[bool, str, str]]:
    name = _NAMES.get(difference.member, difference.member)
    if difference.is_list:
        yield from ((True, name, f"- {entry}") for entry in difference.before)
        yield from ((False, name, f"+ {entry}") for entry in difference.after)
    else:
        yield difference.takes_away, name, f"{_short(difference.before)} -> {_short(difference.after)}"


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_LONGEST = 60  # characters of a value
_NAMES = {"origins": "domains", "keys": "public keys", "developerMode": "developer mode"}


def _kept(renewal: int | None) -> None:
    if renewal is not None:
        error_line(f"Renewal is {renewal}: visitors have seen the number that the file states, or a higher one.")


def origins(widget_id: int, allowed: Origins) -> None:
    line(f"Widget {widget_id} may be used on: {' '.join(allowed) or 'no origin'}")


def changes(moments: Sequence[Moment]) -> None:
    """Print a row per change."""
    entries = [moment.entry for moment in moments]
    rows = [(e.change.at, e.change.what, e.change.detail or "-", e.change.actor, e.version_key) for e in entries]
    table(("Date", "Change", "Detail", "Author", "Version"), rows)


def versions(listed: Sequence[VersionSummary]) -> None:
    """Print a row per version."""
    rows = [(each.version_key, each.published_at, "live" if each.is_live else "") for each in listed]
    table(("Version", "Published", ""), rows)


def known_services(found: Sequence[KnownService]) -> None:
    """Print a row per service."""
    rows = ((known.category, known.service) for known in found)
    cells = [(service["slug"], category, service["purpose"], _cookies(service)) for category, service in rows]
    table(("Slug", "Category", "Purpose", "Cookies"), cells)


def presets(found: Sequence[Preset], *, with_sources: bool) -> None:
    """Print a row per preset, and if asked for it what each assumes and where that was read."""
    table(
        ("Preset", "Regions", "On by default", "Link", "Announced", "Sources read on"),
        [_preset(each) for each in found],
    )
    for each in found if with_sources else ():
        line()
        line(each.note)
        line()
        for source in each.sources:
            line(f"{source.title}: {source.address}")


def _preset(preset: Preset) -> tuple[Cell, ...]:
    policy = preset.policy
    purposes = [Purpose(number).label for number in policy.get("optOut", ())]
    on = [*purposes, *(["exempt services"] if policy.get("exempt") else [])]
    link, announced = (_yes(policy.get(name, False)) for name in ("link", "announce"))
    regions = " ".join(policy["regions"])
    return policy["id"], regions, ", ".join(on) or "nothing", link, announced, preset.checked or "never"


def integrity(report: Report) -> None:
    """Print a row per lane, with the link to note elsewhere, then a line per fault."""
    rows = [(str(each.lane), str(each.objects), str(each.lines), _last(each)) for each in report.lanes]
    if rows:
        table(("Lane", "Objects", "Lines", "Last link"), rows)
    for fault in report.faults:
        line(f"{fault.where}: {fault.what}")
    line(f"{'Incomplete' if report.faults else 'Complete'}: {proofs(report.proofs)}")


def backfilled(day: Backfilled) -> None:
    line(f"Widget {day.widget_id}, {day.day}: {day.added} of {day.proofs} proofs were missing")


def integrity_json(report: Report) -> dict[str, object]:
    return {
        "whole": not report.faults,
        "proofs": report.proofs,
        "lanes": [
            {"lane": each.lane, "objects": each.objects, "lines": each.lines, "lastLink": _last(each)}
            for each in report.lanes
        ],
        "faults": [{"where": fault.where, "what": fault.what} for fault in report.faults],
    }


def _last(lane: LaneOfDay) -> str:
    return lane.last.link if lane.last else ""


def widget(shown: LiveDefinition) -> None:
    """Print the live version, then a row per service."""
    definition = shown.definition
    line(f"Widget {definition['id']}: {definition['label']}")
    days = definition["consentCookieExpiryTime"]
    facts = {
        "Version": shown.version_key,
        "Enabled": _yes(definition["enabled"]),
        "Public keys": " ".join(definition["keys"]),
        "Origins": " ".join(definition["origins"]) or "none",
        "Developer mode": _yes(definition["developerMode"]),
        "Native apps": _yes(definition["allowNativeApps"]),
        "Languages": " ".join(definition["languages"]),
        "Proofs": f"kept for {days} days" if definition["saveConsentProof"] else "not stored",
    }
    if policies := definition.get("policies"):
        facts["Policies"] = " ".join(policy["id"] for policy in policies)
    table(("", ""), facts.items(), header=False)
    line()
    services = [_service(service) for service in definition["services"]]
    table(("Service", "Name", "Purpose", "Cookies"), services)


def statistics(counted: Statistics, title: str) -> None:
    """Print charts made of text, for 80 columns."""
    console = statistics_terminal.console_for(is_terminal=sys.stdout.isatty())
    statistics_terminal.draw(counted, printable(title), console)


class Progress:
    """Shows the progress of a long command on standard error, if that is a terminal."""

    def __init__(self, bar: Bar) -> None:
        self.total = 0
        self._bar = bar
        self._task: TaskID | None = None

    def days(self, days: Sequence[str]) -> Iterator[str]:
        """Yield the days, and show each."""
        self._task = self._bar.add_task("", total=len(days), proofs=0)
        for day in days:
            self._bar.update(self._task, description=day)
            yield day
            self._bar.update(self._task, advance=1, proofs=self.total)

    def counting[T](self, proofs: Iterable[T]) -> Iterator[T]:
        """Yield the proofs, and count them."""
        for proof in proofs:
            self.total += 1
            if self._task is not None and self.total % _SHOWN_EVERY == 0:
                self._bar.update(self._task, proofs=self.total)
            yield proof


_SHOWN_EVERY = 1_000


@contextmanager
def progress() -> Iterator[Progress]:
    columns = (
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        "{task.fields[proofs]:,} proofs",
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Progress(bar)


def _decision(stored: StoredProof) -> tuple[Cell, ...]:
    proof = stored.proof
    services = proof["consents"]["cookieConsents"]
    facts = (
        f"{proof['date']} {proof.get('action', '')}",
        f"widget {proof['widgetId']} on {proof.get('origin', 'a native app')}",
        f"version {proof['consents']['versionKey']}",
        f"{'expired' if stored.expired else 'expires'} {proof['dateExpiration']}",
        *_circumstances(proof["consents"]),
    )
    return (
        [fact.strip() for fact in facts],
        [service["slug"] for service in services if is_consent(service)],
        [service["slug"] for service in services if not service["consent"]],
        [service["slug"] for service in services if NOT_REFUSED in service],
    )


def _circumstances(consents: Mapping[str, Any]) -> Iterator[str]:
    """Yield the policy and the signals of a decision, if it names them."""
    if "policy" in consents:
        yield f"policy {consents['policy']}"
    if "signals" in consents:
        on = [name.upper() for name in Signals._fields if consents["signals"].get(name)]
        yield f"signals: {' '.join(on) or 'none'}"


def _service(service: Mapping[str, Any]) -> tuple[str, ...]:
    return service["slug"], service["name"], Purpose(service["purpose"]).label, _cookies(service)


def _cookies(service: Mapping[str, Any]) -> str:
    return " ".join(cookie["name"] for cookie in service["cookies"])


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
