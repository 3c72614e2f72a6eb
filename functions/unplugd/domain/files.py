"""Where files are stored: the prefixes of both buckets, every fixed file name, and how a key is parsed.

    uploads bucket   uploads/{userId}/{songId}/{fileName}     the original
    output bucket    output/{userId}/{songId}/{name}          everything made from a song
    output bucket    output/{userId}/{songId}/lyrics/...      the versions of a person's own lyrics
    output bucket    output/{userId}/{songId}/edits/...       the versions of a person's changes to measurements

The user is in each key, so that one prefix holds all that a person owns, and another person's id never matches."""

from __future__ import annotations

import re
from typing import NamedTuple

from unplugd.kernel.ids import SONG_ID_PATTERN

UPLOADS, OUTPUT = "uploads/", "output/"

MANIFEST = "manifest.json"
LYRICS = "lyrics.json"
TRANSCRIBED_LYRICS = (
    "lyrics.transcribed.json"  # what the machine recognised, kept by a run over a person's words
)
PEAKS = "peaks.json"
MEASUREMENTS = "measurements.json"
FAILURE = "failure.json"
STREAM_SUFFIX = "mp3"  # of the streamable encoding: docs/decisions/0003-streamable-encoding.md

LINK_SECONDS = 900  # how long a presigned link works

_UPLOAD = re.compile(rf"uploads/([^/]+)/({SONG_ID_PATTERN})/([^/]+)\Z")
_UPLOAD_IN_TEXT = re.compile(rf"(uploads/[^/\s\"]+/{SONG_ID_PATTERN}/)[^\s\"]+")
_PERSON = re.compile(r"person-(\d+)-[0-9A-Za-z]+\.json\Z")


class UploadKey(NamedTuple):
    """The parts of an original's key."""

    user_id: str
    song_id: str
    file_name: str


def user_uploads(user_id: str) -> str:
    """The prefix of all originals of a person, in the uploads bucket."""
    return f"{UPLOADS}{user_id}/"


def user_output(user_id: str) -> str:
    """The prefix of all results of a person, in the output bucket."""
    return f"{OUTPUT}{user_id}/"


def upload_prefix(user_id: str, song_id: str) -> str:
    """The prefix of a song's original in the uploads bucket."""
    return f"{user_uploads(user_id)}{song_id}/"


def upload_key(user_id: str, song_id: str, file_name: str) -> str:
    """The key of a song's original in the uploads bucket."""
    return f"{upload_prefix(user_id, song_id)}{file_name}"


def parse_upload_key(key: str) -> UploadKey | None:
    """The parts of an original's key (already URL-decoded); None for any other key."""
    parts = _UPLOAD.match(key)
    return UploadKey(*parts.groups()) if parts else None


def without_file_names(text: str) -> str:
    """`text` without the file names of the originals whose keys are in it, so that it may be logged."""
    return _UPLOAD_IN_TEXT.sub(r"\1…", text)


def output_prefix(user_id: str, song_id: str) -> str:
    """The prefix of everything made from a song, in the output bucket."""
    return f"{user_output(user_id)}{song_id}/"


def manifest_key(user_id: str, song_id: str) -> str:
    """The key of a song's manifest in the output bucket."""
    return f"{output_prefix(user_id, song_id)}{MANIFEST}"


def lyrics_key(user_id: str, song_id: str) -> str:
    """The key of the lyrics that the last run wrote, in the output bucket."""
    return f"{output_prefix(user_id, song_id)}{LYRICS}"


def wav_name(stem: str) -> str:
    """The file name of a stem."""
    return f"{stem}.wav"


def stream_name(stem: str) -> str:
    """The file name of a stem's streamable encoding."""
    return f"{stem}.{STREAM_SUFFIX}"


def layers_prefix(user_id: str, song_id: str) -> str:
    """The prefix of the versions of a person's own lyrics, in the output bucket."""
    return f"{output_prefix(user_id, song_id)}lyrics/"


def layer_key(user_id: str, song_id: str, version: int, unique: str) -> str:
    """The key of one version of a person's own lyrics. `unique` separates two that are written at the same time: one
    of them wins."""
    return f"{layers_prefix(user_id, song_id)}person-{version}-{unique}.json"


def person_version(key: str) -> int | None:
    """The version of a person's lyrics or changes that a key names; None for any other key."""
    version = _PERSON.match(key.rpartition("/")[2])
    return int(version[1]) if version else None


def measurements_key(user_id: str, song_id: str) -> str:
    """The key of what was measured of a song, in the output bucket."""
    return f"{output_prefix(user_id, song_id)}{MEASUREMENTS}"


def edits_prefix(user_id: str, song_id: str) -> str:
    """The prefix of the versions of a person's changes to measurements, in the output bucket."""
    return f"{output_prefix(user_id, song_id)}edits/"


def edits_key(user_id: str, song_id: str, version: int, unique: str) -> str:
    """The key of one version of a person's changes to measurements; `unique` as for lyrics."""
    return f"{edits_prefix(user_id, song_id)}person-{version}-{unique}.json"
