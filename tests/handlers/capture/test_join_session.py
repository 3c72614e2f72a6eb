"""Joining the windows of a recording: to the sample, once, and with its gaps named."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, Cloud
from tests.handlers.capture.conftest import Studio, tone, wav
from unplugd.capture import sound
from unplugd.domain import session as limits
from unplugd.domain.files import output_prefix, take_key
from unplugd.domain.session import Session
from unplugd.kernel.errors import Transient


@pytest.fixture(autouse=True)
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 1,000 sample frames: a minute of each would only take time."""
    monkeypatch.setattr(Session, "window_frames", property(lambda _self: 1000))


def record(studio: Studio, parts: dict[int, bytes], windows: int, frames: int, **fields: Any) -> str:
    """A closed session with these windows, all of them read."""
    session = studio.open(**fields)
    width, channels = limits.FORMATS[fields.get("sampleFormat", "s16")], fields.get("channels", 1)
    for index, pcm in parts.items():
        studio.send(session, index, wav(pcm, width=width, channels=channels))
    studio.run()
    studio.ask("close_session", session, json={"windows": windows, "frames": frames})
    return session


@pytest.mark.parametrize(("form", "channels"), [("s16", 1), ("s16", 2), ("s24", 1), ("s24", 2)])
def test_the_take_is_what_was_recorded_to_the_bit(
    form: str, channels: int, studio: Studio, cloud: Cloud, tmp_path: Any, sent: Any
) -> None:
    cloud.connect("phone")
    width = limits.FORMATS[form]
    step = width * channels
    whole = tone(2_300, width=width, channels=channels)
    parts = {index: whole[index * 1000 * step : (index + 1) * 1000 * step] for index in (2, 0, 1)}
    session = record(studio, parts, 3, 2_300, sampleFormat=form, channels=channels)
    studio.run()
    manifest = studio.json(f"{output_prefix(OWNER, session)}take.json")
    assert manifest["sha256"] == hashlib.sha256(whole).hexdigest()
    assert (manifest["frames"], manifest["gaps"]) == (2_300, [])
    cloud.s3.download_file(CHOSEN["OUTPUT_BUCKET"], take_key(OWNER, session), str(tmp_path / "t.flac"))
    assert sound.flac_sha256(tmp_path / "t.flac", width=width) == manifest["sha256"]
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["gaps"]) == ("READY", [])
    assert "take.flac" in shown["takeUrl"]
    assert cloud.keys("UPLOADS_BUCKET") == []  # read back and equal: the windows are not needed any more
    assert sent[-1][1]["type"] == "SESSION_READY"


def test_missing_failed_and_short_windows_are_silence_and_gaps(studio: Studio) -> None:
    """Neighbouring gaps are one."""
    first, last = tone(1000, seed=1), tone(300, seed=2)
    session = record(studio, {0: first, 1: tone(1001), 3: tone(900, seed=3), 4: last}, 5, 4_300)
    studio.change(session, updatedAt={"S": "2026-01-01T00:00:00.000Z"})  # window 2 did not come for a day
    studio.started.append((CHOSEN["JOIN_FUNCTION"], {"sessionId": session, "userId": OWNER}))
    studio.run()
    manifest = studio.json(f"{output_prefix(OWNER, session)}take.json")
    assert manifest["gaps"] == [{"start": 1000, "frames": 2000}, {"start": 3900, "frames": 100}]
    whole = first + bytes(4000) + tone(900, seed=3) + bytes(200) + last
    assert manifest["sha256"] == hashlib.sha256(whole).hexdigest()
    assert studio.ask("get_session", session)[1]["gaps"] == manifest["gaps"]


def join_after_a_day(studio: Studio, session: str) -> Any:
    """The manifest of a closed session that was joined without waiting any longer."""
    studio.change(session, updatedAt={"S": "2026-01-01T00:00:00.000Z"})
    studio.started[:] = [(CHOSEN["JOIN_FUNCTION"], {"sessionId": session, "userId": OWNER})]
    studio.run()
    return studio.json(f"{output_prefix(OWNER, session)}take.json")


def test_sound_whose_pictures_never_came_is_in_the_take(studio: Studio, cloud: Cloud) -> None:
    """Its window was never read. The join deletes the windows, so what it leaves out would be lost."""
    whole = tone(1_500)
    session = record(studio, {0: whole[:2000], 1: whole[2000:]}, 2, 1_500, captureMode="audio_video")
    manifest = join_after_a_day(studio, session)
    assert (manifest["sha256"], manifest["gaps"]) == (hashlib.sha256(whole).hexdigest(), [])
    assert cloud.keys("UPLOADS_BUCKET") == []


def test_sound_whose_reading_always_died_is_in_the_take(studio: Studio) -> None:
    whole = tone(1_500)
    session = record(studio, {0: whole[:2000]}, 2, 1_500)
    studio.send(session, 1, wav(whole[2000:]))
    assert join_after_a_day(studio, session)["sha256"] == hashlib.sha256(whole).hexdigest()


def test_an_unread_window_that_cannot_be_read_is_a_gap(studio: Studio) -> None:
    session = record(studio, {0: tone(1000)}, 2, 1_500)
    studio.send(session, 1, b"no sound")
    assert join_after_a_day(studio, session)["gaps"] == [{"start": 1000, "frames": 500}]


def test_it_waits_for_windows_that_may_still_come(studio: Studio) -> None:
    session = record(studio, {0: tone(1000)}, 2, 1_500)
    studio.started.append((CHOSEN["JOIN_FUNCTION"], {"sessionId": session, "userId": OWNER}))
    studio.run()
    assert studio.ask("get_session", session)[1]["status"] == "CLOSED"


def test_two_calls_join_it_once(studio: Studio, cloud: Cloud, sent: Any) -> None:
    cloud.connect("phone")
    record(studio, {0: tone(500)}, 1, 500)
    studio.started *= 2
    assert studio.run() == ["join_session"] * 2
    assert [message["type"] for _, message in sent].count("SESSION_READY") == 1


def test_a_take_that_reads_back_differently_keeps_its_windows(
    studio: Studio, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = record(studio, {0: tone(500)}, 1, 500)
    monkeypatch.setattr(sound, "flac_sha256", lambda *_args, **_kwargs: "something else")
    with pytest.raises(Transient):
        studio.run()
    assert cloud.keys("UPLOADS_BUCKET") != []
    assert studio.ask("get_session", session)[1]["status"] == "JOINING"


def test_a_session_without_any_sound_fails_and_says_so(studio: Studio) -> None:
    session = record(studio, {0: b""}, 1, 500)
    studio.run()
    _, shown = studio.ask("get_session", session)
    assert (shown["status"], shown["errorCode"]) == ("FAILED", "EMPTY")
