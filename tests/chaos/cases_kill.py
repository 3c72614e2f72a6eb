"""The whole stack is killed (kill -9) at a point of a song's life, and started again on the same folder."""

from __future__ import annotations

import time

from tests.chaos.case import Case, cases
from tests.chaos.people import Guest
from tests.chaos.world import World

# What docs/local.md promises: an answered write is on disk this much later (item writes at once).
WINDOW_S = 1.0


def _kill(
    name: str,
    where: str,
    *,
    hold: tuple[str, str, str] | None = None,
    run: tuple[str, str] | None = None,
    unheard: bool = False,
) -> Case:
    """Killed while a rule `(at, match, body)` holds the song, or once a task noted `(stage, what)`. `unheard`: the
    song's S3 event is lost with it, so the sweeper of uploads must find the song."""

    def killed(world: World, guest: Guest) -> None:
        ticket = guest.announce(
            demucs=["2s", "ok"] if run else ["ok"], whisper=["2s", "ok"] if run else ["ok"]
        )
        held = world.fault(hold[0], hold[1], "hold", body=hold[2], times=1000) if hold else None
        song = guest.put(ticket)
        if held:
            held.wait_until_hit()
        if run:
            world.wait_for_run(song, *run)
        time.sleep(WINDOW_S)
        guest.close()
        world.kill()
        if held:
            held.lift()
        world.start()
        guest.listen()
        if unheard:  # the event died with the stack: the upload is found once it is UNCHECKED_AFTER old
            world.set_clock(200)
            world.invoke("sweep-uploads")
        guest.wait(song, "COMPLETED", "FAILED", within_s=60)
        # The end may have been pushed before the person was back.
        guest.deaf = True

    return Case(name, f"kill -9 of the whole stack: {where}", killed)


cases(
    [
        _kill(
            "kill-at-validation",
            "as the upload is validated",
            hold=("function", "^validate-upload$", ""),
            unheard=True,
        ),
        _kill("kill-in-line", "while the song waits", hold=("function", "^start-processing$", "")),
        _kill(
            "kill-at-start", "between the lease and the execution", hold=("http", r"\.StartExecution$", "")
        ),
        _kill("kill-during-demucs", "while demucs runs", run=("demucs", "begin")),
        _kill("kill-after-demucs", "while whisper runs", run=("whisper", "begin")),
        _kill("kill-at-completion", "before COMPLETED is written", hold=("function", "^mark-completed$", "")),
        _kill(
            "kill-at-notification",
            "after COMPLETED, before it is pushed",
            hold=("function", "^send-notification$", ""),
        ),
        _kill("kill-at-cleanup", "before the original is deleted", hold=("function", "^cleanup-upload$", "")),
    ]
)


def _killed_before_upload(world: World, guest: Guest) -> None:
    ticket = guest.announce()
    guest.close()
    time.sleep(WINDOW_S)
    world.kill()
    world.start()
    guest.listen()
    guest.put(ticket)


def _killed_at_cancel(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["20s"])
    world.wait_for_run(song, "demucs")
    assert guest.call("POST", f"/songs/{song}/cancel")[0] == 202
    guest.expects(song, "CANCELLED")
    guest.close()
    world.kill()
    world.start()
    guest.deaf = True


def _killed_twice(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["3s", "3s", "ok"])
    for run in (1, 2):
        end = time.monotonic() + 60
        while world.count(song, "demucs", "begin") < run and time.monotonic() < end:
            time.sleep(0.05)
        assert world.count(song, "demucs", "begin") >= run, f"run {run} never began"
        time.sleep(WINDOW_S)
        guest.close()
        world.kill()
        world.start()
    guest.listen()
    guest.wait(song, "COMPLETED", "FAILED", within_s=60)
    guest.deaf = True


cases(
    [
        Case(
            "kill-before-upload", "kill -9 of the whole stack: after the URL was given", _killed_before_upload
        ),
        Case("kill-after-cancel", "kill -9 of the whole stack: as the cancel is answered", _killed_at_cancel),
        Case("kill-twice", "kill -9 of the whole stack: twice in one song", _killed_twice, settle_s=60),
    ]
)
