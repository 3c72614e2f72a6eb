"""Symptom: without a Docker engine an ECS task is a record that never runs and never ends.

ECS gets our own "Docker client", which starts the stage task's entrypoint as a process. Under AUTH ministack's
container-credentials address is not accepted either, so each task gets a session of its task role.
A task that is stopped exits with 143 as on Fargate, where ministack writes 0.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from local import upstream
from local.tasks import Tasks
from local.workarounds import Context

_STOPPED_BY_SIGTERM = 143


def check() -> None:
    ecs = upstream.service("ecs")
    upstream.need(ecs, "_docker", "_get_docker", "_task_defs", "_mark_task_stopped", by=__name__)
    upstream.need_parameters(ecs._mark_task_stopped, "task_arn", "task", "reason", "stop_code", by=__name__)
    upstream.need(upstream.service("sts"), "register_session", by=__name__)


def apply(context: Context) -> None:
    ecs = upstream.service("ecs")
    ecs._docker = Tasks(context.tasks, _role_session)
    mark_stopped = ecs._mark_task_stopped

    def mark_task_stopped(
        task_arn: str, task: Any, reason: str, stop_code: str, exit_code: int | None = None
    ) -> Any:
        if stop_code == "UserInitiated" and exit_code == 0:
            exit_code = _STOPPED_BY_SIGTERM
        return mark_stopped(task_arn, task, reason, stop_code, exit_code=exit_code)

    ecs._mark_task_stopped = mark_task_stopped


def _role_session(labels: Mapping[str, str]) -> dict[str, str]:
    """Make temporary credentials of the task definition's task role."""
    family = labels.get("com.amazonaws.ecs.task-definition-family")
    revision = labels.get("com.amazonaws.ecs.task-definition-version")
    definition = upstream.service("ecs")._task_defs.get(f"{family}:{revision}") or {}
    role = definition.get("taskRoleArn")
    if not role:
        return {}
    access_key = "ASIA" + uuid.uuid4().hex[:16].upper()
    secret, token = uuid.uuid4().hex + uuid.uuid4().hex, uuid.uuid4().hex
    name, account = role.rsplit("/", 1)[-1], role.split(":")[4]
    task_id = labels["com.amazonaws.ecs.task-arn"].rsplit("/", 1)[-1]
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{task_id}",
        "UserId": f"{name}:{task_id}",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    upstream.service("sts").register_session(access_key, session)
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }
