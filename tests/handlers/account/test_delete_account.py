"""DELETE /account."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from tests.cloud import CHOSEN, MACHINE, OWNER, STRANGER, Cloud, event
from unplugd.account import service
from unplugd.domain.song import Status


@pytest.fixture(autouse=True)
def pool(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A user pool with the two people; yields who is left, asked when read."""
    cognito = boto3.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    for name in (OWNER, STRANGER):
        cognito.admin_create_user(UserPoolId=pool_id, Username=name)
    monkeypatch.setitem(CHOSEN, "USER_POOL_ID", pool_id)
    yield []
    left = {u["Username"] for u in cognito.list_users(UserPoolId=pool_id)["Users"]}
    assert left == {STRANGER}


def ask(cloud: Cloud) -> tuple[int, Any]:
    answer = cloud.call("account", "delete_account", event("account", "delete_account"))
    return answer["statusCode"], json.loads(answer["body"])


def test_everything_of_the_person_goes_and_nothing_of_another(
    cloud: Cloud, library: Callable[[int], list[str]], put_song: Any
) -> None:
    library(30)
    running = "01J9ZQ4X5V8K2M3N4P5Q6R7S8T"
    cloud.sfn.start_execution(stateMachineArn=MACHINE, name=f"{running}-1")
    arn = MACHINE.replace("stateMachine", "execution") + f":{running}-1"
    put_song(song_id=running, status=Status.PROCESSING, attempt=1, execution_arn=arn)
    cloud.connect("mine")
    cloud.connect("theirs", owner=STRANGER)

    assert ask(cloud) == (200, {"deleted": True})

    rows = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    assert sorted(row["userId"]["S"] for row in rows) == ["#deleted", STRANGER]
    files = cloud.keys("UPLOADS_BUCKET") + cloud.keys("OUTPUT_BUCKET")
    assert len(files) == 3
    assert all(STRANGER in key for key in files)
    open_now = cloud.db.scan(TableName=CHOSEN["CONNECTIONS_TABLE"])["Items"]
    assert [row["connectionId"]["S"] for row in open_now] == ["theirs"]
    assert cloud.sfn.describe_execution(executionArn=arn)["status"] == "ABORTED"
    assert ask(cloud)[0] == 200  # twice is fine


def test_a_call_that_died_half_way_can_be_made_again(
    cloud: Cloud, library: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.kernel.errors import Transient

    library(3)

    def down(*_: Any) -> None:
        raise Transient("DynamoDB is down")

    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.connections.ConnectionTable.of", down)
        assert ask(cloud)[0] == 503
    assert ask(cloud)[0] == 200


def test_the_sweeper_removes_what_a_call_has_no_time_for(
    cloud: Cloud, library: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of songs take longer than the 29 s after which the gateway answers 504."""
    library(3)
    monkeypatch.setattr(service, "DELETE_FOR_S", -1.0)
    assert ask(cloud) == (200, {"deleted": True})  # and the sign-in is gone: see `pool`
    assert len(cloud.keys("OUTPUT_BUCKET")) == 8
    for _ in range(2):
        cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))
    assert all(STRANGER in key for key in cloud.keys("UPLOADS_BUCKET") + cloud.keys("OUTPUT_BUCKET"))
    rows = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    assert sorted(row["userId"]["S"] for row in rows) == ["#deleted", STRANGER]


def queued(cloud: Cloud) -> list[tuple[str, str]]:
    """(person, key) of each row of the measure queue."""
    found = cloud.db.scan(TableName=CHOSEN["MEASURE_QUEUE_TABLE"])["Items"]
    return sorted((one["userId"]["S"], one["job"]["S"]) for one in found)


def put_queued(cloud: Cloud, owner: str, *names: str) -> None:
    for name in names:
        item = {"userId": {"S": owner}, "job": {"S": name}}
        cloud.db.put_item(TableName=CHOSEN["MEASURE_QUEUE_TABLE"], Item=item)


def test_what_was_measured_goes_too(cloud: Cloud) -> None:
    put_queued(cloud, OWNER, *(f"isrc:USRC176{n:05d}#historical#1" for n in range(60)), "job#1")
    put_queued(cloud, STRANGER, "job#1")
    assert ask(cloud)[0] == 200
    assert queued(cloud) == [(STRANGER, "job#1")]


def test_a_job_made_after_the_deletion_goes_with_the_next_sweep(cloud: Cloud) -> None:
    ask(cloud)
    put_queued(cloud, OWNER, "isrc:USRC17607839#historical#1", "job#1")
    put_queued(cloud, STRANGER, "job#1")
    cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))
    assert queued(cloud) == [(STRANGER, "job#1")]
