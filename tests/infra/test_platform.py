"""The network, the tasks, the two APIs, the pool and the alarms, as the contract wants them."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.templates import (
    FRONT_DOOR,
    ROOT,
    TEMPLATES,
    Resource,
    resource,
    resources,
    text_of,
    transformed,
)

CORS = {"Fn::Sub": "'${CorsOrigin}'"}


def test_tasks_may_call_out_by_https_and_dns_only() -> None:
    group = resource("network", "TaskSecurityGroup").properties
    assert group["SecurityGroupIngress"] == []
    assert {
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]
    } == {
        ("tcp", 443, 443),
        ("udp", 53, 53),
        ("tcp", 53, 53),
    }
    gateways = {one.properties["VpcEndpointType"] for one in resources("AWS::EC2::VPCEndpoint")}
    assert (len(resources("AWS::EC2::VPCEndpoint")), gateways) == (2, {"Gateway"})


def test_tasks_run_in_two_zones_or_in_three_that_are_named() -> None:
    zones = {one.name: one for one in resources("AWS::EC2::Subnet")}
    assert {name: one.body.get("Condition") for name, one in zones.items()} == {
        "SubnetA": None,
        "SubnetB": None,
        "SubnetC": "HasThird",
    }
    assert len({one.properties["CidrBlock"] for one in zones.values()}) == 3
    pattern = FRONT_DOOR["Parameters"]["Zones"]["AllowedPattern"]
    given = ["", "us-east-1a,us-east-1b", "eu-west-1a,eu-west-1b,eu-west-1c", "us-east-1a", "a,b,"]
    assert [text for text in given if re.fullmatch(pattern, text)] == given[:3]


def test_a_person_waits_for_a_function_with_a_gigabyte() -> None:
    """At 512 MB a cold start took about two seconds of processor time's share."""
    for one in resources("AWS::Serverless::Function"):
        if "Route" in one.body.get("Metadata", {}):
            shared = TEMPLATES[one.template]["Globals"]["Function"]["MemorySize"]
            assert one.properties.get("MemorySize", shared) >= 1024, one


@pytest.mark.parametrize(
    ("name", "cpu", "memory"), [("DemucsTask", "4096", "8192"), ("WhisperTask", "2048", "8192")]
)
def test_a_task_is_small_enough_non_root_and_stops_in_good_order(name: str, cpu: str, memory: str) -> None:
    task = resource("compute", name).properties
    assert (task["Cpu"], task["Memory"], task["NetworkMode"]) == (cpu, memory, "awsvpc")
    (container,) = task["ContainerDefinitions"]
    assert container["Name"] == name.removesuffix("Task").lower()
    assert container["StopTimeout"] == 120
    assert container["User"] == "10001:10001"
    assert container["LinuxParameters"]["InitProcessEnabled"] is True
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"


