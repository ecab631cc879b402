"""The built template as the emulated CloudFormation takes it. Every deviation from what ships has a name here.

METRIC_MATH: ministack 1.5.33 refuses an alarm that computes ("metric math is not supported"), and with it the whole
stack. These alarms are left out. tests/template/test_alarms.py reads them.

API_BODIES: SAM writes the routes of an HTTP API into its body, an OpenAPI document. ministack creates the API without
reading the body, so it would have no route. Each route is added as a resource, from the event that SAM makes the body
of. tests/template/test_api.py reads the body.

PUNCTUATION: ministack generates secrets without regard to ExcludePunctuation. The characters are listed instead.

BRANDING: ministack does not know AWS::Cognito::ManagedLoginBranding, and refuses a stack with it. It is left out.
tests/template/test_console.py reads it.

ADDRESS: ministack's APIs have addresses without TLS, at which the console signs nobody in. The console's is stated as
AWS has it.

COOKIES: ministack leaves cookies in a header. AWS lists them in the event's ``cookies``, and so does the program that
starts the functions (cognito.py).

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
    """Return a template without METRIC_MATH and BRANDING, with routes for API_BODIES, PUNCTUATION and ADDRESS."""
    adapted: Json = _with_address(deepcopy(template))
    for name in left_out(template["Resources"]):
        del adapted["Resources"][name]
    adapted["Resources"].update(routes(template["Resources"]))
    for resource in adapted["Resources"].values():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            resource["Properties"]["GenerateSecretString"]["ExcludeCharacters"] = string.punctuation
    return adapted


def _with_address(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a part of a template with the address of the console's API as AWS makes it."""
    match node:
        case {"Fn::GetAtt": ["ConsoleApi", "ApiEndpoint"] | "ConsoleApi.ApiEndpoint"}:
            return {"Fn::Sub": "https://${ConsoleApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
        case dict():
            return type(node)((name, _with_address(value)) for name, value in node.items())
        case list():
            return [_with_address(value) for value in node]
    return node


def left_out(resources: Mapping[str, Any]) -> set[str]:
    """Return the names of alarms that compute, and of brandings."""
    return {
        name
        for name, resource in resources.items()
        if (resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"])
        or resource["Type"] == "AWS::Cognito::ManagedLoginBranding"
    }


def routes(resources: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Yield an integration for each function that an HTTP API calls, and a route for each of its events.

    They have the condition of their function.
    """
    for name, function in resources.items():
        is_function = function["Type"] == "AWS::Serverless::Function"
        events = function["Properties"].get("Events", {}) if is_function else {}
        kept = {"Condition": function["Condition"]} if "Condition" in function else {}
        for event_name, event in events.items():
            integration = f"{name}Integration"
            yield integration, {**_integration(name, event["Properties"]), **kept}
            yield f"{name}{event_name}Route", {**_route(integration, event["Properties"]), **kept}


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
