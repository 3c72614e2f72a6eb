"""What the API shows of a song to its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unplugd.domain.song import Song, eta_s

# The API field, and the field of `Song` that it shows.
PUBLIC = {
    "songId": "song_id",
    "title": "title",
    "artist": "artist",
    "language": "language",
    "status": "status",
    "uploadedAt": "uploaded_at",
    "queuedAt": "queued_at",
    "startedAt": "started_at",
    "completedAt": "completed_at",
    "durationSec": "duration_sec",
    "originalFormat": "original_format",
    "fileSizeBytes": "file_size_bytes",
    "model": "model",
    "lyricsModel": "lyrics_model",
    "attempt": "attempt",
    "stage": "stage",
    "progress": "progress",
    "seq": "seq",
    "errorCode": "error_code",
    "errorMessage": "error_message",
    "lyricsStatus": "lyrics_status",
    "lyricsReason": "lyrics_reason",
    "lyricsSource": "lyrics_source",
    "lyricsVersion": "lyrics_version",
    "lyricsOffsetMs": "lyrics_offset_ms",
}


def public_view(song: Song, *, now: datetime, queue_position: int | None = None) -> dict[str, Any]:
    """The song as the API shows it to its owner. Every field is always present; an unknown value is null."""
    view = {name: getattr(song, field) for name, field in PUBLIC.items()}
    view["lyricsSource"] = song.lyrics_source or song.run_lyrics_source
    return view | {"etaSec": eta_s(song, now), "queuePosition": queue_position}
