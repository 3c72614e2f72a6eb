"""The templates as data, for tests that ask about them."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform

from tests.documents import template_from

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES: dict[str, dict[str, Any]] = {
    path.stem: template_from(path.read_text()) for path in sorted((ROOT / "templates").glob("*.yaml"))
}
FRONT_DOOR: dict[str, Any] = template_from((ROOT / "template.yaml").read_text())


@dataclass(frozen=True)
class Resource:
    """One resource of one nested template."""

    template: str
    name: str
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        return self.body.get("Properties", {})  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return f"{self.template}.{self.name}"


def resources(*types: str) -> list[Resource]:
    """The resources of all nested templates that are of one of `types`."""
    return [
        Resource(template, name, body)
        for template, document in TEMPLATES.items()
        for name, body in document["Resources"].items()
        if body["Type"] in types
    ]


def resource(template: str, name: str) -> Resource:
    return Resource(template, name, TEMPLATES[template]["Resources"][name])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    return as_list(document["Statement"])


def role_statements(role: Resource) -> list[dict[str, Any]]:
    """All statements of a role's own policies."""
    policies = role.properties.get("Policies", [])
    return [
        one
        for policy in policies
        if "PolicyDocument" in policy
        for one in statements(policy["PolicyDocument"])
    ]


def own_statements(function: Resource) -> list[dict[str, Any]]:
    """The statements in a function's `Policies`, without those of the managed policy for pushing."""
    policies = function.properties.get("Policies", [])
    return [one for policy in policies if "Statement" in policy for one in statements(policy)]


def actions(function: Resource) -> set[str]:
    """All actions that a function's `Policies` allow, pushing among them."""
    allowed = own_statements(function)
    if any("PushPolicy" in str(policy.get("Ref")) for policy in function.properties.get("Policies", [])):
        allowed += statements(resource("realtime", "PushPolicy").properties["PolicyDocument"])
    return {action for one in allowed for action in as_list(one["Action"])}


def references(node: Any) -> Iterator[str]:
    """Every name that `node` refers to by Ref, GetAtt or ${…} in a Sub."""
    if isinstance(node, list):
        for part in node:
            yield from references(part)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0] if isinstance(value, list) else value.split(".")[0]
            elif key == "Fn::Sub":
                text = value[0] if isinstance(value, list) else value
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))
            elif key == "Condition" and isinstance(value, str):
                continue
            else:
                yield from references(value)


def text_of(node: Any) -> str:
    """A template fragment as text, to look for something that must not be in it."""
    return json.dumps(node, default=str)


class NoManagedPolicies:
    """AWS's own policies by name, which the transform may ask for: the templates name them by ARN."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(document: dict[str, Any], **parameters: str) -> dict[str, Any]:
    """The CloudFormation that SAM makes of a template, as it does on AWS after `sam package`."""
    packaged = copy.deepcopy(document)
    shared = packaged.get("Globals", {}).get("Function", {})
    if "CodeUri" in shared:
        shared["CodeUri"] = "s3://packages/functions"
    for each in packaged["Resources"].values():
        for place in {"CodeUri", "ContentUri", "DefinitionUri"} & set(each.get("Properties", {})):
            each["Properties"][place] = "s3://packages/any"
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return transform(packaged, parameters, NoManagedPolicies())  # type: ignore[no-any-return]
