"""What people do at a bad moment: cancel at every point, click thrice, delete while something still writes."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.case import Case, case, cases
from tests.chaos.people import Guest
from tests.chaos.rules import Placed
from tests.chaos.world import World, together, wait_for

_FREED_S = 12.0  # "within seconds": the task has up to ten to stop


def _cancel(world: World, guest: Guest, song: str) -> None:
    status, body = guest.call("POST", f"/songs/{song}/cancel")
    assert status in (200, 202) and body["status"] == "CANCELLED", (status, body)
    guest.expects(song, "CANCELLED")


def _held_at(function: str) -> Callable[[World], Placed]:
    return lambda world: world.fault("function", f"^{function}$", "hold")


def _cancel_while_held(name: str, where: str, hold: Callable[[World], Placed]) -> Case:
    def run(world: World, guest: Guest) -> None:
        held = hold(world)
        song = guest.send()
        held.wait_until_hit()
        guest.wait(song, "QUEUED", "PROCESSING")
        _cancel(world, guest, song)
        held.lift()
        wait_for(world.is_quiet, _FREED_S + 10, "the slot of a cancelled song")

    return Case(name, where, run)


cases(
    [
        _cancel_while_held(
            "cancel-queued",
            "Cancel: while it waits",
            lambda world: world.fault("function", "^start-processing$", "hold", times=1000),
        ),
        _cancel_while_held(
            "cancel-while-starting",
            "Cancel: between the row's PROCESSING and StartExecution",
            lambda world: world.fault("http", r"\.StartExecution$", "hold"),
        ),
        _cancel_while_held(
            "cancel-at-mark-completed", "Cancel: as MarkCompleted is called", _held_at("mark-completed")
        ),
        _cancel_while_held(
            "completion-after-cancel",
            "Cancel: as MarkCompleted writes; its late write changes nothing",
            lambda world: world.fault("http", r"\.UpdateItem$", "hold", body='"COMPLETED"'),
        ),
    ]
)


def _cancel_while_task(stage: str) -> Case:
    def run(world: World, guest: Guest) -> None:
        song = guest.send(**{stage: ["8s"]})
        world.wait_for_run(song, stage)
        _cancel(world, guest, song)
        wait_for(world.is_quiet, _FREED_S, "the slot, within seconds")
        assert world.count(song, stage) == 0, "the task went on to its end"

    return Case(f"cancel-during-{stage}", f"Cancel: while {stage} runs", run)


cases(_cancel_while_task(stage) for stage in ("demucs", "whisper"))


@case("cancel-before-upload", "Cancel: before the upload; refused, and the upload goes on")
def cancel_pending(world: World, guest: Guest) -> None:
    ticket = guest.announce()
    assert guest.call("POST", f"/songs/{ticket.song_id}/cancel")[0] == 409
    guest.put(ticket)


@case("cancel-after-completion", "Cancel: while SendNotification runs; too late, and nothing is lost")
def cancel_complete(world: World, guest: Guest) -> None:
    held = _held_at("send-notification")(world)
    song = guest.send()
    held.wait_until_hit()
    assert guest.call("POST", f"/songs/{song}/cancel")[0] == 409
    held.lift()


@case("cancel-answer-lost", "Cancel: done, the answer lost; the second click gets 200")
def cancel_lost(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["8s"])
    world.wait_for_run(song, "demucs")
    world.fault("function", "^cancel-song$", "lose")
    assert guest.call("POST", f"/songs/{song}/cancel")[0] >= 500
    _cancel(world, guest, song)


@case("cancel-stop-refused", "Cancel: StopExecution is refused; the next click or wake-up stops it")
def cancel_stop_refused(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["20s"])
    world.wait_for_run(song, "demucs")
    guest.expects(song, "CANCELLED")
    fault = world.fault("http", r"\.StopExecution$", "fail", times=10_000)
    guest.call("POST", f"/songs/{song}/cancel")
    assert guest.status(song) == "CANCELLED"
    fault.lift()
    wait_for(world.is_quiet, 15, "the slot, without another click")


@case("progress-after-cancel", "send_progress: a report that comes after the cancel changes nothing")
def progress_after_cancel(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["8s"])
    world.wait_for_run(song, "demucs")
    _cancel(world, guest, song)
    before = world.row(guest.user_id, song)
    report = {
        "userId": guest.user_id,
        "songId": song,
        "attempt": 1,
        "stage": "demucs",
        "progress": 99,
        "message": "x",
    }
    world.invoke("send-progress", report)
    assert world.row(guest.user_id, song) == before, "a late report changed a cancelled song"


@case("progress-doubled-reversed", "send_progress: reports twice and backwards; what is shown never falls")
def progress_reversed(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["2s"])
    world.wait_for_run(song, "demucs")
    for percent in (60, 60, 20, 59):
        report = {
            "userId": guest.user_id,
            "songId": song,
            "attempt": 1,
            "stage": "demucs",
            "progress": percent,
        }
        world.invoke("send-progress", {**report, "message": "x"})
    guest.wait(song, "COMPLETED", "FAILED")
    shown = [m["progress"] for m in guest.messages(song, "PROGRESS") if m["stage"] == "demucs"]
    assert shown == sorted(set(shown)), f"progress went back or came twice: {shown}"


@case("late-end-of-old-attempt", "MarkCompleted and MarkFailed of an attempt that is over: nothing changes")
def late_end(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["exit:1", "exit:1", "exit:1", "exit:1", "3s"])
    guest.wait(song, "FAILED")
    assert guest.call("POST", f"/songs/{song}/retry")[0] == 202
    guest.wait(song, "PROCESSING")
    who = {
        "userId": guest.user_id,
        "songId": song,
        "attempt": 1,
        "outputPrefix": f"output/{guest.user_id}/{song}/",
    }
    world.invoke("mark-failed", {**who, "stage": "RunDemucs", "error": "States.TaskFailed", "cause": "{}"})
    world.invoke("mark-completed", {**who, "lyricsFailed": None})
    assert guest.status(song) == "PROCESSING", "an attempt that is over decided about the next"


@case("retry-three-clicks", "Retry: three clicks at once start one run")
def three_clicks(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["exit:1", "exit:1", "exit:1", "exit:1", "ok"])
    guest.wait(song, "FAILED")
    path = f"/songs/{song}/retry"
    answers = together(*[lambda: guest.call_alone("POST", path)] * 3)
    assert sorted(answers)[0] == 202 and sorted(answers)[1:] == [409, 409], answers


@case("retry-answer-lost", "Retry: done, the answer lost; the second click gets 409, and one run starts")
def retry_lost(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["exit:1", "exit:1", "exit:1", "exit:1", "2s"])
    guest.wait(song, "FAILED")
    world.fault("function", "^retry-song$", "lose")
    assert guest.call("POST", f"/songs/{song}/retry")[0] >= 500
    assert guest.call("POST", f"/songs/{song}/retry")[0] == 409


@case("retry-after-cancel-keeps-stages", "Retry: after a cancel during whisper only whisper runs")
def retry_keeps_stages(world: World, guest: Guest) -> None:
    song = guest.send(whisper=["8s", "ok"])
    world.wait_for_run(song, "whisper")
    _cancel(world, guest, song)
    wait_for(world.is_quiet, _FREED_S, "the slot")
    assert guest.call("POST", f"/songs/{song}/retry")[0] == 202
    guest.expects(song, "COMPLETED")
    guest.wait(song, "COMPLETED", "FAILED")
    assert world.count(song, "demucs", "begin") == 1, "stems that were there were made again"


@case("delete-then-late-write", "Delete: a file that is written afterwards is swept")
def late_write(world: World, guest: Guest) -> None:
    song = guest.send()
    guest.wait(song, "COMPLETED")
    wait_for(world.is_quiet, 20, "the song's last steps")
    assert guest.call("DELETE", f"/songs/{song}")[0] == 200
    guest.expects(song, "GONE")
    prefix = f"output/{guest.user_id}/{song}/"
    world.client("s3").put_object(
        Bucket=world.outputs["OutputBucketName"], Key=f"{prefix}late.wav", Body=b"late"
    )
    world.invoke("sweep-deleted")
    assert world.keys("Output", prefix) == [], "what was written after a delete stays for ever"


@case("delete-while-processing", "Delete: while it runs; refused, and the song goes on")
def delete_running(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["1s"])
    world.wait_for_run(song, "demucs")
    assert guest.call("DELETE", f"/songs/{song}")[0] == 409


@case("delete-answer-lost", "Delete: done, the answer lost; the second click gets 404")
def delete_lost(world: World, guest: Guest) -> None:
    song = guest.send()
    guest.wait(song, "COMPLETED")
    wait_for(world.is_quiet, 20, "the song's last steps")
    world.fault("function", "^delete-song$", "lose")
    assert guest.call("DELETE", f"/songs/{song}")[0] >= 500
    assert guest.call("DELETE", f"/songs/{song}")[0] == 404
    guest.expects(song, "GONE")
