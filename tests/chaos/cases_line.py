"""The line, its wake-ups, slots and events: lost, doubled, out of order, in a race; and a clock or a key gone wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from tests.chaos.case import case
from tests.chaos.people import Guest
from tests.chaos.world import PREFIX, World, together, wait_for

ENDED_RULE, MINUTE_RULE = f"{PREFIX}-execution-ended", f"{PREFIX}-each-minute"


def _object_created(world: World, guest: Guest, song: str) -> dict[str, Any]:
    """The event that S3 sends for a song's original."""
    key = f"uploads/{guest.user_id}/{song}/{world.song_file.name}"
    found = {"bucket": {"name": world.outputs["UploadsBucketName"]}, "object": {"key": key, "size": 9644}}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": found}


@case("s3-event-ten-times", "S3 → validate_upload: the same event ten times at once")
def event_ten_times(world: World, guest: Guest) -> None:
    hold = world.fault("function", "^validate-upload$", "hold")
    song = guest.send()
    hold.wait_until_hit()
    event = _object_created(world, guest, song)
    threads = [lambda: world.invoke("validate-upload", event)] * 9
    hold.lift()
    together(*threads)


@case("s3-event-late", "S3 → validate_upload: the event comes again while the song runs, and after its end")
def event_late(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["1s"])
    world.wait_for_run(song, "demucs")
    event = _object_created(world, guest, song)
    world.invoke("validate-upload", event)
    guest.wait(song, "COMPLETED", "FAILED")
    world.invoke("validate-upload", event)


@case("s3-events-reversed", "S3 → validate_upload: three uploads' events come in reverse order")
def events_reversed(world: World, guest: Guest) -> None:
    first = [world.fault("function", "^validate-upload$", "hold") for _ in range(3)]
    for hold in first:
        guest.send()
        hold.wait_until_hit()
    for hold in reversed(first):
        hold.lift()
        time.sleep(0.3)


@case("event-before-its-row", "S3 → validate_upload: an event for a song that was not announced")
def event_of_nothing(world: World, guest: Guest) -> None:
    song = "01J9ZQ4X5V8K2M3N4P5Q6R7S8T"
    world.invoke("validate-upload", _object_created(world, guest, song))
    assert guest.status(song) == "GONE", "an event made a song"
    guest.send()


@case("put-answer-lost", "Upload: stored, but the answer is lost; the client sends it again and gets 412")
def put_lost(world: World, guest: Guest) -> None:
    ticket = guest.announce()
    world.fault("http", r"^PUT /[^/]+/uploads/", "lose")
    guest.put(ticket)


@case("wake-ups-lost", "SQS: every wake-up of the upload is lost; the schedule's finds the song")
def wake_ups_lost(world: World, guest: Guest) -> None:
    ticket = guest.announce()
    fault = world.fault("http", r"\.SendMessage$", "fail", times=10_000)
    song = guest.put(ticket)
    fault.wait_until_hit()
    guest.wait(song, "COMPLETED", "FAILED")


@case("wake-ups-doubled", "SQS: thirty wake-ups at once for one song")
def wake_ups_doubled(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["1s"])
    together(*[world.wake] * 30)
    guest.wait(song, "COMPLETED", "FAILED")


@case("wake-up-garbage", "SQS: wake-ups that are no JSON, or another's")
def wake_up_garbage(world: World, guest: Guest) -> None:
    queue = world.client("sqs")
    for text in (
        "{",
        "[]",
        '{"detail": 3}',
        '{"detail": {"executionArn": null, "status": "FAILED"}}',
        "x" * 1000,
    ):
        queue.send_message(QueueUrl=world.outputs["WakeQueueUrl"], MessageBody=text)
    guest.send()


def _wake(world: World) -> Mapping[str, Any]:
    records = {"Records": [{"messageId": "1", "body": "{}", "eventSource": "aws:sqs"}]}
    answer: Mapping[str, Any] = world.invoke("start-processing", records)
    return answer


