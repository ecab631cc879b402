"""A stack on AWS, or on this machine, with its tables, archive and log."""

import os
import time
from dataclasses import dataclass
from functools import cached_property
from shlex import quote
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from consent_core import aws
from consent_core.access_audit import AccessAudit, Subjects
from consent_core.archive.athena import Finder
from consent_core.archive.objects import Archive
from consent_core.consent_table import ConsentTable
from consent_core.dossier.claims import Locations
from consent_core.dossier.evidence import Sources
from consent_core.widget_table import WidgetTable
from consent_ops.administration import Administration, InTables, OverHttp
from consent_ops.desk import Desk, DeskInTables, DeskOverHttp
from consent_ops.failures import OperatorError
from consent_ops.impressions import ImpressionLog

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Locally, as in `sam local`, tables are named by their logical ids, and buckets as well, in lower case.
LOCAL = {
    "WidgetsTableName": "WidgetsTable",
    "ConsentsTableName": "ConsentsTable",
    "ArchiveBucketName": "archivebucket",
    "ConsentCollectLogGroupName": "/aws/lambda/local/consent_collect",
    "AccessAuditTableName": "AccessAuditTable",
    "AuditDays": "1095",
}
LOCAL_AUDIT_KEY = "local"  # as local/__main__.py and events/env.local.json give it to the function

_LOCAL_API_PORT = 3000
_OF_EVERY_STACK = frozenset({"WidgetsTableName", "ConsentsTableName"})

# An operator can wait, but not for long.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    s3={"addressing_style": "path"},
)


class StackError(OperatorError):
    """The stack is not given, not found, or not one of this platform."""


