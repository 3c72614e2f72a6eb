"""`unplugd teardown --aws ENV`: delete a deployment. Songs stay, unless their number is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cli.aws.deployment import Client, find
from cli.console import Console
from cli.songfile import Refused

# What the templates keep when their stack goes, by type.
_KEPT = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")

Type = Callable[[str], str]
"""Asks a person to type something."""


@dataclass(frozen=True)
class Thing:
    """A table, a bucket or a user pool of the stack."""

    kind: str
    name: str
    is_kept: bool


def run(client: Client, name: str, *, with_songs: bool, console: Console, typed: Type) -> None:
    """Delete the stack `name`. Raises `Refused` when a question is not answered as it asks for."""
    if find(client, name) is None:
        raise Refused(f"There is no stack {name} here.")
    things = list(_things(client, name))
    songs = _songs(client, things)
    kept = [one for one in things if one.is_kept]
    console.say(f"{name} is deleted: its functions, queues, APIs, page, images and alarms.")
    if with_songs:
        console.say(f"Its {songs} songs, its tables and its user pool go too. No backup brings them back.")
        _need(typed, f"Type the number of songs ({songs}) to delete them: ", str(songs))
    else:
        console.say(
            f"{songs} songs stay, with {', '.join(sorted(one.name for one in kept))}: they go on costing storage."
        )
    _need(typed, f"Type {name} to delete it: ", name)
    for bucket in (
        one for one in things if one.kind == "AWS::S3::Bucket" and (with_songs or not one.is_kept)
    ):
        files = sum(1 for _ in _files(client, bucket.name))
        if files and "-web-" not in bucket.name and not with_songs:
            console.say(
                f"{bucket.name} has {files} files: uploads that wait, and sound of recordings that are not joined."
            )
            _need(typed, f"Type the number of files ({files}) to delete them: ", str(files))
        _empty(client, bucket.name)
    stacks = client("cloudformation")
    stacks.delete_stack(StackName=name)
    console.say("Deleting; this takes some minutes.")
    stacks.get_waiter("stack_delete_complete").wait(StackName=name)
    if with_songs:
        for one in kept:
            _delete(client, one)
            console.say(f"Deleted {one.name}.")
    console.say(
        f"{name} is gone."
        + ("" if with_songs else " What stayed keeps its name; docs/deploy.md says how to use it again.")
    )


def _need(typed: Type, question: str, answer: str) -> None:
    if typed(question).strip() != answer:
        raise Refused("Nothing more was deleted.")


def _things(client: Client, name: str) -> Iterator[Thing]:
    """The stack's own data, in its nested stacks too."""
    stacks = client("cloudformation")
    for page in stacks.get_paginator("list_stack_resources").paginate(StackName=name):
        for one in page["StackResourceSummaries"]:
            kind, physical = one["ResourceType"], one.get("PhysicalResourceId", "")
            if kind == "AWS::CloudFormation::Stack" and physical:
                yield from _things(client, physical)
            elif kind in _KEPT and physical:
                yield Thing(kind, physical, one["LogicalResourceId"] in RETAINED)


# tests/cli/test_teardown.py compares these with the templates' DeletionPolicy.
RETAINED = frozenset(
    {
        "SongsTable",
        "MeasureQueueTable",
        "SessionsTable",
        "PracticeTable",
        "SongDetailsTable",
        "OutputBucket",
        "UserPool",
    }
)


def _songs(client: Client, things: list[Thing]) -> int:
    """How many songs the table has; sweeps' own rows, whose owner begins with #, are left out."""
    tables = [
        one.name for one in things if one.kind == "AWS::DynamoDB::Table" and one.name.endswith("-songs")
    ]
    count = 0
    for table in tables:
        pages = (
            client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=table,
                Select="COUNT",
                FilterExpression="NOT begins_with(userId, :own)",
                ExpressionAttributeValues={":own": {"S": "#"}},
            )
        )
        count += sum(int(page["Count"]) for page in pages)
    return count


def _files(client: Client, bucket: str) -> Iterator[str]:
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket):
        yield from (one["Key"] for one in page.get("Contents", []))


def _empty(client: Client, bucket: str) -> None:
    s3 = client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": one["Key"]} for one in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def _delete(client: Client, one: Thing) -> None:
    """Delete what the stack left. In prod it is protected, and the protection goes first."""
    service: Any
    if one.kind == "AWS::S3::Bucket":
        client("s3").delete_bucket(Bucket=one.name)
    elif one.kind == "AWS::DynamoDB::Table":
        service = client("dynamodb")
        service.update_table(TableName=one.name, DeletionProtectionEnabled=False)
        service.delete_table(TableName=one.name)
    else:
        service = client("cognito-idp")
        service.update_user_pool(UserPoolId=one.name, DeletionProtection="INACTIVE")
        service.delete_user_pool(UserPoolId=one.name)
