"""The state machine's definition, as text: every path leads somewhere, every name and expression is one that exists."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonata  # type: ignore[import-untyped]
import pytest

from tests.infra.templates import ROOT, resource

TEXT = (ROOT / "statemachines/processing.asl.json").read_text()
MACHINE: dict[str, Any] = json.loads(TEXT)
OUTER: dict[str, dict[str, Any]] = MACHINE["States"]
TASK: dict[str, Any] = OUTER["RunTasks"]["ItemProcessor"]
STATES: dict[str, dict[str, Any]] = OUTER | TASK["States"]  # names are unique over the whole machine
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
STAGES = ("RunDemucs", "MergeParts", "RunWhisper")

_TASK = {
    "Comment",
    "Type",
    "Resource",
    "TimeoutSeconds",
    "Arguments",
    "Output",
    "Assign",
    "Retry",
    "Catch",
    "Next",
    "End",
}
# What JSONata lets each kind of state have. A JSONPath field (Parameters, ResultPath, …) would be refused by AWS.
FIELDS = {
    "Task": _TASK,
    "Choice": {"Comment", "Type", "Choices", "Default", "Assign", "Output"},
    "Wait": {"Comment", "Type", "Seconds", "Assign", "Output", "Next"},
    "Map": {"Comment", "Type", "Items", "ItemProcessor", "Assign", "Output", "Catch", "Next"},
    "Pass": {"Comment", "Type", "Assign", "Output", "Next", "End"},
    "Succeed": {"Comment", "Type", "Output"},
    "Fail": {"Comment", "Type", "Error", "Cause"},
}
RETRY = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
CATCH = {"ErrorEquals", "Assign", "Output", "Next"}
CHOICE = {"Comment", "Condition", "Assign", "Output", "Next"}
# What Step Functions itself and its integrations raise; all other names must be ours.
RAISED_BY_AWS = {
    "States.ALL",
    "States.Timeout",
    "ECS.AmazonECSException",
    "ECS.ServerException",
    "ECS.ThrottlingException",
    "AmazonECS.Unknown",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
}


def exits(state: dict[str, Any]) -> set[str]:
    """Where a state may lead."""
    rules = [*state.get("Choices", []), *state.get("Catch", []), state]
    return {rule["Next"] for rule in rules if "Next" in rule} | (
        {state["Default"]} if "Default" in state else set()
    )


def expressions(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(where, expression) of every {% … %}."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from expressions(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from expressions(value, f"{path}/{index}")
    elif isinstance(node, str) and node.startswith("{%"):
        assert node.endswith("%}"), path
        yield path, node[2:-2].strip()


EXPRESSIONS = list(expressions(MACHINE))


def evaluate(expression: str, **variables: Any) -> Any:
    """Evaluate as Step Functions does: no document, only variables."""
    compiled = jsonata.Jsonata(expression.strip().removeprefix("{%").removesuffix("%}").strip())
    for name, value in variables.items():
        compiled.assign(name, value)
    return compiled.evaluate(None)


def test_the_machine_is_jsonata_from_its_start_to_its_time_limit() -> None:
    assert MACHINE["QueryLanguage"] == "JSONata"
    assert MACHINE["StartAt"] == "ValidateInput"
    assert set(MACHINE) == {"Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "States"}
    # four tries of the parts, of putting them together, and of the lyrics of a song of ten minutes
    longest = 2 * 4 * 6 * 600 + 4 * 4 * 600
    waiting = 3 * (90 + 2 * 60 * (1 + 2 + 4 + 8 + 16))  # and all the room they waited for
    assert MACHINE["TimeoutSeconds"] > longest + waiting


@pytest.mark.parametrize("name", STATES)
def test_a_state_has_only_fields_that_aws_knows(name: str) -> None:
    state = STATES[name]
    assert set(state) <= FIELDS[state["Type"]]
    for rules, known in (("Retry", RETRY), ("Catch", CATCH), ("Choices", CHOICE)):
        for rule in state.get(rules, []):
            assert set(rule) <= known


@pytest.mark.parametrize(
    ("scope", "start"),
    [(OUTER, MACHINE["StartAt"]), (TASK["States"], TASK["StartAt"])],
    ids=["song", "task"],
)
def test_every_state_is_reached_and_every_exit_exists(scope: dict[str, Any], start: str) -> None:
    reached, ahead = set(), {start}
    while ahead:
        name = ahead.pop()
        reached.add(name)
        ahead |= exits(scope[name]) - reached
    assert reached == set(scope)


def test_every_state_ends_or_leads_on() -> None:
    ends = {name for name, state in STATES.items() if not exits(state)}
    assert ends == {"Done", "Failed", "TaskFailed"}
    assert {name for name, state in STATES.items() if state.get("End")} == {"RunTask", "TaskFailed"}


def test_no_name_is_used_twice() -> None:
    """Neither a state's, over all scopes, nor a variable's: the inner scope may only read the outer one's."""
    assert not set(OUTER) & set(TASK["States"])
    assert not _assigned(OUTER) & _assigned(TASK["States"])


