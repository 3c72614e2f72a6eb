"""One file per defect of the pinned ministack, each with its symptom, its seam's check and its mending.

All checks run before anything is changed: a version in which one seam has moved is refused at start-up.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol, cast

from local.datadir import DataDir
from local.tasks import TaskSettings

# In the order in which they are applied: those that wrap the same function go from the inside to the outside.
NAMES = (
    "root_keys",
    "secure_transport",
    "workers",
    "full_disk",
    "durability",
    "nested_templates",
    "nested_updates",
    "types_without_effect",
    "table_ttl",
    "function_properties",
    "openapi_import",
    "api_updates",
    "handshake_status",
    "reserved_routes",
    "lambda_errors",
    "worker_calls",
    "cold_starts",
    "event_retries",
    "ecs_tasks",
    "ecs_events",
    "run_task_sync",
    "state_timeouts",
    "execution_ends",
    "restarted_executions",
    "role_sessions",
)


@dataclass(frozen=True)
class Context:
    """What the workarounds know of the stack they run in."""

    data: DataDir
    tasks: TaskSettings
    ephemeral: bool = False


class Workaround(Protocol):
    """What each module here offers."""

    def check(self) -> None: ...
    def apply(self, context: Context) -> None: ...


def apply_all(context: Context) -> None:
    """Check every seam, then mend everything."""
    modules = [cast(Workaround, importlib.import_module(f"{__name__}.{name}")) for name in NAMES]
    for workaround in modules:
        workaround.check()
    for workaround in modules:
        workaround.apply(context)
