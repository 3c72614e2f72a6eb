"""Guess The Track through the real stack: a song that has finished is asked, judged, forgotten and gone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ulid import ULID

from tests.e2e.bad_desk import Desk
from tests.e2e.bad_files import tone_wav
from unplugd.kernel.clock import to_iso, utc_now
from unplugd.practice.answers import normal

pytestmark = pytest.mark.stack

TITLE = "Zanzibar Quicksilver"


@pytest.fixture
def desk(visitor: Callable[[str], Any], admin: Callable[[str], Any]) -> Desk:
    person = visitor("learner")
    return Desk(person.session, person.token, admin)


def ask(desk: Desk, method: str, path: str, body: Any = None, expected: int = 200) -> Any:
    answer = desk.call(method, path, None if body is None else json.dumps(body).encode())
    assert answer.status == expected, answer.body
    return answer.json()


def given(song_id: str, grade: int) -> dict[str, Any]:
    return {"songId": song_id, "reviewId": str(ULID()), "grade": grade, "reviewedAt": to_iso(utc_now())}


def test_a_song_is_learnt(desk: Desk) -> None:
    data = tone_wav(2.0)
    ticket = desk.announce(len(data), "tone.wav", "audio/wav")
    assert desk.put(ticket.url, data, ticket.headers).status == 200
    assert desk.result(ticket.song_id, 200).status == "COMPLETED"
    ask(desk, "PATCH", f"/songs/{ticket.song_id}", {"title": TITLE})

    due = desk.call("GET", "/practice/due")
    [card] = due.json()["data"]
    assert card["songId"] == ticket.song_id and card["isNew"]
    assert not any(word.lower() in due.body.decode().lower() for word in TITLE.split())
    typed = hashlib.sha256((card["answers"]["salt"] + normal("zanzibar QUICKSILVER!")).encode()).hexdigest()
    assert typed in card["answers"]["title"]
    assert desk.put(card["stems"]["drums"]["streamUrl"], b"", {}, "GET").status == 200

    answers = [given(ticket.song_id, grade) for grade in (4, 2, 4, 5, 3, 4)]
    with ThreadPoolExecutor(3) as devices:
        list(devices.map(lambda one: until_taken(desk, one), answers))
    stats = ask(desk, "GET", "/practice/stats")
    assert (stats["reviews"], stats["cards"], stats["streakDays"]) == (6, 1, 1)

    ask(desk, "PUT", "/practice/settings", {"scheduler": "fsrs", "timeZone": "Asia/Kathmandu"})
    first = answers[0]["reviewId"]
    folded = ask(desk, "POST", f"/practice/reviews/{first}/undo", {"songId": ticket.song_id})
    assert (folded["scheduler"], folded["reviews"]) == ("fsrs", 5)
    assert folded["stability"] > 0
    text = ask(desk, "GET", "/practice/reviews")["csv"]
    assert first not in text and text.count(ticket.song_id) == 5
    assert ask(desk, "POST", "/practice/reviews", {"csv": text})["known"] == 5
    assert ask(desk, "GET", f"/practice/cards/{ticket.song_id}/answer")["title"] == TITLE

    ask(desk, "DELETE", f"/songs/{ticket.song_id}")
    assert ask(desk, "GET", "/practice/due")["data"] == []
    assert ask(desk, "GET", "/practice/stats")["reviews"] == 0
    ask(desk, "POST", "/practice/grade", given(ticket.song_id, 4), expected=404)


def until_taken(desk: Desk, one: dict[str, Any]) -> None:
    """As a device does: again, whenever another one was faster."""
    while (answer := desk.call("POST", "/practice/grade", json.dumps(one).encode())).status != 200:
        assert answer.status in (409, 503), answer.body
