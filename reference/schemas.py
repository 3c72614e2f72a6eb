"""The shapes that go in and out, as JSON Schema. Names and limits are the code's own, never written a second time."""

from __future__ import annotations

import types
import typing
from enum import StrEnum
from typing import Any

from reference import lyrics
from reference.shapes import Schema, closed, nullable
from unplugd.domain.files import LINK_SECONDS
from unplugd.domain.song import LANGUAGE_PATTERN, LYRICS_MODELS, MAX_TEXT, MODELS, STEMS, Song, Status
from unplugd.domain.song_view import PUBLIC
from unplugd.edge import fields
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.lyrics.model import Source
from unplugd.songs.rules import presets
from unplugd.uploads.handlers.create_upload import MAX_FILE_NAME
from unplugd.uploads.rules import CONTENT_TYPES, MAX_BYTES

SONG_ID: Schema = {
    "type": "string",
    "pattern": f"^{SONG_ID_PATTERN}$",
    "description": "A ULID: ids sort by the moment of announcing.",
}
TIME: Schema = {"type": "string", "format": "date-time"}
LINK: Schema = {"type": "string", "format": "uri"}
# Something that is left when control characters and white space are taken away.
NOT_BLANK = f"[^\\s{fields.UNPRINTABLE}]"

# What the field's name and type do not say.
_ABOUT: dict[str, Schema] = {
    "songId": SONG_ID,
    "language": {"description": "ISO 639, perhaps with subtags. Null: found out while transcribing."},
    "uploadedAt": TIME | {"description": "When the upload was announced."},
    "queuedAt": TIME,
    "startedAt": TIME,
    "completedAt": TIME,
    "durationSec": {"description": "Known once the file has been checked."},
    "originalFormat": {"description": "mp3, wav, m4a, flac, ogg or opus."},
    "model": {"enum": sorted(MODELS)},
    "lyricsModel": {"enum": sorted(LYRICS_MODELS)},
    "attempt": {"minimum": 0, "description": "How often processing was started."},
    "stage": {"enum": ["demucs", "whisper"]},
    "progress": {"minimum": 0, "maximum": 100, "description": "Percent of the stage."},
    "seq": {"minimum": 0, "description": "Grows with each change; WebSocket messages carry it too."},
    "errorCode": {"description": "Why it failed, for programs."},
    "errorMessage": {"description": "Why it failed, for people."},
    "lyricsSource": {
        "enum": [str(one) for one in Source],
        "description": "Whether the words were heard, given (by a person or the file's tags), or edited.",
    },
    "lyricsVersion": {
        "minimum": 0,
        "description": "Of what a person gave; a change names the one it is based on.",
    },
    "lyricsOffsetMs": {"description": "How much later the lyrics are shown than their times say."},
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
        properties[name] = {**about, **by_type}
    properties["etaSec"] = {
        "type": ["integer", "null"],
        "minimum": 0,
        "description": "Seconds until the stage ends, by its pace so far.",
    }
    properties["queuePosition"] = {
        "type": ["integer", "null"],
        "minimum": 1,
        "description": "Its place in the line, while it waits; told by the calls for one song.",
    }
    return properties


def _finished_properties() -> dict[str, Schema]:
    stem = closed({"url": LINK, "streamUrl": LINK})
    return {
        "stems": closed(
            dict.fromkeys(STEMS, stem), description="`url` is the WAV, `streamUrl` a lighter copy."
        ),
        "peaksUrl": LINK,
        "lyricsUrl": LINK | {"description": "What the last run wrote; GET …/lyrics gives what is current."},
        "manifestUrl": LINK | {"description": "Checksums of everything, to check what was downloaded."},
        "urlsExpireAt": TIME | {"description": f"The links work for {LINK_SECONDS} seconds."},
    }


def _changes() -> dict[str, Schema]:
    """What a person may say of a song, now or later."""
    text = nullable({"type": "string", "maxLength": MAX_TEXT})
    return {
        "title": text,
        "artist": text,
        "language": nullable({"type": "string", "pattern": f"^{LANGUAGE_PATTERN}$"}),
    }


def _choice(options: frozenset[str]) -> Schema:
    return nullable({"type": "string", "enum": sorted(options)}) | {"default": "auto"}


def components() -> dict[str, Schema]:
    """Every named schema."""
    song = _song_properties()
    open_status: Schema = {
        "type": "string",
        "enum": [str(one) for one in Status if one is not Status.COMPLETED],
    }
    finished: dict[str, Schema] = {
        **song,
        **_finished_properties(),
        "status": {"const": str(Status.COMPLETED)},
    }
    stored: dict[str, Schema] = {**song, "contentType": {"type": ["string", "null"]}, "updatedAt": TIME}
    new_upload: dict[str, Schema] = {
        "filename": {"type": "string", "minLength": 1, "maxLength": MAX_FILE_NAME, "pattern": NOT_BLANK},
        "contentType": {"type": "string", "enum": sorted(CONTENT_TYPES)},
        "sizeBytes": {"type": "integer", "minimum": 1, "maximum": MAX_BYTES},
        **_changes(),
        "model": _choice(MODELS),
        "lyricsModel": _choice(LYRICS_MODELS),
    }
    cursor = {"type": ["string", "null"], "description": "Ask for the next page with it; null on the last."}
    volume = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "Song": closed(song, description="Every field is always there; what is not known is null."),
        "UnfinishedSong": closed({**song, "status": open_status}),
        "FinishedSong": closed(finished, description="A completed song, with fresh links to its files."),
        "SongPage": closed({"data": _list(_ref("Song")), "nextCursor": cursor}),
        "NewUpload": closed(
            new_upload, optional=tuple(name for name in new_upload if name not in _REQUIRED_OF_UPLOAD)
        ),
        "SongChanges": closed(
            _changes(), optional=tuple(_changes()), description="Null clears a field; one not sent stays."
        ),
        "UploadLink": closed(
            {
                "songId": SONG_ID,
                "uploadUrl": LINK | {"description": "PUT the file here, with `headers`, once."},
                "headers": closed(
                    {"Content-Type": {"type": "string"}, "If-None-Match": {"const": "*"}},
                    description="Bound by the link's signature, as is the Content-Length (sizeBytes).",
                ),
                "expiresIn": {"const": LINK_SECONDS},
            }
        ),
        **lyrics.components(),
        "Presets": closed(
            {
                "data": _list(
                    closed(
                        {
                            "id": {"type": "string", "enum": [one["id"] for one in presets()]},
                            "name": {"type": "string"},
                            "description": {"type": "string"},
                            "volumes": closed(dict.fromkeys(STEMS, volume)),
                        }
                    )
                )
            }
        ),
        "AccountPage": closed(
            {
                "account": closed({"userId": {"type": "string"}, "email": {"type": ["string", "null"]}}),
                "data": _list(
                    closed(
                        {
                            "song": closed(stored),
                            "files": {
                                "type": "object",
                                "additionalProperties": LINK,
                                "description": "File name → link; what was uploaded is under `original/`.",
                            },
                        }
                    )
                ),
                "urlsExpireAt": TIME,
                "nextCursor": cursor,
            }
        ),
        "Deleted": closed({"deleted": {"const": True}}),
        "Error": closed(
            {
                "error": {"type": "string", "description": "Stable, for programs."},
                "message": {"type": "string", "description": "One sentence a person can act on."},
                "details": _list(
                    closed(
                        {
                            "field": {"type": "string"},
                            "problem": {"type": "string"},
                            "current": {
                                "type": "integer",
                                "description": "The current version, where that is it.",
                            },
                        },
                        optional=("current",),
                    )
                ),
            },
            optional=("details",),
        ),
    }


_REQUIRED_OF_UPLOAD = ("filename", "contentType", "sizeBytes")


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
