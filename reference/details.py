"""The schema of a song's details."""

from __future__ import annotations

from typing import Any

from reference.shapes import Schema, closed, nullable
from unplugd.domain.details import ANNOTATIONS, MUSIC_BRAINZ, PLAIN, REPLAY_GAIN, Details, public
from unplugd.kernel.ids import SONG_ID_PATTERN

_TYPES = {"str": "string", "int": "integer", "float": "number"}
_LINK: Schema = {"type": "string", "format": "uri"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_ABOUT: dict[str, Schema] = {
    "isrc": {"description": "International Standard Recording Code, without hyphens."},
    "year": {"minimum": 1000, "maximum": 9999},
}


def _shown(names: dict[str, str]) -> dict[str, Schema]:
    return {
        name: {"type": [_TYPES[ANNOTATIONS[field]], "null"]} | _ABOUT.get(name, {})
        for name, field in names.items()
    }


def said() -> dict[str, Schema]:
    """What a file says, without the artwork's links."""
    return {
        **_shown(PLAIN),
        "replayGain": closed(
            _shown(REPLAY_GAIN), description="As the file's tags say; a peak of 1 is full scale."
        ),
        "musicBrainz": closed(_shown(MUSIC_BRAINZ), description="Ids of MusicBrainz, which are UUIDs."),
        "readAt": nullable(_TIME) | {"description": "Null until the file was read."},
    }


def components() -> dict[str, Schema]:
    """The named schemas."""
    size: Schema = {"type": ["integer", "null"], "minimum": 1}
    artwork = closed(
        {
            "smallUrl": _LINK | {"description": "WebP, 64 pixels on its longer side."},
            "largeUrl": _LINK
            | {"description": "WebP, 512 pixels on its longer side, or less if the file has less."},
            "width": size | {"description": "Of the picture in the file, like `height`."},
            "height": size,
        }
    )
    return {
        "Details": closed(
            {
                "songId": {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"},
                **said(),
                "artwork": nullable(artwork) | {"description": "Null without a picture that we can read."},
                "urlsExpireAt": _TIME,
            }
        ),
        "SaidDetails": closed(said(), description="What a song's file says of it."),
    }


def example() -> dict[str, Any]:
    """What an export says of a song."""
    return public(
        Details(
            album="Live at Home",
            year=2024,
            genre="Rock",
            track_number=3,
            track_total=11,
            track_gain_db=-7.25,
            track_peak=0.988,
            recording_id="f5d8c4a2-0d4b-4b6e-9c3e-5b8a1f0c7d21",
            artwork_width=1400,
            artwork_height=1400,
            read_at="2026-01-31T08:15:06.000Z",
        )
    )


def answer(name: str, signed: str) -> Any:
    """An answer of the schema `name`; None if it is of another room."""
    if name != "Details":
        return None
    return {
        "songId": "01J9ZQ4X5V8K2M3N4P5Q6R7S8T",
        **example(),
        "artwork": {
            "smallUrl": signed.format(name="artwork-64.webp"),
            "largeUrl": signed.format(name="artwork.webp"),
            "width": 1400,
            "height": 1400,
        },
        "urlsExpireAt": "2026-01-31T08:35:00.000Z",
    }
