"""Many connections that hang, many calls at a cold stack, another port, and rows that the code cannot read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.chaos.case import Case, case, cases
from tests.chaos.people import Guest
from tests.chaos.world import PREFIX, World, together, wait_for

HUNG = 30
CALLS = 30
# With every push hanging, a function may take its push deadline for each change of a song, and no more.
HUNG_SETTLE_S = 90.0


@case("port-change", "The stack comes back on another port while a song waits")
def port_change(world: World, guest: Guest) -> None:
    hold = world.fault("function", "^start-processing$", "hold", times=1000)
    song = guest.send()
    guest.wait(song, "QUEUED")
    guest.close()
    world.kill()
    hold.lift()
    world.start(on_another_port=True)
    guest.move()
    guest.listen()
    guest.wait(song, "COMPLETED", "FAILED", within_s=60)
    guest.deaf = True  # the end may have been pushed before the person was back
    guest.wait(guest.send(), "COMPLETED", "FAILED", within_s=60)


@case("cold-burst", "Thirty calls at once to functions without a warm worker")
def cold_burst(world: World, guest: Guest) -> None:
    song = guest.send()
    guest.wait(song, "COMPLETED", "FAILED")
    for function in ("list-songs", "get-song"):
        world.kill_workers(function)
    paths = ["/songs", f"/songs/{song}"] * (CALLS // 2)
    answers = together(*[lambda path=path: guest.call_alone("GET", path) for path in paths])
    assert answers == [200] * CALLS, answers


def _refused(world: World, guest: Guest) -> None:
    silent = world.folder.parent / "silent.wav"
    silent.write_bytes(world.song_file.read_bytes()[:44] + bytes(9600))
    song = guest.put(guest.announce(file=silent), silent)
    guest.expects(song, "FAILED")
    guest.wait(song, "FAILED", within_s=60)


def _failed(_world: World, guest: Guest) -> None:
    song = guest.send(demucs=["bad"])
    guest.expects(song, "FAILED")
    guest.wait(song, "FAILED", within_s=60)


def _completed(_world: World, guest: Guest) -> None:
    guest.wait(guest.send(), "COMPLETED", "FAILED", within_s=60)


def _cancelled_and_retried(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["held", "ok"])
    world.wait_for_run(song, "demucs")
    assert guest.call("POST", f"/songs/{song}/cancel")[0] in (200, 202)
    wait_for(world.is_quiet, 30, "the slot of a cancelled song")
    assert guest.call("POST", f"/songs/{song}/retry")[0] in (200, 202)
    guest.wait(song, "COMPLETED", "FAILED", within_s=60)


def _with_hung_connections(name: str, where: str, run: Callable[[World, Guest], None]) -> Case:
    def hung(world: World, guest: Guest) -> None:
        guest.deaf = True
        extra = [guest.another() for _ in range(HUNG)]
        world.fault("http", r"^POST .*/@connections/", "hold", times=100_000)
        try:
            run(world, guest)
            wait_for(world.is_quiet, HUNG_SETTLE_S, "the end of all executions")
        finally:
            for connection in extra:
                connection.close()
        # Retries would hide it: a function that sends without a deadline is ended, and the next one has fewer to send.
        assert not world.timed_out(), f"ended by their timeout: {world.timed_out()}"

    return Case(name, f"WebSocket: {HUNG} connections hang: {where}", hung, settle_s=HUNG_SETTLE_S)


cases(
    [
        _with_hung_connections("hung-completed", "queued, started, progress, completed", _completed),
        _with_hung_connections("hung-refused", "the upload is refused", _refused),
        _with_hung_connections("hung-failed", "the song fails", _failed),
        _with_hung_connections("hung-cancel-retry", "cancelled, then retried", _cancelled_and_retried),
    ]
)


# What a rollback can leave in a row: values that this version does not know, or of another type.
UNREADABLE: dict[str, dict[str, Any]] = {
    "status": {"status": {"S": "REMASTERED"}},
    "lyrics-status": {"lyricsStatus": {"S": "TRANSLATED"}},
    "attempt": {"attempt": {"S": "two"}},
    "uploaded-at": {"uploadedAt": {"N": "7"}},
}


def _spoil(world: World, guest: Guest, song: str, values: dict[str, Any]) -> None:
    """Overwrite attributes of a song's row, as another version of the code would have written them."""
    world.client("dynamodb").update_item(
        TableName=f"{PREFIX}-songs",
        Key={"userId": {"S": guest.user_id}, "songId": {"S": song}},
        UpdateExpression="SET " + ", ".join(f"#{n} = :{n}" for n in values),
        ExpressionAttributeNames={f"#{n}": n for n in values},
        ExpressionAttributeValues={f":{n}": value for n, value in values.items()},
    )


def _unreadable(name: str, values: dict[str, Any]) -> Case:
    def run(world: World, guest: Guest) -> None:
        others = world.fault("function", "^start-processing$", "hold", times=1000)
        spoiled = guest.send()
        guest.wait(spoiled, "QUEUED")
        guest.sent.remove(spoiled)
        _spoil(world, guest, spoiled, values)
        healthy = guest.send()
        others.lift()
        guest.wait(healthy, "COMPLETED", "FAILED", within_s=60)
        _use_library_with(guest, spoiled, healthy)
        world.invoke("sweep-uploads")
        status, _ = guest.call("DELETE", f"/songs/{spoiled}")
        assert status == 200, f"DELETE of an unreadable song: {status}"
        assert guest.status(spoiled) == "GONE"

    return Case(f"unreadable-{name}", f"An unreadable row waits: {next(iter(values))}", run)


def _use_library_with(guest: Guest, spoiled: str, healthy: str) -> None:
    status, page = guest.call("GET", "/songs")
    shown = {song["songId"]: song["status"] for song in page["data"]}
    assert status == 200 and shown == {spoiled: "UNREADABLE", healthy: "COMPLETED"}, (status, shown)
    assert guest.call("GET", f"/songs/{spoiled}")[1]["status"] == "UNREADABLE"
    for method, path, body in (
        ("PATCH", f"/songs/{spoiled}", {"title": "x"}),
        ("POST", f"/songs/{spoiled}/retry", None),
        ("POST", f"/songs/{spoiled}/cancel", None),
    ):
        status, answer = guest.call(method, path, body)
        assert status == 409, (method, path, status, answer)
    assert guest.call("GET", "/account/export")[0] == 200


cases(_unreadable(name, values) for name, values in UNREADABLE.items())


@case("unreadable-account", "DELETE /account of a person with an unreadable row")
def unreadable_account(world: World, guest: Guest) -> None:
    song = guest.send()
    guest.wait(song, "COMPLETED", "FAILED")
    _spoil(world, guest, song, UNREADABLE["status"])
    guest.sent.clear()
    status, answer = guest.call("DELETE", "/account")
    assert status == 200, (status, answer)
    assert world.row(guest.user_id, song) is None
    assert not world.keys("Output", f"output/{guest.user_id}/")
