"""``make adopt``: what CloudFormation imports when a new stack takes over tables and bucket."""
# cfn-lint carries no types.
# mypy: disable-error-code="import-untyped"

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from local import adoption

type Json = dict[str, Any]

NAMES = {
    "WidgetsTable": "old-WidgetsTable-1A2B3C",
    "ConsentsTable": "old-ConsentsTable-1A2B3C",
    "ArchiveBucket": "old-archivebucket-1a2b3c",
}
LARGEST_BODY = 51_200  # bytes of a template that is not in S3


@pytest.fixture
def written(tmp_path: Path) -> tuple[Json, list[Json]]:
    adoption.write(NAMES, tmp_path)
    template, resources = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("template", "resources"))
    assert (tmp_path / "template.json").stat().st_size < LARGEST_BODY
    return template, resources


def test_the_template_has_these_resources_alone_as_they_will_be_deployed(
    written: tuple[Json, list[Json]], source: Json
) -> None:
    template, _ = written
    assert template["Resources"].keys() == NAMES.keys()
    for name, resource in template["Resources"].items():
        assert resource == {**source["Resources"][name], "DeletionPolicy": "Retain"}
    assert not {"Transform", "Outputs", "Rules"} & template.keys()  # an import may add no output


def test_cfn_lint_takes_the_template(written: tuple[Json, list[Json]]) -> None:
    template, _ = written
    assert [str(match) for match in lint(json.dumps(template), regions=["eu-west-1"])] == []


def test_the_list_identifies_each_resource_as_cloudformation_wants(written: tuple[Json, list[Json]]) -> None:
    _, resources = written
    assert {each["LogicalResourceId"] for each in resources} == NAMES.keys()
    for each in resources:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", each["ResourceType"]).schema
        (identifier,) = schema["primaryIdentifier"]
        assert each["ResourceIdentifier"] == {identifier.rpartition("/")[2]: NAMES[each["LogicalResourceId"]]}


def test_all_names_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["adoption", "--widgets-table", "one"])
    with pytest.raises(SystemExit, match="missing: ConsentsTable, ArchiveBucket"):
        adoption.main()
