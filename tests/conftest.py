"""Options, plugins and fixtures of every tier."""

import itertools
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import aws_models
from tests.local_process import LocalStack, running
from tests.matrices import SampledMatrices
from tests.no_skipped_tests import NoSkippedTests
from tests.sam_build import built_once

# A busy machine is not a fault of the code: no example is timed. The sample is the same in each run; a full run tries
# other examples, and many more of them.
settings.register_profile("sample", deadline=None, derandomize=True)
settings.register_profile("full", deadline=None, max_examples=1_000)

_SHOWN = 4_000  # characters of a log


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run all cases of each matrix instead of a fixed sample")
    parser.addoption("--write-transcripts", action="store_true", help="write the transcripts anew (make transcripts)")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("full" if config.option.full else "sample")
    config.pluginmanager.register(SampledMatrices())
    config.pluginmanager.register(NoSkippedTests())
    aws_models.share()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions have logged with the failure of a test that used the stack: it runs elsewhere."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("local_stack")
    if report.failed and stack is not None and not stack.has_ended:  # it ends with the last test
        report.sections.append(("Log of the local stack", stack.log[-_SHOWN:]))
    return report


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    """The whole stack of ``make run``, once for all tests: they keep to widgets and consents of their own."""
    with running() as stack:
        yield stack


@pytest.fixture(scope="session")
def widget_ids() -> Iterator[int]:
    """Return ids that no other test uses: two tests that publish one widget at one stack depend on their order."""
    return itertools.count(100_001)


@pytest.fixture
def widget_id(widget_ids: Iterator[int]) -> int:
    return next(widget_ids)


@pytest.fixture(scope="session")
def sam_build(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Path]:
    """Return the folder of ``sam build`` for a processor. Treat it as read-only: all tests share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    return lambda arch: built_once(arch, shared)
