"""Symptom: `ecs:runTask.sync` succeeds when the task failed, ends after ten minutes, and cannot be stopped.

ministack waits at most 600 s, ignores exit codes, and goes on waiting when the execution was stopped or the state
timed out, while the task runs on. On AWS a task that ends otherwise than with 0 is States.TaskFailed with the task
as Cause, and a stopped execution stops its task. `execution_ends` and `state_timeouts` say when to give up.
"""

from __future__ import annotations

import contextvars
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from local import upstream
from local.workarounds import Context

_RUN_TASK = "arn:aws:states:::ecs:runTask"
_POLL_S = 0.1

# The execution whose state runs in this context, and whether its state was given up (its TimeoutSeconds are over).
current_execution: contextvars.ContextVar[Mapping[str, Any] | None] = contextvars.ContextVar(
    "current_execution", default=None
)
given_up: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("given_up", default=None)


class ExecutionEnded(Exception):
    """The execution is over: the state must neither be retried nor caught."""


def check() -> None:
    states = upstream.service("stepfunctions")
    upstream.need(
        states, "_SERVICE_DISPATCH", "_ExecutionError", "_pascal_to_camel", "_execute_task", by=__name__
    )
    upstream.need_parameters(states._execute_task, "state_def", "raw_input", "execution", "ctx", by=__name__)
    upstream.need(upstream.service("ecs"), "_run_task", "_stop_task", "_describe_tasks", by=__name__)
    if _RUN_TASK not in states._SERVICE_DISPATCH:
        upstream.need(states._SERVICE_DISPATCH, _RUN_TASK, by=__name__)


def apply(_: Context) -> None:
    states = upstream.service("stepfunctions")
    states._SERVICE_DISPATCH[_RUN_TASK] = _run_task
    execute_task = states._execute_task

    def execute_known_task(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
        token = current_execution.set(execution)
        try:
            return execute_task(state_def, raw_input, execution, ctx)
        finally:
            current_execution.reset(token)

    states._execute_task = execute_known_task


def is_over() -> bool:
    """Tell whether the execution this runs for has ended, or its state was given up."""
    execution, event = current_execution.get(), given_up.get()
    return (execution is not None and execution["status"] != "RUNNING") or (
        event is not None and event.is_set()
    )


def _run_task(resource: str, arguments: Any) -> Any:
    states, ecs = upstream.service("stepfunctions"), upstream.service("ecs")
    request = states._pascal_to_camel(arguments)
    status, _, body = ecs._run_task(request)
    answer = json.loads(body)
    if status >= 400:
        name = answer.get("__type", "AmazonECSException").rsplit("#", 1)[-1]
        raise states._ExecutionError(f"ECS.{name}", answer.get("message", str(answer)))
    if answer.get("failures"):
        raise states._ExecutionError("AmazonECS.Unknown", json.dumps(pascal_case(answer)))
    if not resource.rstrip("/").endswith(".sync"):
        return pascal_case(answer)
    return wait_for_tasks(
        ecs, states, request.get("cluster", "default"), [task["taskArn"] for task in answer["tasks"]]
    )


def wait_for_tasks(ecs: Any, states: Any, cluster: str, arns: list[str]) -> Any:
    """Wait until ECS has stopped these tasks; the description of the one task, or of all.

    Raises what the state is to fail with, or `ExecutionEnded`."""
    while True:
        if is_over():
            for arn in arns:
                ecs._stop_task(
                    {"cluster": cluster, "task": arn, "reason": "The execution no longer needs it"}
                )
            raise ExecutionEnded
        tasks = json.loads(ecs._describe_tasks({"cluster": cluster, "tasks": arns})[2])["tasks"]
        if len(tasks) < len(arns):
            raise states._ExecutionError("States.TaskFailed", "The task is gone from the cluster")
        if all(_has_stopped(task) for task in tasks):
            break
        time.sleep(_POLL_S)
    failed = [task for task in tasks if _has_failed(task)]
    if failed:
        raise states._ExecutionError("States.TaskFailed", json.dumps(pascal_case(failed[0])))
    return pascal_case(tasks[0] if len(tasks) == 1 else {"tasks": tasks})


def _has_stopped(task: Mapping[str, Any]) -> bool:
    # The service writes a task's end field by field: a task that is STOPPED and has no stopCode yet would be a failure.
    return task["lastStatus"] == "STOPPED" and bool(task.get("stopCode"))


def _has_failed(task: Mapping[str, Any]) -> bool:
    if task.get("stopCode") != "EssentialContainerExited":
        return True
    return any(container.get("exitCode") for container in task["containers"])


def pascal_case(value: Any) -> Any:
    """Spell the keys as Step Functions does."""
    if isinstance(value, list):
        return [pascal_case(part) for part in value]
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal_case(part) for key, part in value.items()}
    return value
