"""Commands on the proofs of many visitors: statistics, exports and the archive."""

import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from consent_core.access_audit import Kind
from consent_core.archive import erasures, integrity
from consent_core.archive.objects import Lane
from consent_core.reports import statistics as statistics_page
from consent_core.statistics.archived import MOST_DAYS
from consent_core.statistics.counts import Statistics, days_between, days_until
from consent_ops import accesses, backfill, output
from consent_ops.administration import OverHttp
from consent_ops.daily_proofs import DailyProofs
from consent_ops.failures import CHECK_FAILED, NOT_FOUND, fail
from consent_ops.files import write
from consent_ops.options import WIDGET, AsJson, Day, Reason, Widget, choice, parsed_day, whole_number
from consent_ops.printing import error_line
from consent_ops.proof_files import Format, ProofFiles
from consent_ops.stack import Stack

BACKFILL_LANE = 0


def stats(
    ctx: typer.Context,
    widget: Widget,
    number: Annotated[
        int, typer.Option("--days", metavar="NUMBER", parser=whole_number(366), help="How many days, today included")
    ] = 30,
    *,
    as_json: AsJson = False,
    page: Annotated[
        Path | None,
        typer.Option("--html", dir_okay=False, help="Write a page with charts to this file, replacing it"),
    ] = None,
) -> None:
    """Show visitors' decisions by day, language, device, action and service."""
    stack, now = _stack(ctx), datetime.now(UTC)
    days, over_http = days_until(now.date(), number), stack.over_http()
    if over_http and number > MOST_DAYS:
        raise typer.BadParameter(f"the administration's API counts {MOST_DAYS} days at most", param_hint="--days")
    title = stack.administration().show(widget).definition["label"]
    counted = _asked(over_http, widget, days) if over_http else _counted(stack, widget, days, now)
    if as_json:
        output.json_text(counted.as_json())
    elif page:
        write(page, statistics_page.page(counted, title=title, now=now))
        output.line(f"Written to {page}.")
    else:
        output.statistics(counted, title)


def export(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    widget: Annotated[int, typer.Option("--widget", metavar="WIDGET", parser=WIDGET, help="A widget's id, such as 43")],
    first: Annotated[datetime, typer.Option("--from", metavar="DATE", parser=parsed_day, help="The first day (UTC)")],
    folder: Annotated[Path, typer.Option("--output", file_okay=False, help="The folder for the files")],
    last: Annotated[
        datetime | None,
        typer.Option("--to", metavar="DATE", parser=parsed_day, help="The last day; yesterday at most, and by default"),
    ] = None,
    kind: Annotated[
        Format,
        typer.Option(
            "--format",
            metavar="csv|jsonl|parquet",
            parser=choice(Format),
            help="csv and parquet have one row per proof",
        ),
    ] = Format.CSV,
    *,
    include_today: Annotated[
        bool, typer.Option("--include-today", help="Also write today's proofs so far, to a file marked as partial")
    ] = False,
    reason: Reason = None,
) -> None:
    """Write a widget's proofs to files, one per day. Days already exported are skipped."""
    stack, now = _stack(ctx), datetime.now(UTC)
    today = now.date()
    days = _finished_days(first.date(), last.date() if last else None, today, include_today=include_today)
    stack.administration().show(widget)  # raises NotFoundError
    files = ProofFiles(folder, widget, kind)
    missing = files.missing(days)
    wanted = [*missing, *([today.isoformat()] if include_today else [])]
    period = f"{wanted[0]}/{wanted[-1]}" if wanted else None
    accesses.record(stack, Kind.EXPORT, reason=reason, widget_id=widget, days=period)
    with files.working_folder() as working, output.progress() as progress:
        proofs = _proofs(stack, widget, wanted, working, now)
        for day in progress.days(wanted):
            files.write(progress.counting(proofs.of(day)), day, working, is_over=day != today.isoformat())
    skipped = len(days) - len(missing)
    output.line(f"Proofs: {progress.total}. Files written: {len(wanted)}, already there: {skipped}.")
    if include_today:
        output.line(f"Today is not over: {files.partial_path(today.isoformat()).name} is partial.")


