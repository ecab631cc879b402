"""Commands on widgets and their definitions."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from consent_core.errors import DefinitionError, UnconfirmedError
from consent_core.problems import Problem
from consent_core.publishing import allow_list, contrast, known_services, policies, snippet
from consent_core.publishing import lint as advice
from consent_core.publishing.changes import Plan
from consent_core.publishing.check import Findings
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_core.publishing.differences import Difference
from consent_core.publishing.widgets import as_json as as_listed
from consent_core.publishing.widgets import enlist
from consent_ops import output, starter
from consent_ops.failures import CHECK_FAILED, NOT_FOUND, WRONG, fail
from consent_ops.files import write_new
from consent_ops.options import (
    WIDGET,
    AsJson,
    DefinitionFile,
    DefinitionFiles,
    Origin,
    Widget,
    choice,
    origin_of,
    parsed_service,
    version_or_revision,
    whole_number,
)
from consent_ops.printing import confirmed, error_line, json_of
from consent_ops.snippet import newest_build
from consent_ops.stack import Stack

_NOT_PUBLISHED = (
    "Nothing was published. To publish it all the same, repeat the command with --yes. "
    "To start from what is live: consent-ops pull {widget} --output FILE"
)


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


def widgets(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """List the widgets, with those that are deleted and those that are drafts."""
    found = [*_stack(ctx).administration().listed()]
    if as_json:
        output.json_text([as_listed(each) for each in found])
    else:
        output.listed(found)


def create(
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(metavar="LABEL", show_default=False, help="Its name in lists")],
    origin: Origin,
    *,
    languages: Annotated[
        list[str], typer.Option("--lang", metavar="LANGUAGE", help="A language such as fr; repeat it for several")
    ] = ["en"],  # noqa: B006 - typer copies it
) -> None:
    """Make a new widget, as a draft. Its id and its public key are made for you."""
    created = _stack(ctx).administration().create(label, origin_of(origin), languages)
    output.line(f"Widget {created.widget_id} is a draft. Its public key is {created.key}")
    output.line(f"To edit it: consent-ops draft show {created.widget_id} --output widget.json")


def reindex(
    ctx: typer.Context,
    *,
    most: Annotated[
        int, typer.Option("--most", metavar="NUMBER", parser=whole_number(100_000), help="Stop after so many widgets")
    ] = 1_000,
) -> None:
    """Put widgets that were published before there was a list into it. Reads the whole table of widgets."""
    done = 0
    for widget in islice(enlist(_stack(ctx).widgets()), most):
        output.line(f"Widget {widget} is listed now.")
        done += 1
    if done == most:
        output.line("There may be more: repeat the command.")
    elif not done:
        output.line("Every widget is listed.")


def publish(
    ctx: typer.Context,
    file: DefinitionFile,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Publish without a question, also if it takes something away")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and list what would change; publish nothing")
    ] = False,
) -> None:
    """Make a widget's definition live. Unchanged settings make no new version.

    If that takes away domains, keys, services, languages and the like, they are listed and need a yes.
    """
    definition = definition_of(file)
    for warning in contrast.warnings(definition):
        error_line(f"Warning: {warning}")
    administration = _stack(ctx).administration()
    if dry_run:
        _rehearse(definition.id, administration.plan(definition), yes=yes)
        return
    try:
        published = administration.publish(definition)
    except UnconfirmedError as refused:
        agree(definition.id, [Difference.from_json(each) for each in refused.takes_away], yes=yes)
        published = administration.publish(definition, expected=refused.revision)
    output.published(definition.id, published)


def _rehearse(widget: int, plan: Plan, *, yes: bool) -> None:
    output.plan(widget, plan)
    if plan.takes_away and not yes:
        sys.exit(CHECK_FAILED)


def agree(widget: int, taken: Sequence[Difference], *, yes: bool) -> None:
    """Return if the operator agrees to what a publication takes away; otherwise exit."""
    output.taken_away(widget, taken)
    if yes or confirmed("Publish it all the same?"):
        return
    fail(CHECK_FAILED, _NOT_PUBLISHED.format(widget=widget))


def diff(ctx: typer.Context, file: DefinitionFile, *, as_json: AsJson = False) -> None:
    """List what publishing a definition would change: exit code 0 for no difference, 1 for some."""
    definition = definition_of(file)
    plan = _stack(ctx).administration().plan(definition)
    if as_json:
        output.json_text({"widgetId": definition.id, **plan.as_json()})
    else:
        output.plan(definition.id, plan)
    if plan.differences or plan.revision is None:
        sys.exit(CHECK_FAILED)


def pull(
    ctx: typer.Context,
    widget: Widget,
    *,
    file: Annotated[
        Path | None,
        typer.Option("--output", dir_okay=False, help="The file to write; an existing file is not overwritten"),
    ] = None,
) -> None:
    """Print the definition that is live, ready to be changed and published."""
    live = _stack(ctx).administration().show(widget)
    if file is None:
        output.json_text(live.definition)
    else:
        write_new(file, json_of(live.definition))
        output.line(f"Written to {file}. Edit it, then: consent-ops diff {file}")


def lint(files: DefinitionFiles, *, as_json: AsJson = False) -> None:
    """Warn about questionable choices in definitions: exit code 1 for warnings, 2 if one cannot be published.

    Those of several widgets are also compared with each other.
    """
    definitions = {file: definition_of(file) for file in files}
    name = "{file}: {said}" if len(definitions) > 1 else "{said}"
    found = [
        *(name.format(file=file, said=said) for file, each in definitions.items() for said in advice.warnings(each)),
        *map(str, advice.shared_cookies([*definitions.values()])),
    ]
    if as_json:
        output.json_text(found)
    else:
        for warning in found or ["No warnings."]:
            output.line(warning)
    if found:
        sys.exit(CHECK_FAILED)


def check(ctx: typer.Context, file: DefinitionFile, *, as_json: AsJson = False) -> None:
    """List what publishing would refuse and what lint warns about, each with its place in the file; publish nothing.

    Exit code 1 for warnings, 2 for problems. Unlike lint, it compares with what is live.
    """
    try:
        definition = definition_of(file)
    except DefinitionError as error:
        found = Findings(error.errors).as_json()
    else:
        found = _stack(ctx).administration().check(definition)
    if as_json:
        output.json_text(found)
    else:
        output.findings(found)
    if found["problems"]:
        sys.exit(WRONG)
    if found["warnings"]:
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


def presets(
    preset: Annotated[
        str, typer.Argument(metavar="[PRESET]", show_default=False, help="The id of a preset, to read its sources")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """List the presets of regional policies that a definition can refer to by id."""
    known = policies.presets()
    found = [known[preset]] if preset in known else [] if preset else [*known.values()]
    if as_json:
        output.json_text([each.as_json() for each in found])
    elif found:
        output.presets(found, with_sources=bool(preset))
    if not found:
        fail(NOT_FOUND, f"No preset is called {preset!r}. There are {', '.join(known)}.")


def show(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """Show the live version of a widget; as JSON it is a definition to change and publish."""
    live = _stack(ctx).administration().show(widget)
    if as_json:
        output.json_text(live.definition)
    else:
        output.widget(live)


def install(
    ctx: typer.Context,
    widget: Widget,
    *,
    pinned: Annotated[
        bool, typer.Option("--pinned", help="Name the build that is deployed now, and its hash for browsers to check")
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(
            "--lang",
            metavar="LANGUAGE",
            help="Fix the language, so that browsers ask for the settings before the SDK has come",
        ),
    ] = None,
    csp: Annotated[bool, typer.Option("--csp", help="Print the Content-Security-Policy that pages need, too")] = False,
    service_url: Annotated[
        str | None,
        typer.Option(
            "--service-url",
            envvar="SERVICE_URL",
            parser=parsed_service,
            metavar="URL",
            help="The service's address: the stack's output ServiceUrl",
        ),
    ] = None,
) -> None:
    """Print what a site puts into its pages to use a widget."""
    stack = _stack(ctx)
    definition = stack.administration().show(widget).definition
    service = service_url or parsed_service(stack.service_url())
    if language and language not in definition["languages"]:
        raise typer.BadParameter(f"the widget has {', '.join(definition['languages'])}", param_hint="--lang")
    build = newest_build(service) if pinned else None
    lines = snippet.html(widget, definition["keys"][0], service, build, language)
    for line in (*lines, *(("", snippet.policy(definition, service)) if csp else ())):
        output.line(line)
    for hint in snippet.hints(definition):
        error_line(hint)
    if build:
        error_line(f"If the changelog does not list {build.path}, the next deployment removes it.")


def add_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Allow the pages of one more origin to use a widget."""
    output.origins(widget, _stack(ctx).administration().add_origin(widget, origin_of(origin)))
    _explain(origin)


