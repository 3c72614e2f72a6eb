"""Symptom: after a restart, a presigned URL made before it is refused as signed with an unknown key.

A function's role session exists only once the function has been invoked. The sessions are derived from the
function's ARN and so are always the same: they are registered for every function as it is restored.
"""

from __future__ import annotations

from typing import Any

from local import upstream
from local.workarounds import Context


def check() -> None:
    upstream.need(upstream.service("lambda_svc"), "load_persisted_state", "_functions", by=__name__)
    upstream.need(upstream.module("core.lambda_runtime"), "execution_credentials", by=__name__)


def apply(_: Context) -> None:
    functions = upstream.service("lambda_svc")
    load = functions.load_persisted_state

    def load_with_sessions(data: Any) -> None:
        load(data)
        for function in functions._functions.all_values():
            upstream.module("core.lambda_runtime").execution_credentials(function["config"])

    functions.load_persisted_state = load_with_sessions
