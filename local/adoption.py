"""``make adopt``: files for CloudFormation's import, by which a new stack adopts an old one's tables and bucket.

An import creates nothing else, so its template holds the imported resources alone. It needs no transform. The next
deployment adds the rest.
"""
# SAM CLI carries no types.
# mypy: disable-error-code="import-untyped"

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from local import ROOT

type Json = dict[str, Any]

FOLDER = ROOT / ".aws-sam" / "adopt"
NAMED_BY = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}


def template_of(template: Json, adopted: set[str]) -> Json:
    """Return a template with the adopted resources, and the conditions and parameters that they use.

    ``Retain``: whatever becomes of the import, they stay.
    """
    resources = {name: {**template["Resources"][name], "DeletionPolicy": "Retain"} for name in sorted(adopted)}
    conditions = {name: template["Conditions"][name] for name in sorted(_named(resources, "Fn::If"))}
    used = _named({"resources": resources, "conditions": conditions}, "Ref")
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": template["Description"],
        "Parameters": {name: each for name, each in template["Parameters"].items() if name in used},
        "Conditions": conditions,
        "Resources": resources,
    }


def _named(node: object, function: str) -> set[str]:
    """Return the names in all uses of an intrinsic function."""
    match node:
        case dict():
            found = {name for value in node.values() for name in _named(value, function)}
            if function in node:
                named = node[function]
                found.add(named[0] if isinstance(named, list) else named)
            return found
        case list():
            return {name for value in node for name in _named(value, function)}
    return set()


def imports(template: Json, names: Mapping[str, str]) -> list[Json]:
    """Return CloudFormation's list of resources to import. ``names`` are the existing ones, by logical id."""
    types = {logical: template["Resources"][logical]["Type"] for logical in sorted(names)}
    return [
        {"ResourceType": kind, "LogicalResourceId": logical, "ResourceIdentifier": {NAMED_BY[kind]: names[logical]}}
        for logical, kind in types.items()
    ]


def write(names: Mapping[str, str], folder: Path) -> None:
    """Write ``template.json`` and ``resources.json``."""
    template = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("template", template_of(template, set(names))), ("resources", imports(template, names))):
        folder.joinpath(f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def main() -> None:
    """Write the files for the given names. All three are needed: a stack with one new table would look complete."""
    parser = argparse.ArgumentParser(prog="python -m local.adoption", description=__doc__)
    for option in ("--widgets-table", "--consents-table", "--archive-bucket"):
        parser.add_argument(option, default="")
    options = parser.parse_args()
    names = {
        "WidgetsTable": options.widgets_table,
        "ConsentsTable": options.consents_table,
        "ArchiveBucket": options.archive_bucket,
    }
    if missing := [name for name, value in names.items() if not value]:
        sys.exit(f"Give the names of all three; missing: {', '.join(missing)} (docs/deploy.md).")
    write(names, FOLDER)
    print(f"Wrote {FOLDER.relative_to(ROOT)}/template.json and resources.json. docs/deploy.md has the next commands.")


if __name__ == "__main__":
    main()
