"""A function in a process of its own: what it can import, what it is told, how it ends."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent

import pytest

from local import ROOT
from local.lambda_process import FunctionError, LambdaProcess

VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "Example",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "6",
    "GREETING": "Grüezi",
}
TIMEOUT = 30.0  # seconds after which a process that should end is given up

type Start = Callable[[str], LambdaProcess]


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, log: list[str]) -> Iterator[Start]:
    """Hold a function with this source, beside a layer that has one module."""
    layer = tmp_path / "layer"
    layer.mkdir()
    layer.joinpath("shared.py").write_text("NAME = __name__\n")
    with ExitStack() as running:

        def function(source: str) -> LambdaProcess:
            tmp_path.joinpath("app.py").write_text(dedent(source))
            process = LambdaProcess("app.handler", [tmp_path, layer], VARIABLES, log=log.append)
            return running.enter_context(process)

        yield function


def test_a_function_imports_from_its_folders_and_the_standard_library_alone(start: Start, tmp_path: Path) -> None:
    function = start("""
        import shared, sys

        def handler(event, context):
            try:
                import pytest
            except ImportError:
                return shared.NAME, [folder for folder in sys.path if "site-packages" in folder], sys.path[:2]
    """)

    assert function.invoke({}) == ["shared", [], [str(tmp_path), str(tmp_path / "layer")]]
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_function_has_its_own_variables_and_no_others(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDECLARED", "1")
    variables = start("""
        import os

        def handler(event, context):
            return dict(os.environ)
    """).invoke({})

    assert variables.items() >= VARIABLES.items()
    assert set(variables) - set(VARIABLES) <= {"LC_CTYPE"}  # Python's own, in a process without a locale


def test_a_function_is_told_about_its_invocation(start: Start) -> None:
    function = start("""
        def handler(event, context):
            left = context.get_remaining_time_in_millis()
            return event, context.function_name, context.memory_limit_in_mb, context.aws_request_id, 5000 < left <= 6000
    """)
    event = {"text": "é\u2028\U0001f36a", "number": 1.5, "nothing": None}

    answers = [function.invoke(event) for _ in range(2)]

    assert [answer[:3] + answer[4:] for answer in answers] == [[event, "Example", 512, True]] * 2
    assert answers[0][3] != answers[1][3]


def test_what_a_function_loads_stays_for_the_next_invocation(start: Start) -> None:
    function = start("""
        import os
        CALLS = []

        def handler(event, context):
            CALLS.append(event)
            return os.getpid(), CALLS
    """)

    assert function.invoke(1)[1] == [1]
    pid, calls = function.invoke(2)
    assert calls == [1, 2]
    assert pid != os.getpid()


def test_what_a_function_prints_is_logged_before_its_answer_is_there(start: Start, log: list[str]) -> None:
    function = start("""
        import os, sys

        def handler(event, context):
            print("out", event["é"])
            print("err", file=sys.stderr)
            os.write(1, b"written\\n")
            print("\\nunfinished", end="")
            return "some input" if sys.stdin.read() else "no input"
    """)

    assert function.invoke({"é": "ü"}) == "no input"
    assert log == ["out ü", "err", "written", "unfinished"]


def test_an_exception_is_an_error_and_its_traceback_is_logged(start: Start, log: list[str]) -> None:
    function = start("""
        def handler(event, context):
            return {}[event]
    """)

    with pytest.raises(FunctionError, match=r"^'absent'$") as raised:
        function.invoke("absent")
    assert raised.value.kind == "KeyError"
    assert (log[0], log[-1]) == ("Traceback (most recent call last):", "KeyError: 'absent'")


def test_an_answer_that_is_no_json_is_an_error(start: Start) -> None:
    with pytest.raises(FunctionError, match="not JSON serializable"):
        start("def handler(event, context): return {1, 2}").invoke({})


def test_a_function_that_does_not_load_is_an_error_at_each_invocation(start: Start, log: list[str]) -> None:
    function = start("import absent")

    for _ in range(2):
        with pytest.raises(FunctionError, match=r"^The function's process ended with status 1\.$"):
            function.invoke({})
    assert log.count("ModuleNotFoundError: No module named 'absent'") == 2


def test_a_process_that_crashes_is_an_error_and_the_next_invocation_starts_it_anew(
    start: Start, log: list[str]
) -> None:
    function = start("""
        import os
        print("loaded")

        def handler(event, context):
            if event == "crash":
                print("last words")
                os._exit(3)
            return event
    """)

    assert function.invoke("first") == "first"
    with pytest.raises(FunctionError, match="status 3"):
        function.invoke("crash")
    assert function.invoke("next") == "next"
    assert log == ["loaded", "last words", "The function's process ended with status 3.", "loaded"]


def test_a_function_that_hangs_is_an_error_and_the_next_invocation_starts_it_anew(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.lambda_process._SLOW_START", -5.9)  # so that a tenth of a second is left
    function = start("""
        import time

        def handler(event, context):
            time.sleep(event["seconds"])
            return "awake"
    """)

    with pytest.raises(FunctionError, match=r"did not answer within 0\.1 seconds"):
        function.invoke({"seconds": 600})
    monkeypatch.undo()
    assert function.invoke({"seconds": 0}) == "awake"


def test_a_process_that_ended_between_two_invocations_is_started_anew(start: Start) -> None:
    function = start("""
        import os

        def handler(event, context):
            return os.getpid()
    """)
    first: int = function.invoke({})
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)

    assert function.invoke({}) not in {first, os.getpid()}


def test_a_function_that_was_closed_is_not_started_again(start: Start) -> None:
    function = start("def handler(event, context): return event")
    assert function.invoke(1) == 1
    function.close()

    with pytest.raises(FunctionError, match="has been stopped"):
        function.invoke(2)


PARENT = """
import sys
from pathlib import Path
from local.lambda_process import LambdaProcess

variables = {f"AWS_LAMBDA_FUNCTION_{name}": "1" for name in ("NAME", "MEMORY_SIZE", "TIMEOUT")}
LambdaProcess("app.handler", [Path(sys.argv[1])], variables, log=lambda line: print(line, flush=True)).invoke({})
"""


def test_a_function_ends_with_its_parent_also_during_an_invocation(tmp_path: Path) -> None:
    """Killed, the parent cannot stop anything itself."""
    tmp_path.joinpath("app.py").write_text(
        dedent("""
        import os, time

        def handler(event, context):
            print(os.getpid())
            time.sleep(600)
        """)
    )
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603 - our own program
        assert parent.stdout is not None
        process = os.pidfd_open(int(parent.stdout.readline()))  # readable once it has ended
        parent.kill()
    try:
        assert select.select([process], [], [], TIMEOUT)[0]
    finally:
        os.close(process)
