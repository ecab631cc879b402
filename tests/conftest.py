"""What every tier may use."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.local_process import LocalStack, running
from tests.no_skipped_tests import NothingLeftOut

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
