"""Requests and answers as JSON Schema. Names and limits are imported from the code, never repeated."""

from __future__ import annotations

import types
import typing
from enum import StrEnum
from typing import Any

from audiofile import CONTENT_TYPES, MAX_BYTES
from reference import bulk, capture, details, jobs, lyrics, measurement, practice
from reference.bulk import FILE_NAME
from reference.shapes import Schema, closed, nullable
from unplugd.domain import stems
from unplugd.domain.files import LINK_SECONDS, SONG_HEADER
from unplugd.domain.song import LANGUAGE_PATTERN, LYRICS_MODELS, MAX_TEXT, MODELS, Song, Status
from unplugd.domain.song_view import PUBLIC
from unplugd.domain.stages import STAGES
from unplugd.domain.unreadable import UNREADABLE
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.lyrics.model import Source
from unplugd.songs.rules import presets

SONG_ID: Schema = {
    "type": "string",
    "pattern": f"^{SONG_ID_PATTERN}$",
    "description": "A ULID: ids sort by the time of the upload request.",
}
TIME: Schema = {"type": "string", "format": "date-time"}
LINK: Schema = {"type": "string", "format": "uri"}

# What the field's name and type do not show.
_ABOUT: dict[str, Schema] = {
    "songId": SONG_ID,
    "fileName": {"description": "The announced file's, without its path."},
    "album": {"description": "A person's, else by the file's tags."},
    "year": {"minimum": 0, "maximum": 9999},
    "isrc": {"description": "International Standard Recording Code, without hyphens, by the file's tags."},
    "language": {"description": "ISO 639, with optional subtags. Null: detected during transcription."},
    "status": {
        "description": f"{UNREADABLE}: the stored record cannot be read. Such a song can be seen, exported and "
        "deleted; any other call answers 409."
    },
    "uploadedAt": TIME | {"description": "When the upload was requested."},
    "queuedAt": TIME,
    "startedAt": TIME,
    "completedAt": TIME,
    "durationSec": {"description": "Null until the file has been checked."},
    "originalFormat": {"description": "mp3, wav, m4a, flac, ogg or opus."},
    "model": {
        "description": "The separation model that was asked for; once the song is complete, the one that ran."
    },
    "lyricsModel": {"description": "As `model`, of the lyrics."},
    "attempt": {"minimum": 0, "description": "How many times processing was started."},
    "stage": {"enum": [stage.name for stage in STAGES]},
    "progress": {"minimum": 0, "maximum": 100, "description": "Percent of the stage."},
    "seq": {"minimum": 0, "description": "Grows with each change; WebSocket messages carry it too."},
    "errorCode": {"description": "Why it failed, for programs."},
    "errorMessage": {"description": "Why it failed, for people."},
    "lyricsSource": {
        "enum": [str(one) for one in Source],
        "description": "Whether the words were transcribed, given (by a person or the file's tags), or edited.",
    },
    "lyricsVersion": {
        "minimum": 0,
        "description": "Version of a person's lyrics; a change names the version that it is based on.",
    },
    "measuredAt": TIME | {"description": "When tempo, key and more were last measured."},
    "measureStatus": {
        "description": "Of the last measuring in the background; null when it ended well, or there was none."
    },
    "tempoBpm": {
        "description": "Beats a minute that hold for most of the song; a person's value comes first."
    },
    "tempoConfidence": {
        "minimum": 0,
        "maximum": 1,
        "description": "How sure the machine is of its tempo; null for a person's.",
    },
    "keyConfidence": {"minimum": 0, "maximum": 1, "description": "The same of the key."},
    "sameAs": SONG_ID
    | {"description": "Your song with the same sound, which was there before this one was uploaded."},
    "musicKey": {"description": "Such as `Eb minor`; a person's value comes first."},
    "loudnessLufs": {"description": "Integrated loudness (EBU R 128)."},
    "mixAt": TIME
    | {"description": "When the whole song became playable, before its stems. Null if it is not."},
    "detailsAt": TIME | {"description": "When the file's details were read; see GET …/details."},
    "artworkAt": TIME | {"description": "When its picture was made. Null without one."},
    "lyricsOffsetMs": {"description": "Milliseconds added to the times of the lyrics."},
}
_PRIMITIVES = {str: "string", int: "integer", float: "number"}


def _of_annotation(annotation: Any) -> Schema:
    if isinstance(annotation, types.UnionType):
        (inner,) = (one for one in typing.get_args(annotation) if one is not types.NoneType)
        return nullable(_of_annotation(inner))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return {"type": "string", "enum": [str(one) for one in annotation]}
    return {"type": _PRIMITIVES[annotation]}


