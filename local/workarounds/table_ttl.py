"""Symptom: a table deployed with TimeToLiveSpecification has no TTL, and its rows never expire.

The property is dropped by CloudFormation; here it is applied as UpdateTimeToLive would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local import upstream
from local.workarounds import Context

_TYPE = "AWS::DynamoDB::Table"


def check() -> None:
    upstream.need(upstream.service("dynamodb"), "_update_ttl", by=__name__)
    provisioners = upstream.module("services.cloudformation.provisioners")
    upstream.need(provisioners, "_RESOURCE_HANDLERS", by=__name__)


def apply(_: Context) -> None:
    dynamodb = upstream.service("dynamodb")
    handler = upstream.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS[_TYPE]

    def with_ttl(change: Callable[..., Any], properties_at: int) -> Callable[..., Any]:
        def changed(*args: Any, **kwargs: Any) -> Any:
            result = change(*args, **kwargs)
            wanted = args[properties_at].get("TimeToLiveSpecification")
            if wanted:
                enabled = str(wanted.get("Enabled", True)).lower() == "true"
                dynamodb._update_ttl(
                    {
                        "TableName": result[0],
                        "TimeToLiveSpecification": {**wanted, "Enabled": enabled},
                    }
                )
            return result

        return changed

    handler["create"] = with_ttl(handler["create"], 1)
    if "update" in handler:
        handler["update"] = with_ttl(handler["update"], 2)
