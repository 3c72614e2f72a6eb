"""House rules for every Lambda: its own role, its own log with an end, an environment that someone reads."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.infra.templates import (
    ROOT,
    TEMPLATES,
    Resource,
    actions,
    as_list,
    own_statements,
    references,
    resource,
    resources,
    role_statements,
    statements,
    transformed,
)

FUNCTIONS = resources("AWS::Serverless::Function")
ROLES = resources("AWS::IAM::Role")
PUSH_POLICY = resource("realtime", "PushPolicy").properties["PolicyDocument"]
BOUNDARY = resource("compute", "FunctionBoundary").properties["PolicyDocument"]
FOR_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
# What a function that pushes to a person's connections needs.
PUSHING = {"dynamodb:Query", "dynamodb:DeleteItem", "execute-api:ManageConnections"}
# Action → why AWS takes no narrower resource for it.
ANYWHERE = {
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
}


def stem(function: Resource) -> str:
    return function.name.removesuffix("Function")


def settings() -> set[str]:
    """The names that `kernel/settings.py` reads, and the ones it needs not."""
    tree = ast.parse((ROOT / "functions/unplugd/kernel/settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "_need"]
    return {str(name.value) for name in named if isinstance(name, ast.Constant)}


def own_environment(function: Resource) -> set[str]:
    return set(function.properties.get("Environment", {}).get("Variables", {}))


def test_there_are_functions() -> None:
    assert len(FUNCTIONS) >= 16


@pytest.mark.parametrize("template", sorted({function.template for function in FUNCTIONS}))
def test_each_function_has_a_role_of_its_own(template: str) -> None:
    made = transformed(TEMPLATES[template])["Resources"]
    roles = [one["Properties"]["Role"] for one in made.values() if one["Type"] == "AWS::Lambda::Function"]
    names = [role["Fn::GetAtt"][0] for role in roles]
    assert len(set(names)) == len(names)
    for name in names:
        assert made[name]["Properties"]["PermissionsBoundary"] == {"Ref": "FunctionBoundaryArn"}


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_function_logs_to_a_group_with_an_end(function: Resource) -> None:
    assert function.properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{stem(function)}Logs"}}
    group = resource(function.template, f"{stem(function)}Logs").properties
    name = function.properties["FunctionName"]["Fn::Sub"]
    assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/{name}"}


def test_the_boundary_leaves_the_logs_of_our_functions_only() -> None:
    """SAM attaches AWSLambdaBasicExecutionRole to each role, which may write and create every log of the account."""
    logging = [one for one in statements(BOUNDARY) if "logs:" in str(one["Action"])]
    (allowed,) = logging
    assert allowed["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert allowed["Resource"]["Fn::Sub"].endswith(":log-group:/aws/lambda/${AppName}-${Environment}-*")


def test_the_boundary_names_its_actions_and_our_own_places() -> None:
    for one in statements(BOUNDARY):
        assert one["Effect"] == "Allow"
        assert [action for action in as_list(one["Action"]) if "*" in action] == []
        for place in as_list(one["Resource"]):
            if place == "*":
                assert set(as_list(one["Action"])) <= ANYWHERE
            else:
                ours = {"AppName", "Environment"} if "userpool" not in str(place) else {"AWS::AccountId"}
                assert ours & set(references(place))


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_the_boundary_cuts_nothing_that_a_function_needs(function: Resource) -> None:
    within = {action for one in statements(BOUNDARY) for action in as_list(one["Action"])}
    assert actions(function) <= within


@pytest.mark.parametrize("group", resources("AWS::Logs::LogGroup"), ids=str)
def test_every_log_ends(group: Resource) -> None:
    assert group.properties["RetentionInDays"] == {"Fn::If": ["IsProd", 90, 14]}


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_function_gets_only_what_someone_reads(function: Resource) -> None:
    shared = set(TEMPLATES[function.template]["Globals"]["Function"]["Environment"]["Variables"])
    assert shared == FOR_POWERTOOLS | {"APP_ENVIRONMENT"}
    assert own_environment(function) <= settings()


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_function_that_pushes_may_push_and_no_other(function: Resource) -> None:
    allowed = actions(function)
    pushes = {"CONNECTIONS_TABLE", "WEBSOCKET_ENDPOINT"} <= own_environment(function)
    pushes = (
        pushes and function.name != "PingFunction"
    )  # it answers the sender, and looks for no other connection
    assert (allowed >= PUSHING) == pushes
    assert ("execute-api:ManageConnections" in allowed) == ("WEBSOCKET_ENDPOINT" in own_environment(function))


def test_who_may_send_over_a_connection_may_also_close_it() -> None:
    """A connection that takes no messages is closed, so that its client notices. Without DELETE it stays up, deaf."""
    managing = [
        [str(place["Fn::Sub"]).rpartition("/@connections/") for place in as_list(one["Resource"])]
        for one in [*statements(PUSH_POLICY), *own_statements(resource("realtime", "PingFunction"))]
        if "execute-api:ManageConnections" in as_list(one["Action"])
    ]
    assert len(managing) == 2
    elsewhere = [function for function in FUNCTIONS if "ManageConnections" in str(own_statements(function))]
    assert [function.name for function in elsewhere] == ["PingFunction"]
    for places in managing:
        assert [(where.rpartition("/")[2], name) for where, _, name in places] == [
            ("POST", "*"),
            ("DELETE", "*"),
        ]
        assert len({where.rpartition("/")[0] for where, _, _ in places}) == 1


@pytest.mark.parametrize(
    ("name", "destination"),
    [
        ("uploads.ValidateUpload", {"Fn::GetAtt": ["ValidateUploadDeadLetters", "Arn"]}),
        ("details.TranscodeUpload", {"Fn::GetAtt": ["DetailsDeadLetters", "Arn"]}),
        ("details.EnrichDetails", {"Fn::GetAtt": ["DetailsDeadLetters", "Arn"]}),
        ("uploads.SweepUploads", {"Ref": "RuleDeadLettersArn"}),
        ("account.SweepDeleted", {"Ref": "RuleDeadLettersArn"}),
        ("realtime.SendProgress", {"Fn::GetAtt": ["SendProgressDeadLetters", "Arn"]}),
    ],
)
def test_an_asynchronous_function_has_a_place_for_what_fails(name: str, destination: dict[str, Any]) -> None:
    template, function = name.split(".")
    config = resource(template, f"{function}Function").properties["EventInvokeConfig"]
    assert config["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": destination}
    role = transformed(TEMPLATES[template])["Resources"][f"{function}FunctionRole"]
    sending = [
        one["Resource"]
        for policy in role["Properties"]["Policies"]
        for one in statements(policy["PolicyDocument"])
        if as_list(one["Action"]) == ["sqs:SendMessage"]
    ]
    assert destination in sending


def test_the_audio_layer_is_for_those_who_read_sound_only() -> None:
    layered = [function.name for function in FUNCTIONS if "Layers" in function.properties]
    assert layered == [
        "TranscodeUploadFunction",
        "EnrichDetailsFunction",
        "ValidateUploadFunction",
        "IngestWindowFunction",
        "JoinSessionFunction",
        "PitchSessionFunction",
    ]


def test_one_runtime_and_tracing_that_can_be_switched() -> None:
    for name in {function.template for function in FUNCTIONS}:
        shared = TEMPLATES[name]["Globals"]["Function"]
        assert shared["Runtime"] == "python3.12"
        assert shared["Tracing"] == {"Fn::If": ["TracingOn", "Active", "PassThrough"]}
        assert shared["PermissionsBoundary"] == {"Ref": "FunctionBoundaryArn"}


@pytest.mark.parametrize("holder", [*ROLES, *FUNCTIONS], ids=str)
def test_a_policy_names_its_actions_and_their_places(holder: Resource) -> None:
    for one in [*role_statements(holder), *own_statements(holder)]:
        assert one["Effect"] == "Allow"
        wild = [action for action in as_list(one["Action"]) if "*" in action]
        assert wild == []
        if "*" in [place for place in as_list(one["Resource"]) if isinstance(place, str)]:
            assert set(as_list(one["Action"])) <= ANYWHERE


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_a_role_is_for_one_service(role: Resource) -> None:
    trusted = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert [set(one["Principal"]) for one in trusted] == [{"Service"}]


@pytest.mark.parametrize(
    "name",
    [
        "songs.ListSongs",
        "songs.GetSong",
        "lyrics.GetLyrics",
        "account.ExportAccount",
        "songs.ListPresets",
        "processing.SendNotification",
    ],
)
def test_what_only_reads_may_only_read(name: str) -> None:
    template, function = name.split(".")
    writing = {
        action
        for action in actions(resource(template, f"{function}Function")) - PUSHING
        if not action.split(":")[1].startswith(("Get", "BatchGet", "Query", "List"))
    }
    assert writing == set()


def test_whisper_never_sees_an_original() -> None:
    def places(role: str) -> str:
        return str([one["Resource"] for one in role_statements(resource("compute", role))])

    assert "UploadsBucketName" in places("DemucsTaskRole")
    assert "UploadsBucketName" not in places("WhisperTaskRole")


def test_roles_are_passed_to_tasks_only() -> None:
    passing = [
        one
        for one in role_statements(resource("processing", "ProcessingRole"))
        if one["Action"] == "iam:PassRole"
    ]
    assert len(passing) == 1
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
