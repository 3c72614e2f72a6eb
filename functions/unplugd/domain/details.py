"""What a song's file says of it beyond its name: kept in a table of its own, so that the row that is read and written
all the time stays small."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Details:
    """One row of the details table. Gains are decibels, peaks 1.0 = full scale (ReplayGain 2.0)."""

    album: str | None = None
    year: int | None = None
    genre: str | None = None
    isrc: str | None = None
    track_number: int | None = None
    track_total: int | None = None
    disc_number: int | None = None
    disc_total: int | None = None
    track_gain_db: float | None = None
    track_peak: float | None = None
    album_gain_db: float | None = None
    album_peak: float | None = None
    recording_id: str | None = None  # MusicBrainz ids: UUIDs
    release_track_id: str | None = None
    release_id: str | None = None
    release_group_id: str | None = None
    artist_id: str | None = None
    release_artist_id: str | None = None
    artwork_width: int | None = None  # of the picture in the file
    artwork_height: int | None = None
    read_at: str | None = None  # ISO 8601; None: not read yet


# The API field → the field of `Details`.
PLAIN = {
    "album": "album",
    "year": "year",
    "genre": "genre",
    "isrc": "isrc",
    "trackNumber": "track_number",
    "trackTotal": "track_total",
    "discNumber": "disc_number",
    "discTotal": "disc_total",
}
REPLAY_GAIN = {
    "trackGainDb": "track_gain_db",
    "trackPeak": "track_peak",
    "albumGainDb": "album_gain_db",
    "albumPeak": "album_peak",
}
MUSIC_BRAINZ = {
    "recordingId": "recording_id",
    "releaseTrackId": "release_track_id",
    "releaseId": "release_id",
    "releaseGroupId": "release_group_id",
    "artistId": "artist_id",
    "releaseArtistId": "release_artist_id",
}
ANNOTATIONS = {field.name: str(field.type).removesuffix(" | None") for field in fields(Details)}


def public(details: Details) -> dict[str, Any]:
    """The details as the API shows them, without the artwork's links. Every field is present; null is unknown."""

    def shown(names: dict[str, str]) -> dict[str, Any]:
        return {name: getattr(details, field) for name, field in names.items()}

    return {
        **shown(PLAIN),
        "replayGain": shown(REPLAY_GAIN),
        "musicBrainz": shown(MUSIC_BRAINZ),
        "readAt": details.read_at,
    }
