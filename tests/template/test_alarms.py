"""Alarms and dashboard use metrics that exist. cfn-lint does not check whether anything publishes a metric."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from consent_core.decisions import ACTIONS, Decision, DecisionType
from consent_core.errors import RefusedError
from consent_core.statistics.counts import CLOSED, SHOWN
from tests.template.intrinsics import spelt
from tests.template.metric_math import is_raised

type Json = dict[str, Any]
type Metric = tuple[str, str, tuple[tuple[str, str], ...]]  # namespace, name, dimensions

OURS = "ConsentPlatform"
FUNCTIONS = (
    *("WidgetSdk", "WidgetSettings", "ConsentCollect", "VisitorRights", "WidgetAdmin", "ConsentLookup"),
    "ConsentStatistics",
)
FROM_THE_ACCESS_LOG = (OURS, "RequestsThrottled", ())
EVERY = {"NoConsentsAlarm": "true", "Console": "oidc"}
"""The parameters with which each alarm is deployed."""
EMAIL, TOPIC = "operators@shop.example", "arn:aws:sns:eu-west-1:123456789012:alarms"

# The metrics of AWS by dimensions, from the pages "metrics and dimensions" of each service's developer guide.
PUBLISHED = {
    ("AWS/ApiGateway", "ApiId"): {"4xx", "5xx", "Count", "Latency"},
    ("AWS/Lambda", "FunctionName"): {"Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge"},
    ("AWS/SQS", "QueueName"): {"ApproximateNumberOfMessagesVisible"},
    ("AWS/CloudFront", "DistributionId", "Region"): {"Requests", "4xxErrorRate", "5xxErrorRate"},
    ("AWS/DynamoDB", "TableName", "Operation"): {"SuccessfulRequestLatency"},
    ("AWS/DynamoDB", "TableName"): {
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
        "TimeToLiveDeletedItemCount",
    },
}

# The type of resource that a dimension must name.
NAMED_BY = {
    "ApiId": "AWS::ApiGatewayV2::Api",
    "FunctionName": "AWS::Lambda::Function",
    "TableName": "AWS::DynamoDB::Table",
    "QueueName": "AWS::SQS::Queue",
    "DistributionId": "AWS::CloudFront::Distribution",
}


# --- Reading the template ---------------------------------------------------------------------------------------------


@pytest.fixture
def alarms(properties_of: Callable[..., Json]) -> Json:
    return properties_of("AWS::CloudWatch::Alarm", **EVERY)


@pytest.fixture
def dashboard(properties_of: Callable[..., Json]) -> list[Json]:
    """All widgets of the dashboard."""
    (dashboard,) = properties_of("AWS::CloudWatch::Dashboard", **EVERY).values()
    found: list[Json] = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    return found


@pytest.fixture
def widgets(dashboard: list[Json]) -> list[Json]:
    """The widgets that show metrics."""
    return [widget for widget in dashboard if widget["type"] == "metric"]


@pytest.fixture
def queries_by_title(dashboard: list[Json]) -> dict[str, str]:
    """The queries of the widgets that show log lines, by title."""
    return {each["properties"]["title"]: each["properties"]["query"] for each in dashboard if each["type"] == "log"}


def watched(alarm: Json) -> Iterator[Metric]:
    """Yield the metrics of an alarm; a resource's name is written as ``${LogicalId}``."""
    metrics = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    for metric in metrics or [alarm]:
        dimensions = ((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", ()))
        named = tuple((name, spelt(value)) for name, value in dimensions)
        yield metric["Namespace"], metric["MetricName"], named


def shown(widget: Json) -> Iterator[Metric]:
    """Yield the metrics of a dashboard's widget, with its shorthands ``.`` and ``...`` expanded."""
    previous: list[str] = []
    for row in widget["properties"]["metrics"]:
        fields = [field for field in row if isinstance(field, str)]
        if fields[0] == "...":
            fields = previous[: len(previous) - len(fields) + 1] + fields[1:]
        previous = [old if field == "." else field for field, old in zip(fields, previous or fields, strict=True)]
        namespace, name, *dimensions = previous
        yield namespace, name, tuple(zip(dimensions[::2], dimensions[1::2], strict=True))


@pytest.fixture
def metrics(alarms: Json, widgets: list[Json]) -> set[Metric]:
    """Every metric that an alarm or the dashboard uses."""
    return {metric for alarm in alarms.values() for metric in watched(alarm)} | {
        metric for widget in widgets for metric in shown(widget)
    }


def emitted(root: Path, service: str) -> set[str]:
    """Return the names that a function may count: the words in its code, alone and with each reason of a refusal."""
    tree = ast.parse((root / "functions" / service / "app.py").read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return words | {word + reason for word in words for reason in reasons() | OF_RECEIPTS}


ADMINISTRATORS = {"Absent", "Conflict", "Definition", "DraftConflict", "InUse", "Unconfirmed"}
OF_RECEIPTS = {"Absent"}
"""The reasons of the administration that a visitor's right has too."""


def reasons() -> set[str]:
    """Return the reasons of refusals, without those that only the administration uses."""
    return {refusal.reason for refusal in RefusedError.__subclasses__()} - ADMINISTRATORS


# --- The metrics exist ------------------------------------------------------------------------------------------------


def test_aws_publishes_every_metric_of_aws(metrics: set[Metric]) -> None:
    for namespace, name, dimensions in metrics:
        if namespace != OURS:
            assert name in PUBLISHED[namespace, *(dimension for dimension, _ in dimensions)]


def test_every_dimension_names_a_resource_of_its_type(metrics: set[Metric], stack: Json) -> None:
    named = {pair for _, _, dimensions in metrics for pair in dimensions if pair[0] in NAMED_BY}
    for dimension, value in named:
        resource = value.removeprefix("${").removesuffix("}").partition(".")[0]
        assert stack["Resources"][resource]["Type"] == NAMED_BY[dimension]


def test_the_named_function_counts_every_metric_of_ours(metrics: set[Metric], root: Path) -> None:
    of_functions = metrics - {FROM_THE_ACCESS_LOG}
    ours = {(name, dimensions) for namespace, name, dimensions in of_functions if namespace == OURS}
    assert ours
    for name, ((dimension, service),) in ours:
        assert dimension == "service"
        assert name in emitted(root, service)


def test_refusals_of_the_api_itself_are_counted_from_its_access_log(
    properties_of: Callable[..., Json], stack: Json, metrics: set[Metric]
) -> None:
    """An HTTP API has no metric for 429, and its log has the status as a text."""
    (counting,) = properties_of("AWS::Logs::MetricFilter").values()
    (transformation,) = counting["MetricTransformations"]
    assert FROM_THE_ACCESS_LOG in metrics
    assert (transformation["MetricNamespace"], transformation["MetricName"]) == FROM_THE_ACCESS_LOG[:2]
    assert (counting["FilterPattern"], transformation["MetricValue"]) == ('{ $.status = "429" }', "1")
    access_log = stack["Resources"]["HttpApiApiGatewayDefaultStage"]["Properties"]["AccessLogSettings"]
    assert counting["LogGroupName"] == {"Ref": access_log["DestinationArn"]["Fn::GetAtt"][0]}
    assert json.loads(access_log["Format"])["status"] == "$context.status"


def test_functions_and_alarms_use_the_same_namespace(properties_of: Callable[..., Json]) -> None:
    chosen = "ConsentPlatformDev"
    silence = properties_of("AWS::CloudWatch::Alarm", NoConsentsAlarm="true", MetricsNamespace=chosen)["SilenceAlarm"]
    assert silence["Namespace"] == chosen
    for function in properties_of("AWS::Lambda::Function", MetricsNamespace=chosen).values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == chosen


# --- The alarms -------------------------------------------------------------------------------------------------------


def test_each_alarm_uses_its_metrics(alarms: Json) -> None:
    api = (("ApiId", "${HttpApi}"),)
    named = (("FunctionName", f"${{{name}Function}}") for name in FUNCTIONS)
    sdk, settings, collect, rights, admin, lookup, statistics = named
    archive = ("FunctionName", "${ConsentArchiveFunction}")
    assert {name: list(watched(alarm)) for name, alarm in alarms.items()} == {
        "ErrorRateAlarm": [("AWS/ApiGateway", "5xx", api), ("AWS/ApiGateway", "Count", api)],
        "LatencyAlarm": [("AWS/ApiGateway", "Latency", api)],
        "WidgetSdkBugsAlarm": [
            ("AWS/Lambda", "Errors", (sdk,)),
            (OURS, "SdkRefusedBug", (("service", "widget_sdk"),)),
        ],
        "WidgetSdkThrottlesAlarm": [("AWS/Lambda", "Throttles", (sdk,))],
        "WidgetSettingsBugsAlarm": [
            ("AWS/Lambda", "Errors", (settings,)),
            (OURS, "SettingsRefusedBug", (("service", "widget_settings"),)),
        ],
        "WidgetSettingsThrottlesAlarm": [("AWS/Lambda", "Throttles", (settings,))],
        "ConsentCollectBugsAlarm": [
            ("AWS/Lambda", "Errors", (collect,)),
            (OURS, "ProofsRefusedBug", (("service", "consent_collect"),)),
        ],
        "ConsentCollectThrottlesAlarm": [("AWS/Lambda", "Throttles", (collect,))],
        "DecisionsRefusedAlarm": [
            (OURS, name, (("service", "consent_collect"),))
            for name in ("DecisionsRefused", "ProofsStored", "ProofsRepeated", "ProofsUnwanted")
        ],
        "VisitorRightsBugsAlarm": [
            ("AWS/Lambda", "Errors", (rights,)),
            (OURS, "RightsRefusedBug", (("service", "visitor_rights"),)),
        ],
        "VisitorRightsThrottlesAlarm": [("AWS/Lambda", "Throttles", (rights,))],
        "WidgetAdminBugsAlarm": [
            ("AWS/Lambda", "Errors", (admin,)),
            (OURS, "AdministrationRefusedBug", (("service", "widget_admin"),)),
        ],
        "WidgetAdminThrottlesAlarm": [("AWS/Lambda", "Throttles", (admin,))],
        "ConsentLookupBugsAlarm": [
            ("AWS/Lambda", "Errors", (lookup,)),
            (OURS, "LookupsRefusedBug", (("service", "consent_lookup"),)),
        ],
        "ConsentLookupThrottlesAlarm": [("AWS/Lambda", "Throttles", (lookup,))],
        "ConsentStatisticsBugsAlarm": [
            ("AWS/Lambda", "Errors", (statistics,)),
            (OURS, "StatisticsRefusedBug", (("service", "consent_statistics"),)),
        ],
        "ConsentStatisticsThrottlesAlarm": [("AWS/Lambda", "Throttles", (statistics,))],
        "InvalidateCacheDelayAlarm": [("AWS/Lambda", "IteratorAge", (("FunctionName", "${InvalidateCacheFunction}"),))],
        "InvalidateCacheFailuresAlarm": [
            (
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                (("QueueName", "${InvalidateCacheFailures.QueueName}"),),
            )
        ],
        "HistoryChangedAlarm": [(OURS, "HistoryChanged", (("service", "invalidate_cache"),))],
        "ConsentArchiveBugsAlarm": [
            ("AWS/Lambda", "Errors", (archive,)),
            (OURS, "BatchesFailed", (("service", "consent_archive"),)),
            (OURS, "ProofsUnreadable", (("service", "consent_archive"),)),
        ],
        "ConsentArchiveDelayAlarm": [("AWS/Lambda", "IteratorAge", (archive,))],
        "ConsentArchiveGapAlarm": [
            (OURS, "ProofsStored", (("service", "consent_collect"),)),
            (OURS, "ProofsArchived", (("service", "consent_archive"),)),
        ],
        "ConsentArchiveStoppedAlarm": [
            (OURS, "ProofsStored", (("service", "consent_collect"),)),
            ("AWS/Lambda", "IteratorAge", (archive,)),
        ],
        "ConsentArchiveFailuresAlarm": [
            (
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                (("QueueName", "${ConsentArchiveFailures.QueueName}"),),
            )
        ],
        "WidgetsTableThrottlesAlarm": [("AWS/DynamoDB", "ReadThrottleEvents", (("TableName", "${WidgetsTable}"),))],
        "ConsentsTableThrottlesAlarm": [("AWS/DynamoDB", "WriteThrottleEvents", (("TableName", "${ConsentsTable}"),))],
        "VolumeAlarm": [(OURS, "ProofsStored", (("service", "consent_collect"),))],
        "ThrottledAlarm": [FROM_THE_ACCESS_LOG],
        "SilenceAlarm": [(OURS, "ProofsStored", (("service", "consent_collect"),))],
        "ConsoleErrorsAlarm": [("AWS/ApiGateway", "5xx", (("ApiId", "${ConsoleApi}"),))],
    }


def test_the_latency_alarm_uses_the_99th_percentile(alarms: Json) -> None:
    assert alarms["LatencyAlarm"]["ExtendedStatistic"] == "p99"
    assert "Statistic" not in alarms["LatencyAlarm"]


@pytest.mark.parametrize(
    ("stage", "chosen", "is_watched"),
    [
        ("prod", {}, True),
        ("dev", {}, False),
        ("prod", {"NoConsentsAlarm": "false"}, False),
        ("dev", {"NoConsentsAlarm": "true"}, True),
    ],
)
def test_an_hour_without_a_proof_raises_an_alarm_in_prod_and_where_it_is_wanted(
    properties_of: Callable[..., Json], stage: str, chosen: Json, is_watched: bool
) -> None:
    assert ("SilenceAlarm" in properties_of("AWS::CloudWatch::Alarm", Stage=stage, **chosen)) is is_watched


def test_the_silence_alarm_looks_at_an_hour(alarms: Json) -> None:
    silence = alarms["SilenceAlarm"]
    assert (silence["Statistic"], silence["Period"]) == ("Sum", 3600)
    assert [is_raised(silence, metric=[value]) for value in (None, 0, 1)] == [True, True, False]


def test_missing_data_raises_the_silence_alarm_alone(alarms: Json) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in alarms.items()}
    assert missing.pop("SilenceAlarm") == "breaching"
    assert set(missing.values()) == {"notBreaching"}


# --- The alarms, on series of their metrics ---------------------------------------------------------------------------


def decisions(**series: list[float | None]) -> dict[str, list[float | None]]:
    """Return the series of DecisionsRefusedAlarm; those that are not given have no values."""
    nothing: list[float | None] = [None] * 3
    return {name: series.get(name, nothing) for name in ("refused", "stored", "repeated", "unwanted")}


@pytest.mark.parametrize(
    ("alarm", "series", "expected"),
    [
        # For two hours in a row, more than a tenth of the proofs is missing.
        ("ConsentArchiveGapAlarm", {"stored": [900, 900], "archived": [None, None]}, True),
        ("ConsentArchiveGapAlarm", {"stored": [1, 1], "archived": [None, 0]}, True),
        ("ConsentArchiveGapAlarm", {"stored": [900, 900], "archived": [700, 700]}, True),
        ("ConsentArchiveGapAlarm", {"stored": [900, 900], "archived": [None, 1800]}, False),
        ("ConsentArchiveGapAlarm", {"stored": [900, 1800], "archived": [885, 1770]}, False),  # the last minute
        ("ConsentArchiveGapAlarm", {"stored": [1, None], "archived": [None, 1]}, False),
        ("ConsentArchiveGapAlarm", {"stored": [None, None], "archived": [None, None]}, False),
        ("ConsentArchiveGapAlarm", {"stored": [None, None], "archived": [3, 3]}, False),
        # The iterator age is missing although proofs are stored.
        ("ConsentArchiveStoppedAlarm", {"stored": [5, 5], "age": [None, None]}, True),
        ("ConsentArchiveStoppedAlarm", {"stored": [5, 5], "age": [0, 0]}, False),
        ("ConsentArchiveStoppedAlarm", {"stored": [1, None], "age": [None, 60_000]}, False),
        ("ConsentArchiveStoppedAlarm", {"stored": [5, 5], "age": [60_000, None]}, False),
        ("ConsentArchiveStoppedAlarm", {"stored": [None, None], "age": [None, None]}, False),
        # More than a fifth of the decisions is refused, in two of three times five minutes with ten decisions or more.
        ("DecisionsRefusedAlarm", decisions(refused=[3, 3, 0], stored=[9, 9, 12]), True),
        ("DecisionsRefusedAlarm", decisions(refused=[None, 10, 10]), True),
        ("DecisionsRefusedAlarm", decisions(refused=[2, 2, 2], stored=[8, 8, 8]), False),
        ("DecisionsRefusedAlarm", decisions(refused=[9, 9, 9]), False),
        ("DecisionsRefusedAlarm", decisions(refused=[10, None, None]), False),
        ("DecisionsRefusedAlarm", decisions(refused=[9, 9, 9], repeated=[40, 40, 40]), False),
        ("DecisionsRefusedAlarm", decisions(refused=[9, 9, 9], unwanted=[40, 40, 40]), False),
        ("DecisionsRefusedAlarm", decisions(), False),
        ("ConsentArchiveBugsAlarm", {"crashes": [None], "caught": [None], "unreadable": [1]}, True),
        ("ConsentArchiveBugsAlarm", {"crashes": [0], "caught": [None], "unreadable": [None]}, False),
        ("ErrorRateAlarm", {"errors": [2, 2, 2, 0, 0], "requests": [100] * 5}, True),
        ("ErrorRateAlarm", {"errors": [1, 1, 1, 1, 1], "requests": [100] * 5}, False),
        ("ErrorRateAlarm", {"errors": [None] * 5, "requests": [None] * 5}, False),
        ("VolumeAlarm", {"metric": [3001, 3001, 3001, 0, 0]}, True),
        ("VolumeAlarm", {"metric": [3000] * 5}, False),
        ("VolumeAlarm", {"metric": [90_000, 90_000, None, None, None]}, False),  # two minutes of a campaign
        ("ThrottledAlarm", {"metric": [1]}, True),
        ("ThrottledAlarm", {"metric": [0]}, False),
        ("ConsoleErrorsAlarm", {"metric": [1]}, True),
        ("ConsoleErrorsAlarm", {"metric": [None]}, False),
        ("HistoryChangedAlarm", {"metric": [1]}, True),
        ("HistoryChangedAlarm", {"metric": [None]}, False),
    ],
)
def test_an_alarm_is_raised_when_it_should_and_stays_quiet_otherwise(
    alarms: Json, alarm: str, series: dict[str, list[float | None]], expected: bool
) -> None:
    assert is_raised(alarms[alarm], **series) is expected


def test_every_expression_can_be_computed(alarms: Json) -> None:
    for alarm in alarms.values():
        names = [query["Id"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
        periods = int(alarm["EvaluationPeriods"])
        assert not is_raised(alarm, **{name: [0.0] * periods for name in names}) if names else True


def test_every_metric_of_an_alarm_has_its_period(alarms: Json) -> None:
    for name, alarm in alarms.items():
        periods = {query["MetricStat"]["Period"] for query in alarm.get("Metrics", ()) if "MetricStat" in query}
        assert len(periods or {alarm["Period"]}) == 1, name


def test_every_alarm_notifies_the_topic_if_given(alarms: Json, properties_of: Callable[..., Json]) -> None:
    assert not any(alarm.keys() & {"AlarmActions", "OKActions"} for alarm in alarms.values())
    notifying = properties_of("AWS::CloudWatch::Alarm", **EVERY, AlarmTopicArn=TOPIC)
    assert notifying.keys() == alarms.keys()
    for alarm in notifying.values():
        assert (alarm["AlarmActions"], alarm["OKActions"]) == ([TOPIC], [TOPIC])


@pytest.mark.parametrize(
    ("parameters", "notified", "subscribed"),
    [
        ({"AlarmEmail": EMAIL}, {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopic"}),
        ({"AlarmEmail": EMAIL, "AlarmTopicArn": TOPIC}, TOPIC, TOPIC),
        ({"AlarmTopicArn": TOPIC}, TOPIC, None),
        ({}, None, None),
    ],
)
def test_an_address_is_told_of_alarms(
    deployed: Callable[..., Json], parameters: dict[str, str], notified: object, subscribed: object
) -> None:
    resources = deployed(**parameters)
    assert resources["LatencyAlarm"]["Properties"].get("AlarmActions") == ([notified] if notified else None)
    subscription = resources.get("AlarmSubscription", {}).get("Properties")
    expected = {"TopicArn": subscribed, "Protocol": "email", "Endpoint": EMAIL} if subscribed else None
    assert subscription == expected
    assert ("AlarmTopic" in resources) is (notified == {"Ref": "AlarmTopic"})


def test_a_volume_above_a_parameter_raises_an_alarm_unless_it_is_zero(properties_of: Callable[..., Json]) -> None:
    chosen = properties_of("AWS::CloudWatch::Alarm", DecisionsPerMinuteAlarm="7")["VolumeAlarm"]
    assert [is_raised({**chosen, "Threshold": int(chosen["Threshold"])}, metric=[n] * 5) for n in (7, 8)] == [
        False,
        True,
    ]
    assert "VolumeAlarm" not in properties_of("AWS::CloudWatch::Alarm", DecisionsPerMinuteAlarm=0)


def test_a_budget_tells_the_address_of_what_is_spent_and_forecast(
    properties_of: Callable[..., Json], holds: Callable[..., bool]
) -> None:
    assert not properties_of("AWS::Budgets::Budget")
    assert not holds(MonthlyBudget="50")
    assert holds(MonthlyBudget="50", AlarmEmail=EMAIL)
    (budget,) = properties_of("AWS::Budgets::Budget", MonthlyBudget="50", AlarmEmail=EMAIL).values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": "50", "Unit": "USD"}
    assert (budget["Budget"]["BudgetType"], budget["Budget"]["TimeUnit"]) == ("COST", "MONTHLY")
    told = budget["NotificationsWithSubscribers"]
    assert [each["Notification"]["NotificationType"] for each in told] == ["FORECASTED", "ACTUAL"]
    assert [each["Notification"]["Threshold"] for each in told] == [100, 100]
    assert [each["Subscribers"] for each in told] == [[{"SubscriptionType": "EMAIL", "Address": EMAIL}]] * 2


def test_an_alarm_with_an_expression_returns_the_expression_alone(alarms: Json) -> None:
    for alarm in alarms.values():
        queries = alarm.get("Metrics", [])
        assert [query["Id"] for query in queries if query.get("ReturnData", True)] == [
            query["Id"] for query in queries if "Expression" in query
        ]
        for query in queries:
            assert all(
                other["Id"] in query["Expression"] for other in queries if other is not query and "Expression" in query
            )


# --- The dashboard ----------------------------------------------------------------------------------------------------


def test_the_dashboard_shows_every_reason_for_refusing_a_proof(widgets: list[Json]) -> None:
    (refused,) = (widget for widget in widgets if widget["properties"]["title"] == "Proofs refused")
    assert {name for _, name, _ in shown(refused)} == {f"ProofsRefused{reason}" for reason in reasons()}


def test_the_dashboard_shows_every_reason_for_refusing_a_visitors_right(widgets: list[Json]) -> None:
    (rights,) = (widget for widget in widgets if widget["properties"]["title"] == "Visitor rights")
    refused = {f"RightsRefused{reason}" for reason in reasons() - {"Altered"} | OF_RECEIPTS}
    assert {name for _, name, _ in shown(rights)} == {"HistoriesServed", "ReceiptsServed", "Erasures", *refused}


def test_the_dashboard_shows_whether_the_archive_keeps_up(widgets: list[Json]) -> None:
    charts = {widget["properties"]["title"]: [name for _, name, _ in shown(widget)] for widget in widgets}
    assert charts["Archive: proofs"] == ["ProofsStored", "ProofsArchived", "ProofsUnreadable"]
    assert charts["Archive: batches"] == ["BatchesArchived", "BatchesPostponed", "BatchesFailed"]
    assert charts["Archive: delay (ms)"] == ["IteratorAge"]


def test_the_dashboard_shows_the_console_if_there_is_one(
    widgets: list[Json], properties_of: Callable[..., Json]
) -> None:
    charts = {widget["properties"]["title"]: [name for _, name, _ in shown(widget)] for widget in widgets}
    assert charts["Console"] == ["Count", "4xx", "5xx"]
    (without,) = properties_of("AWS::CloudWatch::Dashboard").values()
    titles = [each["properties"]["title"] for each in json.loads(without["DashboardBody"]["Fn::Sub"])["widgets"]]
    assert set(charts) - set(titles) == {"Console"}


def test_the_dashboard_reads_metrics_from_their_region(widgets: list[Json]) -> None:
    for widget in widgets:
        is_edge = {namespace for namespace, _, _ in shown(widget)} == {"AWS/CloudFront"}
        assert widget["properties"]["region"] == ("us-east-1" if is_edge else "${AWS::Region}")


def test_widgets_of_the_dashboard_do_not_overlap(dashboard: list[Json]) -> None:
    places = [
        (column, row)
        for widget in dashboard
        for column in range(widget["x"], widget["x"] + widget["width"])
        for row in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(set(places)) == len(places)
    assert max(column for column, _ in places) < 24


# --- The dashboard's log queries --------------------------------------------------------------------------------------

SOURCE = "SOURCE '${ConsentCollectLogs}' | "
SEEN = (
    f"{SOURCE}filter message in ['Visits', 'ProofsStored', 'Quits'] | "
    "fields strcontains(message, 'Visits') as isShown, strcontains(message, 'ProofsStored') as isDecided, "
    "strcontains(message, 'Quits') as isClosed | "
    "stats sum(isShown) as shown, sum(isDecided) as decided, sum(isClosed) as closed by "
)
DECIDED = (
    f"{SOURCE}filter message = 'ProofsStored' | fields strcontains(action, 'AcceptAll') as isAll, "
    "strcontains(action, 'Selection') as isSelection, strcontains(action, 'RefuseAll') as isNone, "
    "strcontains(action, 'Api') as isApi, strcontains(action, 'Signal') as isSignal, "
    "strcontains(action, 'unknown') as isUnknown | stats sum(isAll) as AcceptAll, sum(isSelection) as Selection, "
    "sum(isNone) as RefuseAll, sum(isApi) as Api, sum(isSignal) as Signal, sum(isUnknown) as unknown by bin(1d)"
)


def test_the_dashboard_queries_the_same_log_lines_as_the_command_line(queries_by_title: dict[str, str]) -> None:
    assert queries_by_title == {
        "Windows shown, decided and closed by day": f"{SEEN}bin(1d)",
        "Decisions by action and day": DECIDED,
        "By widget": f"{SEEN}widgetId | sort shown desc",
        "By language": f"{SEEN}lang | sort shown desc",
        "By device": f"{SEEN}device | sort shown desc",
    }


def test_the_log_contains_the_words_in_the_queries(queries_by_title: dict[str, str], root: Path) -> None:
    decision = Decision(DecisionType.CONSENTS)
    asked = "".join(queries_by_title.values())
    assert set(re.findall(r"action, '(\w+)'", asked)) == {*ACTIONS, decision.counted_by["action"]}
    assert set(re.findall(r"message, '(\w+)'", asked)) == {SHOWN, CLOSED, "ProofsStored"}
    assert {SHOWN, CLOSED, "ProofsStored"} <= emitted(root, "consent_collect")
    assert decision.counted_by.keys() <= set(re.findall(r"\w+", asked))
