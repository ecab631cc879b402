"""Tables and bucket of an earlier stack, imported as docs/deploy.md says, and then deployed on."""
# SAM CLI carries no types.
# mypy: disable-error-code="import-untyped"

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from samcli.yamlhelper import yaml_parse

from local import ROOT, adoption
from tests.deployment import emulated
from tests.deployment.conftest import ACCOUNT, REGION, SERVICES, deploy, environment_for
from tests.ministack_process import running_engine
from tests.sam_build import OWN_ARCH

STACK = "consent-platform"
"""As samconfig.toml has it for ``default``."""

type Json = dict[str, Any]

NAMES = {
    "WidgetsTable": "old-WidgetsTable-1A2B3C",
    "ConsentsTable": "old-ConsentsTable-1A2B3C",
    "ArchiveBucket": "old-archivebucket-1a2b3c",
}
KEPT = {"consentId": {"S": "c"}, "id": {"S": "d"}, "origin": {"S": "https://shop.example"}}


@dataclass(frozen=True, slots=True)
class Engine:
    """An emulated AWS that has the tables and the bucket of a stack which was deleted."""

    url: str
    folder: Path

    def client(self, service: str) -> Any:  # noqa: ANN401 - of any service
        session: Any = boto3.Session(ACCOUNT, "test", region_name=REGION)
        return session.client(service, endpoint_url=self.url)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    resources = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
    with running_engine(tmp_path, SERVICES, region=REGION) as aws:
        found = Engine(aws, tmp_path)
        for table in ("WidgetsTable", "ConsentsTable"):
            properties = resources[table]["Properties"]
            names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
            made = {name: properties[name] for name in names if name in properties}
            stream = {"StreamEnabled": True, **properties["StreamSpecification"]}
            found.client("dynamodb").create_table(TableName=NAMES[table], StreamSpecification=stream, **made)
        found.client("dynamodb").put_item(TableName=NAMES["ConsentsTable"], Item=KEPT)
        where = {"LocationConstraint": REGION}
        found.client("s3").create_bucket(Bucket=NAMES["ArchiveBucket"], CreateBucketConfiguration=where)
        yield found


def test_a_new_stack_adopts_tables_and_bucket_and_is_deployed_on(
    engine: Engine, sam_build: Callable[[str], Path]
) -> None:
    adoption.write(NAMES, engine.folder)
    template, resources = ((engine.folder / f"{name}.json").read_text() for name in ("template", "resources"))
    cloudformation: Any = engine.client("cloudformation")
    change = {"StackName": STACK, "ChangeSetName": "adopt"}

    cloudformation.create_change_set(
        **change, ChangeSetType="IMPORT", TemplateBody=template, ResourcesToImport=yaml_parse(resources)
    )
    cloudformation.get_waiter("change_set_create_complete").wait(**change, WaiterConfig={"Delay": 1})
    cloudformation.execute_change_set(**change)
    cloudformation.get_waiter("stack_import_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    built = emulated.write_template(sam_build(OWN_ARCH), engine.folder)
    # `default` has no tags. AWS tags a table in place; the emulator replaces one that has not the name it would give.
    environment = environment_for(engine.url, engine.folder)
    deploy(built, environment, config_env="default", options=["--no-confirm-changeset"])

    (described,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    assert described["StackStatus"] == "UPDATE_COMPLETE"
    assert {name: outputs[f"{name}Name"] for name in NAMES} == NAMES
    dynamodb: Any = engine.client("dynamodb")
    assert dynamodb.scan(TableName=NAMES["ConsentsTable"])["Items"] == [KEPT]
    (audit,) = {*dynamodb.list_tables()["TableNames"]} - {NAMES["WidgetsTable"], NAMES["ConsentsTable"]}
    assert audit == outputs["AccessAuditTableName"]  # new, as the key of its subjects is
    read = engine.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    tables = {each["EventSourceArn"].partition("/")[2].partition("/")[0] for each in read}
    assert tables == {NAMES["WidgetsTable"], NAMES["ConsentsTable"]}
