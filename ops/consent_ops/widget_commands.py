"""Commands on widgets and their definitions."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from consent_core.errors import DefinitionError
from consent_core.publishing import contrast, known_services
from consent_core.publishing import lint as advice
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_ops import output, starter
from consent_ops.failures import CHECK_FAILED, NOT_FOUND, fail
from consent_ops.files import write_new
from consent_ops.options import WIDGET, AsJson, DefinitionFile, Widget, choice
from consent_ops.printing import error_line
from consent_ops.stack import Stack

Origin = Annotated[
    str, typer.Argument(metavar="ORIGIN", show_default=False, help="https://shop.example, or https://*.shop.example")
]


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


def new(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", dir_okay=False, help="The file to write")] = Path(
        "widget.json"
    ),
    *,
    widget: Annotated[int, typer.Option("--widget", metavar="WIDGET", parser=WIDGET, help="The widget's id")] = 1,
) -> None:
    """Write a starter definition, and its JSON Schema beside it for your editor. No file is overwritten."""
    write_new(file, starter.definition(widget))
    schema = file.with_name(starter.SCHEMA)
    if not schema.exists():
        write_new(schema, starter.schema())
    output.line(f"Written to {file}. Edit it, then: consent-ops lint {file}")


def publish(ctx: typer.Context, file: DefinitionFile) -> None:
    """Make a widget's definition live. Unchanged settings make no new version."""
    definition = _definition(file)
    for warning in contrast.warnings(definition):
        error_line(f"Warning: {warning}")
    output.published(definition.id, _stack(ctx).administration().publish(definition))


def lint(file: DefinitionFile, *, as_json: AsJson = False) -> None:
    """Warn about questionable choices in a definition: exit code 1 for warnings, 2 if it cannot be published."""
    found = list(advice.warnings(_definition(file)))
    if as_json:
        output.json_text(found)
    else:
        for warning in found or ["No warnings."]:
            output.line(warning)
    if found:
        sys.exit(CHECK_FAILED)


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
        fail(NOT_FOUND, f"No known service matches {word!r}." + (f" Did you mean {near}?" if near else ""))


def show(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """Show the live version of a widget; as JSON it is a definition to change and publish."""
    live = _stack(ctx).administration().show(widget)
    if as_json:
        output.json_text(live.definition)
    else:
        output.widget(live)


def add_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Allow the pages of one more origin to use a widget."""
    output.origins(widget, _stack(ctx).administration().add_origin(widget, origin))


def remove_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Stop the pages of an origin from using a widget."""
    output.origins(widget, _stack(ctx).administration().remove_origin(widget, origin))


def renew(ctx: typer.Context, widget: Widget) -> None:
    """Ask every visitor again, including those who have decided."""
    output.published(widget, _stack(ctx).administration().raise_renewal(widget))


def developer_mode(
    ctx: typer.Context,
    widget: Widget,
    switch: Annotated[
        Switch,
        typer.Argument(
            metavar="on|off",
            parser=choice(Switch),
            show_default=False,
            help="Whether pages on localhost may use the widget",
        ),
    ],
) -> None:
    """Switch developer mode on or off."""
    output.published(widget, _stack(ctx).administration().set_developer_mode(widget, on=switch is Switch.ON))


def rollback(
    ctx: typer.Context,
    widget: Widget,
    version_key: Annotated[
        str, typer.Argument(metavar="VERSION", show_default=False, help="A version that `versions` lists")
    ],
) -> None:
    """Publish the definition of an older version again; domains, keys and developer mode stay as they are."""
    output.published(widget, _stack(ctx).administration().roll_back(widget, version_key))


def changes(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List a widget's changes and their authors, the newest first."""
    entries = _stack(ctx).administration().changes(widget)
    if as_json:
        output.json_text([entry.as_json() for entry in entries])
    else:
        output.changes(entries)


def versions(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List the published versions of a widget, the newest first."""
    listed = _stack(ctx).administration().versions(widget)
    if as_json:
        output.json_text([each.as_json() for each in listed])
    else:
        output.versions(listed)


COMMANDS = (
    new,
    publish,
    lint,
    services,
    show,
    add_domain,
    remove_domain,
    renew,
    developer_mode,
    rollback,
    changes,
    versions,
)


def _stack(ctx: typer.Context) -> Stack:
    stack: Stack = ctx.obj
    return stack


def _definition(file: Path) -> WidgetDefinition:
    try:
        return definition_from_json(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DefinitionError([f"The definition is not UTF-8: byte {error.start} cannot be read."]) from error
