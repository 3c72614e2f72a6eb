"""Waking the starter, and looking at what it did."""

from __future__ import annotations

import json
from typing import Any

from tests.stage import CHOSEN, MACHINE, Stage, event


def wake(stage: Stage, *bodies: dict[str, Any]) -> Any:
    trigger = event("processing", "start_processing")
    record = trigger["Records"][0]
    trigger["Records"] = [record | {"body": json.dumps(body)} for body in bodies or ({"wake": True},)]
    return stage.call("processing", "start_processing", trigger)


def ended(arn: str, status: str = "SUCCEEDED") -> dict[str, Any]:
    return {"source": "aws.states", "detail": {"executionArn": arn, "status": status}}


def arn(song_id: str, attempt: int = 1) -> str:
    return MACHINE.replace("stateMachine", "execution") + f":{song_id}-{attempt}"


def executions(stage: Stage) -> list[str]:
    return [e["name"] for e in stage.sfn.list_executions(stateMachineArn=MACHINE)["executions"]]


def slots(stage: Stage) -> dict[str, str]:
    rows = stage.db.scan(TableName=CHOSEN["SLOTS_TABLE"])["Items"]
    return {row["slotId"]["S"]: row["songId"]["S"] for row in rows}


def age(stage: Stage, slot: str) -> None:
    """Make a lease as old as one whose starter is long dead."""
    stage.db.update_item(
        TableName=CHOSEN["SLOTS_TABLE"],
        Key={"slotId": {"S": slot}},
        UpdateExpression="SET leasedAt = :t",
        ExpressionAttributeValues={":t": {"S": "2026-01-31T08:00:00.000Z"}},
    )
