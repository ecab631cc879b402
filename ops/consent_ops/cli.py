"""The command line: its options, its commands, and what becomes of their errors."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated

import typer
from botocore.exceptions import ClientError
from typer.rich_utils import rich_format_error

from consent_core.errors import ConsentPlatformError
from consent_core.reports.printable import printable
from consent_ops import archive_commands, consent_commands, draft_commands, output, widget_commands
from consent_ops.failures import EXIT_CODES, UNAVAILABLE, WRONG, OperatorError, OutputError, fail, report
from consent_ops.options import is_address
from consent_ops.stack import Stack
from consent_ops.version import version

type Command = Callable[..., None]

_DEFAULT_PORT = 4566

app = typer.Typer(
    help="Publish widgets, answer for consents, export proofs: on the local stack and on AWS alike.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_drafts = typer.Typer(help="Show, save, publish and discard drafts.", no_args_is_help=True)
_MODULES = (widget_commands, consent_commands, archive_commands)
_COMMANDS = [each for module in _MODULES for each in module.COMMANDS]
_ADVICE: dict[Command, str] = {
    **dict.fromkeys(
        [each for module in (*_MODULES, draft_commands) for each in module.WRITING],
        "A file that this command writes may exist already.",
    ),
    **dict.fromkeys(
        (*consent_commands.CHANGING, *archive_commands.CHANGING, *widget_commands.REPEATABLE),
        "A change may have been made. Repeat the command: what is done already stays as it is.",
    ),
    **dict.fromkeys(
        widget_commands.CHANGING,
        "A change may have been made: consent-ops changes WIDGET lists it.",
    ),
    widget_commands.create: "A widget may have been made: consent-ops widgets lists it.",
    **dict.fromkeys(
        draft_commands.CHANGING,
        "A change may have been made: consent-ops draft show WIDGET and consent-ops changes WIDGET show it.",
    ),
}


def _writing(command: Command) -> Command:
    """Return a command that raises OutputError, with advice about its change, if its output cannot be written."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except BrokenPipeError:
            raise  # typer ends quietly
        except (OSError, UnicodeEncodeError) as error:
            raise OutputError(error, _ADVICE.get(command, "")) from error

    return run


for each in _COMMANDS:
    app.command()(_writing(each))
for each in draft_commands.COMMANDS:
    _drafts.command()(_writing(each))
app.add_typer(_drafts, name="draft")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit. A stack trace means a bug."""
    if sys.stdout is None:
        fail(UNAVAILABLE, "The output could not be written: standard output is closed. Nothing was done.")
    try:
        _run(arguments)
    except (OSError, UnicodeEncodeError) as error:  # of help, or of an error's text
        report(OutputError(error))


def _run(arguments: list[str] | None) -> None:
    try:
        sys.exit(app(arguments, prog_name="consent-ops", standalone_mode=False))
    except typer.Abort:
        fail(WRONG, "Aborted.")
    except typer.TyperException as error:
        error.message = printable(error.message)
        rich_format_error(error)  # type: ignore[arg-type]  # typer declares a class of its own click
        sys.exit(error.exit_code)
    except (ConsentPlatformError, OperatorError, OutputError, ClientError) as error:
        report(error)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.line(version())
        raise typer.Exit


@app.callback()
def options(  # noqa: PLR0913 - each is an option
    ctx: typer.Context,
    *,
    local: Annotated[bool, typer.Option("--local", help="The stack on this machine, at AWS_PORT")] = False,
    endpoint_url: Annotated[
        str | None, typer.Option(envvar="CONSENT_OPS_ENDPOINT_URL", help="The AWS address of another local stack")
    ] = None,
    stack_name: Annotated[str | None, typer.Option(envvar="STACK_NAME", help="The stack on AWS")] = None,
    profile: Annotated[str | None, typer.Option(envvar="AWS_PROFILE", help="The AWS profile")] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="The stack's region")] = None,
    api: Annotated[
        str | None,
        typer.Option(envvar="ADMIN_API_URL", help="Show and change widgets through the administration's API there"),
    ] = None,
    show_version: Annotated[  # noqa: ARG001 - its callback prints it
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit")
    ] = False,
) -> None:
    if local and not endpoint_url:
        endpoint_url = f"http://127.0.0.1:{os.environ.get('AWS_PORT') or _DEFAULT_PORT}"
    for option, address in (("--local" if local else "--endpoint-url", endpoint_url), ("--api", api)):
        if address and not is_address(address):
            raise typer.BadParameter(f"{address} is not an address such as http://127.0.0.1:4566", param_hint=option)
    ctx.obj = Stack(endpoint_url, stack_name, profile, region, api)
