"""The web ACL of edge-protection.yaml, by what it does to requests, and the alarms beside it."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samcli.yamlhelper import yaml_parse

from consent_core.errors import PROBLEM_TYPE, TooLargeError
from consent_core.http import BODY_LIMIT, problem
from tests.template.conftest import created
from tests.template.web_acl import Sent, WebAcl, matches

type Json = dict[str, Any]
type Deployed = Callable[..., Json]

SOURCE: Json = yaml_parse((Path(__file__).parents[2] / "edge-protection.yaml").read_text(encoding="utf-8"))
DISTRIBUTION = {"DistributionId": "E1ABCDEF234567"}
EMAIL, TOPIC = "operators@shop.example", "arn:aws:sns:us-east-1:123456789012:alarms"
COLLECT = Sent("/v1/client/collect/44?key=demo-public-key-44")


def resources(**parameters: str) -> Json:
    defaults = {name: parameter["Default"] for name, parameter in SOURCE["Parameters"].items()}
    return created(SOURCE, {**defaults, **parameters})


def properties(**parameters: str) -> Json:
    """Return the properties of the web ACL."""
    found: Json = resources(**parameters)["WebAcl"]["Properties"]
    return found


RULES = {rule["Name"]: rule for rule in properties()["Rules"]}


def web_acl(**parameters: str) -> WebAcl:
    return WebAcl(properties(**parameters))


# --- Requests by address ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "counting"),
    [
        ("/v1/client/collect/44", {"Collect", "Any"}),
        ("/v1/client/collect/44?key=a&x=/v1/client/consents/", {"Collect", "Any"}),
        ("/v1/client/%63ollect/44", {"Collect", "Any"}),
        ("/v1/client/%43ollect/44", {"Collect", "Any"}),
        ("/%761/client/collect%2F44", {"Collect", "Any"}),
        ("/V1/Client/COLLECT/44", {"Collect", "Any"}),
        ("//v1/client//collect/44", {"Collect", "Any"}),
        ("/v1/./client/collect/44", {"Collect", "Any"}),
        ("/v1/client/consents/../collect/44", {"Collect", "Any"}),
        ("/v1/client/consents/%2e%2e/collect/44", {"Collect", "Any"}),
        ("/v1/client/cookie-widget-settings/44", {"Settings", "Any"}),
        ("/v1/client/cookie%2dwidget-settings/44", {"Settings", "Any"}),
        ("/v1/client/consents/44/history", {"Rights", "Any"}),
        ("/v1/client/consents/44/erase", {"Rights", "Any"}),
        ("/sdk/dastra.js", {"Any"}),
        ("/v1/client/%2563ollect/44", {"Any"}),  # the API decodes once, and answers 404
        ("/v1/client/collection", {"Any"}),
        ("/?/v1/client/collect/44", {"Any"}),
        ("/", {"Any"}),
    ],
)
def test_a_request_is_counted_by_the_rules_of_its_route_however_it_is_spelt(path: str, counting: set[str]) -> None:
    assert web_acl().scopes(Sent(path)) == counting


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/v1/client/collect/44", "Collect"),
        ("/v1/client/cookie-widget-settings/44", "Settings"),
        ("/v1/client/consents/44/erase", "Rights"),
        ("/wp-login.php", "Any"),
    ],
)
def test_an_address_above_a_limit_gets_429_and_others_are_answered(path: str, rule: str) -> None:
    limited = web_acl(**{f"{rule}Limit": "10"})

    assert [limited.answer(Sent(path)) for _ in range(12)] == [None] * 10 + [(rule, 429)] * 2
    assert limited.answer(Sent(path, address="2001:db8::1")) is None


def test_a_flood_of_decisions_leaves_its_address_the_settings() -> None:
    limited = web_acl(CollectLimit="10")
    for _ in range(30):
        limited.answer(COLLECT)
    assert limited.answer(COLLECT) == ("Collect", 429)
    assert limited.answer(Sent("/v1/client/cookie-widget-settings/44")) is None


def test_every_public_route_has_a_rule_of_its_own_or_is_a_file_or_asked_for_by_servers(stack: Json) -> None:
    routes = stack["Resources"]["HttpApi"]["Properties"]["Body"]["paths"]
    counting = {path: web_acl().scopes(Sent(path.replace("{id}", "44"))) - {"Any"} for path in routes}
    assert {path for path, rules in counting.items() if not rules} == {
        "/sdk/dastra.js",
        "/sdk/dastra.js.map",
        "/sdk/gpc.json",
        "/sdk/{build}/{file}",
        "/dist/dastra.js",
        "/v1/client/first-screen/{id}",  # a site's server asks for all of its visitors, from one address
        "/v1/client/declaration/{id}",  # the same
    }


def test_the_address_is_the_one_that_connects_and_the_window_is_chosen() -> None:
    rates = [rule["Statement"]["RateBasedStatement"] for rule in properties(WindowSeconds="60")["Rules"][1:5]]
    assert [rate["AggregateKeyType"] for rate in rates] == ["IP"] * 4  # a header would be the client's own word
    assert [rate["EvaluationWindowSec"] for rate in rates] == ["60"] * 4
    assert not any("ForwardedIPConfig" in rate for rate in rates)


def test_an_office_of_a_thousand_visitors_is_not_limited() -> None:
    """Each sends a visit and a decision, within one window, from one address."""
    limits = {name: SOURCE["Parameters"][f"{name}Limit"]["Default"] for name in ("Collect", "Settings", "Any")}
    assert limits["Collect"] >= 2 * 1_000
    assert limits["Settings"] > limits["Collect"]  # without settings a site has no window
    assert limits["Any"] > limits["Collect"] + limits["Settings"] + limits["Settings"]  # the SDK beside them


# --- Bodies -----------------------------------------------------------------------------------------------------------


def is_too_large(length: str | None) -> bool:
    headers = {} if length is None else {"content-length": length}
    return matches(RULES["BodySize"]["Statement"], Sent("/", headers=headers))


def test_the_pattern_is_exact_for_every_length_up_to_ten_times_the_limit() -> None:
    refused = [length for length in range(10 * BODY_LIMIT) if is_too_large(str(length))]
    assert refused == list(range(BODY_LIMIT + 1, 10 * BODY_LIMIT))


@given(length=st.integers(0, 10**30), zeros=st.integers(0, 20))
def test_the_pattern_compares_numbers(length: int, zeros: int) -> None:
    assert is_too_large("0" * zeros + str(length)) is (length > BODY_LIMIT)


@pytest.mark.parametrize("length", [None, "", "0", "-40000", "+40000", "40000, 40000", "4e4", "0x9c40"])
def test_a_length_that_is_absent_or_not_a_number_is_left_to_cloudfront_and_the_functions(length: str | None) -> None:
    assert not is_too_large(length)


def test_a_body_that_is_too_large_is_answered_as_the_functions_do() -> None:
    acl = properties()
    response = RULES["BodySize"]["Action"]["Block"]["CustomResponse"]
    body = json.loads(acl["CustomResponseBodies"][response["CustomResponseBodyKey"]]["Content"])
    ours = problem(TooLargeError(BODY_LIMIT))

    assert response["ResponseCode"] == ours["statusCode"]
    assert body == json.loads(ours["body"])
    assert body["type"] == f"{PROBLEM_TYPE}body-too-large"
    assert WebAcl(acl).answer(Sent("/v1/client/collect/44", headers={"content-length": "32769"})) == ("BodySize", 413)


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_a_page_can_read_why_it_was_refused() -> None:
    """Without these headers a browser tells the SDK of a network error."""
    for name, rule in RULES.items():
        if "Action" in rule:
            response = rule["Action"]["Block"]["CustomResponse"]
            headers = {header["Name"].lower(): header["Value"] for header in response["ResponseHeaders"]}
            assert headers["access-control-allow-origin"] == "*", name
            assert headers["cache-control"] == "no-store", name
            assert ("retry-after" in headers) is (response["ResponseCode"] == 429), name
            assert "content-type" not in headers, name  # AWS sets it


def test_the_sdk_keeps_a_decision_that_was_refused_for_its_rate(root: Path) -> None:
    outbox = (root / "sdk" / "src" / "outbox.js").read_text(encoding="utf-8")
    (listed,) = re.findall(r"REFUSED_FOR_NOW = \[([^\]]*)\]", outbox)
    kept = {int(status) for status in listed.split(",")}
    statuses = {r["Action"]["Block"]["CustomResponse"]["ResponseCode"] for r in RULES.values() if "Action" in r}
    assert statuses - kept == {413}
    assert 403 in kept  # what a managed rule group answers


def test_count_mode_blocks_nothing() -> None:
    counting = properties(Mode="count")
    assert [rule.get("Action", rule.get("OverrideAction")) for rule in counting["Rules"]] == [{"Count": {}}] * 6
    assert properties()["Rules"][5]["OverrideAction"] == {"None": {}}
    limited = web_acl(Mode="count", CollectLimit="10")
    assert {limited.answer(COLLECT) for _ in range(20)} == {None}


def test_aws_chooses_the_version_of_its_list() -> None:
    assert RULES["KnownBadInputs"]["Statement"] == {
        "ManagedRuleGroupStatement": {
            "VendorName": "AWS",
            "Name": "AWSManagedRulesKnownBadInputsRuleSet",
            "RuleActionOverrides": [
                {"Name": f"{name}_BODY", "ActionToUse": {"Count": {}}}
                for name in ("JavaDeserializationRCE", "Log4JRCE", "ReactJSRCE")
            ],
        }
    }


# --- Privacy ----------------------------------------------------------------------------------------------------------


def test_no_request_is_sampled_or_logged() -> None:
    """Samples and logs hold visitors' addresses."""
    acl = properties()
    for config in (acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])):
        assert config["SampledRequestsEnabled"] is False
        assert config["CloudWatchMetricsEnabled"] is True
    kinds = {resource["Type"] for resource in SOURCE["Resources"].values()}
    assert kinds == {"AWS::WAFv2::WebACL", "AWS::CloudWatch::Alarm", "AWS::SNS::Topic", "AWS::SNS::Subscription"}


