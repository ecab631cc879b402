"""The public HTTP API: its routes, throttles, CORS and access log."""

import json
from collections.abc import Callable
from typing import Any

import pytest

type Json = dict[str, Any]

ROUTES = {
    "GET /sdk/dastra.js": "WidgetSdkFunction",
    "HEAD /sdk/dastra.js": "WidgetSdkFunction",
    "GET /sdk/dastra.js.map": "WidgetSdkFunction",
    "HEAD /sdk/dastra.js.map": "WidgetSdkFunction",
    "GET /sdk/gpc.json": "WidgetSdkFunction",
    "HEAD /sdk/gpc.json": "WidgetSdkFunction",
    "GET /sdk/{build}/{file}": "WidgetSdkFunction",
    "HEAD /sdk/{build}/{file}": "WidgetSdkFunction",
    "GET /dist/dastra.js": "WidgetSdkFunction",
    "HEAD /dist/dastra.js": "WidgetSdkFunction",
    "GET /v1/client/cookie-widget-settings/{id}": "WidgetSettingsFunction",
    "HEAD /v1/client/cookie-widget-settings/{id}": "WidgetSettingsFunction",
    "GET /v1/client/first-screen/{id}": "WidgetSettingsFunction",
    "HEAD /v1/client/first-screen/{id}": "WidgetSettingsFunction",
    "GET /v1/client/declaration/{id}": "WidgetSettingsFunction",
    "HEAD /v1/client/declaration/{id}": "WidgetSettingsFunction",
    "POST /v1/client/collect/{id}": "ConsentCollectFunction",
    "POST /v1/client/consents/{id}/history": "VisitorRightsFunction",
    "POST /v1/client/consents/{id}/receipt": "VisitorRightsFunction",
    "POST /v1/client/consents/{id}/erase": "VisitorRightsFunction",
}


@pytest.fixture
def definition(properties_of: Callable[..., Json]) -> Json:
    body: Json = properties_of("AWS::ApiGatewayV2::Api")["HttpApi"]["Body"]
    return body


@pytest.fixture
def stage(properties_of: Callable[..., Json]) -> Json:
    stages = properties_of("AWS::ApiGatewayV2::Stage", ApiRateLimit="7")
    stage: Json = stages["HttpApiApiGatewayDefaultStage"]
    return stage


def test_each_route_has_its_function(definition: Json) -> None:
    integrations = {
        f"{method.upper()} {path}": operation["x-amazon-apigateway-integration"]
        for path, methods in definition["paths"].items()
        for method, operation in methods.items()
    }
    assert integrations.keys() == ROUTES.keys()
    for route, function in ROUTES.items():
        assert f"${{{function}.Arn}}" in integrations[route]["uri"]["Fn::Sub"]
        assert integrations[route]["payloadFormatVersion"] == "2.0"


def test_the_routes_share_one_throttle_so_that_a_later_update_can_remove_one(stage: Json) -> None:
    """CloudFormation fails to remove a route that has settings of its own: "Unable to find Route by key"."""
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": "7", "ThrottlingBurstLimit": 2000}
    assert "RouteSettings" not in stage


def test_cached_routes_answer_head_too() -> None:
    """CloudFront would cache a refused HEAD for some seconds, and answer GET with it."""
    assert {f"HEAD {path}" for method, path in map(str.split, ROUTES) if method == "GET"} <= ROUTES.keys()


def test_any_page_may_read_answers_without_credentials(definition: Json) -> None:
    assert definition["x-amazon-apigateway-cors"] == {
        "allowOrigins": ["*"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["content-type"],
        "exposeHeaders": ["retry-after", "x-dastra-location", "date", "age"],
        "maxAge": 86400,
    }


def test_the_access_log_holds_no_visitor_data(stage: Json) -> None:
    settings = stage["AccessLogSettings"]
    assert settings["DestinationArn"] == {"Fn::GetAtt": ["HttpApiAccessLogs", "Arn"]}
    assert json.loads(settings["Format"]) == {
        "requestId": "$context.requestId",
        "routeKey": "$context.routeKey",
        "status": "$context.status",
        "latency": "$context.responseLatency",
    }
    assert "\n" not in settings["Format"]