def remove_domain(ctx: typer.Context, widget: Widget, origin: Origin) -> None:
    """Stop the pages of an origin from using a widget."""
    output.origins(widget, _stack(ctx).administration().remove_origin(widget, origin_of(origin)))
    _explain(origin)


def _explain(typed: str) -> None:
    """Print the origin that a change was made to, if it was typed otherwise."""
    if origin_of(typed) != typed:
        error_line(f"{typed} is understood as {allow_list.normalise(origin_of(typed))}")


def add_key(
    ctx: typer.Context,
    widget: Widget,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", show_default=False, help="The key; without it one is made for you")
    ] = None,
) -> None:
    """Add a public key to a widget."""
    output.keys(widget, _stack(ctx).administration().add_key(widget, key))


def retire_key(
    ctx: typer.Context,
    widget: Widget,
    key: Annotated[str, typer.Argument(metavar="KEY", show_default=False, help="A public key of the widget")],
) -> None:
    """Retire a public key of a widget: pages that still use it get no settings."""
    output.keys(widget, _stack(ctx).administration().retire_key(widget, key))


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
    version: Annotated[
        str,
        typer.Argument(
            metavar="VERSION",
            show_default=False,
            help="A version that `versions` lists, or a revision that `changes --json` lists",
        ),
    ],
    *,
    with_domains: Annotated[
        bool,
        typer.Option("--with-domains", help="Bring back the domains, keys and switches of that time as well"),
    ] = False,
) -> None:
    """Publish the definition of an older version again; domains, keys and developer mode stay as they are."""
    administration = _stack(ctx).administration()
    output.published(widget, administration.roll_back(widget, version_or_revision(version), with_domains=with_domains))
    if with_domains:
        output.access(administration.show(widget).definition)


