"""Commands on one consent: its history, its dossier, its erasure."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer

from consent_core.access_audit import Kind
from consent_core.archive import erasures
from consent_core.dossier import evidence
from consent_core.dossier.claims import dossier_of
from consent_core.dossier.evidence import Question
from consent_core.reports.dossier import page
from consent_core.shapes import USER_ID
from consent_ops import accesses, output, receipt_check
from consent_ops.failures import CHECK_FAILED, NOT_FOUND, UNAVAILABLE, fail
from consent_ops.files import write_new
from consent_ops.options import WIDGET, AsJson, ConsentId, Reason, Widget, parsed_day, parsed_reason, secret_of
from consent_ops.printing import error_line
from consent_ops.receipt_check import Named
from consent_ops.stack import Stack

_INCOMPLETE = "The archive was not searched completely, and may hold more."


def lookup(ctx: typer.Context, consent_id: ConsentId, *, reason: Reason = None, as_json: AsJson = False) -> None:
    """Show the history of a consent, the oldest decision first."""
    accesses.record(_stack(ctx), Kind.LOOKUP, reason=reason, visitor_id=str(consent_id))
    history = _stack(ctx).consents().history(str(consent_id), now=int(time.time()))
    if as_json:
        output.json_text([{**stored.proof, "expired": stored.expired} for stored in history])
    elif history:
        output.history(history)
    if not history:
        _not_found(consent_id)


def dossier(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    consent_id: ConsentId,
    *,
    date: Annotated[
        list[datetime] | None,
        typer.Option(metavar="DATE", parser=parsed_day, help="A day of the archive to search; may be repeated"),
    ] = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Search the whole archive with Athena, which charges for what it reads")
    ] = False,
    widget: Annotated[
        int | None, typer.Option(metavar="WIDGET", parser=WIDGET, help="Only this widget's proofs")
    ] = None,
    file: Annotated[
        Path, typer.Option("--output", help="The file to write; an existing file is not overwritten")
    ] = Path("dossier.html"),
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Write a dossier of a consent: what was shown, what was decided, and the evidence for both.

    A proof that has expired is only in the archive: give the UTC day of its decision, or search --anywhere.
    """
    now = datetime.now(UTC)
    days = None if anywhere else tuple(day.date().isoformat() for day in date or ())
    question = Question(str(consent_id), widget, days)
    sources = _stack(ctx).sources(anywhere=anywhere)
    accesses.record(_stack(ctx), Kind.DOSSIER, reason=reason, visitor_id=str(consent_id), widget_id=widget)
    value = dossier_of(evidence.collect(sources, question, now=now), now)
    if as_json:
        output.json_text(value)
    if not value["decisions"]:
        _none_seen(consent_id, value["archive"])
    if not as_json:
        write_new(file, page(value))
        output.line(f"Written to {file}. It holds personal data.")
    if not value["archive"]["isComplete"]:
        error_line(
            f"The archive was not searched completely, and may hold more. {value['archive']['advice'] or ''}".strip()
        )


def verify_receipt(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, show_default=False, help="A consent receipt")
    ],
) -> None:
    """Verify a consent receipt against the archive: exit code 1 if it is not what the archived proof says."""
    receipt = receipt_check.read(file.read_bytes().decode("utf-8", "replace"))
    if receipt is None:
        raise typer.BadParameter(f"{file} is not a consent receipt of this platform", param_hint="FILE")
    wanted = receipt_check.named(receipt)
    question = Question(wanted.consent_id, wanted.widget_id, (wanted.date[:10],))
    found = evidence.collect(_stack(ctx).sources(anywhere=False), question, now=datetime.now(UTC))
    kept = receipt_check.archived(wanted, found)
    if kept is None:
        _not_archived(wanted, found.unreadable)
    if faults := list(receipt_check.faults(receipt, kept, found)):
        fail(CHECK_FAILED, *faults, "The receipt was altered, or what it was made from was.")
    output.line(f"The receipt is what the archived proof says: {kept.key}")


def erase(ctx: typer.Context, consent_id: ConsentId, *, reason: Reason = None) -> None:
    """Remove userId, session and page, which identify the visitor, from a consent's proofs. The proofs stay."""
    erased, proofs = _stack(ctx).desk().erase(str(consent_id), reason=reason)
    output.line(f"Erased the visitor's data from {erased} of {output.proofs(proofs)}.")


