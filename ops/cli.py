"""The commands. Each is a few calls into the layer; ``main`` says in a line what went wrong."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from consent_core import contrast, publishing
from consent_core.catalogue import LiveWidget
from consent_core.definitions import WidgetDefinition, definition_from_json
from consent_core.errors import ConsentPlatformError, DefinitionError, UnavailableError
from consent_core.tables import Tables
from ops import output
from ops.connection import Place, StackError

NOT_FOUND, WRONG, NOT_NOW = 1, 2, 3

Widget = Annotated[int, typer.Argument(metavar="WIDGET", min=1, show_default=False, help="A widget's id, such as 43")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines")]

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
    except StackError as error:
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
) -> None:
    if local and not endpoint_url:
        endpoint_url = f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}"
    ctx.obj = Place(endpoint_url, stack_name, profile, region)


@app.command()
def publish(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, show_default=False, help="A definition, as JSON"),
    ],
) -> None:
    """Make a widget's definition live. Settings that did not change make no new version."""
    definition = _definition(file)
    for warning in contrast.warnings(definition):
        typer.echo(f"Warning: {warning}", err=True)
    published = publishing.publish(_tables(ctx), definition, actor=_actor(ctx), now=datetime.now(UTC))
    outcome = "published version" if published.is_new_version else "its settings are already those of version"
    output.line(f"Widget {definition.id}: {outcome} {published.version_key}")


@app.command()
def show(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """Show what is live of a widget; as JSON it is a definition, ready to be changed and published."""
    tables = _tables(ctx)
    live = _live(tables, widget)
    definition = json.loads(tables.definition(widget, live.version_key) or "{}")
    if as_json:
        output.json_text(definition | _private_part(live))
    else:
        output.widget(live, definition)


@app.command()
def add_domain(
    ctx: typer.Context,
    widget: Widget,
    origin: Annotated[
        str,
        typer.Argument(metavar="ORIGIN", show_default=False, help="https://shop.example, or https://*.shop.example"),
    ],
) -> None:
    """Let the pages of one more origin use a widget."""
    try:
        live = publishing.add_origin(_tables(ctx), widget, origin, actor=_actor(ctx), now=datetime.now(UTC))
    except LookupError:
        _fail(NOT_FOUND, f"There is no widget {widget}.")
    output.line(f"Widget {widget} may be used on: {' '.join(live.origins)}")


@app.command()
def versions(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List the published versions of a widget, the newest first."""
    tables = _tables(ctx)
    live = _live(tables, widget)
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
    consent_id: Annotated[
        UUID, typer.Argument(metavar="CONSENT_ID", show_default=False, help="The visitor's browser keeps it")
    ],
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


def _tables(ctx: typer.Context) -> Tables:
    tables: Tables = ctx.obj.tables()
    return tables


def _actor(ctx: typer.Context) -> str:
    actor: str = ctx.obj.actor()
    return actor


def _definition(file: Path) -> WidgetDefinition:
    try:
        return definition_from_json(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DefinitionError([f"The definition is not UTF-8: {error}"]) from error


def _live(tables: Tables, widget: int) -> LiveWidget:
    live = tables.live(widget)
    if live is None:
        _fail(NOT_FOUND, f"There is no widget {widget}.")
    return live


def _private_part(live: LiveWidget) -> dict[str, Any]:
    """What a version does not keep of its definition."""
    return {
        "keys": live.keys,
        "origins": live.origins,
        "enabled": live.enabled,
        "allowNativeApps": live.allow_native_apps,
    }


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