@dataclass(frozen=True)
class Stack:
    """A stack of the platform: the local one at ``endpoint``, or else ``stack_name`` on AWS.

    ``api`` is the address of its administration, for operators who may call that, and perhaps no other. A stack's
    outputs are read once, and all clients share one session. Each method raises StackError if the stack is not found.
    """

    endpoint: str | None = None
    stack_name: str | None = None
    profile: str | None = None
    region: str | None = None
    api: str | None = None

    def widgets(self) -> WidgetTable:
        """Open the table of widgets."""
        name = self._output("WidgetsTableName")
        return WidgetTable(self._dynamodb, name)

    def consents(self, restored: str | None = None) -> ConsentTable:
        """Open the table of consents, or one that was ``restored`` from it."""
        return ConsentTable(self._dynamodb, restored or self._output("ConsentsTableName"))

    def administration(self) -> Administration:
        """Show and change widgets through the HTTP API if there is an address, else in the tables."""
        return self.over_http() or InTables(self.widgets(), self.actor, self._has_proofs)

    def over_http(self) -> OverHttp | None:
        """Open the administration's API; None without an address."""
        return OverHttp(self.api, self._session) if self.api else None

    def desk(self) -> Desk:
        """Answer for consents and users through the HTTP API if there is an address, else in the tables."""
        over_http = self.over_http()
        return DeskOverHttp(over_http) if over_http else DeskInTables(self)

    @property
    def has_audit(self) -> bool:
        """Whether the stack has an audit of accesses: one of an earlier release has none."""
        return "AccessAuditTableName" in self._outputs

    def audit(self) -> AccessAudit:
        """Open the audit of accesses."""
        return AccessAudit(self._dynamodb, self._output("AccessAuditTableName"), days=self.audit_days)

    @property
    def audit_days(self) -> int:
        """The days for which the audit keeps an entry."""
        return int(self._output("AuditDays"))

    @cached_property
    def subjects(self) -> Subjects:
        """The making of the audit's subjects, with the stack's key."""
        if self.endpoint:
            return Subjects(LOCAL_AUDIT_KEY)
        arn = self._output("AuditKeyArn")
        with aws.errors():
            return Subjects(self._client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])

    def archive(self) -> Archive:
        """Open the archive of proofs."""
        bucket = self._output("ArchiveBucketName")
        return Archive(self._client("s3"), bucket=bucket)

    def sources(self, *, anywhere: bool = False) -> Sources:
        """Open all that has evidence of consents, Athena with it if it is looked for ``anywhere``."""
        widgets, consents = self._output("WidgetsTableName"), self._output("ConsentsTableName")
        locations = Locations(widgets, consents, self._output("ArchiveBucketName"), self._command())
        finder = self._finder() if anywhere else None
        return Sources(self.widgets(), self.consents(), self.archive(), locations, finder)

    def service_url(self) -> str:
        """Return the address that sites load the SDK from."""
        if self.endpoint:
            return f"http://127.0.0.1:{os.environ.get('API_PORT') or _LOCAL_API_PORT}"
        if self.api and not self.stack_name:
            raise StackError("The service's address is not known. Add --service-url, the stack's output ServiceUrl.")
        return self._output("ServiceUrl")

    def impressions(self) -> ImpressionLog:
        """Open the log that says how often windows were shown."""
        group = self._output("ConsentCollectLogGroupName")
        return ImpressionLog(self._client("logs"), group)

    def actor(self) -> str:
        """Return the ARN of the caller, for the audit."""
        with aws.errors():
            return str(self._client("sts").get_caller_identity()["Arn"])

    def _has_proofs(self, widget_id: int) -> bool:
        """Return whether a widget has unexpired proofs. The search ends at the first one."""
        found = self.consents().proofs_since("0", now=int(time.time()), widget_id=widget_id)
        return next(found, None) is not None

    def _finder(self) -> Finder:
        if self.endpoint:
            raise StackError("Athena is not available on this machine: name the day with --date.")
        workgroup, database = self._output("AthenaWorkgroup"), self._output("ArchiveDatabaseName")
        return Finder(self._client("athena"), workgroup=workgroup, database=database)

    def _command(self) -> str:
        """Return the AWS command line's beginning for this stack."""
        options = {"endpoint-url": self.endpoint} if self.endpoint else {"profile": self.profile, "region": self.region}
        return " ".join(["aws", *(f"--{name} {quote(value)}" for name, value in options.items() if value)])

    def _output(self, name: str) -> str:
        try:
            return self._outputs[name]
        except KeyError as error:
            raise StackError(
                f"Stack {self.stack_name} has no output {name}. Deploy it again, or check --stack-name."
            ) from error

    @cached_property
    def _outputs(self) -> dict[str, str]:
        if self.endpoint:
            return LOCAL
        if not self.stack_name:
            raise StackError("No stack given. Add --local for the stack on this machine, or --stack-name NAME for AWS.")
        client = self._client("cloudformation")
        with aws.errors():
            try:
                (stack,) = client.describe_stacks(StackName=self.stack_name)["Stacks"]
            except ClientError as error:
                if aws.code_of(error) == "ValidationError":  # CloudFormation's word for a stack that it cannot find
                    region = client.meta.region_name
                    advice = "Check --stack-name, --region and --profile."
                    raise StackError(f"Stack {self.stack_name} not found in {region}. {advice}") from error
                raise
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
        if not outputs.keys() >= _OF_EVERY_STACK:
            raise StackError(f"Stack {self.stack_name} is not a consent platform. Check --stack-name.")
        return outputs

    @cached_property
    def _session(self) -> botocore.session.Session:
        if not self.endpoint:
            session = botocore.session.Session(profile=self.profile)
            if self.region:
                session.set_config_variable("region", self.region)
            return session
        without_profile = botocore.session.Session({"profile": (None, None, None, None)})
        without_profile.set_credentials("local", "local")
        without_profile.set_config_variable("region", "us-east-1")
        return without_profile

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        client: DynamoDBClient = self._client("dynamodb")
        return client

    def _client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes each client's class when it is asked for
        return aws.client(service, _CONFIG, self._session, self.endpoint)