def _assigned(scope: dict[str, Any]) -> set[str]:
    assigned: set[str] = set()
    for state in scope.values():
        for rule in [state, *state.get("Choices", []), *state.get("Catch", [])]:
            assigned |= set(rule.get("Assign", {}))
    return assigned


def after(stage: dict[str, Any], failed: list[dict[str, str]]) -> str:
    """Where JudgeTasks leads once the tasks of a stage have ended."""
    for rule in OUTER["JudgeTasks"]["Choices"]:
        if evaluate(rule["Condition"], stage=stage, failed=failed):
            return str(rule["Next"])
    return str(OUTER["JudgeTasks"]["Default"])


@pytest.mark.parametrize(
    ("parts", "measures", "stages"),
    [
        (1, False, ["RunDemucs", "RunWhisper"]),
        (4, False, ["RunDemucs", "MergeParts", "RunWhisper"]),
        (1, True, ["RunDemucs"]),
    ],
    ids=["one task", "four parts", "measuring only"],
)
def test_the_good_path_is_the_contracts(parts: int, measures: bool, stages: list[str]) -> None:
    path, name, stage = ["ValidateInput"], OUTER["ValidateInput"]["Choices"][0]["Next"], {}
    while name:
        path.append(name)
        if name in STAGES:
            assert OUTER[name]["Next"] == "RunTasks"
            assert OUTER["RunTasks"]["Next"] == "JudgeTasks"
            stage = stage_of(name, parts=parts, measures=measures, before=stage)
            name = after(stage, [])
        else:
            name = OUTER[name].get("Next", "")
    assert path == [
        "ValidateInput", *stages, "MarkCompleted", "SendNotification", "CleanupUpload", "Done",
    ]  # fmt: skip
    assert STATES["MarkFailed"]["Next"] == "Failed"


