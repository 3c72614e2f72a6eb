"""Reading a window: strictly, and the same each time."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from tests.cloud import CHOSEN, OWNER, Cloud
from tests.handlers.capture.conftest import MINUTE, RATE, Studio, tone, wav
from unplugd.capture import sound
from unplugd.domain.files import output_prefix


@pytest.mark.parametrize(("width", "form"), [(2, "s16"), (3, "s24")])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_stored_is_the_windows_sound_to_the_bit(
    width: int, form: str, channels: int, studio: Studio, cloud: Cloud, tmp_path: Any
) -> None:
    pcm = tone(30_000, width=width, channels=channels)
    session = studio.open(sampleFormat=form, channels=channels)
    studio.send(session, 0, wav(pcm, width=width, channels=channels))
    studio.run()
    prefix = output_prefix(OWNER, session)
    figures = studio.json(f"{prefix}window_000.json")
    assert figures["sha256"] == hashlib.sha256(pcm).hexdigest()
    assert (figures["frames"], figures["silent"], figures["windowIndex"]) == (30_000, False, 0)
    cloud.s3.download_file(CHOSEN["OUTPUT_BUCKET"], f"{prefix}window_000.flac", str(tmp_path / "w.flac"))
    assert sound.flac_sha256(tmp_path / "w.flac", width=width) == figures["sha256"]
    assert studio.windows(session, "ingestedWindows") == [0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_wav"),
        (b"RIFF\x00\x00\x00\x00WAVE", "not_wav"),
        (b"ID3 an mp3", "not_wav"),
        (wav(tone(100), rate=48_000), "wrong_format"),
        (wav(tone(100, channels=2), channels=2), "wrong_format"),
        (wav(tone(100, width=3), width=3), "wrong_format"),
        (wav(tone(100))[:-10], "truncated"),
        (wav(b""), "empty"),
        (wav(tone(MINUTE + 1)), "too_long"),
    ],
)
def test_a_bad_window_fails_alone(content: bytes, code: str, studio: Studio) -> None:
    session = studio.open()
    studio.send(session, 0, content)
    studio.send(session, 1, wav(tone(100)))
    studio.run()
    _, shown = studio.ask("get_session", session)
    assert shown["failed"] == [{"windowIndex": 0, "code": code}]
    assert (shown["status"], shown["ingested"]) == ("OPEN", [1])


def test_reading_it_twice_gives_the_same_files_and_one_row(studio: Studio, cloud: Cloud, sent: Any) -> None:
    cloud.connect("phone")
    session = studio.open()
    studio.send(session, 0, wav(tone(1000)))
    (call,) = studio.started
    studio.run()
    before = {
        key: cloud.s3.head_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key)["ETag"]
        for key in cloud.keys("OUTPUT_BUCKET")
    }
    row = studio.row(session)
    studio.started.append(call)
    studio.run()
    assert studio.row(session) == row
    assert before == {
        key: cloud.s3.head_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key)["ETag"]
        for key in cloud.keys("OUTPUT_BUCKET")
    }
    assert [message["type"] for _, message in sent] == ["WINDOW_INGESTED"]
    assert sent[0][1] | {"seq": 0} == {
        "type": "WINDOW_INGESTED",
        "subject": {"kind": "session", "id": session},
        "sessionId": session,
        "windowIndex": 0,
        "seq": 0,
    }


def test_the_last_window_of_a_closed_session_starts_the_join(studio: Studio) -> None:
    session = studio.open()
    studio.ask("close_session", session, json={"windows": 1, "frames": 1000})
    studio.send(session, 0, wav(tone(1000)))
    assert studio.run() == ["ingest_window", "join_session"]


def test_a_session_or_file_that_has_gone_is_no_fault(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    key = studio.send(session, 0, wav(tone(1000)))
    (call,) = studio.started
    cloud.s3.delete_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key)
    studio.run()
    assert studio.windows(session, "ingestedWindows") == []
    studio.ask("delete_session", session)
    studio.started.append(call)
    studio.run()
    assert cloud.keys("OUTPUT_BUCKET") == []


def test_figures_of_silence_and_of_clipping() -> None:
    quiet = sound.figures(bytes(882), sample_rate=44_100, channels=1, width=2)
    assert (quiet["silent"], quiet["peakDb"], quiet["clipped"], quiet["peaks"]) == (True, None, 0, [0])
    loud = sound.figures(b"\xff\x7f" * 10 + b"\x00\x80" * 5, sample_rate=44_100, channels=1, width=2)
    assert (loud["silent"], loud["clipped"], loud["peaks"]) == (False, 15, [255])


@pytest.mark.parametrize(
    ("width", "channels", "lufs"), [(2, 1, -23.01), (2, 2, -20.0), (3, 1, -23.01), (3, 2, -20.0)]
)
def test_the_loudness_of_a_window_is_that_of_the_standard(width: int, channels: int, lufs: float) -> None:
    """EBU Tech 3341: a sine of 997 Hz at -20 dBFS has -20 LUFS in both channels, and 3 less in one."""
    full = 2 ** (8 * width - 1) - 1
    sine = np.rint(0.1 * full * np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE)).astype("<i4")
    pcm = np.repeat(sine, channels).view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
    found = sound.figures(pcm, sample_rate=RATE, channels=channels, width=width)
    assert found["loudnessLufs"] == pytest.approx(lufs, abs=0.05)


@pytest.mark.parametrize("frames", [1, 5000, 3 * RATE])
def test_silence_and_a_moment_have_no_loudness(frames: int) -> None:
    assert sound.figures(bytes(2 * frames), sample_rate=RATE, channels=1, width=2)["loudnessLufs"] is None


def test_a_windows_pictures_outlive_the_join(studio: Studio, cloud: Cloud) -> None:
    pictures = b"\xff\xd8one\xff\xd9\xff\xd8two\xff\xd9"
    session = studio.open(captureMode="audio_video")
    studio.send(session, 0, wav(tone(100)))
    studio.send(session, 0, pictures, "frames", Metadata={"frame-count": "2"})
    studio.ask("close_session", session, json={"windows": 1, "frames": 100})
    studio.run()
    _, shown = studio.ask("get_session", session)
    assert shown["status"] == "READY"
    key = f"{output_prefix(OWNER, session)}window_000.mjpeg"
    assert cloud.s3.get_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key)["Body"].read() == pictures
    assert key in shown["links"][0]["framesUrl"]


def test_a_window_without_pictures_has_no_link_to_any(studio: Studio) -> None:
    session = studio.open()
    studio.send(session, 0, wav(tone(100)))
    studio.run()
    assert studio.ask("get_session", session)[1]["links"][0]["framesUrl"] is None
