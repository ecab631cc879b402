"""The built template as the emulated CloudFormation takes it. Every deviation from what ships has a name here.

METRIC_MATH: ministack 1.5.33 refuses an alarm that computes ("metric math is not supported"), and with it the whole
stack. These alarms are left out. tests/template/test_alarms.py reads them.

API_BODIES: SAM writes the routes of an HTTP API into its body, an OpenAPI document. ministack creates the API without
reading the body, so it would have no route. Each route is added as a resource, from the event that SAM makes the body
of. tests/template/test_api.py reads the body.

PUNCTUATION: ministack generates secrets without regard to ExcludePunctuation. The characters are listed instead.

All else is deployed as ``sam build`` made it: the functions, the layer, every other resource.
"""

import string
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse

type Json = dict[str, Any]

_CODE = frozenset({"CodeUri", "ContentUri"})
_NESTED = frozenset({"Location", "TemplateURL"})


def write_template(build: Path, folder: Path) -> Path:
    """Write the template of ``build``, and those nested in it, to ``folder``. Return the file to deploy."""
    return _write(build / "template.yaml", folder / "template.yaml")


def _write(built: Path, target: Path) -> Path:
    template = for_the_emulator(yaml_parse(built.read_text("utf-8")))
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for place in properties.keys() & _CODE:
            properties[place] = str(built.parent / properties[place])
        for place in properties.keys() & _NESTED:
            nested = built.parent / properties[place]
            properties[place] = str(_write(nested, target.with_name(f"{name}.yaml")))
    target.write_text(yaml_dump(template), "utf-8")
    return target


def for_the_emulator(template: Json) -> Json:
    """Return a template without METRIC_MATH, with routes instead of API_BODIES, and PUNCTUATION listed."""
    adapted = deepcopy(template)
    for name in metric_math(template["Resources"]):
        del adapted["Resources"][name]
    adapted["Resources"].update(routes(template["Resources"]))
    for resource in adapted["Resources"].values():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            resource["Properties"]["GenerateSecretString"]["ExcludeCharacters"] = string.punctuation
    return adapted


def metric_math(resources: Mapping[str, Any]) -> set[str]:
    """Return the names of alarms that compute."""
    return {
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    }


def routes(resources: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Yield an integration for each function that an HTTP API calls, and a route for each of its events.

    Functions with a condition, the console's, are not deployed by default.
    """
    for name, function in resources.items():
        is_deployed = function["Type"] == "AWS::Serverless::Function" and "Condition" not in function
        events = function["Properties"].get("Events", {}) if is_deployed else {}
        for event_name, event in events.items():
            integration = f"{name}Integration"
            yield integration, _integration(name, event["Properties"])
            yield f"{name}{event_name}Route", _route(integration, event["Properties"])


def _integration(function: str, event: Json) -> Json:
    properties = {
        "ApiId": event["ApiId"],
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
        "PayloadFormatVersion": "2.0",
    }
    return {"Type": "AWS::ApiGatewayV2::Integration", "Properties": properties}


def _route(integration: str, event: Json) -> Json:
    properties = {
        "ApiId": event["ApiId"],
        "RouteKey": f"{event['Method']} {event['Path']}",
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration}]]},
    }
    return {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
