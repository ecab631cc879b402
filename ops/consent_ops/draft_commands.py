"""Commands on drafts: ``consent-ops draft …``."""

from pathlib import Path
from typing import Annotated

import typer

from consent_core.errors import UnconfirmedError
from consent_core.publishing.differences import Difference
from consent_core.shapes import LARGEST_ID
from consent_ops import output
from consent_ops.files import write_new
from consent_ops.options import DefinitionFile, Widget, whole_number
from consent_ops.printing import json_of
from consent_ops.stack import Stack
from consent_ops.widget_commands import agree, definition_of


def show(
    ctx: typer.Context,
    widget: Widget,
    *,
    file: Annotated[
        Path | None,
        typer.Option("--output", dir_okay=False, help="The file to write; an existing file is not overwritten"),
    ] = None,
) -> None:
    """Print a widget's draft, ready to be changed and saved."""
    found = _stack(ctx).administration().draft(widget)
    output.draft(found.draft)
    if file is None:
        output.json_text(found.definition)
    else:
        write_new(file, json_of(found.definition))
        output.line(f"Written to {file}. Edit it, then: consent-ops draft save {file} --number {found.draft.number}")


def save(
    ctx: typer.Context,
    file: DefinitionFile,
    *,
    number: Annotated[
        int | None,
        typer.Option(
            "--number", metavar="NUMBER", parser=whole_number(LARGEST_ID), help="The draft that the file replaces"
        ),
    ] = None,
) -> None:
    """Save a definition as the draft of its widget; nothing is published. Its parts need not fit together yet."""
    definition = definition_of(file, parts_only=True)
    saved = _stack(ctx).administration().save_draft(definition, expected=number)
    output.draft(saved)
    output.line(f"Widget {saved.widget_id}: saved draft {saved.number}")


def publish(
    ctx: typer.Context,
    widget: Widget,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Publish without a question, also if it takes something away")
    ] = False,
) -> None:
    """Make a widget's draft live. If that takes something away, it is listed and needs a yes."""
    administration = _stack(ctx).administration()
    number = administration.draft(widget).draft.number
    try:
        published = administration.publish_draft(widget)
    except UnconfirmedError as refused:
        agree(widget, [Difference.from_json(each) for each in refused.takes_away], yes=yes)
        published = administration.publish_draft(widget, expected=number)
    output.published(widget, published)


def discard(ctx: typer.Context, widget: Widget) -> None:
    """Discard a widget's draft; what is live stays as it is."""
    _stack(ctx).administration().discard_draft(widget)
    output.line(f"Widget {widget} has no draft any more.")


COMMANDS = (show, save, publish, discard)
CHANGING = (save, publish, discard)
WRITING = (show,)


def _stack(ctx: typer.Context) -> Stack:
    stack: Stack = ctx.obj
    return stack