# --- The stack --------------------------------------------------------------------------------------------------------


def test_it_is_a_web_acl_for_cloudfront_whose_arn_the_platform_takes(source: Json) -> None:
    acl = properties()
    assert (acl["Scope"], acl["DefaultAction"]) == ("CLOUDFRONT", {"Allow": {}})
    assert SOURCE["Outputs"]["WebAclArn"]["Value"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    pattern = source["Parameters"]["WebAclArn"]["AllowedPattern"]
    name = "consent-platform-prod-edge"
    assert re.fullmatch(pattern, f"arn:aws:wafv2:us-east-1:123456789012:global/webacl/{name}/0b93b823-ff36-4d61")


def test_priorities_and_names_are_unique() -> None:
    rules = properties()["Rules"]
    assert [rule["Priority"] for rule in rules] == list(range(len(rules)))
    assert len({rule["Name"] for rule in rules}) == len(rules)
    assert [rule["VisibilityConfig"]["MetricName"] for rule in rules] == [rule["Name"] for rule in rules]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_each_environment_has_its_own_in_us_east_1(root: Path, environment: str) -> None:
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))[f"edge-{environment}"]
    assert config["global"]["parameters"] == {
        "stack_name": f"consent-platform-{environment}-edge",
        "region": "us-east-1",
    }
    assert config["deploy"]["parameters"]["template_file"] == "edge-protection.yaml"
    assert config["deploy"]["parameters"]["confirm_changeset"] is (environment == "prod")


