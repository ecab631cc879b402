"""A test that does not run keeps no promise: skipped, expected to fail or left out by its marker, it fails the run."""

from collections.abc import Sequence
from typing import Any

import pytest

SENT = "left_out"


class NoSkippedTests:
    """A plugin of pytest. Choosing tests by name (``-k``, paths) is what people do at work, and stays possible."""

    def __init__(self) -> None:
        self._left_out: dict[str, None] = {}  # in their order, each once: workers tell some of it twice

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._left_out[report.nodeid] = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._left_out[report.nodeid] = None

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._left_out.update((item.nodeid, None) for item in items if item.config.option.markexpr)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - a worker of pytest-xdist
        self._left_out.update(dict.fromkeys(getattr(node, "workeroutput", {}).get(SENT, ())))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[SENT] = list(self._left_out)
        elif self._left_out:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.section("tests that did not run fail the run", red=True)
            for test in self._left_out:
                terminalreporter.write_line(test)
