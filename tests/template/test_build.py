"""The output of `sam build` for either processor: its own machine code, laid out as Lambda wants it. Takes a while."""

import importlib.util
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ELF = b"\x7fELF"
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine: EM_AARCH64, EM_X86_64
# Bytes of all functions and the layer. Lambda would take 250 MB; a start is quicker from less.
UNZIPPED_LIMIT = 30_000_000
ZIPPED_LIMIT = 9_000_000


@pytest.fixture(scope="module", params=sorted(MACHINES))
def built(request: pytest.FixtureRequest, sam_build: Callable[[str], Path]) -> tuple[str, Path]:
    """Return the architecture and the folder of a build."""
    arch: str = request.param
    return arch, sam_build(arch)


def machine(library: Path) -> int:
    """Read e_machine from an ELF header."""
    header = library.read_bytes()[:20]
    assert header.startswith(ELF)
    (found,) = struct.unpack_from("<H", header, 18)
    return int(found)


def test_every_compiled_library_is_of_the_chosen_processor(built: tuple[str, Path]) -> None:
    arch, build = built
    libraries = list(build.rglob("*.so*"))
    assert any("pydantic_core" in library.name for library in libraries)
    assert {machine(library) for library in libraries} == {MACHINES[arch]}


def test_the_layer_has_one_python_folder_with_our_package_in_it(built: tuple[str, Path]) -> None:
    layer = built[1] / "ConsentCoreLayer"
    assert [entry.name for entry in layer.iterdir()] == ["python"]
    assert [found.relative_to(layer) for found in layer.rglob("consent_core")] == [Path("python/consent_core")]
    assert (layer / "python" / "consent_core" / "py.typed").is_file()
    assert not (layer / "python" / "python").exists()
    assert not (layer / "python" / "boto3").exists()


def test_the_layer_holds_bytecode_that_python_takes_as_it_is(built: tuple[str, Path]) -> None:
    """PEP 552: an unchecked hash, so that Lambda never compares file times."""
    python = built[1] / "ConsentCoreLayer" / "python"
    modules = [path for path in python.rglob("*.py") if path.stat().st_size]
    assert len(modules) > 500
    for module in modules:
        header = Path(importlib.util.cache_from_source(str(module))).read_bytes()[:8]
        assert header == importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little"), module


@pytest.mark.parametrize("function", ["WidgetSdkFunction", "WidgetSettingsFunction", "InvalidateCacheFunction"])
def test_a_function_starts_from_what_was_built(built: tuple[str, Path], function: str) -> None:
    """Those without compiled code: any machine can run them, for either processor."""
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "DISTRIBUTION_ID": "E1",
        "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
        "PYTHONPATH": f"{built[1] / function}:{built[1] / 'ConsentCoreLayer' / 'python'}",
        "WIDGETS_TABLE": "WidgetsTable",
    }
    program = "import app, aws_lambda_powertools; print(aws_lambda_powertools.__file__)"
    command = [sys.executable, "-s", "-S", "-c", program]  # -S: without the packages of this environment
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(built[1]))


def test_a_function_is_one_module_and_the_files_that_it_serves(built: tuple[str, Path]) -> None:
    scripts = ("dastra.js", "details.js", "held.js", "optional.js", "receipt.js")
    served = {
        "WidgetSdkFunction": {"released", "gpc.json", *scripts, *(f"{name}.map" for name in scripts)},
        "WidgetSettingsFunction": set(),
        "ConsentCollectFunction": set(),
        "VisitorRightsFunction": set(),
        "WidgetAdminFunction": set(),
        "ConsentLookupFunction": set(),
        "ConsentStatisticsFunction": set(),
        "InvalidateCacheFunction": set(),
        "ConsentArchiveFunction": set(),
    }
    for function, files in served.items():
        names = {entry.name for entry in (built[1] / function).iterdir()} - {"__pycache__"}
        assert names == {"app.py", *files}


def test_layer_and_functions_stay_small(built: tuple[str, Path], tmp_path: Path) -> None:
    assert sum(entry.stat().st_size for entry in built[1].rglob("*") if entry.is_file()) < UNZIPPED_LIMIT
    zipped = shutil.make_archive(str(tmp_path / "all"), "zip", built[1])
    assert Path(zipped).stat().st_size < ZIPPED_LIMIT
