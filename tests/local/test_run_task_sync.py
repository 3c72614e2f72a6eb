"""Waiting for the end of tasks, as the local ECS shows it while it writes it down."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from local.workarounds.run_task_sync import wait_for_tasks


def _described(*, stop_code: str) -> dict[str, Any]:
    return {
        "taskArn": "task-1",
        "lastStatus": "STOPPED",
        "stopCode": stop_code,
        "containers": [{"name": "demucs", "exitCode": 0}],
    }


def test_a_task_whose_end_is_half_written_has_not_failed() -> None:
    seen = iter([_described(stop_code=""), _described(stop_code="EssentialContainerExited")])
    ecs = SimpleNamespace(_describe_tasks=lambda _: (200, {}, json.dumps({"tasks": [next(seen)]})))
    ended = wait_for_tasks(ecs, SimpleNamespace(_ExecutionError=RuntimeError), "cluster", ["task-1"])
    assert (ended["StopCode"], ended["Containers"][0]["ExitCode"]) == ("EssentialContainerExited", 0)
