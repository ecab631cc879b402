"""GitHub's workflows: fixed actions, few permissions, and commands that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

type Json = dict[str, Any]


def workflow(name: str) -> Json:
    # YAML 1.1 reads the key `on` as true.
    content: Json = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8"))
    return content


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_fixed_to_a_commit_with_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.+)", path.read_text("utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_command_is_one_of_the_projects(path: Path) -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for command in re.findall(r"run: (.+)", path.read_text("utf-8")):
        assert command == ".ci/run" or command.split()[:1] == ["make"], command
        assert command == ".ci/run" or command.split()[1] in targets, command


def test_a_deployment_is_started_by_hand_and_has_a_token_of_its_own() -> None:
    deploy: Any = workflow("deploy")
    assert deploy[True].keys() == {"workflow_dispatch"}
    assert deploy[True]["workflow_dispatch"]["inputs"]["environment"]["options"] == ["dev", "prod"]
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    (job,) = deploy["jobs"].values()
    assert job["environment"] == "${{ inputs.environment }}"
    assert deploy["concurrency"]["cancel-in-progress"] is False
    assert workflow("ci")["permissions"] == {"contents": "read"}


def test_no_input_enters_a_shell_command() -> None:
    """An expression in a command would be replaced before the shell reads it."""
    for path in WORKFLOWS:
        assert not [command for command in re.findall(r"run: (.+)", path.read_text("utf-8")) if "${{" in command]
