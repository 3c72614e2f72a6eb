"""The sweeper."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.cloud import CHOSEN, OWNER, ROOT, SONG, STRANGER, Cloud, event
from tests.documents import template_of
from unplugd.account import service
from unplugd.aws import tombstones
from unplugd.aws.objects import Objects
from unplugd.domain.files import LINK_SECONDS, output_prefix, upload_key
from unplugd.domain.song import Status
from unplugd.kernel.clock import to_iso, utc_now

IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(3)]


def sweep(cloud: Cloud) -> int:
    return int(cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))["tombstones"])


def age(cloud: Cloud, song_id: str) -> None:
    cloud.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": "#deleted"}, "songId": {"S": song_id}},
        UpdateExpression="SET deletedAt = :t",
        ExpressionAttributeValues={":t": {"S": "2020-01-31T08:00:00.000Z"}},
    )


def write_late(cloud: Cloud) -> None:
    cloud.s3.put_object(
        Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{output_prefix(OWNER, SONG)}vocals.wav", Body=b"x"
    )
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=upload_key(OWNER, SONG, "song.mp3"), Body=b"x")


def test_files_written_after_a_delete_are_swept(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED)
    assert json.loads(cloud.call("songs", "delete_song", event("songs", "delete_song"))["body"])["deleted"]
    write_late(cloud)
    assert sweep(cloud) == 1
    assert cloud.keys("OUTPUT_BUCKET") + cloud.keys("UPLOADS_BUCKET") == []
    write_late(cloud)
    age(cloud, SONG)
    assert sweep(cloud) == 0
    assert cloud.keys("OUTPUT_BUCKET") + cloud.keys("UPLOADS_BUCKET") == []
    assert cloud.row(owner="#deleted") is None
    assert sweep(cloud) == 0


def test_measurements_of_a_deleted_song_are_swept(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.COMPLETED)
    names = [f"{SONG}#current#1", f"{SONG}#historical#1", f"{IDS[0]}#current#1", "job#1"]
    for owner in (OWNER, STRANGER):
        for name in names:
            item = {"userId": {"S": owner}, "job": {"S": name}}
            cloud.db.put_item(TableName=CHOSEN["MEASURE_QUEUE_TABLE"], Item=item)
    cloud.call("songs", "delete_song", event("songs", "delete_song"))
    sweep(cloud)
    left = cloud.db.scan(TableName=CHOSEN["MEASURE_QUEUE_TABLE"])["Items"]
    assert sorted(one["job"]["S"] for one in left if one["userId"]["S"] == OWNER) == sorted(names[2:])
    assert len(left) == 6


def test_files_a_delete_could_not_remove_are_swept(
    cloud: Cloud, put_song: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.kernel.errors import Transient

    put_song(status=Status.COMPLETED)
    write_late(cloud)

    def down(*_: Any) -> None:
        raise Transient("S3 is down")

    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.objects.Objects.empty", down)
        answer = cloud.call("songs", "delete_song", event("songs", "delete_song"))
        assert answer["statusCode"] == 200
        age(cloud, SONG)
        assert sweep(cloud) == 1  # not emptied, so not forgotten, however old
    assert sweep(cloud) == 0
    assert cloud.keys("OUTPUT_BUCKET") + cloud.keys("UPLOADS_BUCKET") == []


def add_tombstone(cloud: Cloud, song_id: str | None, owner: str = OWNER, at: str | None = None) -> None:
    """A tombstone: of a song, or of a person."""
    item = {
        "userId": {"S": "#deleted"},
        "songId": {"S": song_id or f"account#{owner}"},
        "owner": {"S": owner},
        "deletedAt": {"S": at or to_iso(utc_now())},
    }
    cloud.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=item)


def late_file(cloud: Cloud, owner: str, song_id: str) -> str:
    key = output_prefix(owner, song_id) + "late.wav"
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key, Body=b"x")
    return key


def noted(cloud: Cloud) -> Any:
    return cloud.row("last", owner="#swept")


def test_an_accounts_tombstone_covers_all_its_songs_and_no_other(
    cloud: Cloud, library: Callable[[int], list[str]]
) -> None:
    library(3)
    cloud.connect("mine")
    cloud.connect("theirs", owner=STRANGER)
    add_tombstone(cloud, None)
    assert sweep(cloud) == 1
    files = cloud.keys("UPLOADS_BUCKET") + cloud.keys("OUTPUT_BUCKET")
    assert len(files) == 3
    assert all(STRANGER in key for key in files)
    rows = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    assert sorted(row["userId"]["S"] for row in rows) == ["#deleted", STRANGER]
    open_now = cloud.db.scan(TableName=CHOSEN["CONNECTIONS_TABLE"])["Items"]
    assert [row["connectionId"]["S"] for row in open_now] == ["theirs"]


def test_what_a_deleted_users_last_token_starts_is_removed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cognito = boto3.client("cognito-idp")
    monkeypatch.setitem(CHOSEN, "USER_POOL_ID", cognito.create_user_pool(PoolName="people")["UserPool"]["Id"])
    assert cloud.call("account", "delete_account", event("account", "delete_account"))["statusCode"] == 200
    begun = cloud.call("uploads", "create_upload", event("uploads", "create_upload"))
    assert begun["statusCode"] == 201
    song_id = json.loads(begun["body"])["songId"]
    cloud.connect("mine")

    assert sweep(cloud) == 1

    assert cloud.row(song_id) is None
    assert cloud.db.scan(TableName=CHOSEN["CONNECTIONS_TABLE"])["Items"] == []


def test_a_persons_tombstone_stays_while_there_are_rows(
    cloud: Cloud, library: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs for a row is stopped after the row has gone, and may write until then."""
    monkeypatch.setattr(service, "ROWS_AT_ONCE", 2)
    library(3)
    add_tombstone(cloud, None, at="2020-01-31T08:00:00.000Z")
    assert [sweep(cloud) for _ in range(3)] == [1, 1, 0]
    rows = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    assert [row["userId"]["S"] for row in rows] == [STRANGER]


