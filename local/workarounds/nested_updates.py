"""Symptom: an update of a nested stack fails with "Requested attribute Arn does not exist".

The attributes of a child's unchanged resources are dropped, so that any GetAtt on them fails. They are handed on.
"""

from __future__ import annotations

from typing import Any

from local import upstream
from local.workarounds import Context


def check() -> None:
    provisioners = upstream.module("services.cloudformation.provisioners")
    upstream.need(provisioners, "_update_resource", by=__name__)
    upstream.need_parameters(
        provisioners._update_resource,
        *("resource_type", "physical_id", "old_props", "new_props", "stack_name", "logical_id", "old_attrs"),
        by=__name__,
    )
    upstream.need(upstream.module("services.cloudformation"), "_stacks", by=__name__)


def apply(_: Context) -> None:
    provisioners = upstream.module("services.cloudformation.provisioners")
    stacks = upstream.module("services.cloudformation")._stacks
    update = provisioners._update_resource

    def update_resource(
        resource_type: str,
        physical_id: str,
        old_props: Any,
        new_props: Any,
        stack_name: str,
        logical_id: str | None = None,
        old_attrs: Any = None,
    ) -> Any:
        if old_attrs is None:
            resources = (stacks.get(stack_name) or {}).get("_resources", {})
            old_attrs = (resources.get(logical_id) or {}).get("Attributes")
        return update(
            resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs=old_attrs
        )

    provisioners._update_resource = update_resource
    # The child's deploy calls it inside its own module; the parent's imported it by name.
    stacks_module = upstream.module("services.cloudformation.stacks")
    stacks_module._update_resource = update_resource
