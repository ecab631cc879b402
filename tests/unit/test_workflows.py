"""GitHub's workflows: fixed actions, few permissions, and commands that exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))

KEY = re.compile(
    r"aws[-_]?(access[-_]?key[-_]?id|secret[-_]?access[-_]?key|session[-_]?token)|\b(AKIA|ASIA)[A-Z0-9]{16}\b", re.I
)
SECRETS = re.compile(r"\$\{\{(?:(?!\}\}).)*\bsecrets\b", re.I | re.S)

type Json = dict[str, Any]


def stored_keys(node: object, name: str = "") -> Iterator[str]:
    """Yield each place of a workflow that takes a stored secret, or that a long-lived key of AWS could enter by."""
    match node:
        case dict():
            for key, value in node.items():
                yield from stored_keys(value, str(key))
        case list():
            for item in node:
                yield from stored_keys(item, name)
    text = str(node) if isinstance(node, str) else ""
    is_expression = SECRETS.search(f"${{{{ {text}" if name == "if" else text)
    if name == "secrets" or KEY.search(name) or KEY.search(text) or is_expression:
        yield f"{name}: {node}"


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


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_workflow_takes_a_stored_key(path: Path) -> None:
    """GitHub's own token proves who asks, so that there is nothing to leak."""
    content: Any = yaml.safe_load(path.read_text("utf-8"))
    assert list(stored_keys(content)) == []
    steps = [step for job in content["jobs"].values() for step in job.get("steps", [])]
    inputs = [step["with"] for step in steps if "configure-aws-credentials" in step.get("uses", "")]
    assert inputs == [{"role-to-assume": "${{ vars.AWS_ROLE_ARN }}", "aws-region": "${{ vars.AWS_REGION }}"}] * len(
        inputs
    )
    assert bool(inputs) is (path.stem == "deploy")


@pytest.mark.parametrize(
    "step",
    [
        "with: {aws-access-key-id: '${{ vars.KEY }}'}",
        "with: {aws-secret-access-key: x}",
        "with: {role-to-assume: '${{ secrets.AWS_ROLE }}'}",
        "with: {token: \"${{ secrets['KEY'] }}\"}",
        "env: {AWS_SECRET_ACCESS_KEY: x}",
        "env: {AWS_SESSION_TOKEN: x}",
        "env: {ALL: '${{ toJSON(secrets) }}'}",
        "env: {KEY: '${{ inputs.own || secrets.KEY }}'}",
        "env: {KEY: AKIAIOSFODNN7EXAMPLE}",
        "if: secrets.KEY != ''",
        "run: make deploy AWS_ACCESS_KEY_ID=x",
        "secrets: inherit",
    ],
)
def test_a_stored_key_is_found_however_it_is_written(step: str) -> None:
    assert len(list(stored_keys({"jobs": {"deploy": {"steps": [yaml.safe_load(step)]}}}))) == 1


def test_the_scan_of_keys_leaves_other_words_alone() -> None:
    assert list(stored_keys({"name": "Look for secrets", "with": {"aws-region": "${{ vars.AWS_REGION }}"}})) == []