def verify(
    ctx: typer.Context,
    widget: Widget,
    day: Day,
    *,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", metavar="LANE=LINK", help="A link that was noted elsewhere; may be repeated"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a day's archived proofs against the hash chain: exit code 1 if proofs are missing or were changed."""
    name = day.date().isoformat()
    report = integrity.verify(_stack(ctx).archive(), widget, name, expected=[_link(each) for each in expect or ()])
    if as_json:
        output.json_text(output.integrity_json(report))
    elif report.lanes or report.faults:
        output.integrity(report)
    if report.faults:
        sys.exit(CHECK_FAILED)
    if not report.lanes:
        fail(NOT_FOUND, f"No archived proofs for widget {widget} on {name}.")


def archive(
    ctx: typer.Context,
    since: Annotated[
        datetime, typer.Option("--from", metavar="DATE", parser=parsed_day, show_default=False, help="A day in UTC")
    ],
    widget: Annotated[
        int | None, typer.Option(metavar="WIDGET", parser=WIDGET, show_default=False, help="Only this widget's proofs")
    ] = None,
) -> None:
    """Archive proofs of the table that are missing in the archive. Reads the whole table; may be repeated."""
    stack = _stack(ctx)
    proofs = stack.consents().proofs_since(since.date().isoformat(), now=int(time.time()), widget_id=widget)
    target = stack.archive()
    with backfill.stored(proofs) as stored:
        if stored.erased:
            erasures.record(target, stored.erased)
        for day in stored.backfill(target, Lane(target, BACKFILL_LANE)):
            output.backfilled(day)
        if stored.unreadable:
            fail(CHECK_FAILED, f"Items of the table that are not proofs: {stored.unreadable}. They were skipped.")


COMMANDS = (stats, export, verify, archive)
CHANGING = (archive,)
WRITING = (stats, export)


def _stack(ctx: typer.Context) -> Stack:
    stack: Stack = ctx.obj
    return stack


def _finished_days(first: date, last: date | None, today: date, *, include_today: bool) -> tuple[str, ...]:
    """Return the days to export that are over. Raises BadParameter."""
    yesterday = today - timedelta(days=1)
    if include_today and last:
        raise typer.BadParameter("--include-today goes on to today: leave --to out", param_hint="--to")
    if last and last > yesterday:
        advice = "--include-today writes a partial file"
        raise typer.BadParameter(f"{last} is not over: end with {yesterday}; {advice}", param_hint="--to")
    days = days_between(first, last or yesterday)
    if not days and not (include_today and first == today):
        raise typer.BadParameter("the first day comes after the last", param_hint="--from")
    return days


def _asked(over_http: OverHttp, widget: int, days: Sequence[str]) -> Statistics:
    """Have the administration's API count, which has no log of windows shown."""
    path = f"/v1/widgets/{widget}/statistics?from={days[0]}&to={days[-1]}"
    counted, is_complete = over_http.ask(
        "GET", path, read=lambda answer: (Statistics.from_json(answer), bool(answer["isComplete"]))
    )
    error_line("How often the window was shown is not known through the administration's API.")
    if not is_complete:
        error_line(f"Not complete: the days before {counted.days[0]} or damaged objects of the archive are missing.")
    return counted


def _counted(stack: Stack, widget: int, days: tuple[str, ...], now: datetime) -> Statistics:
    impressions = stack.impressions()
    counted = Statistics(widget, days, shown_from=impressions.known_from(now))
    with tempfile.TemporaryDirectory() as folder, output.progress() as progress:
        proofs = _proofs(stack, widget, days, Path(folder), now)
        for day in progress.days(days):
            shown = impressions.of(widget, day) if day in counted.shown_days else ()
            counted.count_day(day, progress.counting(proofs.of(day)), shown)
    return counted


def _proofs(stack: Stack, widget: int, days: Sequence[str], folder: Path, now: datetime) -> DailyProofs:
    return DailyProofs(stack.archive(), stack.consents(), widget, days, folder, now=int(now.timestamp()))


def _link(text: str) -> tuple[int, str]:
    lane, _, link = text.partition("=")
    if not (lane.isascii() and lane.isdigit()) or not link:
        raise typer.BadParameter("A noted link is LANE=LINK, such as 3=0f1e…", param_hint="--expect")
    return int(lane), link
