"""The bill of materials of what ships, in CycloneDX 1.6. The same sources give the same bytes."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scans.packages import (
    ROOT,
    Package,
    console_asks_for,
    console_packages,
    layer_asks_for,
    layer_packages,
    ops_asks_for,
    ops_packages,
    project,
)

type Json = dict[str, Any]

SDK = ROOT / "functions" / "widget_sdk" / "dastra.js"
PLUGIN = ROOT / "integrations" / "wordpress" / "consent-platform" / "consent-platform.php"


def bill_of_materials() -> Json:
    """Return the bill as JSON.

    It has neither a time nor a serial number: both would differ although nothing has changed. A package has the hashes
    of all files that its lock accepts, because the processor decides which of them is installed.
    """
    packages = {each.locked.name: each for each in (*ops_packages(), *console_packages(), *layer_packages())}
    root = _ours("application", "consent-platform", "The whole platform", "Apache-2.0")
    own = [
        _ours("library", "consent-core", "The Lambda layer, and the functions that use it", "Apache-2.0"),
        _ours("library", "consent-console", "The console's Lambda layer, and the functions that use it", "Apache-2.0"),
        _ours("application", "consent-ops", project()["description"], "Apache-2.0"),
        _ours(
            "library", "dastra.js", "The browser SDK, which bundles no package", "Apache-2.0", _sha256(SDK.read_bytes())
        ),
        _ours("library", "consent-platform-wordpress", "The WordPress plugin", "GPL-2.0-or-later"),
    ]
    core, console, ops, sdk, plugin = (each["bom-ref"] for each in own)
    edges = {
        root["bom-ref"]: [core, console, ops, sdk, plugin],
        core: [_purl(packages[name]) for name in layer_asks_for()],
        console: [core, *(_purl(packages[name]) for name in console_asks_for())],
        ops: [core, *(_purl(packages[name]) for name in ops_asks_for())],
        sdk: [],
        plugin: [],
        **{_purl(each): [_purl(packages[name]) for name in each.requires] for each in packages.values()},
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [*own, *(_component(packages[name]) for name in sorted(packages))],
        "dependencies": [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)],
    }


def text() -> str:
    """Return the bill as the file that ``make sbom`` writes."""
    return json.dumps(bill_of_materials(), indent=2) + "\n"


def _ours(kind: str, name: str, description: str, licence: str, *hashes: str) -> Json:
    version = project()["version"]
    component: Json = {
        "type": kind,
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "description": description,
        "licenses": [{"license": {"id": licence}}],
    }
    return component | ({"hashes": _hashes(hashes)} if hashes else {})


def _component(package: Package) -> Json:
    return {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.locked.name,
        "version": package.locked.version,
        "licenses": [{"expression": package.licence}],
        "purl": _purl(package),
        "hashes": _hashes(package.locked.hashes),
    }


def _purl(package: Package) -> str:
    return f"pkg:pypi/{package.locked.name}@{package.locked.version}"


def _hashes(found: Iterable[str]) -> Sequence[Json]:
    return [{"alg": "SHA-256", "content": each} for each in found]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(name: str) -> None:
    """Write the bill to a file."""
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(), "utf-8")
    print(f"Written to {name}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
