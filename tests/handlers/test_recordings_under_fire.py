"""Recordings under fire: events doubled, reversed and lost, functions killed anywhere; in the end, each window once."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud import OWNER, Cloud, event
from tests.handlers.capture.conftest import Studio, tone, wav
from tests.handlers.capture.conftest import studio as studio
from unplugd.aws.session_table import SessionTable
from unplugd.capture.handlers import sweep_sessions
from unplugd.domain.files import output_prefix
from unplugd.domain.session import Session

FRAMES = 500  # of a whole window
WINDOWS, SESSIONS = 5, 4


class Killed(BaseException):
    """A function that Lambda ends in the middle of its work."""


@pytest.fixture
def ingested(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """How often the row took each window as read."""
    counts: Counter[tuple[str, int]] = Counter()
    whole = SessionTable.note_ingested

    def count(self: Any, session: Session, index: int, *, now: str) -> Session | None:
        noted = whole(self, session, index, now=now)
        counts[session.session_id, index] += noted is not None
        return noted

    monkeypatch.setattr(SessionTable, "note_ingested", count)
    monkeypatch.setattr(Session, "window_frames", property(lambda _self: FRAMES))
    return counts


@pytest.mark.parametrize("seed", range(4))
def test_no_window_is_lost_and_none_is_taken_twice(
    seed: int,
    studio: Studio,
    cloud: Cloud,
    ingested: Counter[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(seed)
    fire = True

    def kill(_action: str, _params: dict[str, Any]) -> None:
        if fire and chance.random() < 0.08:
            raise Killed

    def attempt(work: Any, *arguments: Any) -> None:
        with contextlib.suppress(Killed, FileNotFoundError):  # the latter: a download's own thread was killed
            work(*arguments)

    sound = {
        studio.open(): [tone(FRAMES, seed=9 * each + at) for at in range(WINDOWS)] for each in range(SESSIONS)
    }
    keys = [studio.put(one, at, wav(pcm)) for one, parts in sound.items() for at, pcm in enumerate(parts)]
    events = [key for key in keys if chance.random() > 0.1] + chance.sample(
        keys, 6
    )  # some never come, some twice
    chance.shuffle(events)
    for one in sound:
        studio.ask("close_session", one, json={"windows": WINDOWS, "frames": WINDOWS * FRAMES})
    cloud.watchers.append(kill)
    for key in events:
        attempt(studio.arrive, key)
        if studio.started and chance.random() < 0.5:
            call = studio.started.pop(chance.randrange(len(studio.started)))
            if chance.random() < 0.2:
                continue  # Lambda lost it
            studio.started += [call] * (2 if chance.random() < 0.3 else 1)
            attempt(studio.run)
    attempt(studio.run)

    fire = False
    for round_ in range(4):  # a sweep each five minutes; a join that was killed is taken up after twenty
        later = timedelta(minutes=4 + 25 * round_)
        monkeypatch.setattr(sweep_sessions, "utc_now", lambda later=later: datetime.now(UTC) + later)
        cloud.call("capture", "sweep_sessions", event("capture", "sweep_sessions"))
        studio.run()

    assert set(ingested.values()) <= {0, 1}
    assert sum(ingested.values()) == SESSIONS * WINDOWS
    for one, parts in sound.items():
        manifest = studio.json(f"{output_prefix(OWNER, one)}take.json")
        assert manifest["sha256"] == hashlib.sha256(b"".join(parts)).hexdigest()
        assert manifest["gaps"] == []
    assert cloud.keys("UPLOADS_BUCKET") == []
