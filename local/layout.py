"""Move a deployed stack to a new layout of the templates, in which a resource may be part of another nested stack.

CloudFormation makes the new nested stack before it removes the old one, so a name that both have makes the deploy fail.
Here the nested stacks without people's data are removed first. The objects of a bucket that goes with its stack wait in
a bucket aside until the deploy is done.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

# The nested stacks that hold people's data and sign-ins. They stay as they are.
DATA = frozenset({"Auth", "Storage"})
ASIDE = "unplugd-local-aside"
# The second is a template's word for the first, which a deployed template has.
_STACKS = frozenset({"AWS::CloudFormation::Stack", "AWS::Serverless::Application"})


class Clients(Protocol):
    """What this needs of `local.stack.Endpoint`."""

    def client(self, service: str) -> Any: ...


def clear(target: Clients, stack_name: str, new: str, update: Callable[[str], None]) -> bool:
    """Remove the nested stacks of an older layout, if the new template lacks one of them.

    `new` is the body of the packaged template; `update` deploys a body. Returns whether anything was removed.
    """
    cloudformation = target.client("cloudformation")
    deployed = _parse(cloudformation.get_template(StackName=stack_name)["TemplateBody"])
    if _nested(deployed) <= _nested(_parse(new)):
        return False
    for bucket in _buckets(cloudformation, stack_name, _nested(deployed) - DATA):
        _move(target.client("s3"), bucket, "", ASIDE, f"{bucket}/")
    kept = {name: body for name, body in deployed["Resources"].items() if name in DATA}
    yaml: Any = importlib.import_module("awscli.customizations.cloudformation.yamlhelper")
    update(yaml.yaml_dump({**{k: v for k, v in deployed.items() if k != "Outputs"}, "Resources": kept}))
    return True


def put_back(target: Clients) -> None:
    """Give the buckets back what waits aside; also what an interrupted deploy left there."""
    s3 = target.client("s3")
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    if ASIDE not in names:
        return
    for bucket in {key.partition("/")[0] for key in _keys(s3, ASIDE)} & names:
        _move(s3, ASIDE, f"{bucket}/", bucket, "")
    if not list(_keys(s3, ASIDE)):
        s3.delete_bucket(Bucket=ASIDE)


def _parse(body: Any) -> dict[str, Any]:
    if isinstance(body, dict):
        return body
    yaml: Any = importlib.import_module("awscli.customizations.cloudformation.yamlhelper")
    return dict(yaml.yaml_parse(body))


def _nested(template: dict[str, Any]) -> set[str]:
    return {name for name, body in template["Resources"].items() if body["Type"] in _STACKS}


def _buckets(cloudformation: Any, stack_name: str, nested: set[str]) -> Iterator[str]:
    for child in cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]:
        if child["LogicalResourceId"] not in nested:
            continue
        name = child["PhysicalResourceId"]
        for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]:
            if resource["ResourceType"] == "AWS::S3::Bucket":
                yield resource["PhysicalResourceId"]


def _move(s3: Any, source: str, old_prefix: str, destination: str, new_prefix: str) -> None:
    if destination == ASIDE and ASIDE not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=ASIDE)
    for key in list(_keys(s3, source, old_prefix)):
        s3.copy_object(
            Bucket=destination,
            Key=new_prefix + key.removeprefix(old_prefix),
            CopySource={"Bucket": source, "Key": key},
        )
        s3.delete_object(Bucket=source, Key=key)


def _keys(s3: Any, bucket: str, prefix: str = "") -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (each["Key"] for each in page.get("Contents", []))
