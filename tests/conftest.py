"""What every tier may use."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.local_process import LocalStack, running
from tests.no_skipped_tests import NothingLeftOut
from tests.sam_build import built_once

# A busy machine is no fault of the code: no example is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(NothingLeftOut())


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    """The whole stack of ``make run``, once for all tests: they keep to widgets and consents of their own."""
    with running() as stack:
        yield stack


@pytest.fixture(scope="session")
def sam_build(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Path]:
    """Return the folder of ``sam build`` for a processor. Treat it as read-only: all tests share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    return lambda arch: built_once(arch, shared)