def disable(ctx: typer.Context, widget: Widget) -> None:
    """Switch a widget off: pages get no settings, show no window and block what needs consent."""
    _stack(ctx).administration().set_enabled(widget, on=False)
    output.line(f"Widget {widget} is disabled: no page can use it. To switch it on: consent-ops enable {widget}")


def enable(ctx: typer.Context, widget: Widget) -> None:
    """Switch a disabled widget on again."""
    _stack(ctx).administration().set_enabled(widget, on=True)
    output.line(f"Widget {widget} is enabled.")


def delete(
    ctx: typer.Context,
    widget: Widget,
    *,
    even_with_proofs: Annotated[
        bool, typer.Option("--even-with-proofs", help="Delete it although proofs of it have not expired")
    ] = False,
) -> None:
    """Delete a disabled widget whose proofs have expired. Its versions and its audit stay, as evidence."""
    _stack(ctx).administration().delete(widget, even_with_proofs=even_with_proofs)
    output.line(f"Widget {widget} is deleted. Its versions and its audit stay, as evidence for proofs.")


def changes(ctx: typer.Context, widget: Widget, *, as_json: AsJson = False) -> None:
    """List a widget's changes and their authors, the newest first."""
    entries = _stack(ctx).administration().changes(widget)
    if as_json:
        output.json_text([moment.as_json() for moment in entries])
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
    widgets,
    create,
    new,
    pull,
    diff,
    publish,
    lint,
    check,
    services,
    presets,
    show,
    install,
    add_domain,
    remove_domain,
    add_key,
    retire_key,
    renew,
    developer_mode,
    disable,
    enable,
    delete,
    rollback,
    changes,
    versions,
    reindex,
)
CHANGING = (
    publish,
    add_domain,
    remove_domain,
    add_key,
    retire_key,
    renew,
    developer_mode,
    disable,
    enable,
    delete,
    rollback,
)
REPEATABLE = (reindex,)
WRITING = (new, pull)


def _stack(ctx: typer.Context) -> Stack:
    stack: Stack = ctx.obj
    return stack


def definition_of(file: Path, *, parts_only: bool = False) -> WidgetDefinition:
    """Read a definition's file. Raises DefinitionError; ``parts_only`` is that of ``definition_from_json``."""
    try:
        return definition_from_json(file.read_text("utf-8-sig"), parts_only=parts_only)
    except UnicodeDecodeError as error:
        unreadable = f"The definition is not UTF-8: byte {error.start} cannot be read."
        raise DefinitionError([Problem((), unreadable)]) from error
