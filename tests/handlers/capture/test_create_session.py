"""POST /sessions: begin a recording."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.capture.conftest import Studio
from unplugd.capture import rules

GOOD: dict[str, Any] = {
    "captureMode": "audio_only",
    "sampleRate": 44_100,
    "channels": 1,
    "sampleFormat": "s16",
}


def test_a_session_is_open_and_empty(studio: Studio) -> None:
    status, made = studio.ask("create_session", json=GOOD | {"title": "Take 1"})
    assert (status, made["status"], made["title"], made["windows"]) == (201, "OPEN", "Take 1", None)
    assert (made["present"], made["missing"], made["gaps"], made["takeUrl"]) == ([], [], [], None)


@pytest.mark.parametrize("offset", [0, -600_000, 600_000])
def test_a_take_may_begin_anywhere_in_its_song(offset: int, studio: Studio) -> None:
    _, made = studio.ask(
        "create_session", json=GOOD | {"songId": "01J9ZQ4X5V8K2M3N4P5Q6R7S8T", "offsetMs": offset}
    )
    assert made["offsetMs"] == offset
    assert studio.ask("get_session", made["sessionId"])[1]["offsetMs"] == offset


@pytest.mark.parametrize(("channels", "seconds"), [(1, 60), (2, 30)])
def test_a_stereo_window_is_half_as_long(channels: int, seconds: int, studio: Studio) -> None:
    """A minute of stereo would exceed what one file may have."""
    _, made = studio.ask("create_session", json=GOOD | {"channels": channels})
    assert made["windowSeconds"] == seconds


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"captureMode": "video"}, "captureMode"),
        ({"sampleRate": 8_000}, "sampleRate"),
        ({"sampleRate": "44100"}, "sampleRate"),
        ({"channels": 3}, "channels"),
        ({"sampleFormat": "f32"}, "sampleFormat"),
        ({"title": "x" * 201}, "title"),
        ({"songId": "../x"}, "songId"),
        ({"offsetMs": 600_001}, "offsetMs"),
        ({"offsetMs": -600_001}, "offsetMs"),
        ({"offsetMs": 0.5}, "offsetMs"),
        ({"window": 1}, "window"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], says: str, studio: Studio) -> None:
    status, answer = studio.ask("create_session", json=GOOD | change)
    assert status == 400
    assert says in answer["message"]


def test_only_so_many_are_open_at_once(studio: Studio) -> None:
    for _ in range(rules.MAX_OPEN):
        last = studio.open()
    status, answer = studio.ask("create_session", json=GOOD)
    assert (status, answer["error"]) == (429, "too_many")
    assert studio.ask("close_session", last, json={"windows": 0, "frames": 0})[0] == 202
    assert studio.ask("create_session", json=GOOD)[0] == 201


def test_only_so_many_begin_in_a_day(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_A_DAY", 2)
    for _ in range(2):
        studio.ask("close_session", studio.open(), json={"windows": 0, "frames": 0})
    status, answer = studio.ask("create_session", json=GOOD)
    assert (status, answer["error"]) == (429, "too_many")
