"""A person's words (PUT /songs/{songId}/lyrics) until a run has them."""

import json
from typing import Any

from tests.cloud import CHOSEN, MACHINE, OWNER, SONG, Cloud, event
from tests.handlers.lyrics.test_put_lyrics import READY, Frames, ask
from unplugd.domain.song import Status


def arn(attempt: int) -> str:
    return MACHINE.replace("stateMachine", "execution") + f":{SONG}-{attempt}"


def wake(cloud: Cloud, ended: str | None = None) -> None:
    detail = {"executionArn": ended, "status": "SUCCEEDED"}
    trigger = event("processing", "start_processing")
    body = json.dumps({"source": "aws.states", "detail": detail} if ended else {"wake": True})
    trigger["Records"] = [trigger["Records"][0] | {"body": body}]
    cloud.call("processing", "start_processing", trigger)


def given_to_run(cloud: Cloud, attempt: int) -> dict[str, Any]:
    return json.loads(cloud.sfn.describe_execution(executionArn=arn(attempt))["input"])  # type: ignore[no-any-return]


def end_run(cloud: Cloud, attempt: int, **changes: Any) -> None:
    """The execution ends; `changes` is what mark_completed wrote before."""
    values = {f":{name}": {"S": value} for name, value in changes.items()}
    cloud.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": OWNER}, "songId": {"S": SONG}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames={f"#{name}": name for name in changes},
        ExpressionAttributeValues=values,
    )
    cloud.sfn.stop_execution(executionArn=arn(attempt))
    wake(cloud, ended=arn(attempt))


def test_each_run_gets_the_words_of_its_start(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1, duration_sec=3.0)
    ask(cloud, {"version": 0, "text": "first"})
    first = str((cloud.row() or {})["lyricsTextKey"])
    wake(cloud)
    assert given_to_run(cloud, 1)["textKey"] == first
    ask(cloud, {"version": 1, "text": "second"})
    ask(cloud, {"version": 2, "offsetMs": 20})
    second = str((cloud.row() or {})["lyricsTextKey"])
    assert second != first

    cloud.connect("one")
    end_run(cloud, 1, status="COMPLETED", lyricsStatus="READY")
    given = given_to_run(cloud, 2)
    assert (given["lyricsOnly"], given["textKey"]) == (True, second)
    row = cloud.row() or {}
    assert (row["status"], row["lyricsStatus"], row["attempt"]) == ("COMPLETED", "PROCESSING", 2)
    assert [frame["type"] for _, frame in sent] == ["QUEUED", "PROCESSING_STARTED"]

    end_run(cloud, 2, lyricsStatus="FAILED")  # however it ended: another run would not do better
    assert len(cloud.sfn.list_executions(stateMachineArn=MACHINE)["executions"]) == 2
    assert (cloud.row() or {})["lyricsStatus"] == "FAILED"


def test_a_run_back_to_the_machine_is_given_no_words(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**READY | {"duration_sec": 3.0})
    ask(cloud, {"version": 0, "text": "la"})
    wake(cloud)
    assert given_to_run(cloud, 2)["textKey"]
    ask(cloud, {"version": 1, "revert": True})
    end_run(cloud, 2, lyricsStatus="READY")
    assert given_to_run(cloud, 3)["textKey"] == ""
    assert (cloud.row() or {})["lyricsRunVersion"] == 0
