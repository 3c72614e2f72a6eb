"""What the API shows of a song to its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unplugd.domain import measurement, unreadable
from unplugd.domain.song import Song, Status, eta_s
from unplugd.domain.unreadable import UnreadableSong
from unplugd.kernel.clock import to_iso
from unplugd.kernel.ids import created_at

# The API field, and the field of `Song` that it shows.
PUBLIC = {
    "songId": "song_id",
    "title": "title",
    "artist": "artist",
    "fileName": "file_name",
    "album": "album",
    "year": "year",
    "genre": "genre",
    "isrc": "isrc",
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
    "measuredAt": "measured_at",
    "measureStatus": "measure_status",
    "tempoBpm": "tempo_bpm",
    "tempoConfidence": "tempo_confidence",
    "musicKey": "music_key",
    "keyConfidence": "key_confidence",
    "loudnessLufs": "loudness_lufs",
    "sameAs": "same_as",
    "mixAt": "mix_at",
    "detailsAt": "details_at",
    "artworkAt": "artwork_at",
}
# A person's own value comes first, and then what the machine thought of its own does not count.
_CONFIDENCES = {"tempoBpm": "tempoConfidence", "musicKey": "keyConfidence", "loudnessLufs": None}


# Of a song that cannot be read: what says which song it is. States and figures would mean nothing.
_SHOWN_UNREADABLE = (
    "title",
    "file_title",
    "artist",
    "file_name",
    "album",
    "year",
    "genre",
    "isrc",
    "language",
    "uploaded_at",
    "updated_at",
    "content_type",
    "original_format",
    "file_size_bytes",
)


def readable_part(song: UnreadableSong) -> Song:
    """A song with the readable values that say which song it is, and the defaults of all others."""
    known = {name: song.readable[name] for name in _SHOWN_UNREADABLE if name in song.readable}
    announced = to_iso(created_at(song.song_id))
    return Song(
        **{
            "user_id": song.user_id,
            "song_id": song.song_id,
            "status": Status.FAILED,
            "uploaded_at": announced,
            "updated_at": announced,
            **known,
        }
    )


def public_view(
    song: Song | UnreadableSong, *, now: datetime, queue_position: int | None = None
) -> dict[str, Any]:
    """The song as the API shows it to its owner. Every field is always present; an unknown value is null."""
    if isinstance(song, UnreadableSong):
        return public_view(readable_part(song), now=now) | {
            "status": unreadable.UNREADABLE,
            "errorCode": unreadable.UNREADABLE,
            "errorMessage": unreadable.MESSAGE,
        }
    view = {name: getattr(song, field) for name, field in PUBLIC.items()}
    view["title"] = song.shown_title
    view["lyricsSource"] = song.lyrics_source or song.run_lyrics_source
    for name, confidence in _CONFIDENCES.items():
        own = getattr(song, f"own_{PUBLIC[name]}")
        if own is not None:
            view[name] = own
            if confidence:
                view[confidence] = None
    view["camelot"] = measurement.camelot(view["musicKey"])
    return view | {"etaSec": eta_s(song, now), "queuePosition": queue_position}
