"""The stack: built by ``sam build`` and deployed by ``sam deploy`` to an emulated CloudFormation, once."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from local import ROOT
from tests.deployment import emulated
from tests.deployment.cognito import CognitoHost
from tests.ministack_process import running_engine
from tests.sam_build import OWN_ARCH

STACK, REGION, ACCOUNT = "consent-platform-dev", "eu-west-1", "000000000000"
"""As samconfig.toml has them for ``dev``; and the account of unsigned requests."""
TIMEOUT = 300
"""Seconds after which a deployment is given up."""

SERVICES = (
    *("cloudformation", "iam", "sts", "lambda", "apigateway", "cloudfront", "logs", "cloudwatch", "sqs"),
    *("dynamodb", "dynamodbstreams", "s3", "glue", "athena", "secretsmanager", "ssm", "cognito-idp"),
)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack. ``aws`` is the emulator's base URL, ``build`` the folder of what ``template`` deploys."""

    aws: str
    build: Path
    template: Path
    functions_python: Path
    environment: Mapping[str, str] = field(repr=False)
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:  # noqa: ANN401 - of any service
        session: Any = boto3.Session(ACCOUNT, "test", region_name=REGION)
        return session.client(service, endpoint_url=self.aws)

    def physical_id(self, logical_id: str) -> str:
        asked = {"StackName": STACK, "LogicalResourceId": logical_id}
        found = self.client("cloudformation").describe_stack_resource(**asked)["StackResourceDetail"]
        return str(found["PhysicalResourceId"])

    def secret(self, **version: str) -> str:
        """Return what CloudFront adds to a request: the generated secret, or another version of it."""
        asked = self.client("secretsmanager").get_secret_value(SecretId=self.physical_id("OriginSecret"), **version)
        return str(asked["SecretString"])

    def deploy(self, **parameters: str) -> None:
        """Deploy once more with other parameters. Those that are not named keep their values."""
        given = [f'{name}="{value}"' for name, value in parameters.items()]
        deploy(self.template, self.environment, *given)

    def api(self, output: str) -> str:
        """Return the base URL of an HTTP API: no name server knows the host in the stack's output."""
        api_id = (urlsplit(self.outputs[output]).hostname or "").partition(".")[0]
        return f"{self.aws}/_aws/execute-api/{api_id}"


@pytest.fixture(scope="session")
def stack(sam_build: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A fresh deployment, with the console, otherwise the template's defaults, and this machine's processor."""
    folder = tmp_path_factory.mktemp("deployment")
    cognito = CognitoHost(REGION, folder)
    build, python = sam_build(OWN_ARCH), _bare_python(folder, cognito.launcher())
    with running_engine(folder, SERVICES, region=REGION, functions_python=python) as aws, cognito.passing_on(aws):
        environment = environment_for(aws, folder)
        template = emulated.write_template(build, folder)
        deploy(template, environment, "Console=cognito")
        yield Deployed(aws, build, template, python, environment, _outputs(aws))


def _bare_python(folder: Path, launcher: str) -> Path:
    """Write a command that starts Python without any installed package: a function has its layers, or nothing."""
    program, command = folder / "launcher.py", folder / "python"
    program.write_text(launcher)
    command.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).resolve()}" -I -S "{program}" "$@"\n')
    command.chmod(0o755)
    return command


def environment_for(aws: str, folder: Path) -> dict[str, str]:
    """Return an environment in which every AWS client finds the emulator and no configuration of the developer's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "HOME": str(folder),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": ACCOUNT,  # the emulator takes an account's number for a key
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


def deploy(
    template: Path,
    environment: Mapping[str, str],
    *parameters: str,
    config_env: str = "dev",
    options: Sequence[str] = (),
) -> None:
    """Do what ``make deploy ENV=dev`` does, on another template and for this machine's processor."""
    sam = Path(sys.executable).parent / "sam"
    environment_of = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", config_env]
    changed = ["--template-file", str(template), "--parameter-overrides", f"Arch={OWN_ARCH}", *parameters]
    result = subprocess.run(  # noqa: S603 - our own tool, our own words
        [sam, "deploy", *environment_of, *changed, *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def _outputs(aws: str) -> dict[str, str]:
    client = boto3.Session(ACCOUNT, "test", region_name=REGION).client("cloudformation", endpoint_url=aws)
    (described,) = client.describe_stacks(StackName=STACK)["Stacks"]
    assert described["StackStatus"] == "CREATE_COMPLETE"
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
