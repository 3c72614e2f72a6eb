"""POST /sessions: begin a recording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud
from tests.handlers.capture.conftest import Studio
from unplugd.aws.session_table import SessionTable
from unplugd.capture import rules
from unplugd.capture.handlers import create_session

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


def refusal(studio: Studio) -> str:
    """The sentence with which one recording more is refused."""
    status, answer = studio.ask("create_session", json=GOOD)
    assert (status, answer["error"]) == (429, "too_many")
    return str(answer["message"])


def test_only_so_many_are_open_at_once(studio: Studio) -> None:
    for _ in range(rules.MAX_OPEN):
        last = studio.open()
    assert refusal(studio) == "10 recordings are open. Close or delete one first."
    assert studio.ask("close_session", last, json={"windows": 0, "frames": 0})[0] == 202
    assert studio.ask("create_session", json=GOOD)[0] == 201


def test_only_so_many_windows_wait_to_be_joined(studio: Studio) -> None:
    waiting = {"NS": [str(index) for index in range(300)]}
    for state in ("OPEN", "CLOSED"):
        studio.change(studio.open(), completedAudioWindows=waiting, status={"S": state})
    assert refusal(studio) == (
        "600 windows of your recordings are not joined yet; 600 may be. Close or delete a recording first."
    )


def test_windows_that_were_joined_do_not_wait(studio: Studio) -> None:
    waiting = {"NS": [str(index) for index in range(300)]}
    for state in ("READY", "FAILED", "READY"):
        studio.change(studio.open(), completedAudioWindows=waiting, status={"S": state})
    assert studio.ask("create_session", json=GOOD)[0] == 201


def test_only_so_many_begin_on_a_day_deleted_ones_too(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_A_DAY", 2)
    for _ in range(2):
        studio.ask("delete_session", studio.open())
    assert refusal(studio) == "You may begin 2 recordings a day. Try again after midnight UTC."
    assert studio.ask("create_session", json=GOOD, owner=STRANGER)[0] == 201
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(create_session, "utc_now", lambda: tomorrow)
    assert studio.ask("create_session", json=GOOD)[0] == 201


@pytest.mark.parametrize(
    ("quota", "most"), [("MAX_OPEN", 3), ("MAX_A_DAY", 3)], ids=["open at once", "begun on a day"]
)
def test_calls_at_the_same_moment_count_each_other(
    quota: str, most: int, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call reads what is open; before the first one writes, five others came through."""
    monkeypatch.setattr(rules, quota, most)
    whole, others = SessionTable.page, [studio] * 5
    answers: list[int] = []

    def slow(self: Any, *args: Any, **how: Any) -> Any:
        found = whole(self, *args, **how)
        while others:
            answers.append(others.pop().ask("create_session", json=GOOD)[0])
        return found

    monkeypatch.setattr(SessionTable, "page", slow)
    answers.append(studio.ask("create_session", json=GOOD)[0])
    assert sorted(answers) == [201] * most + [429] * (6 - most)


@pytest.mark.parametrize("row", [{"day": {"S": "x"}, "count": {"S": "many"}}, {"count": {"N": "3"}}, {}])
def test_a_count_that_cannot_be_read_stops_no_recording(
    row: dict[str, Any], studio: Studio, cloud: Cloud
) -> None:
    key = {"userId": {"S": OWNER}, "sessionId": {"S": "#begun"}}
    cloud.db.put_item(TableName=CHOSEN["SESSIONS_TABLE"], Item=key | row)
    studio.open()
    found = cloud.db.get_item(TableName=CHOSEN["SESSIONS_TABLE"], Key=key)["Item"]
    assert found["count"] == {"N": "1"}
    assert len(studio.ask("list_sessions")[1]["data"]) == 1
