"""Where files are stored: the prefixes of both buckets, every fixed file name, and how a key is parsed.

    uploads bucket   uploads/{userId}/{songId}/{fileName}     the original
    uploads bucket   sessions/{userId}/{sessionId}/window_{NNN}/audio.wav, frames.mjpeg   a window of a recording
    output bucket    output/{userId}/{songId}/{name}          everything made from a song
    output bucket    output/{userId}/{songId}/mix.mp3, artwork….webp   made when the file had arrived
    output bucket    output/{userId}/{songId}/lyrics/...      the versions of a person's own lyrics
    output bucket    output/{userId}/{songId}/edits/...       the versions of a person's changes to measurements
    output bucket    output/{userId}/{sessionId}/...          everything made from a recording

The user is in each key, so that one prefix holds all that a person owns, and another person's id never matches."""

from __future__ import annotations

import re
from typing import NamedTuple

from unplugd.kernel.ids import SONG_ID_PATTERN

UPLOADS, OUTPUT, SESSIONS = "uploads/", "output/", "sessions/"

MANIFEST = "manifest.json"
LYRICS = "lyrics.json"
TRANSCRIBED_LYRICS = (
    "lyrics.transcribed.json"  # what the machine recognised, kept by a run over a person's words
)
PEAKS = "peaks.json"
MEASUREMENTS = "measurements.json"
FAILURE = "failure.json"
TAKE, TAKE_MANIFEST = "take.flac", "take.json"  # a recording whose windows were joined
TAKE_PITCH = "take.pitch.json"  # what was sung in it, moment by moment
MIX = "mix.mp3"  # the whole song, to play while its stems are made
ARTWORK = {64: "artwork-64.webp", 512: "artwork.webp"}  # by the longer side, in pixels
STREAM_SUFFIX = "mp3"  # of the streamable encoding: docs/decisions/0003-streamable-encoding.md

# The metadata that ties an upload to its song. A link signs it, so that no other object can pass for the song's file.
SONG_METADATA = "songid"
SONG_HEADER = f"x-amz-meta-{SONG_METADATA}"
LINK_SECONDS = 900  # how long a presigned link works

_UPLOAD = re.compile(rf"uploads/([^/]+)/({SONG_ID_PATTERN})/([^/]+)\Z")
_UPLOAD_IN_TEXT = re.compile(rf"(uploads/[^/\s\"]+/{SONG_ID_PATTERN}/)[^\s\"]+")
# Three digits of ASCII: \d takes those of every script. An event names a key that anyone could have asked for.
_WINDOW = re.compile(
    rf"sessions/([^/]+)/({SONG_ID_PATTERN})/window_([0-5][0-9]{{2}})/(audio\.wav|frames\.mjpeg)\Z"
)
_WINDOW_FILES = {"audio": "audio.wav", "frames": "frames.mjpeg"}
_PERSON = re.compile(r"person-(\d+)-[0-9A-Za-z]+\.json\Z")


class UploadKey(NamedTuple):
    """The parts of an original's key."""

    user_id: str
    song_id: str
    file_name: str


class WindowKey(NamedTuple):
    """The parts of the key of a window's file. `window` is 0-599, `kind` is `audio` or `frames`."""

    user_id: str
    session_id: str
    window: int
    kind: str


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


def mix_key(user_id: str, song_id: str) -> str:
    """The key of the whole song as MP3, in the output bucket."""
    return f"{output_prefix(user_id, song_id)}{MIX}"


def artwork_key(user_id: str, song_id: str, pixels: int) -> str:
    """The key of a song's picture, in the output bucket; `pixels` is one of `ARTWORK`."""
    return f"{output_prefix(user_id, song_id)}{ARTWORK[pixels]}"


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


def session_prefix(user_id: str, session_id: str) -> str:
    """The prefix of the windows of a recording, in the uploads bucket."""
    return f"{SESSIONS}{user_id}/{session_id}/"


def window_key(user_id: str, session_id: str, index: int, kind: str) -> str:
    """The key of a window's file in the uploads bucket; `kind` is `audio` or `frames`."""
    return f"{session_prefix(user_id, session_id)}window_{index:03d}/{_WINDOW_FILES[kind]}"


def parse_window_key(key: str) -> WindowKey | None:
    """The parts of the key of a window's file (already URL-decoded); None for any other key."""
    parts = _WINDOW.match(key)
    if parts is None:
        return None
    user_id, session_id, index, name = parts.groups()
    return WindowKey(user_id, session_id, int(index), name.partition(".")[0])


def window_name(index: int, ending: str) -> str:
    """The file name of what was made from a window: `json` its figures, `flac` its sound, `mjpeg` its pictures."""
    return f"window_{index:03d}.{ending}"


def take_key(user_id: str, session_id: str) -> str:
    """The key of the joined recording, in the output bucket."""
    return f"{output_prefix(user_id, session_id)}{TAKE}"
