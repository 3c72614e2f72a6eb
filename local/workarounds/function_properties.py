"""Symptom: ReservedConcurrentExecutions and DeadLetterConfig of a deployed function have no effect.

CloudFormation drops both; here they are put where the Lambda API would have put them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local import upstream
from local.workarounds import Context

_TYPE = "AWS::Lambda::Function"


def check() -> None:
    upstream.need(upstream.service("lambda_svc"), "_functions", by=__name__)
    upstream.need(upstream.module("services.cloudformation.provisioners"), "_RESOURCE_HANDLERS", by=__name__)


def apply(_: Context) -> None:
    functions = upstream.service("lambda_svc")._functions
    handler = upstream.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS[_TYPE]
    create, update = handler["create"], handler.get("update")

    def complete(name: str, properties: Mapping[str, Any]) -> None:
        function = functions.get(name)
        if function is None:
            return
        reserved = properties.get("ReservedConcurrentExecutions")
        function["concurrency"] = None if reserved is None else int(reserved)
        if properties.get("DeadLetterConfig"):
            function["config"]["DeadLetterConfig"] = properties["DeadLetterConfig"]
        else:
            function["config"].pop("DeadLetterConfig", None)

    def created(logical_id: str, properties: Any, stack_name: str) -> Any:
        result = create(logical_id, properties, stack_name)
        complete(result[0], properties)
        return result

    def updated(physical_id: str, old: Any, new: Any, *args: Any, **kwargs: Any) -> Any:
        assert update is not None
        result = update(physical_id, old, new, *args, **kwargs)
        complete(result[0], new)
        return result

    handler["create"] = created
    if update is not None:
        handler["update"] = updated
