"""The runbook matches the stack: its alarms, commands, outputs, resources and parameters exist."""
# mypy: disable-error-code="import-untyped"

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from samcli.cli.types import CfnParameterOverridesType
from typer.main import get_command

from consent_ops.cli import app

type Json = dict[str, Any]


@pytest.fixture(scope="module")
def runbook(root: Path) -> str:
    return (root / "docs" / "runbook.md").read_text("utf-8")


@pytest.fixture(scope="module")
def commands(runbook: str) -> str:
    """The commands of the runbook, with continued lines joined."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", runbook, re.DOTALL)).replace("\\\n", " ")


def test_it_explains_exactly_the_alarms_of_the_stack(runbook: str, monitoring: Json) -> None:
    alarms = [name for name, each in monitoring["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", runbook.partition("## Read the alarms")[2], re.MULTILINE)

    assert sorted(name for name, *_ in rows) == sorted(alarms)
    assert all(len(said) > 20 and len(advice) > 5 for _, said, advice in rows)


def test_its_commands_exist(runbook: str) -> None:
    known: Any = get_command(app)
    used = re.findall(r"(?:^ *|[`;] ?|do )consent-ops ([a-z-]+)([^\n`;|]*)", runbook, re.MULTILINE)

    assert {"dossier", "erase", "rollback", "archive", "verify", "publish"} <= {name for name, _ in used}
    for name, arguments in used:
        options = {option for parameter in known.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", arguments)) <= options, name


def test_its_outputs_resources_and_parameters_exist(runbook: str, commands: str, source: Json) -> None:
    assert set(re.findall(r"\(output (\w+)\)", commands)) <= source["Outputs"].keys()
    assert set(re.findall(r"\(resource (\w+)\)", commands)) <= source["Resources"].keys()
    given = re.findall(r"(\w+)=", " ".join(re.findall(r'make deploy ENV=prod PARAMETERS="([^"]*)"', runbook)))
    assert {"OriginVerifyVersion", "OriginVerifyPrevious", "ApiRateLimit"} <= set(given) <= source["Parameters"].keys()


@pytest.mark.parametrize("target", ["deploy", "deploy-edge"])
def test_make_passes_parameters_on_as_sam_reads_them(root: Path, target: str) -> None:
    """SAM refuses ``Name=`` with which the runbook empties a parameter."""
    command = ["make", "--dry-run", "--always-make", target, "PARAMETERS=OriginVerifyPrevious= ApiRateLimit=7"]
    recipe = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S603
    (deploy,) = (line for line in recipe.splitlines() if line.startswith("sam deploy"))
    words = shlex.split(deploy)
    given = tuple(words[words.index("--parameter-overrides") + 1 :])
    assert CfnParameterOverridesType().convert(given, None, None) == {"OriginVerifyPrevious": "", "ApiRateLimit": "7"}


def test_it_empties_every_queue(commands: str, source: Json) -> None:
    emptied = re.findall(r"purge-queue --queue-url \"\$\(resource (\w+)\)", commands)

    assert sorted(emptied) == sorted(
        name for name, each in source["Resources"].items() if each["Type"] == "AWS::SQS::Queue"
    )


def test_its_links_work(runbook: str, root: Path) -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", runbook, re.MULTILINE)
    }
    for link in re.findall(r"\]\(([^)]+)\)", runbook):
        file, _, anchor = link.partition("#")
        assert link.startswith("https://") or (root / "docs" / file).exists(), link
        assert file or anchor in headings, link
