"""Visitors who use each of three engines."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache

import pytest

from tests.browser.engines.engine import Chromium, Engine, firefox, webkit
from tests.browser.engines.visitor import EngineVisitor
from tests.browser.third_party import Site


@pytest.fixture(scope="session")
def started(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Engine]]:
    """Start an engine by its name; it is started once."""

    @contextmanager
    def chromium() -> Iterator[Chromium]:
        yield Chromium(request.getfixturevalue("browser"))

    engines: dict[str, Callable[[], AbstractContextManager[Engine]]] = {
        "chromium": chromium,
        "firefox": firefox,
        "webkit": webkit,
    }
    with ExitStack() as stack:
        yield cache(lambda name: stack.enter_context(engines[name]()))


@pytest.fixture
def visitor(started: Callable[[str], Engine], engine: str, site: Site) -> Iterator[EngineVisitor]:
    """Visit in the engine that the test's parameter names. No page may have had an error in the end."""
    visitor = EngineVisitor(started(engine), site)
    yield visitor
    assert visitor.errors == []