def find_user(
    ctx: typer.Context,
    widget: Widget,
    user: Annotated[
        str | None,
        typer.Argument(metavar="USER", show_default=False, help="A userId of the site; - or nothing: standard input"),
    ] = None,
    *,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", metavar="TEXT", parser=parsed_reason, help="Why, for the audit; without a visitor's name or id"
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Find the consents of one user of a widget; exit code 1 when there are none."""
    user_id = secret_of(user, "USER")
    if not USER_ID.fullmatch(user_id):
        raise typer.BadParameter("must be 1 to 128 printable ASCII characters", param_hint="USER")
    found = _stack(ctx).desk().find_user(widget, user_id, reason=reason)
    if as_json:
        output.json_text([each.as_json() for each in found])
    elif found:
        output.consents(found)
    if not found:
        fail(NOT_FOUND, f"No proof of widget {widget} names this user.")


def index_users(ctx: typer.Context) -> None:
    """Let find-user find the proofs that a release before it has stored. Reads the whole table; may be repeated."""
    output.line(f"Added to the index: {output.proofs(_stack(ctx).consents().index_users())}.")


def lookups(
    ctx: typer.Context,
    first: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DATE", parser=parsed_day, help="The first day; by default 30 days ago"),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", metavar="DATE", parser=parsed_day, help="The last day (UTC)")
    ] = None,
    visitor_id: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="Only those of a consentId or userId, at any time; -: standard input"),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List who asked for a visitor's data or erased it, the newest first."""
    stack, today = _stack(ctx), datetime.now(UTC).date()
    begin = today - timedelta(days=30 if visitor_id is None else stack.audit_days)
    found = list(stack.audit().between(first.date() if first else begin, last.date() if last else today))
    if visitor_id is not None:
        named = secret_of(visitor_id, "--id")
        subjects = {stack.subjects.of(each) for each in (named, named.lower())}  # a consentId in any case
        found = [each for each in found if each.subject in subjects]
    if as_json:
        output.json_text([each.as_json() for each in found])
    else:
        output.accesses(found)


def replay_erasures(
    ctx: typer.Context,
    table: Annotated[
        str | None, typer.Option("--table", metavar="NAME", help="A restored table; by default the stack's own")
    ] = None,
) -> None:
    """Erase again, after a restore, what had been erased. Reads the list of erasures and the whole table."""
    recorded = erasures.recorded(_stack(ctx).archive())
    erased = _stack(ctx).consents(table).erase_again(lambda *key: recorded.times.get(erasures.name_of(*key)))
    output.line(f"Erased the visitor's data again from {output.proofs(erased)}; the list has {len(recorded.times)}.")
    if recorded.unreadable:
        fail(CHECK_FAILED, *(f"Not readable, so its erasures are missing: {key}" for key in recorded.unreadable))


COMMANDS = (lookup, dossier, find_user, lookups, verify_receipt, erase, replay_erasures, index_users)
CHANGING = (erase, replay_erasures, index_users)
WRITING = (dossier,)


def _stack(ctx: typer.Context) -> Stack:
    stack: Stack = ctx.obj
    return stack


def _none_seen(consent_id: UUID, archive: Mapping[str, Any]) -> NoReturn:
    """Fail: as *not found* if all that was asked for could be read, otherwise as *unknown*."""
    advice = filter(None, [archive["advice"]])
    if archive["isComplete"] and not archive["unreadable"]:
        _not_found(consent_id, *advice)
    unreadable = [f"Not readable: {key}" for key in archive["unreadable"]]
    fail(
        UNAVAILABLE,
        f"Unknown: proofs of consent {consent_id} may exist, but not all places could be read.",
        *unreadable,
        *advice,
    )


def _not_archived(wanted: Named, unreadable: Sequence[str]) -> NoReturn:
    """Fail: as *not found* if the day could be read, otherwise as *unknown*."""
    said = f"The archive has no proof of this decision of {wanted.date}"
    if unreadable:
        fail(UNAVAILABLE, f"{said} in what could be read.", *(f"Not readable: {key}" for key in unreadable))
    fail(NOT_FOUND, f"{said}. A new decision is there within minutes; an archived one ends with its retention.")


def _not_found(consent_id: UUID, *advice: str) -> NoReturn:
    fail(NOT_FOUND, f"No proofs found for consent {consent_id}.", *advice)
