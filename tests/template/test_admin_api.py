"""The administration's HTTP API: signed requests only, without CORS and CloudFront."""

import json
from collections.abc import Callable
from typing import Any

import pytest

type Json = dict[str, Any]

ROUTES = {
    "GET /v1/widgets",
    "POST /v1/widgets",
    "GET /v1/widgets/{id}",
    "PUT /v1/widgets/{id}",
    "POST /v1/widgets/{id}/check",
    "GET /v1/widgets/{id}/versions",
    "GET /v1/widgets/{id}/versions/{versionKey}",
    "DELETE /v1/widgets/{id}",
    "POST /v1/widgets/{id}/origins",
    "POST /v1/widgets/{id}/origins/remove",
    "POST /v1/widgets/{id}/keys",
    "POST /v1/widgets/{id}/keys/retire",
    "POST /v1/widgets/{id}/enabled",
    "POST /v1/widgets/{id}/renewal",
    "POST /v1/widgets/{id}/developer-mode",
    "POST /v1/widgets/{id}/rollback",
    "GET /v1/widgets/{id}/changes",
    "GET /v1/library",
    "GET /v1/widgets/{id}/draft",
    "PUT /v1/widgets/{id}/draft",
    "DELETE /v1/widgets/{id}/draft",
    "POST /v1/widgets/{id}/draft/publish",
    "GET /v1/widgets/{id}/statistics",
    "POST /v1/consents/lookup",
    "POST /v1/consents/search",
    "POST /v1/consents/erase",
}


@pytest.fixture
def definition(properties_of: Callable[..., Json]) -> Json:
    body: Json = properties_of("AWS::ApiGatewayV2::Api")["AdminApi"]["Body"]
    return body


@pytest.fixture
def operations(definition: Json) -> Json:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in definition["paths"].items()
        for method, operation in methods.items()
    }


def test_each_route_has_its_function(operations: Json) -> None:
    assert operations.keys() == ROUTES
    for route, operation in operations.items():
        special = {"/consents/": "ConsentLookup", "/statistics": "ConsentStatistics"}
        function = next((name for part, name in special.items() if part in route), "WidgetAdmin")
        integration = operation["x-amazon-apigateway-integration"]
        assert f"${{{function}Function.Arn}}" in integration["uri"]["Fn::Sub"]
        assert integration["payloadFormatVersion"] == "2.0"


def test_iam_authorises_every_request(definition: Json, operations: Json) -> None:
    assert [operation["security"] for operation in operations.values()] == [[{"AWS_IAM": []}]] * len(ROUTES)
    scheme = definition["components"]["securitySchemes"]["AWS_IAM"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_pages_cannot_call_it(definition: Json) -> None:
    assert "x-amazon-apigateway-cors" not in definition
    assert not any(method == "options" for methods in definition["paths"].values() for method in methods)


def test_it_is_not_behind_cloudfront(properties_of: Callable[..., Json]) -> None:
    distributions = properties_of("AWS::CloudFront::Distribution")
    assert distributions
    assert "Admin" not in json.dumps(distributions)


def test_it_has_its_own_throttle_and_minimal_access_log(properties_of: Callable[..., Json]) -> None:
    stages = properties_of("AWS::ApiGatewayV2::Stage", AdminRateLimit="3", AdminBurstLimit="4")
    stage = stages["AdminApiApiGatewayDefaultStage"]

    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": "3", "ThrottlingBurstLimit": "4"}
    assert "RouteSettings" not in stage
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["AdminApiAccessLogs", "Arn"]}
    assert json.loads(stage["AccessLogSettings"]["Format"]) == {
        "requestId": "$context.requestId",
        "routeKey": "$context.routeKey",
        "status": "$context.status",
        "latency": "$context.responseLatency",
    }