OUTDATED = 3


@case("starters-race", "start_processing: three saw both slots free before a fourth took them")
def starters_race(world: World, guest: Guest) -> None:
    # Only the starters of this case run: those that the queue invokes wait until its end.
    others = world.fault("function", "^start-processing$", "hold", body="eventSourceARN", times=1000)
    songs = [guest.send(demucs=["held"]) for _ in range(6)]
    for song in songs:
        guest.wait(song, "QUEUED")
    late = world.fault("http", r"\.Scan$", "late", body=f"{PREFIX}-slots", times=OUTDATED)

    def fourth() -> None:
        wait_for(lambda: late.hits == OUTDATED, 20, "the outdated starters to read the slots")
        _wake(world)
        wait_for(lambda: len(world.leases()) == world.slots, 20, "the fourth to take both slots")
        late.lift()

    together(*[lambda: _wake(world)] * OUTDATED, fourth)
    running = world.executions(status="RUNNING")
    world.release_tasks()
    others.lift()
    assert len(running) <= world.slots, f"{len(running)} songs run in {world.slots} slots"


@case("start-dies-after-lease", "start_processing: killed between the lease and StartExecution")
def dies_after_lease(world: World, guest: Guest) -> None:
    fault = world.fault("http", r"\.StartExecution$", "kill:start-processing")
    song = guest.send()
    fault.wait_until_hit()
    world.set_clock(120)  # the lease is old: no starter is at work with it
    guest.wait(song, "COMPLETED", "FAILED", within_s=60)


@case("start-dies-before-row", "start_processing: killed between the lease and the row's PROCESSING")
def dies_before_row(world: World, guest: Guest) -> None:
    fault = world.fault("http", r"\.UpdateItem$", "kill:start-processing", body="executionArn")
    song = guest.send()
    fault.wait_until_hit()
    world.set_clock(120)
    guest.wait(song, "COMPLETED", "FAILED", within_s=60)


@case("start-refused", "start_processing: StartExecution is refused at every try of a start")
def start_refused(world: World, guest: Guest) -> None:
    fault = world.fault("http", r"\.StartExecution$", "fail", times=4)
    song = guest.send()
    fault.wait_until_hit()
    wait_for(lambda: fault.hits == 4, 20, "the last refusal")
    world.set_clock(120)  # the lease is old: no starter is at work with it
    guest.wait(song, "COMPLETED", "FAILED", within_s=60)


@case("start-answer-lost", "start_processing: the execution is started, and the answer is lost")
def start_answer_lost(world: World, guest: Guest) -> None:
    world.fault("http", r"\.StartExecution$", "lose")
    song = guest.send(demucs=["1s"])
    guest.wait(song, "COMPLETED", "FAILED")


@case("execution-already-exists", "start_processing: an execution of that name runs already")
def already_exists(world: World, guest: Guest) -> None:
    hold = world.fault("http", r"\.StartExecution$", "hold")
    song = guest.send(demucs=["1s"])
    hold.wait_until_hit()
    row = world.row(guest.user_id, song) or {}
    given = {
        "userId": guest.user_id,
        "songId": song,
        "key": row["s3Key"],
        "attempt": 1,
        "durationSec": 0.6,
        "model": row["model"],
        "lyricsModel": row["lyricsModel"],
        "language": None,
        "lyricsOnly": False,
        "started": "by another",
    }
    states = world.client("stepfunctions")
    name = str(row["executionArn"]).rsplit(":", 1)[1]
    # The rule would hold this call too, but it bites once.
    states.start_execution(stateMachineArn=world.machine, name=name, input=json.dumps(given))
    hold.lift()
    guest.wait(song, "COMPLETED", "FAILED")


