"""The commands. Each is a few calls into the layer; ``main`` says in a line what went wrong."""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import UUID

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from consent_core.archive import integrity
from consent_core.archive.objects import Archive, Lane
from consent_core.consent_table import ConsentTable
from consent_core.dates import timestamp
from consent_core.dossier import evidence
from consent_core.dossier.claims import dossier_of
from consent_core.dossier.evidence import Question
from consent_core.errors import ConsentPlatformError, DefinitionError, NotFoundError, UnavailableError
from consent_core.publishing import contrast, known_services
from consent_core.publishing import lint as advice
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_ops import backfill, output, statistics_page
from consent_ops.administration import Administration, AdministrationError
from consent_ops.daily_proofs import DailyProofs
from consent_ops.dossier_page import page as dossier_page
from consent_ops.proof_files import Format, ProofFiles
from consent_ops.stack import Stack, StackError
from consent_ops.widget_statistics import Statistics, days_between, days_until

NOT_FOUND, WRONG, NOT_NOW = 1, 2, 3
UNWISE = BROKEN = 1
BACKFILLED_LANE = 0
ERASING = 600.0  # seconds

Widget = Annotated[int, typer.Argument(metavar="WIDGET", min=1, show_default=False, help="A widget's id, such as 43")]
DefinitionFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, show_default=False, help="A definition, as JSON")
]
Origin = Annotated[
    str, typer.Argument(metavar="ORIGIN", show_default=False, help="https://shop.example, or https://*.shop.example")
]
ConsentId = Annotated[
    UUID, typer.Argument(metavar="CONSENT_ID", show_default=False, help="The visitor's browser keeps it")
]
_DATE = "%Y-%m-%d"
Day = Annotated[
    datetime, typer.Argument(metavar="DATE", formats=[_DATE], show_default=False, help="A day in UTC: 2026-11-26")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines")]


class Switch(StrEnum):
    """What can be switched."""

    ON = "on"
    OFF = "off"


class FileError(Exception):
    """A file that cannot be written; the message is for the operator."""


app = typer.Typer(
    help="Publish widgets and look consents up, on the local stack and on AWS alike.",
    epilog="Exit codes: 0 done, 1 there is no such thing, 2 wrong usage or definition, 3 the stack cannot do it now.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit. A stack trace means a bug."""
    try:
        app(arguments, prog_name="ops")
    except DefinitionError as error:
        _fail(WRONG, *error.problems)
    except NotFoundError as error:
        _fail(NOT_FOUND, str(error))
    except (StackError, AdministrationError, FileError) as error:
        _fail(WRONG, str(error))
    except (ConsentPlatformError, BotoCoreError, ClientError) as error:
        _fail(NOT_NOW, _reason(error))


@app.callback()
def place(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    *,
    local: Annotated[bool, typer.Option("--local", help="The stack on this machine, at AWS_PORT")] = False,
    endpoint_url: Annotated[str | None, typer.Option(help="The AWS of a local stack that is elsewhere")] = None,
    stack_name: Annotated[str | None, typer.Option(envvar="STACK_NAME", help="The stack on AWS")] = None,
    profile: Annotated[str | None, typer.Option(envvar="AWS_PROFILE", help="The profile for AWS")] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="The stack's region")] = None,
    api: Annotated[
        str | None, typer.Option(envvar="ADMIN_API_URL", help="Show and change widgets through the HTTP API there")
    ] = None,
) -> None:
    if local and not endpoint_url:
        endpoint_url = f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}"
    ctx.obj = Stack(endpoint_url, stack_name, profile, region, api)


@app.command()
def publish(ctx: typer.Context, file: DefinitionFile) -> None:
    """Make a widget's definition live. Settings that did not change make no new version."""
    definition = _definition(file)
    for warning in contrast.warnings(definition):
        typer.echo(f"Warning: {warning}", err=True)
    output.published(definition.id, _administration(ctx).publish(definition))


@app.command()
def lint(file: DefinitionFile, *, as_json: AsJson = False) -> None:
    """Say what is unwise in a definition: exit code 1 if anything is, 2 if it cannot be published at all."""
    found = list(advice.warnings(_definition(file)))
    if as_json:
        output.json_text(found)
    else:
        for warning in found:
            output.line(warning)
    if found:
        sys.exit(UNWISE)


