"""Step Functions and ECS as the pipeline needs them: exit codes, timeouts, stopping, names of errors, events."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest

from tests.local.conftest import App, wait_for

pytestmark = pytest.mark.stack


def name_of(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def task_pid(app: App, arn: str) -> int:
    row = wait_for(lambda: app.item(f"task-{name_of(arn)}"), "the task's row")
    return int(row["pid"]["N"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_task_that_succeeds_gives_its_description(app: App) -> None:
    arn = app.start("StateMachineArn", what="exit-0", seconds=30)
    execution = app.ended(arn)
    assert execution["status"] == "SUCCEEDED", execution
    assert json.loads(execution["output"]) == {"exitCode": 0}
    row = app.item(f"task-{name_of(arn)}")
    seen = json.loads(row["env"]["S"])
    assert seen["WHAT"] == "exit-0"
    assert seen["STAGE_SETTING"] == "for tasks"
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert app.endpoint.secret_key not in seen.values()
    known = {
        "PATH",
        "HOME",
        "LANG",
        "TMPDIR",
        "PYTHONPATH",
        "TABLE",
        "WHAT",
        "PROOF",
        "STAGE_SETTING",
        "LC_CTYPE",
    }
    assert {name for name in seen if not name.startswith("AWS_")} <= known


@pytest.mark.parametrize("code", [65, 75])
def test_a_task_that_fails_is_a_task_failure_with_its_exit_code(app: App, code: int) -> None:
    execution = app.ended(app.start("StateMachineArn", what=f"exit-{code}", seconds=30))
    output = json.loads(execution["output"])
    assert output["judged"] == code
    task = output["task"]
    assert task["StopCode"] == "EssentialContainerExited"
    assert task["Containers"][0]["ExitCode"] == code
    assert task["CapacityProviderName"] == "FARGATE_SPOT"


def test_a_state_that_times_out_stops_its_task(app: App) -> None:
    arn = app.start("StateMachineArn", what="run", seconds=8)  # long enough for the task to write its row
    pid = task_pid(app, arn)
    execution = app.ended(arn)
    assert json.loads(execution["output"]) == {"timedOut": True}
    wait_for(lambda: not is_alive(pid), "the task's end")


def test_a_stopped_execution_stops_its_task_and_stays_aborted(app: App) -> None:
    arn = app.start("StateMachineArn", what="run", seconds=100)
    pid = task_pid(app, arn)
    app.client("stepfunctions").stop_execution(executionArn=arn)
    wait_for(lambda: not is_alive(pid), "the task's end")
    stopped = stopped_task(app)
    assert stopped["containers"][0]["exitCode"] == 143
    time.sleep(0.5)
    assert app.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "ABORTED"


def stopped_task(app: App) -> Any:
    ecs = app.client("ecs")
    cluster = app.outputs["ClusterName"]
    arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return max(tasks, key=lambda task: task["stoppedAt"])


def test_stop_task_fails_the_execution(app: App) -> None:
    arn = app.start("StateMachineArn", what="run", seconds=100)
    task_pid(app, arn)
    ecs = app.client("ecs")
    cluster = app.outputs["ClusterName"]
    (task,) = wait_for(lambda: ecs.list_tasks(cluster=cluster)["taskArns"], "the running task")
    ecs.stop_task(cluster=cluster, task=task, reason="Spot interruption")
    output = json.loads(app.ended(arn)["output"])
    assert output["judged"] == 143
    assert output["task"]["StopCode"] == "UserInitiated"


def test_a_catch_matches_the_exceptions_name(app: App) -> None:
    execution = app.ended(app.start("StateMachineArn", what="raise", seconds=1))
    assert json.loads(execution["output"]) == {"caught": "TinyError"}


def test_a_machines_own_timeout_ends_it(app: App) -> None:
    arn = app.start("HastyMachineArn")
    assert app.ended(arn)["status"] == "TIMED_OUT"
    time.sleep(2.5)
    assert app.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "TIMED_OUT"


def test_the_tasks_output_is_in_its_log_group(app: App) -> None:
    arn = app.start("StateMachineArn", what="exit-0", seconds=30)
    app.ended(arn)

    def printed() -> bool:
        events = app.client("logs").filter_log_events(logGroupName="/tiny/task")["events"]
        return any(name_of(arn) in event["message"] for event in events)

    wait_for(printed, "the log line")


def test_ends_of_executions_and_tasks_reach_the_queue(app: App) -> None:
    sqs = app.client("sqs")
    queue = app.outputs["QueueUrl"]
    sqs.purge_queue(QueueUrl=queue)
    arn = app.start("StateMachineArn", what="exit-0", seconds=30)
    seen: set[tuple[str, str]] = set()

    def both() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            detail = event["detail"]
            if detail.get("executionArn") == arn:
                seen.add((event["source"], detail["status"]))
            elif event["source"] == "aws.ecs":
                seen.add((event["source"], detail["lastStatus"]))
        return {("aws.states", "SUCCEEDED"), ("aws.ecs", "RUNNING"), ("aws.ecs", "STOPPED")} <= seen

    wait_for(both, f"the events, in addition to {seen}")
