"""The shape of what is deployed: types and how many of each, names, and what each role may do, as lines to compare.

`python -m tests.infra.shape` rewrites tests/infra/shape/. Read the difference: it is what a deployment would change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.infra.templates import TEMPLATES, as_list, statements, transformed

FOLDER = Path(__file__).parent / "shape"
_NAMES = (
    "AlarmName",
    "BucketName",
    "DashboardName",
    "LogGroupName",
    "QueueName",
    "RepositoryName",
    "StateMachineName",
    "TableName",
    "TopicName",
    "UserPoolName",
)


def short(value: Any) -> str:
    """A value or an expression on one line, without the words that every ARN has."""
    if isinstance(value, dict) and len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return f"${{{argument}}}"
        if function == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            return (
                str(text)
                .replace("arn:${AWS::Partition}:", "")
                .replace("${AWS::Region}:${AWS::AccountId}", "…")
            )
        if function == "Fn::GetAtt":
            return "${" + (argument if isinstance(argument, str) else ".".join(argument)) + "}"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _policies(name: str, role: dict[str, Any]) -> Iterator[str]:
    for policy in role.get("Policies", []):
        for one in statements(policy["PolicyDocument"]) if "PolicyDocument" in policy else []:
            actions = " ".join(sorted(as_list(one["Action"])))
            places = " ".join(sorted(short(each) for each in as_list(one["Resource"])))
            yield f"may  {name}: {one['Effect']} {actions} on {places}"


def lines(template: str) -> list[str]:
    """The shape of one template after SAM's transform."""
    made = transformed(TEMPLATES[template])["Resources"]
    found = [f"type {kind} {count}" for kind, count in Counter(one["Type"] for one in made.values()).items()]
    for name, one in made.items():
        properties = one.get("Properties", {})
        if one["Type"] == "AWS::Lambda::Function":
            found.append(f"name {short(properties['FunctionName'])}")
        found += [f"name {short(properties[key])}" for key in _NAMES if key in properties]
        if one["Type"] == "AWS::IAM::Role":
            found += _policies(name, properties)
    return sorted(found)


def text(template: str) -> str:
    """The file of one template."""
    return "".join(f"{line}\n" for line in lines(template))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for each in TEMPLATES:
        (FOLDER / f"{each}.txt").write_text(text(each), encoding="utf-8")
