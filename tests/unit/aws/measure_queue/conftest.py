"""What the tests of the measure queue share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud import Cloud
from tests.unit.aws.measure_queue.queueing import TABLE
from unplugd.aws.measure_queue import MeasureQueue


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with Cloud(monkeypatch).running() as made:
        yield made


@pytest.fixture
def queue(cloud: Cloud, one_at_a_time: None) -> MeasureQueue:
    return MeasureQueue(cloud.db, TABLE)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB looks at a condition and writes in one step; moto does so only for one thread."""
    from moto.core.models import botocore_stubber

    lock, answer = threading.RLock(), type(botocore_stubber).__call__

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return answer(self, *args, **kwargs)

    monkeypatch.setattr(type(botocore_stubber), "__call__", call)


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The data points of all metrics."""
    points: list[tuple[str, float]] = []
    monkeypatch.setattr("unplugd.kernel.metrics.put", lambda name, value, **_: points.append((name, value)))
    return points


@pytest.fixture
def first(cloud: Cloud) -> Iterator[Callable[..., None]]:
    """Do something just before the next call of an operation whose parameters have the text `on`."""
    planned: list[tuple[str, Callable[[], object], str]] = []

    def before(params: Any, model: Any, **_: Any) -> None:
        for plan in list(planned):
            if plan[0] == model.name and plan[2] in str(params["body"]):
                planned.remove(plan)
                plan[1]()

    cloud.db.meta.events.register("before-call", before)
    yield lambda operation, do, on: planned.append((operation, do, on))
    cloud.db.meta.events.unregister("before-call", before)
    assert planned == []


@pytest.fixture
def failing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Let an operation fail behind its first `after` calls; None: no more."""
    from botocore.exceptions import EndpointConnectionError

    limits: dict[str, int | None] = {}

    def fail(model: Any, **_: Any) -> None:
        left = limits.get(model.name)
        if left is None:
            return
        if left <= 0:
            raise EndpointConnectionError(endpoint_url="https://dynamodb")
        limits[model.name] = left - 1

    cloud.db.meta.events.register("before-call", fail)
    yield lambda operation, after: limits.update({operation: after})
    cloud.db.meta.events.unregister("before-call", fail)
