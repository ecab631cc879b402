"""The commands. Each is a few calls into the layer; ``main`` says in a line what went wrong."""

import os
import sys
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn, TypedDict
from uuid import UUID

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from consent_core import contrast, evidence, integrity, publishing, widgets
from consent_core import lint as advice
from consent_core.archive import Archive, Lane
from consent_core.dates import timestamp
from consent_core.definitions import WidgetDefinition, definition_from_json
from consent_core.dossier import dossier_of
from consent_core.errors import ConsentPlatformError, DefinitionError, NotFoundError, UnavailableError
from consent_core.evidence import Question
from consent_core.tables import Tables
from ops import output, refill
from ops.connection import Place, StackError
from ops.dossier import page as dossier_page

NOT_FOUND, WRONG, NOT_NOW = 1, 2, 3
UNWISE = BROKEN = 1
REFILLED_LANE = 0
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
Day = Annotated[
    datetime, typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], show_default=False, help="A day in UTC: 2026-11-26")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines")]


class Switch(StrEnum):
    """What can be switched."""

    ON = "on"
    OFF = "off"


class FileError(Exception):
    """A file that cannot be written; the message is for the operator."""


class Authorship(TypedDict):
    """Who changes something, and when."""

    actor: str
    now: datetime


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
    except (StackError, FileError) as error:
        _fail(WRONG, str(error))
    except (ConsentPlatformError, BotoCoreError, ClientError) as error:
        _fail(NOT_NOW, _reason(error))


@app.callback()
def place(
    ctx: typer.Context,
    *,
    local: Annotated[bool, typer.Option("--local", help="The stack on this machine, at AWS_PORT")] = False,
    endpoint_url: Annotated[str | None, typer.Option(help="The AWS of a local stack that is elsewhere")] = None,
    stack_name: Annotated[str | None, typer.Option(envvar="STACK_NAME", help="The stack on AWS")] = None,
    profile: Annotated[str | None, typer.Option(envvar="AWS_PROFILE", help="The profile for AWS")] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="The stack's region")] = None,
) -> None:
    if local and not endpoint_url:
        endpoint_url = f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}"
    ctx.obj = Place(endpoint_url, stack_name, profile, region)


