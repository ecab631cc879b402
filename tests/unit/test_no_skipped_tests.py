"""The run fails when a test did not run: tried on small runs of pytest's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.no_skipped_tests import NoSkippedTests

def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long")
    config.pluginmanager.register(NoSkippedTests())
"""
RUNS = "def test_that_runs():\n    pass\n"
MARKED = "import pytest\n\n@pytest.mark.slow\ndef test_marked():\n    pass\n"


def run(folder: Path, module: str, *options: str, conftest: str = CONFTEST) -> tuple[int, str]:
    """The exit code and the output of a run of ``module`` and one test more."""
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_one.py").write_text(RUNS)
    (folder / "test_two.py").write_text(module)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    finished = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), *options, str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout


PARALLEL = ("-p", "xdist.plugin", "--numprocesses", "1")


@pytest.mark.parametrize("how", [(), PARALLEL], ids=["alone", "in parallel"])
@pytest.mark.parametrize(
    ("module", "options", "test"),
    [
        ("import pytest\n\ndef test_x():\n    pytest.skip('later')\n", (), "test_two.py::test_x"),
        ("import pytest\n\npytest.skip('later', allow_module_level=True)\n", (), "test_two.py"),
        ("import pytest\n\n@pytest.mark.xfail\ndef test_x():\n    assert False\n", (), "test_two.py::test_x"),
        (MARKED, ("-m", "not slow"), "test_two.py::test_marked"),
    ],
    ids=["skipped", "skipped module", "expected to fail", "left out by marker"],
)
def test_a_test_that_does_not_run_fails_the_run_and_is_named(
    tmp_path: Path, module: str, options: tuple[str, ...], test: str, how: tuple[str, ...]
) -> None:
    code, output = run(tmp_path, module, *options, *how)
    assert code == 1
    _, _, named = output.partition("tests that did not run fail the run")
    assert test in named.splitlines()


@pytest.mark.parametrize("options", [(), ("-k", "test_that_runs"), PARALLEL], ids=["all", "by name", "in parallel"])
def test_a_run_of_all_or_by_name_passes(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, output = run(tmp_path, MARKED, *options)
    assert code == 0
    assert "did not run" not in output
