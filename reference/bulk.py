"""The calls by which a client brings and takes whole libraries: their bodies and answers."""

from __future__ import annotations

from typing import Any

from reference.shapes import Schema, closed, nullable
from unplugd.domain.names import MAX_FILE_NAME
from unplugd.domain.song import MAX_TEXT
from unplugd.edge import fields
from unplugd.uploads.handlers._reading import FILES_AT_ONCE

# At least one character that is neither a control character nor white space.
NOT_BLANK = f"[^\\s{fields.UNPRINTABLE}]"
FILE_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_FILE_NAME, "pattern": NOT_BLANK}


def components(
    file: dict[str, Schema], link: Schema, song: dict[str, Schema], stems: Schema
) -> dict[str, Schema]:
    """Every named schema of this page. `file`: the fields that announce a file, `link`: what an upload link has."""
    download = {name: song[name] for name in ("songId", "title", "artist", "fileName", "status")}
    download |= {"mixUrl": {"type": ["string", "null"], "format": "uri"}, "stems": stems}
    text = nullable({"type": "string", "maxLength": MAX_TEXT})
    # Blank is none, as in every optional text.
    file_name = nullable({"type": "string", "maxLength": MAX_FILE_NAME})
    title = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": NOT_BLANK}
    return {
        "AnnouncedFile": closed(
            file,
            # All or none: an empty object is as no body.
            optional=tuple(file),
            dependentRequired={name: [other for other in file if other != name] for name in file},
            description="A placeholder needs it; for a file that was announced before, it takes its place.",
        ),
        "NewUploads": closed(
            {
                "files": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": FILES_AT_ONCE,
                    # Not the shape: one that is wrong gets its own result, and the others count.
                    "items": {"description": "bodies of `POST /songs/upload-url`"},
                }
            }
        ),
        "UploadLinks": _results({"status": {"const": 201}, **link["properties"]}),
        "FilesToImport": closed(
            {
                "files": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": FILES_AT_ONCE,
                    "items": {
                        "description": "objects with `fileName`, `s3Key` (in your folder of the uploads bucket) and "
                        "optionally `songId` (a ULID; else one is made)"
                    },
                }
            }
        ),
        "ImportedSongs": _results({"status": {"enum": [200, 201]}, "song": _ref("Song")}),
        "DownloadPage": closed(
            {
                "data": {"type": "array", "items": closed(download)},
                "urlsExpireAt": {"type": "string", "format": "date-time"},
                "nextCursor": {"type": ["string", "null"]},
            }
        ),
        "NewPlaceholder": closed(
            {"title": title, "artist": text, "fileName": file_name}, optional=("artist", "fileName")
        ),
        "SongsOfName": closed({"data": {"type": "array", "items": _ref("Song"), "minItems": 1}}),
        "ItemError": closed(
            {
                "status": {"type": "integer", "minimum": 400},
                "error": {"type": "string", "description": "As for the call for one."},
                "message": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
                "endsAt": {"type": "string", "format": "date-time"},
            },
            optional=("details", "endsAt"),
        ),
    }


def form(about: dict[str, Schema]) -> Schema:
    """A form with a file, and what is known of its song."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    text = {name: schema | {"type": "string"} for name, schema in about.items()}
    return closed({"file": file | {"description": "With its file name."}, **text}, optional=tuple(about))


def _results(done: dict[str, Schema]) -> Schema:
    items = {"oneOf": [closed(done), _ref("ItemError")]}
    return closed(
        {"data": {"type": "array", "items": items, "description": "In the order of what was asked for."}}
    )


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_FILE: dict[str, Any] = {
    "filename": "one-more-time.mp3",
    "contentType": "audio/mpeg",
    "sizeBytes": 1_540_321,
}
BODIES: dict[str, Any] = {
    "AnnouncedFile": _FILE,
    "NewUploads": {"files": [_FILE, {**_FILE, "filename": "and-again.mp3"}]},
    "FilesToImport": {
        "files": [
            {"fileName": "one-more-time.mp3", "s3Key": "uploads/11111111-1111-4111-8111-111111111111/a.mp3"}
        ]
    },
    "NewPlaceholder": {"title": "One More Time", "fileName": "one-more-time.mp3"},
}


def answer(name: str, song: dict[str, Any], link: dict[str, Any]) -> Any:
    """An answer of the schema `name`; None for a schema of another page."""
    full = "You have too many pending uploads. Send their files, or wait a day."
    return {
        "UploadLinks": {
            "data": [{"status": 201, **link}, {"status": 429, "error": "too_many", "message": full}]
        },
        "SongsOfName": {"data": [song]},
        "ImportedSongs": {
            "data": [
                {"status": 201, "song": song},
                {"status": 404, "error": "not_found", "message": "There is no such file in your folder."},
            ]
        },
        "DownloadPage": {
            "data": [
                {name: song[name] for name in ("songId", "title", "artist", "fileName", "status")}
                | {"mixUrl": link["uploadUrl"].replace("upload", "mix.mp3"), "stems": {}}
            ],
            "urlsExpireAt": "2026-01-31T08:35:00.000Z",
            "nextCursor": None,
        },
    }.get(name)
