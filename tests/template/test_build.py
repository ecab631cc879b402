"""The output of `sam build` for either processor: its own machine code, laid out as Lambda wants it. Takes a while."""

import importlib.util
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sam_build import OWN_ARCH

ELF = b"\x7fELF"
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine: EM_AARCH64, EM_X86_64
# Bytes of all functions and their layer, and of the layer that the console's have besides. Lambda would take 250 MB; a
# start is quicker from less.
UNZIPPED_LIMIT, ZIPPED_LIMIT = 30_000_000, 9_200_000
CONSOLE_UNZIPPED_LIMIT, CONSOLE_ZIPPED_LIMIT = 24_000_000, 8_000_000
LAYERS = {"ConsentCoreLayer": ("consent_core", 500), "ConsoleLayer": ("consent_console", 150)}
"""The package of ours in a layer, and a number of modules that it has at least."""


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


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_has_one_python_folder_with_our_package_in_it(built: tuple[str, Path], name: str) -> None:
    layer, package = built[1] / name, LAYERS[name][0]
    assert [entry.name for entry in layer.iterdir()] == ["python"]
    assert [found.relative_to(layer) for found in layer.rglob(package)] == [Path("python", package)]
    assert (layer / "python" / package / "py.typed").is_file()
    assert not (layer / "python" / "python").exists()
    assert not (layer / "python" / "boto3").exists()


def test_no_file_is_in_both_layers(built: tuple[str, Path]) -> None:
    """Lambda lays the second one over the first."""
    core, console = (
        {path.relative_to(built[1] / name) for path in (built[1] / name).rglob("*") if path.is_file()}
        for name in LAYERS
    )
    assert core & console == set()


def test_the_console_signs_and_reads_a_token_with_both_layers_alone(sam_build: Callable[[str], Path]) -> None:
    build = sam_build(OWN_ARCH)
    program = (
        "import consent_console, consent_core, jinja2\n"
        "from joserfc import jwt\n"
        "from joserfc.jwk import RSAKey\n"
        "key = RSAKey.generate_key(2048)\n"
        "token = jwt.encode({'alg': 'RS256'}, {'sub': 'ada'}, key)\n"
        "claims = jwt.decode(token, key, algorithms=['RS256']).claims\n"
        "print(jinja2.Template('{{ sub }}').render(claims), consent_console.__file__)"
    )
    command = [sys.executable, "-s", "-S", "-c", program]  # -S: without the packages of this environment
    environment = {"PYTHONPATH": ":".join(str(build / name / "python") for name in LAYERS)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"ada {build}")


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_holds_bytecode_that_python_takes_as_it_is(built: tuple[str, Path], name: str) -> None:
    """PEP 552: an unchecked hash, so that Lambda never compares file times."""
    python = built[1] / name / "python"
    modules = [path for path in python.rglob("*.py") if path.stat().st_size]
    assert len(modules) > LAYERS[name][1]
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
    sdk = {"released", "gpc.json", *scripts, *(f"{name}.map" for name in scripts)}
    served = {
        "WidgetSdkFunction": sdk,
        "ConsoleSdkFunction": sdk,
        "ConsoleLoginFunction": set(),
        "ConsoleEditorFunction": set(),
        "ConsolePrivacyFunction": set(),
        "ConsolePreviewFunction": set(),
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


def test_layers_and_functions_stay_small(built: tuple[str, Path], tmp_path: Path) -> None:
    layer, others = tmp_path / "layer", tmp_path / "others"
    shutil.copytree(built[1] / "ConsoleLayer", layer)
    shutil.copytree(built[1], others, ignore=shutil.ignore_patterns("Console*"))
    for folder, unzipped, zipped in (
        (others, UNZIPPED_LIMIT, ZIPPED_LIMIT),
        (layer, CONSOLE_UNZIPPED_LIMIT, CONSOLE_ZIPPED_LIMIT),
    ):
        assert sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file()) < unzipped
        assert Path(shutil.make_archive(str(folder), "zip", folder)).stat().st_size < zipped