@case("end-event-lost", "EventBridge: the end of an execution is never reported; the schedule frees the slot")
def end_lost(world: World, guest: Guest) -> None:
    bridge = world.client("events")
    bridge.disable_rule(Name=ENDED_RULE)
    try:
        guest.wait(guest.send(), "COMPLETED", "FAILED")
        wait_for(world.is_quiet, 30, "the slot, by the schedule")
    finally:
        bridge.enable_rule(Name=ENDED_RULE)


@case("execution-aborted", "Step Functions: an operator stops an execution in the midst of demucs")
def aborted(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["2s", "ok"])
    world.wait_for_run(song, "demucs")
    arn = (world.row(guest.user_id, song) or {})["executionArn"]
    world.client("stepfunctions").stop_execution(executionArn=arn)
    guest.wait(song, "COMPLETED", "FAILED")


@case("no-capacity", "ECS: no machine is free, twice")
def no_capacity(world: World, guest: Guest) -> None:
    fault = world.fault("task", "demucs", "fail", times=2)
    song = guest.send()
    fault.wait_until_hit()
    guest.wait(song, "COMPLETED", "FAILED")


@case("push-always-fails", "WebSocket: every push fails; the API still tells")
def push_fails(world: World, guest: Guest) -> None:
    guest.deaf = True
    world.fault("http", r"^POST .*/@connections/", "fail", times=10_000)
    guest.wait(guest.send(), "COMPLETED", "FAILED")


@case("gone-mid-push", "WebSocket: one of two connections goes away in the midst of a push to it")
def gone_mid_push(world: World, guest: Guest) -> None:
    leaving = guest.another()
    hold = world.fault("http", r"^POST .*/@connections/", "hold", times=2)
    song = guest.send()
    hold.wait_until_hit()
    leaving.close()
    time.sleep(0.5)
    hold.lift()
    guest.wait(song, "COMPLETED", "FAILED")


def _clock_is_off(world: World, guest: Guest, seconds: float) -> None:
    world.set_clock(seconds)
    song = guest.send(demucs=["1.2s"])
    guest.wait(song, "COMPLETED", "FAILED")


@case("clock-five-minutes-fast", "Functions: the clock is 5 min fast")
def clock_fast(world: World, guest: Guest) -> None:
    _clock_is_off(world, guest, 300)


# AWS itself refuses a signature of 5 min ago (SigV4), so 5 min slow begins just below.
@case("clock-five-minutes-slow", "Functions: the clock is 4 min 45 s slow, which AWS's signatures just bear")
def clock_slow(world: World, guest: Guest) -> None:
    _clock_is_off(world, guest, -285)


@case("jwks-unreachable", "$connect: the key set cannot be read; refused, and let in once it can")
def jwks_unreachable(world: World, guest: Guest) -> None:
    guest.close()
    world.kill_workers("connect")
    fault = world.fault("http", r"^GET .*jwks\.json", "fail", times=10_000)
    assert not _is_let_in(guest), "let in by a worker that is dead"
    try:
        guest.listen()
    except Exception as refused:
        assert "503" in str(refused), refused
    else:
        raise AssertionError("let in without a key to check the token")
    fault.lift()
    guest.listen()
    guest.send()


@case(
    "jwks-rotated", "$connect: the keys it knows are not those in force any more; it looks again within 30 s"
)
def jwks_rotated(world: World, guest: Guest) -> None:
    guest.close()
    world.kill_workers("connect")
    world.fault("http", r"^GET .*jwks\.json", "keys")
    song = guest.send()
    guest.deaf = True
    assert not _is_let_in(guest), "let in by a worker that is dead"
    try:
        guest.listen()
    except Exception as refused:
        assert "401" in str(refused), refused
    else:
        raise AssertionError("let in by a key that is not known")
    guest.wait(song, "COMPLETED", "FAILED")
    wait_for(lambda: _is_let_in(guest), 45, "the new keys")


def _is_let_in(guest: Guest) -> bool:
    try:
        guest.listen()
    except Exception:
        time.sleep(1)
        return False
    return True
