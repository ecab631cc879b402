"""The nested stack of alarms and dashboard: its parameters and its contents."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.template.intrinsics import spelt
from tests.template.test_alarms import EVERY

type Json = dict[str, Any]

OPTIONS = {
    "Prefix",
    "AlarmTopicArn",
    "DecisionsPerMinuteAlarm",
    "NoConsentsAlarm",
    "RefusedDecisionsPercent",
    "RefusedDecisionsMinimum",
    "MetricsNamespace",
}


def test_the_nested_template_holds_alarms_and_a_dashboard_alone(monitoring: Json, source: Json) -> None:
    types = Counter(resource["Type"] for resource in monitoring["Resources"].values())
    assert types == {"AWS::CloudWatch::Alarm": 31, "AWS::CloudWatch::Dashboard": 1}
    assert not types.keys() & {resource["Type"] for resource in source["Resources"].values()}


def test_the_nested_template_takes_parameters_and_returns_nothing(monitoring: Json) -> None:
    assert monitoring.keys() == {"AWSTemplateFormatVersion", "Description", "Parameters", "Conditions", "Resources"}


def test_the_nested_template_needs_no_transform_of_its_own(monitoring: Json) -> None:
    """A transform would need another capability, and a reader would need to know its rules."""
    assert "Transform" not in monitoring
    assert not any(resource["Type"].startswith("AWS::Serverless") for resource in monitoring["Resources"].values())


def test_the_stack_passes_every_parameter_that_the_nested_template_declares(
    source: Json, monitoring: Json, root: Path
) -> None:
    nested = source["Resources"]["Monitoring"]["Properties"]
    assert (root / nested["TemplateURL"]).is_file()
    assert nested["Parameters"].keys() == monitoring["Parameters"].keys()
    for name, parameter in monitoring["Parameters"].items():
        assert parameter["Description"], name
        assert "Default" not in parameter, name  # one home for defaults: template.yaml


def test_a_parameter_named_like_a_resource_refers_to_that_resource(source: Json) -> None:
    passed = {**source["Resources"]["Monitoring"]["Properties"]["Parameters"]}
    assert passed.pop("ConsoleApi") == {"Fn::If": ["HasConsole", {"Ref": "ConsoleApi"}, ""]}
    resources = {name: spelt(value) for name, value in passed.items() if name not in OPTIONS}
    queues = {"ConsentArchiveFailures", "InvalidateCacheFailures"}
    assert resources == {name: f"${{{name}.QueueName}}" if name in queues else f"${{{name}}}" for name in resources}
    assert resources.keys() <= source["Resources"].keys()


def test_the_alarms_and_the_dashboard_are_named_after_the_stack(properties_of: Callable[..., Json]) -> None:
    names = [alarm["AlarmName"] for alarm in properties_of("AWS::CloudWatch::Alarm", **EVERY).values()]
    assert len(set(map(spelt, names))) == len(names)
    assert all(spelt(name).startswith("${AWS::StackName}-monitoring-") for name in names)
    (dashboard,) = properties_of("AWS::CloudWatch::Dashboard").values()
    assert dashboard["DashboardName"] == {"Fn::Sub": "${AWS::StackName}-monitoring"}


def test_the_alarms_that_take_a_deployment_back_exist(properties_of: Callable[..., Json], root: Path) -> None:
    page = (root / "docs" / "deploy.md").read_text(encoding="utf-8")
    triggers = re.findall(r"Arn=\$ALARM-([\w-]+),Type=AWS::CloudWatch::Alarm", page)
    names = {spelt(alarm["AlarmName"]) for alarm in properties_of("AWS::CloudWatch::Alarm").values()}
    assert triggers == ["error-rate", "consent-collect-bugs"]
    assert {f"${{AWS::StackName}}-monitoring-{trigger}" for trigger in triggers} <= names


def test_the_output_links_to_the_dashboard(properties_of: Callable[..., Json], source: Json) -> None:
    (dashboard,) = properties_of("AWS::CloudWatch::Dashboard").values()
    url = spelt(source["Outputs"]["DashboardUrl"]["Value"])
    assert url.endswith(f"#dashboards/dashboard/{spelt(dashboard['DashboardName'])}")
