"""Recordings: functions killed at each step, events doubled, reversed, late and lost, a table that throttles, a right
that is taken away. Each window must be in the take, once."""

from __future__ import annotations

from typing import Any

from cli.redrive import redrive
from tests.chaos.case import Case, case, cases
from tests.chaos.people import Guest
from tests.chaos.recording import COMPLETE, PICTURES_COMPLETE, START_INGEST, Recording
from tests.chaos.world import PREFIX, World, together, wait_for

INGEST, JOIN = "ingest-window", "join-session"


@case("recording-killed-before-invoke", "audio_upload_complete: killed between the claim and the call")
def killed_before_invoke(world: World, guest: Guest) -> None:
    """Its event comes again and finds the claim taken: only the sweep can know, and it comes by its schedule."""
    recording = Recording(world, guest)
    fault = world.fault("http", START_INGEST, f"kill:{COMPLETE}")
    recording.send(0)
    fault.wait_until_hit()
    recording.send(1)
    recording.send(2)
    recording.close()
    world.set_clock(240)
    recording.check(within_s=60)


@case("recording-invoke-answer-lost", "audio_upload_complete → ingest_window: called, and the answer is lost")
def invoke_answer_lost(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    fault = world.fault("http", START_INGEST, "lose", times=4)  # the client's own repetitions too
    recording.send(0)
    wait_for(lambda: fault.hits == 4, 30, "all answers to be lost")
    recording.send(1)
    recording.send(2)
    recording.close()
    recording.check()


def _killed(name: str, where: str, function: str, match: str, body: str = "") -> Case:
    def run(world: World, guest: Guest) -> None:
        recording = Recording(world, guest)
        fault = world.fault("http", match, f"kill:{function}", body=body)
        recording.send_all()
        recording.close()
        fault.wait_until_hit(60)
        if function == JOIN:
            wait_for(
                lambda: recording.shown()["status"] in ("JOINING", "READY", "CLOSED"), 30, "the join's end"
            )
            recording.make_older()
        recording.sweep()
        recording.check()

    return Case(f"recording-{name}", where, run)


cases(
    [
        _killed(
            "ingest-killed-at-read", "ingest_window: killed as it reads", INGEST, r"^GET /[^/]+/sessions/"
        ),
        _killed(
            "ingest-killed-at-sound",
            "ingest_window: killed as it stores the sound",
            INGEST,
            r"^PUT .*/window_\d+\.flac",
        ),
        _killed(
            "ingest-killed-at-figures",
            "ingest_window: killed as it stores the figures",
            INGEST,
            r"^PUT .*/window_\d+\.json",
        ),
        _killed(
            "ingest-killed-at-note",
            "ingest_window: killed as it notes the window",
            INGEST,
            r"\.UpdateItem$",
            "ingestedWindows",
        ),
        _killed(
            "join-killed-at-start", "join_session: killed as it begins", JOIN, r"\.UpdateItem$", '"JOINING"'
        ),
        _killed(
            "join-killed-at-take", "join_session: killed as it stores the take", JOIN, r"^PUT .*/take\.flac"
        ),
        _killed(
            "join-killed-at-manifest",
            "join_session: killed as it stores the manifest",
            JOIN,
            r"^PUT .*/take\.json",
        ),
        _killed(
            "join-killed-at-end",
            "join_session: killed as it notes the end",
            JOIN,
            r"\.UpdateItem$",
            '"READY"',
        ),
        _killed(
            "join-killed-at-tidying",
            "join_session: killed as it deletes the windows",
            JOIN,
            r"^POST /[^/]+/?\?delete|^POST /[^/]+$|^DELETE .*/sessions/",
        ),
    ]
)


@case(
    "recording-events-doubled-reversed",
    "S3 → audio_upload_complete: each event five times at once, the last one first",
)
def events_doubled(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    for index in (2, 1, 0):
        recording.send(index)
        together(*[lambda index=index: world.invoke(COMPLETE, recording.event(index))] * 5)
    recording.close()
    recording.check()
    together(*[lambda: world.invoke(COMPLETE, recording.event(0))] * 5)
    recording.check()


@case("recording-events-late", "S3 → audio_upload_complete: the events come after the session was closed")
def events_late(world: World, guest: Guest) -> None:
    holds = [world.fault("function", f"^{COMPLETE}$", "hold") for _ in range(3)]
    recording = Recording(world, guest)
    recording.send_all()
    recording.close()
    for hold in reversed(holds):
        hold.wait_until_hit()
        hold.lift()
    recording.check()


@case("recording-events-never", "S3 → audio_upload_complete: no event ever comes")
def events_never(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    with recording.unannounced():
        recording.send_all()
        recording.close()
        assert recording.shown()["present"] == []
        recording.sweep()
        recording.check()


@case("recording-throttled", "sessions table: throttles the note of a window, and then the claim")
def throttled(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    faults = [
        world.fault(
            "http", r"\.UpdateItem$", "throttle", body=body, times=4
        )  # the client's own repetitions too
        for body in ("completedAudioWindows", "ingestTriggeredWindows")
    ]
    recording.send_all()
    recording.close()
    wait_for(lambda: all(fault.hits == 4 for fault in faults), 60, "the table to throttle")
    recording.check()


@case(
    "recording-may-not-invoke",
    "audio_upload_complete: may not call ingest_window; a dead letter, then a redrive",
)
def may_not_invoke(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    fault = world.fault("http", START_INGEST, "deny", times=1000)
    recording.send(0)
    wait_for(lambda: world.dead_recordings() == 1, 60, "the event to be a dead letter after two more tries")
    assert fault.hits == 3, f"tried {fault.hits} times"
    fault.lift()
    recording.send(1)
    recording.send(2)
    recording.close()
    sent = sum(one.sent for one in redrive(world.client("sqs"), world.client("lambda"), PREFIX))
    assert sent == 1, f"{sent} letters were sent again"
    recording.check()


@case(
    "recording-sound-and-pictures-at-once",
    "*_upload_complete: events of both files of a window claim it at the same moment",
)
def at_once(world: World, guest: Guest) -> None:
    recording = Recording(world, guest, 1, pictures=True)
    claims = world.fault("http", r"\.UpdateItem$", "hold", body="ingestTriggeredWindows", times=2)
    calls = world.fault("http", START_INGEST, "count", times=10)

    def again() -> None:
        wait_for(lambda: claims.hits == 1, 30, "the pictures' claim")
        world.invoke(COMPLETE, recording.event(0))

    def let_go() -> None:
        wait_for(lambda: claims.hits == 2, 30, "the sound's claim")
        claims.lift()

    with recording.unannounced():
        recording.send(0)
        recording.send(0, "frames")
        assert (answer := world.invoke(COMPLETE, recording.event(0))) is None, answer
        pictures = recording.event(0, "frames")
        answers = together(lambda: world.invoke(PICTURES_COMPLETE, pictures), again, let_go)
    assert answers == [None] * 3, answers
    assert calls.hits == 1, f"ingest_window was called {calls.hits} times"
    recording.close()
    recording.check()


@case(
    "recording-read-twice-at-once", "ingest_window: called twice, and both note the window at the same moment"
)
def read_twice(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    both = world.fault("http", r"\.UpdateItem$", "hold", body="ingestedWindows", times=2)
    recording.send(0)
    both.wait_until_hit()
    call = {**recording.payload, "windowIndex": 0, "frameCount": 0}

    def let_go() -> None:
        wait_for(lambda: both.hits == 2, 30, "both to have read it")
        both.lift()

    together(lambda: world.invoke(INGEST, call), let_go)
    recording.wait_for("ingested", [0])
    recording.send(1)
    recording.send(2)
    recording.close()
    recording.check()


@case("recording-joined-twice-at-once", "join_session: two calls begin at the same moment")
def joined_twice(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    both = world.fault("http", r"\.UpdateItem$", "hold", body='"JOINING"', times=2)
    recording.send_all()
    recording.close()
    both.wait_until_hit(60)

    def let_go() -> None:
        wait_for(lambda: both.hits == 2, 30, "both to begin")
        both.lift()

    together(lambda: world.invoke(JOIN, recording.payload), let_go)
    recording.check()


@case(
    "recording-late-window",
    "audio_upload_complete: a window comes after its session was joined; refused, deleted",
)
def late_window(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    recording.send(0)
    recording.send(1)
    granted = recording.grant(2)
    recording.close()
    recording.wait_for("ingested", [0, 1])
    recording.make_older()
    world.invoke(JOIN, recording.payload)
    recording.check(lost=(2,))
    assert recording.put(granted).status == 200
    recording.check(lost=(2,))
    assert recording.shown()["present"] == [0, 1]


@case("recording-deleted-then-window", "audio_upload_complete: a window comes after its session was deleted")
def deleted_then_window(world: World, guest: Guest) -> None:
    recording = Recording(world, guest)
    granted = recording.grant(0)
    assert guest.call("DELETE", f"/sessions/{recording.id}")[0] == 200
    assert recording.put(granted).status == 200
    wait_for(lambda: not recording.files(), 60, "the window of a deleted recording to be deleted")
    assert guest.call("GET", f"/sessions/{recording.id}")[0] == 404, "the recording is back"


@case("recording-begun-at-once", "create_session: twenty recordings are begun at the same moment")
def begun_at_once(world: World, guest: Guest) -> None:
    def begin() -> Any:
        return guest.call_alone("POST", "/sessions", {"sampleRate": 44_100, "channels": 1})

    answers = together(*[begin] * 20)
    opened = answers.count(201)
    shown = guest.call("GET", "/sessions")[1]["data"]
    assert len(shown) == opened, f"{opened} were begun, and {len(shown)} are there"
    assert opened <= 10, f"{opened} are open, of at most 10"
    assert set(answers) <= {201, 429, 503}, answers
    for one in shown:
        guest.call("DELETE", f"/sessions/{one['sessionId']}")
