"""Deploy the unbuilt templates to the running stack, packaged by the AWS CLI, unchanged.

The sources are first copied to a staging folder without byte code, so that the same sources always make the same
archive. What was deployed is remembered by a fingerprint: an unchanged deploy asks one question and is done.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from local import layout
from local.datadir import StackError, write_private

# What a template may point at with CodeUri, ContentUri, DefinitionUri or TemplateURL.
_SOURCES = ("templates", "functions", "layers", "statemachines", "openapi")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache", ".DS_Store", "*.egg-info")
_DONE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
# States of a stack that never came up: CloudFormation only lets it be deleted.
_STILLBORN = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})
_NO_CHANGES = re.compile(r"no updates|didn.t contain changes", re.IGNORECASE)
_CONSEQUENCE = re.compile(
    r"cancell?ed|was not successfully|embedded stack|nested stack|the following resource", re.IGNORECASE
)


class DeployFailed(StackError):
    """A deploy that failed: which resource, and why."""


class Target(Protocol):
    """What deploying needs of `local.stack.Endpoint`."""

    @property
    def url(self) -> str: ...
    @property
    def data_dir(self) -> Path: ...
    def client(self, service: str) -> Any: ...
    def environment(self) -> dict[str, str]: ...


def deploy(target: Target, *, parameters: Mapping[str, str], stack_name: str, root: Path) -> dict[str, str]:
    """Package and deploy `root`/template.yaml; see `local.stack.deploy`."""
    stage = _stage(root, target.data_dir / "stage" / stack_name)
    values = {**parameters, "EndpointUrl": target.url}
    fingerprint = _fingerprint(stage, values)
    mark = target.data_dir / f"deployed-{stack_name}"
    status = _status(target, stack_name)
    if status in _DONE and mark.exists() and mark.read_text() == fingerprint:
        _say(f"{stack_name}: nothing has changed")
        return _outputs(target, stack_name)
    mark.unlink(missing_ok=True)
    if status in _STILLBORN:
        _say(f"{stack_name}: removing what an earlier deploy left unfinished")
        cloudformation = target.client("cloudformation")
        cloudformation.delete_stack(StackName=stack_name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=stack_name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    _say(f"{stack_name}: packaging")
    packaged = _package(target, stage, stack_name)
    if status in _DONE and layout.clear(
        target, stack_name, packaged, lambda body: _run_deploy(target, body, stack_name, values)
    ):
        _say(f"{stack_name}: removed the functions of an older layout; songs and sign-ins stay")
    _say(f"{stack_name}: deploying")
    _run_deploy(target, packaged, stack_name, values)
    layout.put_back(target)
    write_private(mark, fingerprint)
    _say(f"{stack_name}: deployed")
    return _outputs(target, stack_name)


def _stage(root: Path, stage: Path) -> Path:
    """Copy what the templates name; file times are kept, because they go into the archives."""
    if not (root / "template.yaml").is_file():
        raise DeployFailed(f"There is no template.yaml in {root}.")
    shutil.rmtree(stage, ignore_errors=True)
    stage.parent.mkdir(mode=0o700, exist_ok=True)
    stage.mkdir(mode=0o700)
    shutil.copy2(root / "template.yaml", stage)
    for name in _SOURCES:
        if (root / name).is_dir():
            shutil.copytree(root / name, stage / name, ignore=_LEFT_OUT)
    for template in [stage / "template.yaml", *(stage / "templates").glob("*.yaml")]:
        _spread_code_uri(template)
    return stage


def _spread_code_uri(template: Path) -> None:
    """Give each function the CodeUri of the Globals section, which `sam` reads and the AWS CLI does not."""
    yaml: Any = importlib.import_module("awscli.customizations.cloudformation.yamlhelper")
    document = yaml.yaml_parse(template.read_text())
    code_uri = document.get("Globals", {}).get("Function", {}).get("CodeUri")
    if code_uri is None:
        return
    for resource in document["Resources"].values():
        properties = resource.setdefault("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and "InlineCode" not in properties:
            properties.setdefault("CodeUri", code_uri)
    template.write_text(yaml.yaml_dump(document))


def _fingerprint(stage: Path, values: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode())
    for file in sorted(_files(stage)):
        digest.update(str(file.relative_to(stage)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _package(target: Target, stage: Path, stack_name: str) -> str:
    bucket = "unplugd-local-artifacts"
    s3 = target.client("s3")
    if bucket not in {entry["Name"] for entry in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
    packaged = stage / "packaged.yaml"
    ended = _aws(
        target,
        *("cloudformation", "package", "--template-file", str(stage / "template.yaml")),
        *("--s3-bucket", bucket, "--s3-prefix", stack_name, "--output-template-file", str(packaged)),
    )
    if ended.returncode:
        raise DeployFailed(f"Packaging {stack_name} failed: {_last_line(ended.stderr)}")
    return packaged.read_text()


def _run_deploy(target: Target, body: str, stack_name: str, values: Mapping[str, str]) -> None:
    """Make and execute a change set, as `aws cloudformation deploy` does.

    Not by that command, because it looks only every 30 s whether the stack is done, which here takes 3 s.
    """
    cloudformation = target.client("cloudformation")
    began = datetime.now(UTC) - timedelta(seconds=1)  # an event's time may be cut to the second
    change_set = f"deploy-{time.time_ns()}"
    try:
        cloudformation.create_change_set(
            StackName=stack_name,
            ChangeSetName=change_set,
            ChangeSetType="UPDATE" if _status(target, stack_name) else "CREATE",
            TemplateBody=body,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except cloudformation.exceptions.ClientError as error:
        raise DeployFailed(f"Deploying {stack_name} failed: {error.response['Error']['Message']}") from error
    created = _poll(
        lambda: cloudformation.describe_change_set(StackName=stack_name, ChangeSetName=change_set), "Status"
    )
    if created["Status"] == "FAILED":
        reason = created.get("StatusReason", "")
        if _NO_CHANGES.search(reason):
            return
        raise DeployFailed(f"Deploying {stack_name} failed: {reason}")
    cloudformation.execute_change_set(StackName=stack_name, ChangeSetName=change_set)
    stack = _poll(
        lambda: cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0],
        "StackStatus",
    )
    if stack["StackStatus"] not in _DONE:
        reason = _first_failure(target, stack_name, began) or stack.get(
            "StackStatusReason", stack["StackStatus"]
        )
        raise DeployFailed(f"Deploying {stack_name} failed: {reason}")


def _poll(ask: Callable[[], Any], status_key: str) -> Any:
    while True:
        answer = ask()
        if not answer[status_key].endswith(("_IN_PROGRESS", "_PENDING")):
            return answer
        time.sleep(0.15)


def _aws(target: Target, *arguments: str) -> subprocess.CompletedProcess[str]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "awscli", *arguments],
        env={**bare, **target.environment()},
        capture_output=True,
        text=True,
        check=False,
    )


def _status(target: Target, stack_name: str) -> str | None:
    for stack in target.client("cloudformation").list_stacks()["StackSummaries"]:
        if stack["StackName"] == stack_name and stack["StackStatus"] != "DELETE_COMPLETE":
            return str(stack["StackStatus"])
    return None


def _outputs(target: Target, stack_name: str) -> dict[str, str]:
    stack = target.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _first_failure(target: Target, stack_name: str, began: datetime) -> str | None:
    """Find the failure that caused the others: this deploy's earliest, in whichever nested stack."""
    cloudformation = target.client("cloudformation")
    names = {stack_name} | {
        stack["StackName"]
        for stack in cloudformation.list_stacks()["StackSummaries"]
        if stack["StackName"].startswith(f"{stack_name}-")
    }
    causes: list[tuple[bool, Any, str]] = []
    for name in names:
        try:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        except cloudformation.exceptions.ClientError:
            continue
        for event in events:
            reason = event.get("ResourceStatusReason", "")
            if event["Timestamp"] < began:
                continue
            if event["ResourceStatus"].endswith("_FAILED") and reason and not _CONSEQUENCE.search(reason):
                kind = event.get("ResourceType", "AWS::CloudFormation::Stack")
                what = f"{event['LogicalResourceId']} ({kind})"
                # A stack fails because of something in it, if only by a clock tick, or the same one.
                causes.append((kind == "AWS::CloudFormation::Stack", event["Timestamp"], f"{what}: {reason}"))
    return min(causes)[2] if causes else None


def _last_line(text: str) -> str:
    """Find the sentence in what the AWS CLI printed; a parser's marker under a line is none."""
    lines = [line.strip() for line in text.strip().splitlines() if re.search(r"\w", line)]
    return lines[-1] if lines else "no reason was given"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
