"""Each five minutes: the measure queue, as its function's role and environment allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.cloud import CHOSEN, Cloud, event
from tests.plays_server import KEY, PlaysServer, serving
from tests.unit.aws.measure_queue.conftest import counted as counted
from tests.unit.aws.measure_queue.conftest import failing as failing
from tests.unit.aws.measure_queue.queueing import TABLE, edit, states, take, wanted
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.domain.measure_queue import Values
from unplugd.kernel.clock import utc_now
from unplugd.kernel.errors import Transient


@pytest.fixture
def queue(cloud: Cloud) -> MeasureQueue:
    return MeasureQueue(cloud.db, TABLE)


@pytest.fixture
def server(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlaysServer]:
    """The outside service, switched on, with its key in the secret that docs/operations.md names."""
    boto3.client("secretsmanager").create_secret(Name=CHOSEN["PLAYS_SECRET"], SecretString=KEY)
    with serving() as started:
        monkeypatch.setitem(CHOSEN, "PLAYS_URL", started.url)
        yield started


def maintain(cloud: Cloud, **more: Any) -> Any:
    trigger = event("measurement", "maintain_measurements") | more
    return cloud.call("measurement", "maintain_measurements", trigger)


def test_a_run_works_off_what_waits(
    cloud: Cloud, queue: MeasureQueue, server: PlaysServer, counted: list[tuple[str, float]]
) -> None:
    server.always(200, {"plays": {"spotify": 77}})
    queue.put([wanted(n) for n in range(3)])
    assert maintain(cloud) == {"reclaimed": 0, "drained": 3, "restarted": 0}
    (row,) = queue.of_subject(wanted(1).user_id, wanted(1).subject, "historical")
    assert row.values == {"plays": {"spotify": 77}}
    assert counted == [("DeadMeasurements", 0)]


def test_the_outside_source_is_off_by_default(
    cloud: Cloud, queue: MeasureQueue, counted: list[tuple[str, float]]
) -> None:
    queue.put([wanted(1)])
    assert maintain(cloud) == {"reclaimed": 0, "drained": 0, "restarted": 0}
    assert states(cloud) == {wanted(1).key: "pending"}


def test_a_run_brings_back_what_was_lost(
    cloud: Cloud, queue: MeasureQueue, counted: list[tuple[str, float]]
) -> None:
    queue.put([wanted(n) for n in range(3)])
    take(queue, utc_now() - timedelta(minutes=5), limit=2)
    edit(cloud, wanted(2), work=None, place=None)
    assert maintain(cloud)["reclaimed"] == 3
    assert set(states(cloud).values()) == {"pending"}


def test_a_redrive_lets_the_dead_wait_again(
    cloud: Cloud, queue: MeasureQueue, server: PlaysServer, counted: list[tuple[str, float]]
) -> None:
    server.always(500)
    queue.put([wanted(1)])
    edit(cloud, wanted(1), attempts={"N": "5"})
    maintain(cloud)
    assert states(cloud) == {wanted(1).key: "dead"}
    assert maintain(cloud, redrive=True) == {"revived": 1}
    server.always(200, {"plays": {"spotify": 1}})
    assert maintain(cloud)["drained"] == 1


@pytest.mark.parametrize("operation", ["Query", "Scan"])
def test_a_failing_table_fails_the_run(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, operation: str, counted: list[tuple[str, float]]
) -> None:
    """It must not say that there was nothing to bring back."""

    def fail(*_: Any, **__: Any) -> Any:
        raise Transient("Not now.")

    monkeypatch.setattr(f"unplugd.aws.table.Table.{'pages' if operation == 'Query' else 'scan'}", fail)
    with pytest.raises(Transient):
        maintain(cloud)
    assert counted == []


def test_a_missing_secret_costs_tries_and_no_run(
    cloud: Cloud, queue: MeasureQueue, server: PlaysServer, counted: list[tuple[str, float]]
) -> None:
    boto3.client("secretsmanager").delete_secret(
        SecretId=CHOSEN["PLAYS_SECRET"], ForceDeleteWithoutRecovery=True
    )
    queue.put([wanted(1)])
    maintain(cloud)
    assert states(cloud) == {wanted(1).key: "failed"}
    assert server.asked == []


def test_a_row_that_was_settled_meanwhile_stays_as_it_is(
    cloud: Cloud, queue: MeasureQueue, server: PlaysServer, counted: list[tuple[str, float]]
) -> None:
    queue.put([wanted(1)])
    (row,) = take(queue, utc_now())
    assert maintain(cloud)["drained"] == 0
    assert queue.settle(row, Values({"plays": {"spotify": 5}}), now=utc_now(), jitter=0.5)
    assert maintain(cloud) == {"reclaimed": 0, "drained": 0, "restarted": 0}
    assert server.asked == []
