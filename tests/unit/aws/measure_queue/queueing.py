"""Rows of the measure queue, and looking at its table."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cloud import CHOSEN, OWNER, Cloud
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.domain.measure_queue import HISTORICAL, LEASE_S, Row
from unplugd.kernel.clock import to_iso

NOW = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
LATER = NOW + timedelta(seconds=LEASE_S + 1)
TABLE = CHOSEN["MEASURE_QUEUE_TABLE"]
_tokens = itertools.count(1)


def wanted(n: int, *, owner: str = OWNER, source: str = HISTORICAL, rank: int = 0, version: int = 1) -> Row:
    return Row(owner, f"isrc:GBAYE{n:07d}", source, version, to_iso(NOW), rank=rank, job_id="job")


def take(queue: MeasureQueue, now: datetime = NOW, limit: int = 25, source: str = HISTORICAL) -> list[Row]:
    return list(queue.take(source, limit=limit, now=now, new_id=lambda: f"token-{next(_tokens)}"))


def settle(queue: MeasureQueue, row: Row, outcome: Any, now: datetime = NOW) -> Row | None:
    return queue.settle(row, outcome, now=now, jitter=1.0)


def items(cloud: Cloud) -> dict[str, dict[str, Any]]:
    found = cloud.db.scan(TableName=TABLE)["Items"]
    return {one["job"]["S"]: one for one in found if not one["userId"]["S"].startswith("#")}


def states(cloud: Cloud) -> dict[str, str]:
    return {name: one["state"]["S"] for name, one in items(cloud).items()}


def edit(cloud: Cloud, row: Row, **values: Any) -> None:
    """Write attributes as another version of the code would; None removes one."""
    for name, value in values.items():
        key = {"userId": {"S": row.user_id}, "job": {"S": row.key}}
        how: dict[str, Any] = {"TableName": TABLE, "Key": key, "ExpressionAttributeNames": {"#n": name}}
        if value is None:
            cloud.db.update_item(**how, UpdateExpression="REMOVE #n")
        else:
            cloud.db.update_item(
                **how, UpdateExpression="SET #n = :v", ExpressionAttributeValues={":v": value}
            )


def repair(queue: MeasureQueue, limit: int = 100) -> int:
    return queue.repair(limit=limit, now=NOW)