def test_the_page_on_deploying_lists_its_parameters(root: Path) -> None:
    page = (root / "docs" / "deploy.md").read_text(encoding="utf-8")
    (table,) = (paragraph for paragraph in page.split("\n\n") if paragraph.startswith("| Of the web ACL |"))
    listed = [name for row in table.splitlines()[1:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(listed) == sorted(SOURCE["Parameters"])


def test_the_pages_give_it_parameters_that_it_has(root: Path) -> None:
    pages = " ".join((root / "docs" / name).read_text("utf-8") for name in ("deploy.md", "runbook.md"))
    given = re.findall(r'make deploy-edge ENV=prod PARAMETERS="([^"]*)"', pages)
    assert len(given) >= 3
    assert {name for words in given for name in re.findall(r"(\w+)=", words)} <= SOURCE["Parameters"].keys()


# --- Alarms -----------------------------------------------------------------------------------------------------------


def test_the_alarms_use_metrics_of_us_east_1() -> None:
    alarms = {name: each["Properties"] for name, each in resources(**DISTRIBUTION).items() if "Alarm" in each["Type"]}
    watched = {name: (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]) for name, alarm in alarms.items()}
    name = properties()["VisibilityConfig"]["MetricName"]
    assert watched == {
        "EdgeErrorsAlarm": (
            "AWS/CloudFront",
            "5xxErrorRate",
            [
                {"Name": "DistributionId", "Value": DISTRIBUTION["DistributionId"]},
                {"Name": "Region", "Value": "Global"},
            ],
        ),
        "EdgeBlockedAlarm": (
            "AWS/WAFV2",
            "BlockedRequests",
            [{"Name": "WebACL", "Value": name}, {"Name": "Rule", "Value": "ALL"}],
        ),
    }
    assert properties()["Name"] == name  # whichever of the two the dimension means
    assert "EdgeErrorsAlarm" not in resources()


@pytest.mark.parametrize(
    ("parameters", "notified", "subscribed"),
    [
        ({}, None, None),
        ({"AlarmEmail": EMAIL}, {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopic"}),
        ({"AlarmTopicArn": TOPIC}, TOPIC, None),
        ({"AlarmEmail": EMAIL, "AlarmTopicArn": TOPIC}, TOPIC, TOPIC),
    ],
)
def test_an_address_is_told_of_alarms(parameters: dict[str, str], notified: object, subscribed: object) -> None:
    deployed = resources(**DISTRIBUTION, **parameters)
    for alarm in ("EdgeErrorsAlarm", "EdgeBlockedAlarm"):
        actions = [notified] if notified else None
        assert deployed[alarm]["Properties"].get("AlarmActions") == actions
        assert deployed[alarm]["Properties"].get("OKActions") == actions
    assert ("AlarmTopic" in deployed) is (notified == {"Ref": "AlarmTopic"})
    subscription = deployed.get("AlarmSubscription", {}).get("Properties")
    expected = {"TopicArn": subscribed, "Protocol": "email", "Endpoint": EMAIL} if subscribed else None
    assert subscription == expected
