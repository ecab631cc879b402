"""The stack to check: on AWS, by the outputs of its CloudFormation stack, or on this machine."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"
LOCAL = "local"

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
_NO_CREDENTIALS = "No AWS credentials were found. Set AWS_PROFILE, or sign in with `aws sso login`, and try again."


class ConfigurationError(Exception):
    """A stack that cannot be found; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Addresses of a stack. ``session`` signs requests to the administration; ``batch_seconds`` delay the archive.

    ``api_url`` is the API behind CloudFront, None on this machine, where no CloudFront stands in front.
    """

    name: str
    service_url: str
    admin_url: str
    session: boto3.Session | None = None
    batch_seconds: int = 0
    api_url: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice of the operator: an environment of samconfig.toml or a stack, and perhaps other addresses."""

    environment: str | None = None
    stack_name: str | None = None
    region: str | None = None
    profile: str | None = None
    service_url: str | None = None
    admin_url: str | None = None
    api_url: str | None = None

    def stack(self) -> Stack:
        """Find the stack. Raise ConfigurationError if that is not possible."""
        if self.environment == LOCAL:
            return self._local()
        name, region = self.stack_name, self.region
        if self.environment:
            configured = _environment(self.environment)
            name, region = name or configured.get("stack_name"), region or configured.get("region")
        if not name:
            raise ConfigurationError(
                "Name an environment of samconfig.toml, such as `make smoke ENV=dev`, or a stack with --stack-name."
            )
        return self._on_aws(name, region or os.environ.get("AWS_REGION"))

    def _local(self) -> Stack:
        return Stack(
            "of this machine (`make run`)",
            self.service_url or f"http://127.0.0.1:{os.environ.get('API_PORT') or 3000}",
            self.admin_url or f"http://127.0.0.1:{os.environ.get('ADMIN_PORT') or 3001}",
        )

    def _on_aws(self, name: str, region: str | None) -> Stack:
        session, described = _described(name, region, self.profile)
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", ())}
        try:
            return Stack(
                f"{name} in {session.region_name}",
                (self.service_url or outputs["ServiceUrl"]).rstrip("/"),
                (self.admin_url or outputs["AdminApiUrl"]).rstrip("/"),
                session,
                int(parameters.get("ArchiveBatchSeconds", 0)),
                (self.api_url or outputs["ApiUrl"]).rstrip("/"),
            )
        except KeyError as error:
            raise ConfigurationError(
                f"The stack {name} has no output {error.args[0]}. It is not a stack of this platform, or it is not"
                " deployed completely."
            ) from error


def _environment(name: str) -> dict[str, Any]:
    """Read an environment of samconfig.toml, as `sam deploy --config-env` does."""
    try:
        configured = tomllib.loads(SAMCONFIG.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"Could not read {SAMCONFIG}: {error}") from error
    platforms = (key for key, value in configured.items() if isinstance(value, dict) and not key.startswith("edge-"))
    environments = {key: configured[key] for key in platforms}
    if name not in environments:
        known = ", ".join([*environments, LOCAL])
        raise ConfigurationError(f"samconfig.toml has no environment {name}. Choose one of: {known}.")
    sections = (environments[name].get(section, {}).get("parameters", {}) for section in ("global", "deploy"))
    return {key: value for section in sections for key, value in section.items()}


def _described(name: str, region: str | None, profile: str | None) -> tuple[boto3.Session, Any]:
    try:
        session = boto3.Session(region_name=region, profile_name=profile)
        described = session.client("cloudformation", config=_CONFIG).describe_stacks(StackName=name)["Stacks"][0]
    except ProfileNotFound as error:
        raise ConfigurationError(f"The AWS configuration has no profile {error.kwargs['profile']}.") from error
    except NoRegionError as error:
        raise ConfigurationError("No region is set. Choose one with --region.") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise ConfigurationError(_NO_CREDENTIALS) from error
    except ClientError as error:
        raise ConfigurationError(_refusal(error, name, session.region_name)) from error
    except BotoCoreError as error:
        raise ConfigurationError(f"CloudFormation could not be asked about the stack {name}: {error}") from error
    return session, described


def _refusal(error: ClientError, name: str, region: str | None) -> str:
    match error.response["Error"]["Code"]:
        case "ValidationError":  # CloudFormation's answer to an unknown name
            return f"Region {region} has no stack {name}. Deploy it, or choose another one."
        case "AccessDenied":
            return f"Your credentials may not describe the stack {name} (cloudformation:DescribeStacks)."
        case "ExpiredToken" | "InvalidClientTokenId" | "SignatureDoesNotMatch" | "ExpiredTokenException":
            return "Your AWS credentials are not valid, or not any more. Sign in again."
    return f"CloudFormation refused to describe the stack {name}: {error}"
