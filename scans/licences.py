"""The page ``docs/licences.md``: each package that ships, its licence, and the parts that it is in."""

from collections.abc import Mapping

from scans.packages import ROOT, Package, console_packages, layer_packages, ops_packages

PAGE = ROOT / "docs" / "licences.md"

ALLOWED = frozenset({"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"})
"""Licences under which a package may ship: all allow use and redistribution beside code under the Apache License."""

_HEAD = """# Licences

`make licences` writes this page from the locks and from the metadata of the installed packages. `make sbom` writes the
same packages with their hashes, for programs.

The project itself is under the Apache License 2.0 ([LICENSE](../LICENSE)), and its WordPress plugin under
GPL-2.0-or-later. The browser SDK bundles no package. Packages are in three places:

- **layer**: `sam build` installs them into the Lambda layer. Each keeps its licence text in its `*.dist-info` folder.
- **console**: the same, in the layer that the console's functions alone have.
- **ops**: `pipx install .` installs them beside `consent-ops`. The versions are those of the tests.

A package may ship under these licences: ALLOWED.
Another licence needs a decision first.
[NOTICE](../NOTICE) has the sources of the layers' packages, and what they contain of others.

| Package | Version | Licence | Files with its text | Part |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as it should be."""
    shipped = {"layer": layer_packages(), "console": console_packages(), "ops": ops_packages()}
    parts = {part: {each.locked.name: each for each in found} for part, found in shipped.items()}
    rows = [_row(parts, name) for name in sorted({name for found in parts.values() for name in found})]
    allowed = ", ".join(sorted(ALLOWED))
    return _HEAD.replace("ALLOWED", allowed) + "\n".join(rows) + "\n"


def symbols(licence: str) -> frozenset[str]:
    """Return the licences that an SPDX expression names."""
    return frozenset(licence.split()) - {"AND", "OR"}


def _row(parts: Mapping[str, Mapping[str, Package]], name: str) -> str:
    package = next(found[name] for found in parts.values() if name in found)
    files = ", ".join(f"`{file}`" for file in package.licence_files) or "none in the package"
    where = ", ".join(part for part, found in parts.items() if name in found)
    return f"| {name} | {package.locked.version} | {package.licence} | {files} | {where} |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
