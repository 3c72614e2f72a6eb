"""Symptom: every Lambda invocation that logs nothing takes 50 ms longer than it should.

After the answer ministack waits that long for a log line. The worker writes its log before its answer, so a few
milliseconds are enough for the reading thread to see it.
"""

from __future__ import annotations

from local import upstream
from local.datadir import StackError
from local.workarounds import Context

_FIRST_LINE_S, _IDLE_S, _CAP_S = 0.004, 0.002, 0.05


def check() -> None:
    worker = upstream.module("core.lambda_runtime").Worker
    upstream.need(worker, "_drain_stderr_bounded", by=__name__)
    if worker._drain_stderr_bounded.__defaults__ != (0.050, 0.005, 0.250):
        raise StackError(
            f"ministack's log drain has other waits than {__name__} expects: install the pinned one."
        )


def apply(_: Context) -> None:
    drain = upstream.module("core.lambda_runtime").Worker._drain_stderr_bounded
    drain.__defaults__ = (_FIRST_LINE_S, _IDLE_S, _CAP_S)