def _song_properties() -> dict[str, Schema]:
    hints = typing.get_type_hints(Song)
    properties = {}
    for name, field in PUBLIC.items():
        by_type = _of_annotation(hints[field])
        about = _ABOUT.get(name, {})
        if "null" in by_type["type"] and "enum" in about:
            about = about | {"enum": [*about["enum"], None]}
        if name == "status":
            by_type = by_type | {"enum": [*by_type["enum"], UNREADABLE]}
        properties[name] = {**about, **by_type}
    properties["camelot"] = {
        "type": ["string", "null"],
        "pattern": "^(1[0-2]|[1-9])[AB]$",
        "description": "The key's place on the Camelot wheel.",
    }
    properties["etaSec"] = {
        "type": ["integer", "null"],
        "minimum": 0,
        "description": "Estimated seconds until the stage ends.",
    }
    properties["queuePosition"] = {
        "type": ["integer", "null"],
        "minimum": 1,
        "description": "Position in the queue while the song is QUEUED; only in answers about one song.",
    }
    return properties


def _finished_properties() -> dict[str, Schema]:
    stem = closed({"url": LINK, "streamUrl": LINK})
    return {
        "stems": {
            "type": "object",
            "propertyNames": {"pattern": f"^{stems.NAME_PATTERN}$"},
            "additionalProperties": stem,
            "minProperties": 1,
            "description": "Stem → links: `url` is the WAV, `streamUrl` a smaller copy. The model decides which "
            f"stems a song has; most have {', '.join(stems.DEFAULT)}.",
        },
        "peaksUrl": LINK,
        "lyricsUrl": LINK
        | {"description": "What the last run wrote; GET …/lyrics returns the current lyrics."},
        "manifestUrl": LINK | {"description": "Checksums of all files, to verify downloads."},
        "urlsExpireAt": TIME | {"description": f"The links work for {LINK_SECONDS} seconds."},
    }


def _changes() -> dict[str, Schema]:
    """The fields of a song that a person can set."""
    text = nullable({"type": "string", "maxLength": MAX_TEXT})
    return {
        "title": text,
        "artist": text,
        "language": nullable({"type": "string", "pattern": f"^{LANGUAGE_PATTERN}$"}),
    }


def _song_changes() -> dict[str, Schema]:
    text = nullable({"type": "string", "maxLength": MAX_TEXT})
    year = nullable({"type": "integer", "minimum": 0, "maximum": 9999})
    of_record: dict[str, Schema] = {"album": text, "year": year, "genre": text}
    return {
        **_changes(),
        **of_record,
        "sameAs": {"type": "null", "description": "Null: the person wants both songs."},
    }


def _choice(options: frozenset[str]) -> Schema:
    return nullable({"type": "string", "enum": sorted(options)}) | {"default": "auto"}


