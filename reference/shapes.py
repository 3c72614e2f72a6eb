"""Building blocks of JSON Schema."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def nullable(schema: Schema) -> Schema:
    """`schema`, or null."""
    both = schema | {"type": [schema["type"], "null"]}
    return both | {"enum": [*schema["enum"], None]} if "enum" in schema else both


def closed(properties: dict[str, Schema], *, optional: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object with exactly these properties."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **more,
    }
