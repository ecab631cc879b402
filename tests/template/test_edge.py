"""The distribution: cache keys, cache times, and the paths that are never cached."""
# mypy: disable-error-code="import-untyped"

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

type Json = dict[str, Any]

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0b93b823-ff36-4d61-8959-e9e8deee5ef8"
WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/consent/0b93b823-ff36-4d61-8959-e9e8deee5ef8"


@pytest.fixture
def distribution(properties_of: Callable[..., Json]) -> Callable[..., Json]:
    def configuration(**parameters: str) -> Json:
        config: Json = properties_of("AWS::CloudFront::Distribution", **parameters)["Distribution"][
            "DistributionConfig"
        ]
        return config

    return configuration


def behaviour(config: Json, path: str) -> Json:
    """Return the behaviour that CloudFront uses for ``path``: the first that matches, else the default."""
    fitting = (candidate for candidate in config["CacheBehaviors"] if fnmatchcase(path, candidate["PathPattern"]))
    found: Json = next(fitting, config["DefaultCacheBehavior"])
    return found


def test_the_cache_key_of_settings_has_everything_they_depend_on(
    distribution: Callable[..., Json], properties_of: Callable[..., Json]
) -> None:
    settings = behaviour(distribution(), "/v1/client/cookie-widget-settings/43")
    policy = properties_of("AWS::CloudFront::CachePolicy")[settings["CachePolicyId"]["Ref"]]["CachePolicyConfig"]
    assert policy["ParametersInCacheKeyAndForwardedToOrigin"] == {
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["key", "culture"]},
        "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Origin"]},
        "CookiesConfig": {"CookieBehavior": "none"},
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
    }
    for path in ("/v1/client/first-screen/43", "/v1/client/declaration/43"):
        html = behaviour(distribution(), path)
        assert html["CachePolicyId"] == settings["CachePolicyId"]
        assert "OriginRequestPolicyId" not in html  # the function receives only what is in the key


def test_settings_have_the_viewers_place_beside_a_cache_key_that_does_not(
    distribution: Callable[..., Json], properties_of: Callable[..., Json]
) -> None:
    settings = behaviour(distribution(), "/v1/client/cookie-widget-settings/43")
    assert settings["OriginRequestPolicyId"] == {"Ref": "LocationHeaders"}
    policies = properties_of("AWS::CloudFront::OriginRequestPolicy")
    assert list(policies) == ["LocationHeaders"]
    policy = policies["LocationHeaders"]["OriginRequestPolicyConfig"]
    assert {name: policy[name] for name in policy.keys() - {"Name", "Comment"}} == {
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
        "HeadersConfig": {
            "HeaderBehavior": "whitelist",
            "Headers": ["CloudFront-Viewer-Country", "CloudFront-Viewer-Country-Region"],
        },
        "CookiesConfig": {"CookieBehavior": "none"},
    }


def test_each_behaviour_has_its_functions(distribution: Callable[..., Json]) -> None:
    functions = {
        taken.get("PathPattern"): {
            each["EventType"]: each["FunctionARN"]["Fn::GetAtt"] for each in taken.get("FunctionAssociations", ())
        }
        for taken in (*distribution()["CacheBehaviors"], distribution()["DefaultCacheBehavior"])
    }
    paths = {"viewer-request": ["SettingsPaths", "FunctionARN"]}
    assert functions == {
        "/sdk/*": {},
        "/dist/dastra.js": {},
        "/v1/client/cookie-widget-settings/*": {**paths, "viewer-response": ["ViewerLocation", "FunctionARN"]},
        "/v1/client/first-screen/*": paths,
        "/v1/client/declaration/*": paths,
        None: {},
    }