def stage_of(
    name: str, *, parts: int = 1, measures: bool = False, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What a stage's state assigns: its facts, without those that only the tasks read."""
    stage = OUTER[name]["Assign"]["stage"]
    if isinstance(stage, str):
        return dict(evaluate(stage, stage=before, parts=parts))
    following = stage["next"]
    if following.startswith("{%"):
        following = evaluate(following, parts=parts, measureOnly=measures)
    return {"name": stage["name"], "next": following}


def test_stems_that_fail_fail_the_song_and_lyrics_do_not() -> None:
    lost = [{"error": "States.TaskFailed", "cause": "x"}]
    assert after({"name": "RunDemucs", "next": "RunWhisper"}, lost) == "MarkFailed"
    assert after({"name": "RunDemucs", "next": "MergeParts"}, lost) == "MarkFailed"
    assert after({"name": "RunDemucs", "next": "MarkCompleted"}, lost) == "MarkFailed"
    assert after({"name": "RunWhisper", "next": "MarkCompleted"}, lost) == "MarkCompleted"
    failing, silent = OUTER["JudgeTasks"]["Choices"][:2]
    assert evaluate(failing["Assign"]["failure"]["cause"], failed=lost) == "x"
    assert evaluate(silent["Assign"]["lyricsFailed"], failed=lost) == lost[0]


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_every_expression_is_jsonata(where: str, expression: str) -> None:
    jsonata.Jsonata(expression)


def test_every_variable_is_assigned_somewhere() -> None:
    assigned = _assigned(STATES)
    used = {name for _, text in EXPRESSIONS for name in re.findall(r"\$([a-z]\w*)(?!\w*\()", text)}
    assert used - {"states"} == assigned


def test_every_substitution_is_given_and_used() -> None:
    given = resource("processing", "Processing").properties["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(given)


def test_every_error_name_is_one_that_is_raised() -> None:
    named = {
        error
        for state in STATES.values()
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]
        for error in rule["ErrorEquals"]
    }
    tree = ast.parse((ROOT / "functions/unplugd/kernel/errors.py").read_text())
    ours = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert named - RAISED_BY_AWS == {"Transient"}
    assert ours >= {"Transient"}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_bounded_and_caught(name: str) -> None:
    assert "TimeoutSeconds" in TASKS[name]
    assert TASKS[name]["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert TASKS[name]["Retry"]


def test_a_task_waits_for_room_and_never_names_a_launch_type() -> None:
    state = TASKS["RunTask"]
    assert state["Resource"] == "arn:aws:states:::ecs:runTask.sync"
    assert "LaunchType" not in state["Arguments"]
    assert state["Retry"] == [
        {
            "ErrorEquals": [
                "ECS.AmazonECSException",
                "AmazonECS.Unknown",
                "ECS.ServerException",
                "ECS.ThrottlingException",
            ],
            "IntervalSeconds": 60,
            "MaxAttempts": 5,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }
    ]


def with_input(expression: str, **given: Any) -> Any:
    return evaluate(expression, states={"input": given})


def test_a_task_runs_again_after_30_and_60_s_then_on_demand() -> None:
    provider = TASKS["RunTask"]["Arguments"]["CapacityProviderStrategy"][0]["CapacityProvider"]
    chosen = [with_input(provider, **{"try": number}) for number in (1, 2, 3, 4)]
    assert chosen == ["FARGATE_SPOT"] * 3 + ["FARGATE"]
    waits = [with_input(STATES["WaitTask"]["Seconds"], **{"try": number}) for number in (1, 2, 3)]
    assert waits == [30, 60, 0]
    again = with_input(STATES["WaitTask"]["Output"], **{"try": 1, "environment": []})
    assert again == {"try": 2, "environment": []}
    for name in STAGES:
        tasks = OUTER[name]["Assign"]["tasks"]
        made = evaluate(tasks, parts=3) if isinstance(tasks, str) else tasks
        assert [task["try"] for task in made] == [1] * len(made)


def cut_off(reason: str, field: str = "StoppedReason") -> str:
    return json.dumps({"StopCode": "TaskFailedToStart", field: reason, "Containers": [{}]})


@pytest.mark.parametrize(
    ("cause", "number", "over"),
    [
        ('{"Containers":[{"ExitCode":65,"Name":"x"}]}', 1, True),
        ('{"Containers": [{"Name": "x", "ExitCode": 65}]}', 1, True),
        ('{"Containers":[{"ExitCode":650}]}', 1, False),
        ('{"Containers":[{"ExitCode":75}]}', 3, False),
        ('{"Containers":[{"ExitCode":137}]}', 4, True),
        ('{"Overrides":{"V":"\\"ExitCode\\":65,"},"Containers":[{"ExitCode":1}]}', 1, False),
        ('{"StopCode":"TaskFailedToStart","Containers":[{}]}', 1, False),
        ('{"Containers":[{"ExitCode":65,"Reason":"cut off', 1, True),
        ("", 1, False),
        ("Task timed out", 4, True),
        (
            cut_off("CannotPullContainerError: pull image manifest: unplugd-dev-demucs:a1b2c3: not found"),
            1,
            True,
        ),
        (cut_off("CannotPullImageManifestError: Error response from daemon", "Reason"), 1, True),
        (cut_off("Capacity is unavailable at this time."), 1, False),
        (cut_off("ResourceInitializationError: unable to pull secrets"), 1, False),
        (
            json.dumps({"Overrides": {"V": '"StoppedReason":"CannotPull"'}, "Containers": [{"ExitCode": 1}]}),
            1,
            False,
        ),
    ],
)
def test_a_task_is_judged_by_exit_code_and_stop_reason(cause: str, number: int, over: bool) -> None:
    condition = STATES["JudgeTask"]["Choices"][0]["Condition"]
    assert bool(with_input(condition, **{"cause": cause, "try": number})) == over


def test_no_room_on_spot_goes_straight_to_on_demand() -> None:
    rule = STATES["JudgeTask"]["Choices"][1]
    errors = ("ECS.AmazonECSException", "AmazonECS.Unknown", "ECS.ClientException", "States.Timeout")
    assert [bool(with_input(rule["Condition"], error=error)) for error in errors] == [
        True,
        True,
        False,
        False,
    ]
    assert rule["Next"] == "RunTask"
    assert with_input(rule["Output"], **{"try": 1, "environment": []}) == {"try": 4, "environment": []}


@pytest.mark.parametrize(
    ("seconds", "demucs", "whisper"),
    [(0.5, 1800, 900), (300, 1800, 1200), (300.1, 1801, 1201), (600, 3600, 2400)],
)
def test_the_time_a_stage_gets_grows_with_the_song(seconds: float, demucs: int, whisper: int) -> None:
    computed = STATES["ValidateInput"]["Choices"][0]["Assign"]
    states = {"input": {"durationSec": seconds}}
    assert evaluate(computed["demucsTimeout"], states=states) == demucs
    assert evaluate(computed["whisperTimeout"], states=states) == whisper


@pytest.mark.parametrize(
    ("limit", "seconds", "parts"),
    [(1, 600, 1), (4, 0.5, 1), (4, 119.9, 1), (4, 120, 2), (4, 200, 3), (4, 600, 4), (10, 600, 10)],
)
def test_a_song_has_one_part_a_minute_up_to_the_maximum(limit: int, seconds: float, parts: int) -> None:
    text = STATES["ValidateInput"]["Choices"][0]["Assign"]["parts"].replace("${SeparationParts}", str(limit))
    assert evaluate(text, states={"input": {"durationSec": seconds}}) == parts
    assert evaluate(text, states={"input": {"durationSec": seconds, "measureOnly": True}}) == 1


@pytest.mark.parametrize(
    ("parts", "environments"),
    [(1, [("", "")]), (2, [("1", "2"), ("2", "2")])],
)
def test_each_part_is_a_task_that_knows_its_number(parts: int, environments: list[tuple[str, str]]) -> None:
    tasks = evaluate(OUTER["RunDemucs"]["Assign"]["tasks"], parts=parts)
    values = [{each["Name"]: each["Value"] for each in task["environment"]} for task in tasks]
    assert values == [{"PART": part, "PARTS": of} for part, of in environments]
    (merging,) = evaluate(OUTER["MergeParts"]["Assign"]["tasks"], parts=parts)
    assert [each["Value"] for each in merging["environment"]] == ["merge", str(parts)]


@pytest.mark.parametrize(
    ("results", "lost"),
    [
        ([{"try": 1}], []),
        ([{"try": 1}, {"try": 2}], []),
        ([{"failed": {"error": "x"}}], [{"error": "x"}]),
        ([{"try": 1}, {"failed": {"error": "x"}}], [{"error": "x"}]),
    ],
)
def test_a_lost_task_is_found_among_the_results(results: list[Any], lost: list[Any]) -> None:
    assert evaluate(OUTER["RunTasks"]["Assign"]["failed"], states={"result": results}) == lost


@pytest.mark.parametrize(
    ("results", "count"),
    [([{"try": 1}], 2), ([{"try": 4}], 3), ([{"try": 4}, {"try": 4}, {"failed": {"error": "x"}}], 4)],
)
def test_tasks_that_ran_on_demand_are_counted(results: list[Any], count: int) -> None:
    expression = OUTER["RunTasks"]["Assign"]["onDemand"]
    assert evaluate(expression, onDemand=2, states={"result": results}) == count


def test_a_missing_cause_is_no_fault() -> None:
    (caught,) = TASKS["RunTask"]["Catch"]
    states = {"input": {"try": 1}, "errorOutput": {"Error": "States.Timeout"}}
    assert evaluate(caught["Output"], states=states) == {"try": 1, "error": "States.Timeout", "cause": ""}
    (lost,) = OUTER["RunTasks"]["Catch"][0]["Assign"]["failed"]
    assert evaluate(lost["cause"], states=states) == ""
