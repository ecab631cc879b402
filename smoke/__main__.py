"""The command: ``python -m smoke dev``.

Exit codes: 0 every check passed, 1 a check or the clean-up failed, 2 wrong usage or configuration, 130 interrupted.
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from smoke.checks import CHECKS, Check, Deadlines, Run
from smoke.http import CheckError, Client, printable
from smoke.stack import Choice, ConfigurationError, Stack
from smoke.widget import Widget

FAILED, WRONG, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Find the stack, check it, clean up. Return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        stack = _choice(options).stack()
    except ConfigurationError as error:
        print(printable(str(error)), file=sys.stderr)
        return WRONG
    defaults = Deadlines()
    archive = defaults.archive + stack.batch_seconds if options.archive_seconds is None else options.archive_seconds
    edge = defaults.edge if options.edge_seconds is None else options.edge_seconds
    for number in (signal.SIGINT, signal.SIGTERM):  # a script's shell lets what runs in the background ignore the first
        signal.signal(number, _interrupt)
    return checked(stack, Run(Client(stack), Widget.new(), Deadlines(archive=archive, edge=edge)))


def checked(stack: Stack, run: Run) -> int:
    """Run every check, print what it saw, and disable the widget in any case. Return the exit code."""
    print(f"Stack {stack.name}: service {stack.service_url}, administration {stack.admin_url}")
    print(f"Widget {run.widget.id}, for {run.widget.origin}", flush=True)
    code = 0
    try:
        failed = _failed(run)
        code = FAILED if failed else 0
        print(f"Failed: {', '.join(failed)}." if failed else f"All {len(CHECKS)} checks passed.", flush=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
        print("Interrupted.", flush=True)
    finally:
        with _uninterrupted():
            is_clean = not run.may_be_enabled or _passes("clean-up", clean_up, run)
    return code if is_clean else code or FAILED


def clean_up(run: Run) -> str:
    """Publish the widget disabled. Raise CheckError if that is not possible."""
    try:
        run.publish(enabled=False)
    except CheckError as error:
        hint = f'Publish widget {run.widget.id} with "enabled": false by hand.'
        raise CheckError(f"{error}. {hint}") from error
    return f"widget {run.widget.id} is disabled"


def _failed(run: Run) -> list[str]:
    """Run the checks. Return the names of those that failed. Without a published widget, the first is the last."""
    failed = []
    for name, check in CHECKS.items():
        if not _passes(name, check, run):
            failed.append(name)
        if not run.version_key:
            break
    return failed


def _passes(name: str, check: Check, run: Run) -> bool:
    try:
        seen, word = check(run), "ok"
    except CheckError as error:
        seen, word = str(error), "FAILED"
    print(f"{word:<6}  {name:<15}  {printable(seen)}", flush=True)
    return word == "ok"


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM for one request, which has a time limit."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _choice(options: argparse.Namespace) -> Choice:
    return Choice(
        options.environment,
        options.stack_name,
        options.region,
        options.profile,
        options.service_url,
        options.admin_url,
        options.api_url,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m smoke", description="Check a deployed stack from outside.")
    parser.add_argument("environment", nargs="?", help="an environment of samconfig.toml, or: local")
    parser.add_argument("--stack-name", help="a stack that samconfig.toml does not name")
    parser.add_argument("--region", help="its region")
    parser.add_argument("--profile", help="the profile of the AWS configuration")
    parser.add_argument("--service-url", help="call the service there, such as before its name leads to CloudFront")
    parser.add_argument("--admin-url", help="call the administration there")
    parser.add_argument("--api-url", help="expect a refusal there, at the API behind CloudFront")
    parser.add_argument("--archive-seconds", type=float, help="wait so long for the archive (its batch and 180)")
    parser.add_argument("--edge-seconds", type=float, help="wait so long for a change to be seen (120)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