def test_settings_have_one_path_at_the_edge(properties_of: Callable[..., Json]) -> None:
    function = properties_of("AWS::CloudFront::Function")["SettingsPaths"]
    assert (function["AutoPublish"], function["FunctionConfig"]["Runtime"]) == (True, "cloudfront-js-2.0")

    folder = "/v1/client/cookie-widget-settings/"
    passed = [
        *(f"{folder}{name}" for name in ("44", "1", "999999999999999", "0", "x", "44;x")),
        *("/v1/client/first-screen/44", "/v1/client/declaration/44"),
    ]
    refused = [
        *(
            f"{folder}{name}"
            for name in ("%34%34", "4%34", "44/", "44//", "44%2F", "44%20", "", "x/../44", "./44", "/44")
        ),
        "/v1/client/cookie%2Dwidget-settings/44",
        "/v1/client/declaration/%34%34",
        "/V1/client/cookie-widget-settings/44",
        "//v1/client/cookie-widget-settings/44",
    ]
    events = json.dumps([{"request": {"uri": uri, "headers": {}}} for uri in (*passed, *refused)])
    program = f"{function['FunctionCode']}\nconsole.log(JSON.stringify({events}.map(handler)))"
    answers = json.loads(subprocess.check_output([Path(sys.executable).with_name("node"), "-e", program]))  # noqa: S603 - ours
    assert answers[: len(passed)] == [{"uri": uri, "headers": {}} for uri in passed]
    assert {answer.get("statusCode") for answer in answers[len(passed) :]} == {404}


def test_the_function_sets_the_cache_time_up_to_a_day(properties_of: Callable[..., Json]) -> None:
    policy = properties_of("AWS::CloudFront::CachePolicy")["SettingsCachePolicy"]["CachePolicyConfig"]
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (0, 0, 86400)


def test_settings_are_read_only_and_compressed(distribution: Callable[..., Json]) -> None:
    settings = behaviour(distribution(), "/v1/client/cookie-widget-settings/43")
    assert settings["AllowedMethods"] == ["GET", "HEAD"]
    assert settings["Compress"] is True


SDK = pytest.mark.parametrize(
    "path", ["/sdk/dastra.js", "/sdk/0123456789abcdef/details.js", "/sdk/gpc.json", "/dist/dastra.js"]
)


@SDK
def test_the_sdk_is_compressed_and_cached_for_as_long_as_its_function_says(
    distribution: Callable[..., Json], properties_of: Callable[..., Json], path: str
) -> None:
    sdk = behaviour(distribution(), path)
    policy = properties_of("AWS::CloudFront::CachePolicy")[sdk["CachePolicyId"]["Ref"]]["CachePolicyConfig"]
    assert policy["ParametersInCacheKeyAndForwardedToOrigin"] == {
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
    }
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (0, 0, 31536000)
    assert "OriginRequestPolicyId" not in sdk
    assert sdk["AllowedMethods"] == ["GET", "HEAD"]
    assert sdk["Compress"] is True


@SDK
def test_a_script_tag_with_crossorigin_can_use_the_cached_sdk(
    distribution: Callable[..., Json], properties_of: Callable[..., Json], path: str
) -> None:
    name = behaviour(distribution(), path)["ResponseHeadersPolicyId"]["Ref"]
    policy = properties_of("AWS::CloudFront::ResponseHeadersPolicy")[name]["ResponseHeadersPolicyConfig"]
    assert policy["CorsConfig"] == {
        "AccessControlAllowOrigins": {"Items": ["*"]},
        "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowCredentials": False,
        "OriginOverride": True,
    }


