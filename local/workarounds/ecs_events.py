"""Symptom: EventBridge never sees an "ECS Task State Change".

ministack keeps the task's life to itself. Each task that starts running or stops is put on the default bus.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from local import upstream
from local.workarounds import Context

_log = logging.getLogger(__name__)


def check() -> None:
    upstream.need(
        upstream.service("ecs"), "_mark_task_stopped", "_mark_task_running", "_sanitize", by=__name__
    )
    upstream.need_parameters(
        upstream.service("eventbridge")._put_events, "data", "allow_aws_source", by=__name__
    )


def apply(_: Context) -> None:
    ecs = upstream.service("ecs")
    mark_stopped, mark_running = ecs._mark_task_stopped, ecs._mark_task_running

    def stopped(task_arn: str, task: Any, *args: Any, **kwargs: Any) -> Any:
        changed = mark_stopped(task_arn, task, *args, **kwargs)
        if changed:
            _emit(ecs, task)
        return changed

    def running(task_arn: str, task: Any) -> Any:
        changed = mark_running(task_arn, task)
        if changed:
            _emit(ecs, task)
        return changed

    ecs._mark_task_stopped, ecs._mark_task_running = stopped, running


def _emit(ecs: Any, task: Any) -> None:
    entry = {
        "Source": "aws.ecs",
        "DetailType": "ECS Task State Change",
        "Detail": json.dumps(ecs._sanitize(task), default=str),
        "Resources": [task["taskArn"]],
    }
    try:
        upstream.service("eventbridge")._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        # An event is best effort on AWS too; the task's own life must not depend on it.
        _log.exception("the state change of task %s was not published", task["taskArn"])
