"""What `sam build` makes: for either processor, code of that processor, laid out as Lambda wants it. Takes a while."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ELF = b"\x7fELF"
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine: EM_AARCH64, EM_X86_64
UNZIPPED_LIMIT = 250 * 1024 * 1024  # Lambda's, for a function with its layers


@pytest.fixture(scope="module", params=sorted(MACHINES))
def built(request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Give the architecture and the folder of a fresh build."""
    arch: str = request.param
    build = tmp_path_factory.mktemp(arch) / "build"
    tools = Path(sys.executable).parent
    result = subprocess.run(  # noqa: S603 - our own tool, our own words
        [tools / "sam", "build", "--no-cached", "--build-dir", build, "--parameter-overrides", f"Arch={arch}"],
        cwd=root,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return arch, build


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


def test_a_function_is_one_module_and_the_files_that_it_serves(built: tuple[str, Path]) -> None:
    served = {
        "WidgetSdkFunction": {"dastra.js", "dastra.js.map"},
        "WidgetSettingsFunction": set(),
        "ConsentCollectFunction": set(),
        "VisitorRightsFunction": set(),
        "WidgetAdminFunction": set(),
        "ConsentLookupFunction": set(),
        "WidgetPublishedFunction": set(),
        "ConsentLedgerFunction": set(),
    }
    for function, files in served.items():
        names = {entry.name for entry in (built[1] / function).iterdir()} - {"__pycache__"}
        assert names == {"app.py", *files}


def test_the_layer_fits_into_lambda(built: tuple[str, Path]) -> None:
    assert sum(entry.stat().st_size for entry in built[1].rglob("*") if entry.is_file()) < UNZIPPED_LIMIT