@app.command()
def services(
    word: Annotated[
        str, typer.Argument(metavar="[WORD]", show_default=False, help="Part of a name, category, domain or cookie")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """List the well-known services that a definition can refer to by slug."""
    found = known_services.search(word)
    if as_json:
        output.json_text([known.as_json() for known in found])
    elif found:
        output.known_services(found)
    if not found:
        near = known_services.near(word)
        _fail(NOT_FOUND, f"No known service has to do with {word!r}." + (f" Is it {near}?" if near else ""))


@app.command()
def show(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """Show what is live of a widget; as JSON it is a definition, ready to be changed and published."""
    shown = _administration(ctx).show(widget)
    if as_json:
        output.json_text(shown.definition)
    else:
        output.widget(shown)


@app.command()
def add_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Let the pages of one more origin use a widget."""
    output.origins(widget, _administration(ctx).add_origin(widget, origin))


@app.command()
def remove_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Let the pages of an origin no longer use a widget."""
    output.origins(widget, _administration(ctx).remove_origin(widget, origin))


@app.command()
def renew(ctx: typer.Context, widget: Widget) -> None:
    """Ask every visitor again, also those who have decided."""
    output.published(widget, _administration(ctx).raise_renewal(widget))


@app.command()
def developer_mode(
    ctx: typer.Context,
    widget: Widget,
    switch: Annotated[Switch, typer.Argument(show_default=False, help="Whether pages on localhost may use the widget")],
) -> None:
    """Switch developer mode on or off."""
    output.published(widget, _administration(ctx).set_developer_mode(widget, on=switch is Switch.ON))


@app.command()
def rollback(
    ctx: typer.Context,
    widget: Widget,
    version_key: Annotated[
        str, typer.Argument(metavar="VERSION", show_default=False, help="A version that `versions` lists")
    ],
) -> None:
    """Publish the definition of an older version anew; domains, keys and developer mode stay as they are."""
    output.published(widget, _administration(ctx).roll_back(widget, version_key))


@app.command()
def changes(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List who changed what of a widget, the newest first."""
    entries = _administration(ctx).changes(widget)
    if as_json:
        output.json_text([entry.as_json() for entry in entries])
    else:
        output.changes(entries)


@app.command()
def versions(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List the published versions of a widget, the newest first."""
    listed = _administration(ctx).versions(widget)
    if as_json:
        output.json_text([each.as_json() for each in listed])
    else:
        output.versions(listed)


@app.command()
def lookup(
    ctx: typer.Context,
    consent_id: ConsentId,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the history of a consent, the oldest decision first."""
    history = _consents(ctx).history(str(consent_id), now=int(time.time()))
    if as_json:
        output.json_text([{**stored.proof, "expired": stored.expired} for stored in history])
    elif history:
        output.history(history)
    if not history:
        _fail(NOT_FOUND, f"There is no proof of the consent {consent_id}.")


@app.command()
def dossier(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    consent_id: ConsentId,
    *,
    date: Annotated[
        list[datetime] | None,
        typer.Option(formats=[_DATE], help="A day of the archive to search; may be repeated"),
    ] = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Ask Athena where the archive has it; costs what it reads")
    ] = False,
    widget: Annotated[int | None, typer.Option(min=1, help="Only this widget's proofs")] = None,
    file: Annotated[
        Path, typer.Option("--output", help="Where to write it; a file that is there stays as it is")
    ] = Path("dossier.html"),
    as_json: AsJson = False,
) -> None:
    """Write all that can be said of a consent: what was shown, what was decided, and how that is known.

    A proof that has expired is in the archive alone: name the UTC day of its decision, or have it looked for anywhere.
    """
    now = datetime.now(UTC)
    days = None if anywhere else tuple(day.date().isoformat() for day in date or ())
    question = Question(str(consent_id), widget, days)
    value = dossier_of(evidence.collect(ctx.obj.sources(anywhere=anywhere), question, now=now), now)
    if as_json:
        output.json_text(value)
    if not value["decisions"]:
        _fail(NOT_FOUND, f"There is no proof of the consent {consent_id}.", *filter(None, [value["archive"]["advice"]]))
    if not as_json:
        _write_new(file, dossier_page(value))
        output.line(f"Written to {file}. It holds personal data.")


@app.command()
def erase(ctx: typer.Context, consent_id: ConsentId) -> None:
    """Remove from the proofs of a consent what names the visitor: userId, session and page. The proofs stay."""
    consents, now = _consents(ctx), datetime.now(UTC)
    history = consents.history(str(consent_id), now=int(now.timestamp()))
    if not history:
        _fail(NOT_FOUND, f"There is no proof of the consent {consent_id}.")
    erased = sum(
        consents.erase(str(consent_id), widget_id=widget_id, at=timestamp(now), seconds=ERASING)
        for widget_id in {stored.proof["widgetId"] for stored in history}
    )
    output.line(f"{erased} of {len(history)} proofs named the visitor, and no longer do.")


@app.command()
def export(
    ctx: typer.Context,
    widget: Annotated[int, typer.Option("--widget", metavar="WIDGET", min=1, help="A widget's id, such as 43")],
    first: Annotated[datetime, typer.Option("--from", formats=[_DATE], help="The first day (UTC)")],
    folder: Annotated[Path, typer.Option("--output", file_okay=False, help="Where to write a file a day")],
    last: Annotated[
        datetime | None, typer.Option("--to", formats=[_DATE], help="The last day; yesterday at most")
    ] = None,
    kind: Annotated[Format, typer.Option("--format", help="csv and parquet have a row a proof")] = Format.CSV,
) -> None:
    """Write the proofs of a widget into files, one a day. A day whose file is there is not asked for again."""
    now = datetime.now(UTC)
    yesterday = now.date() - timedelta(days=1)
    days = days_between(first.date(), last.date() if last else yesterday)
    if not days:
        raise typer.BadParameter("the first day comes after the last", param_hint="--from")
    if days[-1] > yesterday.isoformat():
        raise typer.BadParameter(f"{days[-1]} is not over: its file would not be whole", param_hint="--to")
    _administration(ctx).show(widget)  # there is such a widget
    files = ProofFiles(folder, widget, kind)
    wanted = files.missing(days)
    with files.working_folder() as working, output.progress() as progress:
        proofs = _proofs(ctx, widget, wanted, working, now)
        for day in progress.days(wanted):
            files.write(progress.counting(proofs.of(day)), day, working)
    output.line(f"Proofs: {progress.total}. Files written: {len(wanted)}, there already: {len(days) - len(wanted)}.")


@app.command()
def stats(
    ctx: typer.Context,
    widget: Widget,
    number: Annotated[int, typer.Option("--days", min=1, max=366, help="How many days, today included")] = 30,
    *,
    as_json: AsJson = False,
    page: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, help="Write a page with charts to this file instead")
    ] = None,
) -> None:
    """Draw what visitors decided: by day, language, device, way of deciding and service."""
    now = datetime.now(UTC)
    title = _administration(ctx).show(widget).definition["label"]
    counted = _counted(ctx, widget, days_until(now.date(), number), now)
    if as_json:
        output.json_text(counted.as_json())
    elif page:
        page.write_text(statistics_page.rendered(counted, title=title, now=now), "utf-8")
    else:
        output.statistics(counted, title)


@app.command()
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
    """Hold the archived proofs of a day against their chain: exit code 1 if something is missing or was changed."""
    date = day.date().isoformat()
    report = integrity.verify(ctx.obj.archive(), widget, date, expected=[_link(each) for each in expect or ()])
    if as_json:
        output.json_text(output.integrity_json(report))
    else:
        output.integrity(report)
    if report.faults:
        sys.exit(BROKEN)
    if not report.lanes:
        _fail(NOT_FOUND, f"There is no archived proof of widget {widget} on {date}.")


@app.command()
def archive(
    ctx: typer.Context,
    since: Annotated[datetime, typer.Option("--from", formats=[_DATE], show_default=False, help="A day in UTC")],
    widget: Annotated[int | None, typer.Option(min=1, show_default=False, help="One widget alone")] = None,
) -> None:
    """Archive those of the table's proofs that the archive lacks. Reads the whole table; may be repeated."""
    proofs = _consents(ctx).proofs_since(since.date().isoformat(), now=int(time.time()), widget_id=widget)
    place: Archive = ctx.obj.archive()
    with backfill.stored(proofs) as found:
        for backfilled in found.backfill(place, Lane(place, BACKFILLED_LANE)):
            output.backfilled(backfilled)
        if found.unreadable:
            _fail(BROKEN, f"{found.unreadable} items of the table are no proofs.")


def _write_new(file: Path, text: str) -> None:
    """Write a file that nobody else may read. Raises FileError, also if there is one already."""
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}. Choose another name with --output.") from error


def _counted(ctx: typer.Context, widget: int, days: tuple[str, ...], now: datetime) -> Statistics:
    impressions = ctx.obj.impressions()
    counted = Statistics(widget, days, shown_from=impressions.known_from(now))
    with tempfile.TemporaryDirectory() as folder, output.progress() as progress:
        proofs = _proofs(ctx, widget, days, Path(folder), now)
        for day in progress.days(days):
            shown = impressions.of(widget, day) if day in counted.shown_days else ()
            counted.count_day(day, progress.counting(proofs.of(day)), shown)
    return counted


def _proofs(ctx: typer.Context, widget: int, days: Sequence[str], folder: Path, now: datetime) -> DailyProofs:
    return DailyProofs(ctx.obj.archive(), _consents(ctx), widget, days, folder, now=int(now.timestamp()))


def _link(text: str) -> tuple[int, str]:
    lane, _, link = text.partition("=")
    if not lane.isdigit() or not link:
        raise typer.BadParameter("A noted link is LANE=LINK, such as 3=0f1e…", param_hint="--expect")
    return int(lane), link


def _consents(ctx: typer.Context) -> ConsentTable:
    consents: ConsentTable = ctx.obj.consents()
    return consents


def _administration(ctx: typer.Context) -> Administration:
    administration: Administration = ctx.obj.administration()
    return administration


def _definition(file: Path) -> WidgetDefinition:
    try:
        return definition_from_json(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DefinitionError([f"The definition is not UTF-8: {error}"]) from error


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, UnavailableError) and error.__cause__ else error
    endpoint = cause.kwargs["endpoint_url"] if isinstance(cause, EndpointConnectionError) else ""
    if endpoint.startswith("http://"):  # AWS's own are https
        return f"Nothing answers at {endpoint}: `make run` starts the local stack, and prints its addresses."
    return str(cause)


def _fail(code: int, *messages: str) -> NoReturn:
    for message in messages:
        typer.echo(message, err=True)
    sys.exit(code)