@app.command()
def publish(ctx: typer.Context, file: DefinitionFile) -> None:
    """Make a widget's definition live. Settings that did not change make no new version."""
    definition = _definition(file)
    for warning in contrast.warnings(definition):
        typer.echo(f"Warning: {warning}", err=True)
    output.published(definition.id, publishing.publish(_tables(ctx), definition, **_authorship(ctx)))


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
def show(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """Show what is live of a widget; as JSON it is a definition, ready to be changed and published."""
    found = widgets.read(_tables(ctx), widget)
    if as_json:
        output.json_text(found.definition)
    else:
        output.widget(found.live, found.definition)


@app.command()
def add_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Let the pages of one more origin use a widget."""
    output.origins(publishing.add_origin(_tables(ctx), widget, origin, **_authorship(ctx)))


@app.command()
def remove_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Let the pages of an origin no longer use a widget."""
    output.origins(publishing.remove_origin(_tables(ctx), widget, origin, **_authorship(ctx)))


@app.command()
def renew(ctx: typer.Context, widget: Widget) -> None:
    """Ask every visitor again, also those who have decided."""
    output.published(widget, publishing.raise_renewal(_tables(ctx), widget, **_authorship(ctx)))


@app.command()
def developer_mode(
    ctx: typer.Context,
    widget: Widget,
    switch: Annotated[Switch, typer.Argument(show_default=False, help="Whether pages on localhost may use the widget")],
) -> None:
    """Switch developer mode on or off."""
    on = switch is Switch.ON
    output.published(widget, publishing.set_developer_mode(_tables(ctx), widget, on=on, **_authorship(ctx)))


@app.command()
def rollback(
    ctx: typer.Context,
    widget: Widget,
    version_key: Annotated[
        str, typer.Argument(metavar="VERSION", show_default=False, help="A version that `versions` lists")
    ],
) -> None:
    """Publish the definition of an older version anew; domains, keys and developer mode stay as they are."""
    output.published(widget, publishing.roll_back(_tables(ctx), widget, version_key, **_authorship(ctx)))


@app.command()
def changes(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List who changed what of a widget, the newest first."""
    tables = _tables(ctx)
    widgets.read(tables, widget)
    entries = tables.changes(widget)
    if as_json:
        output.json_text([entry.as_json() for entry in entries])
    else:
        output.changes(entries)


@app.command()
def versions(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List the published versions of a widget, the newest first."""
    tables = _tables(ctx)
    live = widgets.read(tables, widget).live
    published = tables.versions(widget)
    if as_json:
        output.json_text(
            [{"versionKey": key, "publishedAt": at, "live": key == live.version_key} for key, at in published]
        )
    else:
        output.versions(published, live.version_key)


@app.command()
def lookup(
    ctx: typer.Context,
    consent_id: ConsentId,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the history of a consent, the oldest decision first."""
    history = _tables(ctx).history(str(consent_id), now=int(time.time()))
    if as_json:
        output.json_text([{**stored.proof, "expired": stored.expired} for stored in history])
    elif history:
        output.history(history)
    if not history:
        _fail(NOT_FOUND, f"There is no proof of the consent {consent_id}.")


@app.command()
def dossier(
    ctx: typer.Context,
    consent_id: ConsentId,
    *,
    date: Annotated[
        list[datetime] | None,
        typer.Option(formats=["%Y-%m-%d"], help="A day of the archive to search; may be repeated"),
    ] = None,
    widget: Annotated[int | None, typer.Option(min=1, help="Only this widget's proofs")] = None,
    file: Annotated[
        Path, typer.Option("--output", help="Where to write it; a file that is there stays as it is")
    ] = Path("dossier.html"),
    as_json: AsJson = False,
) -> None:
    """Write all that can be said of a consent: what was shown, what was decided, and how that is known.

    A proof that has expired is in the archive alone: name the UTC day of its decision.
    """
    now = datetime.now(UTC)
    question = Question(str(consent_id), widget, tuple(day.date().isoformat() for day in date or ()))
    value = dossier_of(evidence.collect(ctx.obj.sources(), question, now=now), now)
    if as_json:
        output.json_text(value)
    if not value["decisions"]:
        _fail(NOT_FOUND, f"There is no proof of the consent {consent_id}.", *_where_else(question))
    if not as_json:
        _write_new(file, dossier_page(value))
        output.line(f"Written to {file}. It holds personal data.")


@app.command()
def erase(ctx: typer.Context, consent_id: ConsentId) -> None:
    """Remove from the proofs of a consent what names the visitor: userId, session and page. The proofs stay."""
    tables, now = _tables(ctx), datetime.now(UTC)
    history = tables.history(str(consent_id), now=int(now.timestamp()))
    if not history:
        _fail(NOT_FOUND, f"There is no proof of the consent {consent_id}.")
    erased = sum(
        tables.erase(str(consent_id), widget_id=widget_id, at=timestamp(now), seconds=ERASING)
        for widget_id in {stored.proof["widgetId"] for stored in history}
    )
    output.line(f"{erased} of {len(history)} proofs named the visitor, and no longer do.")


def _where_else(question: Question) -> tuple[str, ...]:
    return () if question.days else ("If it has expired, name the day of its decision: --date 2026-11-26.",)


def _write_new(file: Path, text: str) -> None:
    """Write a file that nobody else may read. Raises FileError, also if there is one already."""
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}. Choose another name with --output.") from error


@app.command()
def verify(
    ctx: typer.Context,
    widget: Widget,
    day: Day,
    *,
    noted: Annotated[
        list[str] | None,
        typer.Option("--noted", metavar="LANE=LINK", help="A link that was noted elsewhere; may be repeated"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold the archived proofs of a day against their chain: exit code 1 if something is missing or was changed."""
    date = day.date().isoformat()
    report = integrity.verify(ctx.obj.archive(), widget, date, noted=[_noted(each) for each in noted or ()])
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
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], show_default=False, help="A day in UTC")],
    widget: Annotated[int | None, typer.Option(min=1, show_default=False, help="One widget alone")] = None,
) -> None:
    """Archive those of the table's proofs that the archive lacks. Reads the whole table; may be repeated."""
    proofs = _tables(ctx).proofs_since(since.date().isoformat(), now=int(time.time()), widget_id=widget)
    place: Archive = ctx.obj.archive()
    with refill.found(proofs) as found:
        for refilled in found.refill(place, Lane(place, REFILLED_LANE)):
            output.refilled(refilled)
        if found.unreadable:
            _fail(BROKEN, f"{found.unreadable} items of the table are no proofs.")


def _noted(text: str) -> tuple[int, str]:
    lane, _, link = text.partition("=")
    if not lane.isdigit() or not link:
        raise typer.BadParameter("A noted link is LANE=LINK, such as 3=0f1e…", param_hint="--noted")
    return int(lane), link


def _tables(ctx: typer.Context) -> Tables:
    tables: Tables = ctx.obj.tables()
    return tables


def _authorship(ctx: typer.Context) -> Authorship:
    return {"actor": ctx.obj.actor(), "now": datetime.now(UTC)}


def _definition(file: Path) -> WidgetDefinition:
    try:
        return definition_from_json(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DefinitionError([f"The definition is not UTF-8: {error}"]) from error


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, UnavailableError) and error.__cause__ else error
    endpoint = cause.kwargs["endpoint_url"] if isinstance(cause, EndpointConnectionError) else ""
    if endpoint.startswith("http://"):  # AWS's own are https
        return f"Nothing answers at {endpoint}: `make run` starts the local stack, AWS_PORT names its port."
    return str(cause)


def _fail(code: int, *messages: str) -> NoReturn:
    for message in messages:
        typer.echo(message, err=True)
    sys.exit(code)
