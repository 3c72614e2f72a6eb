"""The OpenAPI document as a judge: each answer of a function in a test must match docs/openapi.json."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def described() -> dict[str, Any]:
    """The committed document."""
    return json.loads((ROOT / "docs/openapi.json").read_text())  # type: ignore[no-any-return]


@functools.cache
def operations() -> dict[str, dict[str, Any]]:
    """Each call by its function's name."""
    found = [call for methods in described()["paths"].values() for call in methods.values()]
    return {call["operationId"]: call for call in found}


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What of `value` does not fit a schema of the document."""
    rooted = {**schema, "components": described()["components"]}
    validator = Draft202012Validator(rooted, format_checker=FormatChecker())
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in validator.iter_errors(value)]


def check(name: str, event: dict[str, Any], answer: dict[str, Any]) -> None:
    """Assert that the document describes this answer of the function `name`; and its body, where that was taken."""
    call = operations()[name]
    status = str(answer["statusCode"])
    assert status in call["responses"], f"{name} answers {status}, which docs/openapi.json does not know"
    response = call["responses"][status]
    if "$ref" in response:
        response = described()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    kind = answer["headers"]["Content-Type"].partition(";")[0]
    assert kind in response["content"], f"{name} answers {kind}, which docs/openapi.json does not know"
    body = json.loads(answer["body"]) if kind == "application/json" else answer["body"]
    assert faults(response["content"][kind]["schema"], body) == []
    if status.startswith("2") and "requestBody" in call and event["body"] and not event["isBase64Encoded"]:
        taken = call["requestBody"]["content"]["application/json"]["schema"]
        assert faults(taken, json.loads(event["body"])) == []
