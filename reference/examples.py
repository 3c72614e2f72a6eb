"""Examples, made by the code that makes the answers, so that they look like them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reference import bulk, capture, details, jobs, measurement, practice
from unplugd.domain.files import LINK_SECONDS, SONG_HEADER, STREAM_SUFFIX
from unplugd.domain.measurement import MEASURES
from unplugd.domain.song import LyricsStatus, Song, Status
from unplugd.domain.song_view import public_view
from unplugd.kernel.clock import to_iso
from unplugd.lyrics.model import Line, Source, Word
from unplugd.lyrics.view import View
from unplugd.songs import rules

NOW = datetime(2026, 1, 31, 8, 20, tzinfo=UTC)
SONG_ID = "01J9ZQ4X5V8K2M3N4P5Q6R7S8T"
_SIGNED = "https://storage.example/{name}?X-Amz-Signature=…"

BODIES: dict[str, Any] = {
    **capture.BODIES,
    **bulk.BODIES,
    **practice.BODIES,
    "NewUpload": {
        "filename": "one-more-time.mp3",
        "contentType": "audio/mpeg",
        "sizeBytes": 1_540_321,
        "title": "One More Time",
    },
    "LyricsChange": {"version": 0, "format": "lrc", "text": "[00:12.00]One more time\n[00:15.50]and again"},
    "MeasurementChange": {"value": {"tonic": "A", "mode": "minor"}},
    "NewMeasurementJob": {"scope": {"library": True}, "source": "current"},
    "SongChanges": {"artist": "Unplugd Demo Band", "language": "en"},
}


def song(**fields: Any) -> Song:
    """A song at work, changed by `fields`."""
    stored: dict[str, Any] = {
        "user_id": "11111111-1111-4111-8111-111111111111",
        "song_id": SONG_ID,
        "status": Status.PROCESSING,
        "title": "One More Time",
        "artist": "Unplugd Demo Band",
        "uploaded_at": "2026-01-31T08:15:00.000Z",
        "updated_at": "2026-01-31T08:16:00.000Z",
        "queued_at": "2026-01-31T08:15:04.000Z",
        "started_at": "2026-01-31T08:15:05.000Z",
        "stage_started_at": "2026-01-31T08:15:10.000Z",
        "duration_sec": 38.4,
        "original_format": "mp3",
        "content_type": "audio/mpeg",
        "file_size_bytes": 1_540_321,
        "attempt": 1,
        "stage": "demucs",
        "progress": 42,
        "seq": 12,
    }
    return Song(**{**stored, **fields})


def _finished() -> dict[str, Any]:
    done = song(
        status=Status.COMPLETED,
        completed_at=to_iso(NOW),
        stage=None,
        progress=None,
        seq=40,
        lyrics_status=LyricsStatus.READY,
    )
    return public_view(done, now=NOW) | {
        "stems": {
            stem: {
                "url": _SIGNED.format(name=f"{stem}.wav"),
                "streamUrl": _SIGNED.format(name=f"{stem}.{STREAM_SUFFIX}"),
            }
            for stem in done.stems
        },
        "peaksUrl": _SIGNED.format(name="peaks.json"),
        "lyricsUrl": _SIGNED.format(name="lyrics.json"),
        "manifestUrl": _SIGNED.format(name="manifest.json"),
        "urlsExpireAt": "2026-01-31T08:35:00.000Z",
    }


def _lyrics() -> dict[str, Any]:
    words = (
        Word("One", 12.0, 12.4, {"probability": 0.93}),
        Word("more", 12.4, 12.9),
        Word("time", 12.9, 13.8),
    )
    line = Line("One more time", 12.0, 13.8, words)
    return View(SONG_ID, None, None, 1, Source.SUPPLIED, (line,), language="en", offset_ms=-120).to_json()


def answer(name: str) -> Any:
    """An answer of the schema `name`."""
    at_work = public_view(song(), now=NOW)
    link = {
        "songId": SONG_ID,
        "uploadUrl": _SIGNED.format(name="upload"),
        "headers": {"Content-Type": "audio/mpeg", "If-None-Match": "*", SONG_HEADER: SONG_ID},
        "expiresIn": LINK_SECONDS,
    }
    if of_bulk := bulk.answer(name, at_work, link):
        return of_bulk
    for room in (capture, practice, details):
        if of_room := room.answer(name, _SIGNED):
            return of_room
    return {
        "Song": at_work,
        "UnfinishedSong | FinishedSong": _finished(),
        "SongPage": {"data": [at_work], "nextCursor": None},
        "Deleted": {"deleted": True},
        "Lyrics": _lyrics(),
        "Measurements": {
            "songId": SONG_ID,
            "measuredAt": to_iso(NOW),
            "measures": dict.fromkeys(MEASURES) | {"key": measurement.example()},
        },
        "Measurement": {"songId": SONG_ID, "measure": "key", "measured": measurement.example()},
        "NewCurrentJob | NewHistoricalJob": jobs.new_example(),
        "Job": jobs.example(),
        "Presets": {"data": rules.presets()},
        "UploadLink": link,
        "Usage": {
            "songsToday": {"used": 3, "limit": 50, "endsAt": "2026-02-01T00:00:00.000Z"},
            "minutesThisMonth": {"used": 41, "limit": 300, "endsAt": "2026-02-01T00:00:00.000Z"},
        },
        "AccountPage": {
            "account": {"userId": song().user_id, "email": "singer@example.com"},
            "data": [
                {
                    "song": at_work | {"contentType": "audio/mpeg", "updatedAt": song().updated_at},
                    "details": details.example(),
                    "files": {"original/one-more-time.mp3": _SIGNED.format(name="one-more-time.mp3")},
                }
            ],
            "measurements": [],
            "practice": [],
            "urlsExpireAt": "2026-01-31T08:35:00.000Z",
            "nextCursor": None,
        },
    }[name]
