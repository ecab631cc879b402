"""Where tables, archive and log are: in a stack on AWS, or on this machine."""

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from consent_core.archive.athena import Finder
from consent_core.archive.objects import Archive
from consent_core.dossier.claims import Locations
from consent_core.dossier.evidence import Sources
from consent_core.tables import Tables
from ops.administration import Administration, InTables, OverHttp
from ops.sightings import SightingsLog

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

# Locally, as in `sam local`, tables are named by their logical ids, and buckets as well, in lower case.
TABLES, BUCKET = ("WidgetsTable", "ConsentsTable"), "archivebucket"

# An operator can wait, but not for long.
_PATIENCE = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


class StackError(Exception):
    """A stack whose tables cannot be told; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stack of the platform: the local one at ``endpoint``, or else ``stack_name`` on AWS.

    ``api`` is the address of its administration, for who has the right to call that, and perhaps no other.
    """

    endpoint: str | None = None
    stack_name: str | None = None
    profile: str | None = None
    region: str | None = None
    api: str | None = None

    def tables(self) -> Tables:
        """Open the tables. Raises StackError when nothing names them."""
        session = self._session()
        names = TABLES if self.endpoint else self._outputs(session, "WidgetsTableName", "ConsentsTableName")
        client: DynamoDBClient = session.client("dynamodb", endpoint_url=self.endpoint, config=_PATIENCE)
        return Tables(client, widgets_table=names[0], consents_table=names[1])

    def administration(self) -> Administration:
        """Show and change widgets through the HTTP API if there is an address, else in the tables."""
        return OverHttp(self.api, self._session()) if self.api else InTables(self.tables(), self.actor)

    def archive(self) -> Archive:
        """Open the archive of proofs. Raises StackError when nothing names it."""
        session = self._session()
        (bucket,) = (BUCKET,) if self.endpoint else self._outputs(session, "ArchiveBucketName")
        config = _PATIENCE.merge(Config(s3={"addressing_style": "path"}))
        client: S3Client = session.client("s3", endpoint_url=self.endpoint, config=config)
        return Archive(client, bucket=bucket)

    def sources(self, *, anywhere: bool = False) -> Sources:
        """Open all that has evidence of consents, Athena with it if it is looked for ``anywhere``.

        Raises StackError when nothing names it.
        """
        stated = ("WidgetsTableName", "ConsentsTableName", "ArchiveBucketName")
        widgets, consents, bucket = (*TABLES, BUCKET) if self.endpoint else self._outputs(self._session(), *stated)
        places = Locations(widgets, consents, bucket, self._command())
        return Sources(self.tables(), self.archive(), places, self._finder() if anywhere else None)

    def _finder(self) -> Finder:
        if self.endpoint:
            raise StackError("There is no Athena on this machine: name the day with --date.")
        session = self._session()
        workgroup, database = self._outputs(session, "AthenaWorkgroup", "ArchiveDatabaseName")
        return Finder(session.client("athena", config=_PATIENCE), workgroup=workgroup, database=database)

    def sightings(self) -> SightingsLog:
        """Open the log that says how often windows were shown. Raises StackError when nothing names it."""
        session = self._session()
        local = ("/aws/lambda/local/consent_collect",)
        (group,) = local if self.endpoint else self._outputs(session, "ConsentCollectLogGroupName")
        return SightingsLog(session.client("logs", endpoint_url=self.endpoint, config=_PATIENCE), group)

    def actor(self) -> str:
        """Who is asking, for the audit: the ARN of the caller."""
        client = self._session().client("sts", endpoint_url=self.endpoint, config=_PATIENCE)
        return client.get_caller_identity()["Arn"]

    def _command(self) -> str:
        """How this place is reached with the AWS command line."""
        options = {"endpoint-url": self.endpoint} if self.endpoint else {"profile": self.profile, "region": self.region}
        return " ".join(["aws", *(f"--{name} {quote(value)}" for name, value in options.items() if value)])

    def _session(self) -> boto3.Session:
        if self.endpoint:
            without_profile = botocore.session.get_session({"profile": (None, None, None, None)})
            return boto3.Session("local", "local", region_name="us-east-1", botocore_session=without_profile)
        return boto3.Session(profile_name=self.profile, region_name=self.region)

    def _outputs(self, session: boto3.Session, *names: str) -> tuple[str, ...]:
        if not self.stack_name:
            raise StackError("Say where: --local for the stack on this machine, --stack-name NAME for one on AWS.")
        outputs = _outputs(session, self.stack_name)
        try:
            return tuple(outputs[name] for name in names)
        except KeyError as error:
            raise StackError(
                f"The stack {self.stack_name} has no output {error.args[0]}: it is another one."
            ) from error


def _outputs(session: boto3.Session, stack_name: str) -> dict[str, str]:
    try:
        stack = session.client("cloudformation", config=_PATIENCE).describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's word for what does not exist
            raise StackError(f"There is no stack {stack_name} in {session.region_name}.") from error
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
