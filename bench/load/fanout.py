"""Pushes to many connections: one person's hundred, and two hundred people's one each; one of them never reads."""

from __future__ import annotations

import contextlib
import json
import statistics
import time
from contextlib import ExitStack
from typing import Any

from bench.load.library import put_row
from tests.chaos.people import Guest
from tests.chaos.world import World, together

OWN = 100
PEOPLE = 200


def fan_out(world: World) -> dict[str, float]:
    """Time of one push as its caller sees it (ms): to a person's 100 connections, of which one never reads and others
    are gone; and the median of one push to each of 200 people."""
    with ExitStack() as held:
        guest = held.enter_context(world.guest("many"))
        sockets = [guest.another() for _ in range(OWN - 1)]
        for socket in sockets:
            held.callback(_close, socket)
        song = guest.send()
        guest.wait(song, "COMPLETED")
        hundred = min(_push(world, guest, song) for _ in range(3))
        heard = sum(_hears(socket, song) for socket in sockets[:-1])  # the last one never reads
        assert heard == OWN - 2, f"only {heard} of {OWN - 2} heard it"
    with ExitStack() as held:
        names = [f"one-{number}" for number in range(PEOPLE)]
        guests = [held.enter_context(world.guest(name)) for name in names]
        songs = {one.name: put_row(world, one.user_id, 1) for one in guests}
        each = [_push(world, one, songs[one.name]) for one in guests]
        ten = time.perf_counter()
        together(*[lambda one=one: _push(world, one, songs[one.name]) for one in guests[:10]])
        at_once = (time.perf_counter() - ten) * 1000
    return {
        "one_person_100_connections": round(hundred, 1),
        "200_people_median": round(statistics.median(each), 1),
        "ten_people_at_once": round(at_once, 1),
    }


def _push(world: World, guest: Guest, song: str) -> float:
    began = time.perf_counter()
    world.invoke("send-notification", {"userId": guest.user_id, "songId": song, "attempt": 1})
    return (time.perf_counter() - began) * 1000


def _hears(socket: Any, song: str) -> bool:
    with contextlib.suppress(TimeoutError):
        while True:
            if json.loads(socket.recv(timeout=10)).get("songId") == song:
                return True
    return False


def _close(socket: Any) -> None:
    with contextlib.suppress(Exception):
        socket.close()
