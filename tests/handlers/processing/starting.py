"""Waking the starter, and looking at what it did."""

from __future__ import annotations

import json
from typing import Any

from tests.cloud import CHOSEN, MACHINE, Cloud, event


def wake(cloud: Cloud, *bodies: dict[str, Any]) -> Any:
    trigger = event("processing", "start_processing")
    record = trigger["Records"][0]
    trigger["Records"] = [record | {"body": json.dumps(body)} for body in bodies or ({"wake": True},)]
    return cloud.call("processing", "start_processing", trigger)


def ended(arn: str, status: str = "SUCCEEDED") -> dict[str, Any]:
    return {"source": "aws.states", "detail": {"executionArn": arn, "status": status}}


def arn(song_id: str, attempt: int = 1) -> str:
    return MACHINE.replace("stateMachine", "execution") + f":{song_id}-{attempt}"


def executions(cloud: Cloud) -> list[str]:
    return [e["name"] for e in cloud.sfn.list_executions(stateMachineArn=MACHINE)["executions"]]


def slots(cloud: Cloud) -> dict[str, str]:
    rows = cloud.db.scan(TableName=CHOSEN["SLOTS_TABLE"])["Items"]
    return {row["slotId"]["S"]: row["songId"]["S"] for row in rows}


def age(cloud: Cloud, slot: str) -> None:
    """Make a lease as old as one whose starter is long dead."""
    cloud.db.update_item(
        TableName=CHOSEN["SLOTS_TABLE"],
        Key={"slotId": {"S": slot}},
        UpdateExpression="SET leasedAt = :t",
        ExpressionAttributeValues={":t": {"S": "2026-01-31T08:00:00.000Z"}},
    )
