"""The commands. Each is a few calls into the layer; ``main`` says in a line what went wrong."""

import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import UUID

import typer
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from consent_core import contrast, known_services
from consent_core import lint as advice
from consent_core.definitions import WidgetDefinition, definition_from_json
from consent_core.errors import ConsentPlatformError, DefinitionError, NotFoundError, UnavailableError
from consent_core.tables import Tables
from ops import output
from ops.administration import Administration, AdministrationError
from ops.connection import Place, StackError

NOT_FOUND, WRONG, NOT_NOW = 1, 2, 3
UNWISE = 1

Widget = Annotated[int, typer.Argument(metavar="WIDGET", min=1, show_default=False, help="A widget's id, such as 43")]
DefinitionFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, show_default=False, help="A definition, as JSON")
]
Origin = Annotated[
    str, typer.Argument(metavar="ORIGIN", show_default=False, help="https://shop.example, or https://*.shop.example")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines")]


class Switch(StrEnum):
    """What can be switched."""

    ON = "on"
    OFF = "off"


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
    except (StackError, AdministrationError) as error:
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
    ctx.obj = Place(endpoint_url, stack_name, profile, region, api)


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
