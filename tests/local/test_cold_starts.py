"""Many calls at once to a stack whose workers are all still to be started."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from local.workarounds.cold_starts import MAX_STARTS
from tests.local.conftest import running_app

pytestmark = pytest.mark.stack

CALLS = 36


def test_a_burst_at_a_cold_stack_is_answered(tmp_path: Path) -> None:
    with running_app(tmp_path / "data") as (_, app), httpx.Client(trust_env=False, timeout=60) as http:
        together = threading.Barrier(CALLS)

        def call(_: int) -> httpx.Response:
            together.wait()
            return http.get(f"{app.outputs['ApiUrl']}/loads")

        with ThreadPoolExecutor(CALLS) as pool:
            answers = list(pool.map(call, range(CALLS)))
        assert [answer.status_code for answer in answers] == [200] * CALLS
        loads = {tuple(load) for answer in answers for load in answer.json()}
        assert most_at_once([(began, ended) for _, began, ended in loads]) <= MAX_STARTS

        # A worker that is warm has only the function's own time: one second.
        late = http.get(f"{app.outputs['ApiUrl']}/loads", params={"seconds": 2})
        assert late.status_code == 502
        assert "Task timed out after 1.00 seconds" in json.loads(late.text)["message"]
        # The worker was ended; the first call of the next one has time to load.
        assert http.get(f"{app.outputs['ApiUrl']}/loads", params={"seconds": 1}).status_code == 200


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """How many spans of time overlap at most."""
    return max(sum(began <= moment < ended for began, ended in spans) for moment, _ in spans)
