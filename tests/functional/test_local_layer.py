"""The layer of the local stack: built once for each state of what it is built from."""

import os
import subprocess
import time
from pathlib import Path

import pytest

import build_layer
from local import layer


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A layer of one module, with a lock, and a cache of its own."""
    folder = tmp_path / "sources"
    package = folder / "consent_core"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text("VERSION = 1\n")
    package.joinpath("texts.json").write_text("{}")
    for name in ("aws_operations.py", "build_layer.py", "requirements.txt"):
        folder.joinpath(name).write_text("")
    monkeypatch.setattr(layer, "SOURCES", folder)
    monkeypatch.setattr(layer, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(build_layer, "HERE", folder)
    return folder


@pytest.fixture
def installed(sources: Path, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Stands in for pip: the processors that packages were installed for."""
    processors: list[str | None] = []

    def install(folder: Path, processor: str | None, _package: str) -> None:
        processors.append(processor)
        folder.joinpath("package.py").write_text("")

    monkeypatch.setattr(build_layer, "build_packages", install)
    return processors


def test_what_has_not_changed_is_not_built_again(installed: list[str | None]) -> None:
    first = layer.built()

    assert layer.built() == first
    assert len(installed) == 1
    assert {entry.name for entry in first.iterdir()} == {"package.py", "consent_core"}
    assert {entry.name for entry in (first / "consent_core").iterdir()} == {"__init__.py", "texts.json", "__pycache__"}


@pytest.mark.parametrize("name", ["__init__.py", "texts.json", "new.py"])
def test_an_edit_of_our_own_package_needs_no_pip(sources: Path, installed: list[str | None], name: str) -> None:
    first = layer.built()
    sources.joinpath("consent_core", name).write_text("[2]\n")
    second = layer.built()

    assert second != first
    assert len(installed) == 1
    assert (second / "consent_core" / name).read_text() == "[2]\n"
    assert (second / "package.py").samefile(first / "package.py")


def test_bytecode_beside_the_sources_is_no_change(sources: Path, installed: list[str | None]) -> None:
    first = layer.built()
    sources.joinpath("consent_core", "__pycache__").mkdir()
    sources.joinpath("consent_core", "__pycache__", "x.pyc").write_bytes(b"")
    assert layer.built() == first


@pytest.mark.parametrize("name", ["aws_operations.py", "build_layer.py", "requirements.txt"])
def test_packages_are_installed_again_after_a_change_of_what_decides_on_them(
    sources: Path, installed: list[str | None], name: str
) -> None:
    first = layer.built()
    sources.joinpath(name).write_text("# changed\n")
    assert layer.built() != first
    assert len(installed) == 2


def test_a_failed_installation_is_reported_and_leaves_no_folder(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path, _processor: str | None, _package: str) -> None:
        folder.joinpath("half.py").write_text("")
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(build_layer, "build_packages", fail)
    for _ in range(2):
        with pytest.raises(layer.LayerError, match="could not be installed"):
            layer.built()
    assert [entry.name for entry in layer.CACHE.iterdir()] == ["lock"]


def test_a_build_is_kept_for_a_week_after_its_last_use(sources: Path, installed: list[str | None]) -> None:
    for number in range(7):  # a stack that was started before these edits still runs the first build
        sources.joinpath("consent_core", "__init__.py").write_text(f"VERSION = {number}\n")
        layer.built()
    builds = sorted(layer.CACHE.glob("layer-*"))
    assert len(builds) == 7

    day = 24 * 60 * 60
    for age, build in zip((8, 6), builds, strict=False):
        os.utime(build, (time.time() - age * day,) * 2)
    sources.joinpath("consent_core", "__init__.py").write_text("VERSION = 7\n")
    newest = layer.built().parent
    assert sorted(layer.CACHE.glob("layer-*")) == sorted([*builds[1:], newest])


def test_a_cache_that_cannot_be_used_is_reported(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "CACHE", sources / "requirements.txt" / "cache")
    with pytest.raises(layer.LayerError, match=r"cannot be built in .*: Not a directory"):
        layer.built()


@pytest.mark.parametrize(
    ("system", "libc", "machine", "processor"),
    [
        ("linux", "glibc", "x86_64", "x86_64"),
        ("linux", "glibc", "aarch64", "aarch64"),
        ("linux", "", "x86_64", None),
        ("darwin", "", "arm64", None),
    ],
)
def test_a_machine_that_is_not_like_lambda_gets_its_own_wheels(
    installed: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    libc: str,
    machine: str,
    processor: str | None,
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.libc_ver", lambda: (libc, ""))
    monkeypatch.setattr("platform.machine", lambda: machine)
    layer.built()
    assert installed == [processor]
