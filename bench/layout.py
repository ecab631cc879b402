"""The product as it ships: the output of ``sam build`` for this machine's processor, and the floor laid out alike.

Both have valid bytecode, and neither is written to (``-B``), as on Lambda's read-only disk.
"""

import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

import boto3
from samcli.lib.providers.sam_function_provider import SamFunctionProvider

from bench.tables import Json
from local import ROOT
from local.gateway import read_template

BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
HANDLERS = Path(__file__).with_name("handlers")
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


@dataclass(frozen=True, slots=True)
class Function:
    """A handler's folder, the layers beside it, and the variables that its template gives it."""

    name: str
    folder: Path
    layers: Sequence[Path]
    variables: Mapping[str, str]


def built() -> list[Function]:
    """Build the stack, from SAM's cache where nothing has changed, and give its functions in the template's order."""
    folder = ROOT / ".aws-sam" / "bench"
    command = ["sam", "build", "--cached", "--parallel", "--build-dir", str(folder)]
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    result = subprocess.run(  # noqa: S603 - our own tool
        [*command, "--parameter-overrides", f"Arch={ARCHITECTURE}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    stacks = read_template(folder / "template.yaml")
    return [
        Function(
            _snake(each.name),
            folder / each.name,
            [folder / layer.name / "python" for layer in each.layers],
            {name: str(value) for name, value in each.environment["Variables"].items()},
        )
        for each in SamFunctionProvider(stacks, ignore_code_extraction_warnings=True).get_all()
    ]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Function"))[1:]


@contextmanager
def floor(item: Json) -> Iterator[dict[str, Function]]:
    """Lay the floor and the limit out, with the same boto3, whole and compiled, as Lambda has it.

    ``item`` is what they write, as DynamoDB writes it in JSON.
    """
    with TemporaryDirectory() as folder:
        layer = Path(folder) / "layer"
        packages = Path(boto3.__file__).parents[1]
        layer.mkdir()
        for name in BOTO3:
            source = packages / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, layer / name)
        handlers = {}
        for source in (each for each in HANDLERS.glob("*.py") if each.stem != "signed"):
            place = Path(folder) / source.stem
            place.mkdir()
            shutil.copy(source, place / "app.py")
            shutil.copy(HANDLERS / "signed.py", place)
            (place / "item.json").write_text(json.dumps(item))
            handlers[source.stem] = Function(source.stem, place, [layer], {})
        compileall.compile_dir(layer, quiet=1, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        yield handlers


def command(function: Function) -> list[str | Path]:
    """Start the function's process: no package of this environment, nothing written."""
    interpreter = Path(sys.base_prefix) / "bin" / "python3.13"
    return [interpreter, "-P", "-s", "-S", "-B", Path(__file__).with_name("child.py"), function.folder]


def environment(function: Function, more: Mapping[str, str]) -> dict[str, str]:
    """Exactly what Lambda would give it, as far as anybody reads it."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, function.layers)),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        **function.variables,
        "ORIGIN_VERIFY": "off",
        **more,
    }