@pytest.mark.parametrize("path", ["/v1/client/collect/43", "/v1/client/consents/43/history", "/", "/v1/anything"])
def test_other_paths_are_never_cached_and_forwarded_completely(distribution: Callable[..., Json], path: str) -> None:
    taken = behaviour(distribution(), path)
    assert taken["CachePolicyId"] == CACHING_DISABLED
    assert taken["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
    assert set(taken["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}


def test_errors_are_cached_for_seconds_only(distribution: Callable[..., Json]) -> None:
    kept = {error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in distribution()["CustomErrorResponses"]}
    assert kept == {400: 5, 403: 5, 404: 5, 500: 1, 502: 1, 503: 1, 504: 1}
    assert not any("ResponsePagePath" in error for error in distribution()["CustomErrorResponses"])


def test_all_connections_use_tls(distribution: Callable[..., Json]) -> None:
    config = distribution()
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {taken["ViewerProtocolPolicy"] for taken in behaviours} == {"https-only"}
    (origin,) = config["Origins"]
    assert {taken["TargetOriginId"] for taken in behaviours} == {origin["Id"]}
    assert origin["DomainName"] == {"Fn::Sub": "${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_http_2_3_and_ipv6_are_on_and_access_logs_are_off(distribution: Callable[..., Json]) -> None:
    config = distribution()
    assert config["Enabled"] is True
    assert config["HttpVersion"] == "http2and3"
    assert config["IPV6Enabled"] is True
    assert "Logging" not in config


LOGGING = {"Logging", "RealtimeLogConfigArn", "LambdaFunctionAssociations"}
"""Members that make CloudFront write requests down, or start a Lambda at the edge, whose log it would be."""
ADMITTED = {
    "CloudFront": {"CachePolicy", "Distribution", "Function", "OriginRequestPolicy", "ResponseHeadersPolicy"},
    "Logs": {"LogGroup", "MetricFilter"},
    "WAFv2": {"WebACL"},
    "Kinesis": set(),
    "KinesisFirehose": set(),
}
"""Kinds of resources by service. Deliveries, real-time logs, streams and logs of a web ACL are others."""


def members(node: object) -> Iterator[str]:
    """Yield the names of all members at any depth."""
    match node:
        case dict():
            yield from node
            for value in node.values():
                yield from members(value)
        case list():
            for item in node:
                yield from members(item)


def test_no_template_makes_cloudfront_write_requests_down(root: Path, stack: Json) -> None:
    """Parameters change nothing: access logs of both versions, real-time logs and lines of code are all absent."""
    written = [yaml_parse(path.read_text("utf-8")) for path in sorted(root.glob("*.yaml"))]
    assert len(written) == 3
    for template in (*written, stack):
        assert LOGGING & set(members(template)) == set()
        kinds = {resource["Type"] for resource in template["Resources"].values()}
        for service, admitted in ADMITTED.items():
            prefix = f"AWS::{service}::"
            assert {kind.removeprefix(prefix) for kind in kinds if kind.startswith(prefix)} <= admitted, service
    code = [each["Properties"]["FunctionCode"] for each in stack["Resources"].values() if "FunctionCode" in str(each)]
    assert len(code) == 2
    assert "console" not in "".join(code)


def test_a_custom_domain_uses_its_certificate_and_recent_tls(distribution: Callable[..., Json]) -> None:
    plain = distribution()
    assert "Aliases" not in plain
    assert plain["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    own = distribution(DomainName="consent.example.org", CertificateArn=CERTIFICATE)
    assert own["Aliases"] == ["consent.example.org"]
    assert own["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "SslSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }


def test_a_web_acl_is_attached_when_given(distribution: Callable[..., Json]) -> None:
    assert "WebACLId" not in distribution()
    assert distribution(WebAclArn=WEB_ACL)["WebACLId"] == WEB_ACL


def test_security_headers_are_added_and_the_api_adds_cors_where_it_sees_the_origin(
    distribution: Callable[..., Json], properties_of: Callable[..., Json]
) -> None:
    policies = properties_of("AWS::CloudFront::ResponseHeadersPolicy")
    config = distribution()
    for taken in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        policy = policies[taken["ResponseHeadersPolicyId"]["Ref"]]["ResponseHeadersPolicyConfig"]
        assert policy["SecurityHeadersConfig"] == {
            "StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "Override": True},
            "ContentTypeOptions": {"Override": True},
            "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": True},
        }
        assert ("CorsConfig" in policy) is (taken.get("PathPattern") in {"/sdk/*", "/dist/dastra.js"})
        assert policy.keys() <= {"Name", "Comment", "SecurityHeadersConfig", "CorsConfig"}


def test_names_unique_in_the_account_contain_stack_and_region(properties_of: Callable[..., Json]) -> None:
    for kind in ("CachePolicy", "Function", "OriginRequestPolicy", "ResponseHeadersPolicy"):
        made = properties_of(f"AWS::CloudFront::{kind}").values()
        names = [each.get("Name", each.get(f"{kind}Config", {}).get("Name"))["Fn::Sub"] for each in made]
        assert len(set(names)) == len(names)
        assert all(name.startswith("${AWS::StackName}-${AWS::Region}-") for name in names)
