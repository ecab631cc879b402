"""The sizes of each function with its layer: as uploaded, and as Lambda unpacks it."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import layout
from bench.report import Table, against

UNZIPPED, ZIPPED = 30.0, 9.0  # MB


def measure(_rounds: int) -> list[Table]:
    functions = [each for each in layout.built() if len(each.layers) == 1]  # no visitor waits for the console's
    layer = functions[0].layers[0].parent
    table = Table("Size of a function with its layer", ("function", "unzipped", "zipped"))
    for function in functions:
        table.add(
            function.name,
            against(unzipped(function.folder) + unzipped(layer), UNZIPPED, unit=" MB"),
            against(zipped(function.folder) + zipped(layer), ZIPPED, unit=" MB"),
        )
    table.notes.append(f"The layer is {unzipped(layer):.1f} MB of that, {zipped(layer):.1f} MB zipped.")
    return [table]


def unzipped(folder: Path) -> float:
    """Megabytes (of a million bytes) of all files."""
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file()) / 1e6


def zipped(folder: Path) -> float:
    """Megabytes as ``sam package`` zips it."""
    with TemporaryDirectory() as place:
        return Path(shutil.make_archive(f"{place}/packed", "zip", folder)).stat().st_size / 1e6