def test_no_number_of_young_tombstones_keeps_others_waiting(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account's tombstone comes after those of all songs."""
    monkeypatch.setattr(tombstones, "TOMBSTONES_A_QUERY", 2)
    for song_id in IDS:
        add_tombstone(cloud, song_id, owner=STRANGER)
    add_tombstone(cloud, None)
    late_file(cloud, OWNER, SONG)
    assert sweep(cloud) == 4
    assert cloud.keys("OUTPUT_BUCKET") == []


def test_a_sweep_continues_where_the_last_one_ran_out_of_time(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for song_id in IDS:
        add_tombstone(cloud, song_id, owner=STRANGER)
    add_tombstone(cloud, None)
    with monkeypatch.context() as patch:
        patch.setattr(service, "SWEEP_FOR_S", -1.0)  # each has time for one
        for here in [*((STRANGER, song_id) for song_id in IDS), (OWNER, SONG)]:
            late_file(cloud, *here)
            assert sweep(cloud) == 1
            assert cloud.keys("OUTPUT_BUCKET") == []
        late_file(cloud, STRANGER, IDS[0])
        assert sweep(cloud) == 1  # and round again
        assert cloud.keys("OUTPUT_BUCKET") == []
    assert noted(cloud)["after"] == IDS[0]
    late_file(cloud, OWNER, SONG)
    late_file(cloud, STRANGER, IDS[0])
    assert sweep(cloud) == 4
    assert cloud.keys("OUTPUT_BUCKET") == []
    assert noted(cloud) is None


def test_a_tombstone_that_makes_a_sweep_fail_stops_that_one_only(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for song_id in IDS:
        add_tombstone(cloud, song_id)
    empty = Objects.empty

    def refuse(bucket: Objects, prefix: str, until: float | None = None) -> bool:
        if IDS[1] in prefix:
            raise PermissionError(prefix)
        return empty(bucket, prefix, until)

    monkeypatch.setattr(Objects, "empty", refuse)
    here = [late_file(cloud, OWNER, song_id) for song_id in IDS]
    for _ in range(2):
        with pytest.raises(PermissionError):
            sweep(cloud)
    assert cloud.keys("OUTPUT_BUCKET") == [here[1]]


def test_a_sweep_ends_by_itself_before_its_function_is_ended() -> None:
    function = template_of(ROOT / "templates/account.yaml")["Resources"]["SweepDeletedFunction"]
    assert function["Properties"]["Timeout"] >= service.SWEEP_FOR_S + 60


def test_a_users_tombstone_outlives_the_last_token_link_and_run() -> None:
    client = template_of(ROOT / "templates/auth.yaml")["Resources"]["UserPoolClient"]["Properties"]
    assert client["TokenValidityUnits"]["IdToken"] == "minutes"
    run = json.loads((ROOT / "statemachines/processing.asl.json").read_text())["TimeoutSeconds"]
    longest_s = client["IdTokenValidity"] * 60 + LINK_SECONDS + run
    assert service.WRITABLE_FOR.total_seconds() > longest_s + 3600


def test_a_deletion_ends_before_the_gateway_gives_up() -> None:
    """The last batch that begins in time may take some seconds."""
    assert service.DELETE_FOR_S <= 29 - 10
