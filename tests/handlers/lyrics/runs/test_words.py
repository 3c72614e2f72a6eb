"""A person's words (PUT /songs/{songId}/lyrics) until a run has them."""

import json
from typing import Any

from tests.handlers.lyrics.test_put_lyrics import READY, Frames, ask
from tests.stage import CHOSEN, MACHINE, OWNER, SONG, Stage, event
from unplugd.domain.song import Status


def arn(attempt: int) -> str:
    return MACHINE.replace("stateMachine", "execution") + f":{SONG}-{attempt}"


def wake(stage: Stage, ended: str | None = None) -> None:
    detail = {"executionArn": ended, "status": "SUCCEEDED"}
    trigger = event("processing", "start_processing")
    body = json.dumps({"source": "aws.states", "detail": detail} if ended else {"wake": True})
    trigger["Records"] = [trigger["Records"][0] | {"body": body}]
    stage.call("processing", "start_processing", trigger)


def given_to_run(stage: Stage, attempt: int) -> dict[str, Any]:
    return json.loads(stage.sfn.describe_execution(executionArn=arn(attempt))["input"])  # type: ignore[no-any-return]


def end_run(stage: Stage, attempt: int, **changes: Any) -> None:
    """The execution ends; `changes` is what mark_completed wrote before."""
    values = {f":{name}": {"S": value} for name, value in changes.items()}
    stage.db.update_item(
        TableName=CHOSEN["SONGS_TABLE"],
        Key={"userId": {"S": OWNER}, "songId": {"S": SONG}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames={f"#{name}": name for name in changes},
        ExpressionAttributeValues=values,
    )
    stage.sfn.stop_execution(executionArn=arn(attempt))
    wake(stage, ended=arn(attempt))


def test_each_run_gets_the_words_of_its_start_and_later_ones_a_run_of_their_own(
    stage: Stage, put_song: Any, sent: Frames
) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:00:00.000Z", attempt=1, duration_sec=3.0)
    ask(stage, {"version": 0, "text": "first"})
    first = str((stage.row() or {})["lyricsTextKey"])
    wake(stage)
    assert given_to_run(stage, 1)["textKey"] == first
    ask(stage, {"version": 1, "text": "second"})
    ask(stage, {"version": 2, "offsetMs": 20})
    second = str((stage.row() or {})["lyricsTextKey"])
    assert second != first

    stage.connect("one")
    end_run(stage, 1, status="COMPLETED", lyricsStatus="READY")
    given = given_to_run(stage, 2)
    assert (given["lyricsOnly"], given["textKey"]) == (True, second)
    row = stage.row() or {}
    assert (row["status"], row["lyricsStatus"], row["attempt"]) == ("COMPLETED", "PROCESSING", 2)
    assert [frame["type"] for _, frame in sent] == ["QUEUED", "PROCESSING_STARTED"]

    end_run(stage, 2, lyricsStatus="FAILED")  # however it ended: another run would not do better
    assert len(stage.sfn.list_executions(stateMachineArn=MACHINE)["executions"]) == 2
    assert (stage.row() or {})["lyricsStatus"] == "FAILED"


def test_a_run_back_to_the_machine_is_given_no_words(stage: Stage, put_song: Any, sent: Frames) -> None:
    put_song(**READY | {"duration_sec": 3.0})
    ask(stage, {"version": 0, "text": "la"})
    wake(stage)
    assert given_to_run(stage, 2)["textKey"]
    ask(stage, {"version": 1, "revert": True})
    end_run(stage, 2, lyricsStatus="READY")
    assert given_to_run(stage, 3)["textKey"] == ""
    assert (stage.row() or {})["lyricsRunVersion"] == 0
