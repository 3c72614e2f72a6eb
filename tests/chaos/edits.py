"""Protections switched off on the wire: what a request to DynamoDB or Step Functions says, less one thing.

Each edit takes the request's JSON and gives what is handed on; None: nothing is, and the answer is an empty success."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

Edit = Callable[[dict[str, Any]], dict[str, Any] | None]


def without_condition(request: dict[str, Any]) -> dict[str, Any]:
    """A conditional write that always writes. Values and names that only the condition used must go with it."""
    rest = {name: value for name, value in request.items() if name != "ConditionExpression"}
    used = " ".join(str(rest.get(name, "")) for name in ("UpdateExpression", "KeyConditionExpression"))
    for name, sign in (("ExpressionAttributeValues", ":"), ("ExpressionAttributeNames", "#")):
        kept = {k: v for k, v in rest.get(name, {}).items() if re.search(rf"{sign}{k[1:]}\b", used)}
        rest.pop(name, None)
        if kept:
            rest[name] = kept
    return rest


def without_seq(request: dict[str, Any]) -> dict[str, Any]:
    """An update that does not count."""
    values = {k: v for k, v in request["ExpressionAttributeValues"].items() if k != ":one"}
    text = request["UpdateExpression"].replace(" ADD seq :one", "")
    return {**request, "UpdateExpression": text, "ExpressionAttributeValues": values}


def without_tombstone(request: dict[str, Any]) -> dict[str, Any] | None:
    """A delete that leaves no tombstone."""
    items = [one for one in request["TransactItems"] if "#deleted" not in str(one)]
    return {**request, "TransactItems": items} if items else None


def with_random_name(request: dict[str, Any]) -> dict[str, Any]:
    """An execution with a name of its own each time."""
    return {**request, "name": f"{request['name'][:40]}-{uuid.uuid4().hex[:8]}"}


def not_at_all(_request: dict[str, Any]) -> None:
    """A write that is answered and not made."""


EDITS: dict[str, Edit] = {
    "without-condition": without_condition,
    "not-at-all": not_at_all,
    "without-seq": without_seq,
    "without-tombstone": without_tombstone,
    "with-random-name": with_random_name,
}