def components() -> dict[str, Schema]:
    """Every named schema."""
    song = _song_properties()
    open_status: Schema = {
        "type": "string",
        "enum": [str(one) for one in Status if one is not Status.COMPLETED] + [UNREADABLE],
    }
    picture: dict[str, Schema] = {
        "artworkUrl": LINK | {"description": "The small picture, if `artworkAt` is set: WebP, 64 pixels."}
    }
    early: dict[str, Schema] = {
        **picture,
        "mixUrl": LINK | {"description": "The whole song as MP3 of 320 kbit/s, if `mixAt` is set."},
        "urlsExpireAt": _finished_properties()["urlsExpireAt"],
    }
    finished: dict[str, Schema] = {
        **song,
        **_finished_properties(),
        "status": {"const": str(Status.COMPLETED)},
    }
    stored: dict[str, Schema] = {**song, "contentType": {"type": ["string", "null"]}, "updatedAt": TIME}
    file: dict[str, Schema] = {
        "filename": FILE_NAME,
        "contentType": {"type": "string", "enum": sorted(CONTENT_TYPES)},
        "sizeBytes": {"type": "integer", "minimum": 1, "maximum": MAX_BYTES},
    }
    link = closed(
        {
            "songId": SONG_ID,
            "uploadUrl": LINK | {"description": "PUT the file here, with `headers`, once."},
            "headers": closed(
                {"Content-Type": {"type": "string"}, "If-None-Match": {"const": "*"}, SONG_HEADER: SONG_ID},
                description="Bound by the link's signature, like the Content-Length (sizeBytes).",
            ),
            "expiresIn": {"const": LINK_SECONDS},
        }
    )
    new_upload: dict[str, Schema] = {
        **file,
        **_changes(),
        "model": _choice(MODELS),
        "lyricsModel": _choice(LYRICS_MODELS),
    }
    cursor = {
        "type": ["string", "null"],
        "description": "Send it to get the next page; null on the last page.",
    }
    said: Schema = {"oneOf": [_ref("SaidDetails"), {"type": "null"}]}
    volume = {"type": "number", "minimum": 0, "maximum": 1}
    exported: Schema = {
        "type": "object",
        "additionalProperties": LINK,
        "description": "File name → link; the original is under `original/`, a recording's windows under `windows/`.",
    }
    return {
        "Song": closed(song, description="Every field is always present; unknown values are null."),
        "ListedSong": closed({**song, **picture}, optional=tuple(picture)),
        "UnfinishedSong": closed(
            {**song, **early, "status": open_status},
            optional=tuple(early),
            description="A song whose stems are not there, with links to what is.",
        ),
        "FinishedSong": closed(
            {**early, **finished},
            optional=("artworkUrl", "mixUrl"),
            description="A completed song, with fresh links to its files.",
        ),
        "SongPage": closed({"data": _list(_ref("ListedSong")), "nextCursor": cursor}),
        "NewUpload": closed(new_upload, optional=tuple(name for name in new_upload if name not in file)),
        "SongChanges": closed(
            _song_changes(),
            optional=tuple(_song_changes()),
            description="Null clears a field; a missing field is not changed.",
        ),
        "UploadLink": link,
        "SongForm": bulk.form(
            {**_changes(), "model": _choice(MODELS), "lyricsModel": _choice(LYRICS_MODELS)}
        ),
        **bulk.components(file, link, song, _finished_properties()["stems"] | {"minProperties": 0}),
        **lyrics.components(),
        **measurement.components(),
        **jobs.components(),
        **capture.components(),
        **practice.components(),
        **details.components(),
        "Presets": closed(
            {
                "data": _list(
                    closed(
                        {
                            "id": {"type": "string", "enum": [one["id"] for one in presets()]},
                            "name": {"type": "string"},
                            "description": {"type": "string"},
                            "volumes": closed(
                                dict.fromkeys(stems.DEFAULT, volume),
                                description="A stem that is not named has the volume of `other`.",
                            ),
                        }
                    )
                )
            }
        ),
        "Usage": closed(
            {
                name: closed(
                    {
                        "used": {"type": "integer", "minimum": 0},
                        "limit": {"type": "integer", "minimum": 1},
                        "endsAt": TIME,
                    },
                    description=f"{what} (UTC); null is no limit. `endsAt`: when it resets.",
                )
                | {"type": ["object", "null"]}
                for name, what in (
                    ("songsToday", "Songs added today"),
                    ("minutesThisMonth", "Minutes of music processed this month, rounded up"),
                )
            }
        ),
        "AccountPage": closed(
            {
                "account": closed({"userId": {"type": "string"}, "email": {"type": ["string", "null"]}}),
                "data": _list(
                    {
                        "oneOf": [
                            closed({"song": closed(stored), "details": said, "files": exported}),
                            closed({"session": _ref("SessionSummary"), "files": exported}),
                        ]
                    }
                ),
                "measurements": _list({"type": "object"})
                | {
                    "description": "On the pages behind the last song: the measurements that were asked for, with "
                    "what an outside source answered, and the jobs that asked."
                },
                "practice": _list({"type": "object"})
                | {"description": "On the last pages: practice cards, the log of their answers, settings."},
                "urlsExpireAt": TIME,
                "nextCursor": cursor,
            }
        ),
        "Deleted": closed({"deleted": {"const": True}}),
        "Error": closed(
            {
                "error": {"type": "string", "description": "Stable code for programs."},
                "message": {"type": "string", "description": "One sentence a person can act on."},
                "details": _list(
                    closed(
                        {
                            "field": {"type": "string"},
                            "problem": {"type": "string"},
                            "current": {
                                "type": "integer",
                                "description": "The current version, if `version` was outdated.",
                            },
                        },
                        optional=("current",),
                    )
                ),
                "endsAt": {
                    "type": "string",
                    "format": "date-time",
                    "description": "With `quota_used`: when there is room again.",
                },
            },
            optional=("details", "endsAt"),
        ),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