@pytest.mark.parametrize("repository", resources("AWS::ECR::Repository"), ids=str)
def test_images_are_scanned_and_old_ones_go(repository: Resource) -> None:
    assert repository.properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository.properties["ImageTagMutability"] == "IMMUTABLE"
    (rule,) = json.loads(repository.properties["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["countNumber"] == 10


def test_both_apis_are_throttled() -> None:
    (settings,) = resource("api", "Api").properties["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] > 0 < settings["ThrottlingBurstLimit"]
    assert settings["DataTraceEnabled"] is settings["MetricsEnabled"] is False
    sockets = resource("realtime", "WebSocketStage").properties["DefaultRouteSettings"]
    assert sockets["ThrottlingRateLimit"] > 0 < sockets["ThrottlingBurstLimit"]
    assert (sockets["LoggingLevel"], sockets["DataTraceEnabled"]) == ("OFF", False)


def test_no_log_ever_holds_a_token() -> None:
    formats = [
        resource("api", "Api").properties["AccessLogSetting"]["Format"],
        resource("realtime", "WebSocketStage").properties["AccessLogSettings"]["Format"],
    ]
    for one in formats:
        # The gateway quotes a messageString itself.
        assert isinstance(json.loads(one.replace("$context.error.messageString", '"x"')), dict)
        for leak in (
            "querystring",
            "querystringparam",
            "authorizer.principal",
            "requestoverride",
            '$context.path"',
        ):
            assert leak not in one.lower()


def test_every_call_needs_a_person_but_a_preflight() -> None:
    auth = resource("api", "Api").properties["Auth"]
    assert auth["DefaultAuthorizer"] in auth["Authorizers"]
    assert auth["AddDefaultAuthorizerToCorsPreflight"] is False
    calls = [
        call
        for path in transformed(TEMPLATES["api"])["Resources"]["Api"]["Properties"]["Body"]["paths"].values()
        for method, call in path.items()
        if method != "options"
    ]
    assert len(calls) > 10
    assert [call["security"] for call in calls] == [[{"People": []}]] * len(calls)


def test_what_the_gateway_answers_itself_has_our_shape_and_cors() -> None:
    answers = resource("api", "Api").properties["GatewayResponses"]
    codes = {}
    for name, answer in answers.items():
        assert answer["ResponseParameters"]["Headers"]["Access-Control-Allow-Origin"] == CORS
        body = json.loads(answer["ResponseTemplates"]["application/json"])
        assert set(body) == {"error", "message"}
        codes[name] = (answer.get("StatusCode"), body["error"])
    assert codes["UNAUTHORIZED"] == (401, "unauthorized")
    assert codes["ACCESS_DENIED"] == (403, "forbidden")
    assert codes["REQUEST_TOO_LARGE"] == (413, "too_large")
    assert codes["THROTTLED"] == (429, "too_many_requests")
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(codes)
    assert resource("api", "Api").properties["Cors"]["AllowOrigin"] == CORS


def test_the_routes_are_those_of_the_contract() -> None:
    routes = {
        (route["Method"].upper(), route["Path"])
        for function in resources("AWS::Serverless::Function")
        if (route := function.body.get("Metadata", {}).get("Route"))
    }
    assert {
        ("POST", "/songs/upload-url"),
        ("GET", "/songs"),
        ("GET", "/songs/{songId}"),
        ("PATCH", "/songs/{songId}"),
        ("DELETE", "/songs/{songId}"),
        ("GET", "/presets"),
    } <= routes
    sockets = {route.properties["RouteKey"] for route in resources("AWS::ApiGatewayV2::Route")}
    assert sockets == {"$connect", "$disconnect", "ping", "$default"}


def test_people_sign_in_by_email_and_a_browser_keeps_no_secret() -> None:
    pool = resource("auth", "UserPool").properties
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["DeletionProtection"] == {"Fn::If": ["IsProd", "ACTIVE", "INACTIVE"]}
    client = resource("auth", "UserPoolClient").properties
    assert client["GenerateSecret"] is False
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert (client["IdTokenValidity"], client["TokenValidityUnits"]["IdToken"]) == (60, "minutes")


@pytest.mark.parametrize("alarm", resources("AWS::CloudWatch::Alarm"), ids=str)
def test_an_alarm_tells_someone(alarm: Resource) -> None:
    topic = "AlarmTopic" if alarm.template == "observability" else "AlarmTopicArn"
    assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == [{"Ref": topic}]
    # Silence is good news (no dead letter, no call), but for the one metric that must come each minute.
    silence = "breaching" if alarm.name == "LineAgeAlarm" else "notBreaching"
    assert alarm.properties["TreatMissingData"] == silence


def test_a_missing_age_of_the_queue_is_an_alarm() -> None:
    """start_processing writes it first of all, and acknowledges each wake-up: if it fails, nothing else would tell."""
    assert resource("queue", "EachMinuteRule").properties["ScheduleExpression"] == "rate(1 minute)"
    assert resource("queue", "EachMinuteRule").properties["State"] == "ENABLED"
    line = resource("queue", "LineAgeAlarm").properties
    assert line["TreatMissingData"] == "breaching"
    assert line["Period"] >= 5 * 60  # a wake-up that is late leaves no gap


def test_alarms_watch_what_the_contract_names() -> None:
    failures = resource("processing", "ExecutionFailuresAlarm").properties
    assert (failures["Threshold"], failures["ComparisonOperator"]) == (10, "GreaterThanThreshold")
    metrics = {one.get("MetricStat", {}).get("Metric", {}).get("MetricName") for one in failures["Metrics"]}
    assert {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsSucceeded"} <= metrics
    faults = resource("api", "ApiFaultsAlarm").properties
    assert (faults["MetricName"], faults["Statistic"], faults["Threshold"]) == ("5XXError", "Average", 0.01)
    line = resource("queue", "LineAgeAlarm").properties
    assert (line["Namespace"], line["MetricName"]) == ("Unplugd", "QueueAgeSeconds")
    # Powertools' own dimension, with the service name that all functions get.
    assert line["Dimensions"] == [{"Name": "service", "Value": {"Fn::Sub": "${AppName}-${Environment}"}}]


def emitted() -> dict[str, tuple[str, ...]]:
    """Each metric of the code in the namespace Unplugd, with the names of its dimensions."""
    functions = "".join(path.read_text() for path in sorted((ROOT / "functions/unplugd").rglob("*.py")))
    tasks = (ROOT / "containers/task/shell.py").read_text()
    found = dict.fromkeys(re.findall(r'metrics\.put\(\s*"(\w+)"', functions), ("service",))
    return found | dict.fromkeys(re.findall(r'log\.seconds\(\s*"(\w+)"', tasks), ("service", "stage"))


def test_an_alarm_watches_each_metric_that_the_code_writes() -> None:
    ours = [
        alarm.properties
        for alarm in resources("AWS::CloudWatch::Alarm")
        if alarm.properties.get("Namespace") == "Unplugd"
    ]
    watched = {one["MetricName"]: tuple(each["Name"] for each in one["Dimensions"]) for one in ours}
    assert {"QueueAgeSeconds", "UnreadableRows", "OnDemandTasks", "StageSeconds"} <= set(emitted())
    assert emitted().items() <= watched.items()


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_is_watched_for(metric: str) -> None:
    watched = {
        (alarm.template, entry["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"])
        for alarm in resources("AWS::CloudWatch::Alarm")
        for entry in alarm.properties.get("Metrics", [])
        if entry.get("MetricStat", {}).get("Metric", {}).get("MetricName") == metric
    }
    assert watched == {(one.template, one.name) for one in resources("AWS::Serverless::Function")}


def test_an_expression_has_at_most_ten_metrics() -> None:
    """CloudWatch refuses an alarm with more."""
    for alarm in resources("AWS::CloudWatch::Alarm"):
        assert len([one for one in alarm.properties.get("Metrics", []) if "MetricStat" in one]) <= 10


def test_alarms_may_use_the_key_that_encrypts_their_topic() -> None:
    assert resource("observability", "AlarmTopic").properties["KmsMasterKeyId"] == {
        "Fn::GetAtt": ["AlarmKey", "Arn"]
    }
    policy = text_of(resource("observability", "AlarmKey").properties["KeyPolicy"])
    assert "cloudwatch.amazonaws.com" in policy
    assert "kms:*" not in policy


def test_the_dashboard_is_json_and_shows_what_the_contract_names() -> None:
    body = json.loads(resource("observability", "Dashboard").properties["DashboardBody"]["Fn::Sub"])
    titles = {widget["properties"]["title"] for widget in body["widgets"]}
    assert titles == {
        "Lambda errors", "Executions", "The queue", "Dead letters", "API latency and faults", "Stage tasks",
        "Seconds of a stage", "What went wrong",
    }  # fmt: skip
