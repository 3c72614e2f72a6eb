"""What each room stores about a person. Export, deletion, the sweeper and docs/who-may.md read this list, and a test
compares it with the templates' tables and buckets and with the names that the web app stores under: a new store that is
missing here fails it (tests/contracts/test_personal_data.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from unplugd.domain import files

Bucket = Literal["uploads", "output"]
UPLOADS: Bucket = "uploads"
OUTPUT: Bucket = "output"


@dataclass(frozen=True)
class Rows:
    """Rows of a table. `table` is its resource in the templates, `owner` the attribute that holds the user id."""

    table: str
    owner: str
    what: str
    removed_by: str


@dataclass(frozen=True)
class Files:
    """Files of a bucket, in one folder per person and in it one per song.

    `exported_as`: the folder that an export puts them in. `skipped`: the folder that it leaves out."""

    bucket: Bucket
    root: str
    what: str
    exported_as: str = ""
    skipped: str | None = None

    def prefix(self, user_id: str, song_id: str | None = None) -> str:
        """The prefix of a song's files, or without `song_id` of everything that a person has here."""
        return f"{self.root}{user_id}/" + (f"{song_id}/" if song_id else "")


@dataclass(frozen=True)
class BrowserStore:
    """Something that the web app stores on a person's device, under this name or prefix."""

    kind: Literal["localStorage", "IndexedDB", "OPFS"]
    name: str
    what: str


@dataclass(frozen=True)
class Room:
    """What one room stores about a person."""

    name: str
    rows: tuple[Rows, ...] = ()
    files: tuple[Files, ...] = ()
    browser: tuple[BrowserStore, ...] = ()


_WITH_ACCOUNT = "DELETE /account"
ROOMS = (
    Room(
        "uploads",
        files=(Files(UPLOADS, files.UPLOADS, "the uploaded files", exported_as="original/"),),
        browser=(BrowserStore("IndexedDB", "unplugd.uploads", "files that are not sent yet"),),
    ),
    Room(
        "songs",
        rows=(
            Rows(
                "SongsTable",
                "userId",
                "songs, tombstones of deleted ones, and what was used of the quotas",
                _WITH_ACCOUNT,
            ),
        ),
        browser=(
            BrowserStore("localStorage", "unplugd.mix.", "the mixer's settings of a song"),
            BrowserStore("localStorage", "unplugd.layout", "whether songs are shown as a list or as covers"),
            BrowserStore("OPFS", "renderings", "a mix, for ten minutes after it was made"),
        ),
    ),
    Room(
        "processing",
        rows=(
            Rows("SlotsTable", "userId", "which song runs in which slot", "the end of the song's execution"),
        ),
        # Checkpoints are unfinished work: hundreds of files that are of no use to a person.
        files=(
            Files(
                OUTPUT,
                files.OUTPUT,
                "stems, the mix, pictures, lyrics and their versions",
                skipped="checkpoints/",
            ),
        ),
    ),
    Room(
        "details",
        rows=(
            Rows("SongDetailsTable", "userId", "what songs' files say: album, year, codes", _WITH_ACCOUNT),
        ),
    ),
    Room(
        "lyrics",
        browser=(BrowserStore("localStorage", "unplugd.lyricsDraft.", "lyrics that are not saved yet"),),
    ),
    Room(
        "measurement",
        rows=(
            Rows(
                "MeasureQueueTable",
                "userId",
                "requested measurements, and what an outside source answered",
                _WITH_ACCOUNT,
            ),
        ),
    ),
    Room(
        "realtime",
        rows=(Rows("ConnectionsTable", "userId", "open WebSocket connections", _WITH_ACCOUNT),),
    ),
    Room(
        "capture",
        rows=(
            Rows(
                "SessionsTable",
                "userId",
                "recordings and their windows, and how many were begun on a day",
                _WITH_ACCOUNT,
            ),
        ),
        files=(Files(UPLOADS, files.SESSIONS, "windows of recordings", exported_as="windows/"),),
        browser=(
            BrowserStore("IndexedDB", "unplugd.capture", "takes, and what of them is not sent yet"),
            BrowserStore("OPFS", "capture", "the sound of takes that is not sent yet"),
        ),
    ),
    Room(
        "practice",
        rows=(
            Rows("PracticeTable", "userId", "practice cards, the log of answers, settings", _WITH_ACCOUNT),
        ),
        browser=(
            BrowserStore("IndexedDB", "unplugd.practice", "answers that are not sent yet"),
            BrowserStore("localStorage", "unplugd.practice.", "where the last clips of a song began"),
        ),
    ),
    Room(
        "account",
        browser=(BrowserStore("localStorage", "unplugd.session", "e-mail address and refresh token"),),
    ),
)
# Tables, buckets and browser stores that hold nothing about a person, and why.
NOTHING_PERSONAL = {
    "WebBucket": "the web app's own files",
    "unplugd.theme": "light or dark, a setting of the device",
    "unplugd.melody": "whether the singing view shows the melody, a setting of the device",
    "unplugd.latency": "how late sound comes back through this device's microphones",
    "unplugd.evenLoudness": "whether songs are played equally loud, a setting of the device",
}


def all_rows() -> Iterator[Rows]:
    """The tables with rows about a person."""
    return (rows for room in ROOMS for rows in room.rows)


def all_files() -> Iterator[Files]:
    """The folders with files of a person."""
    return (folder for room in ROOMS for folder in room.files)


def all_browser_stores() -> Iterator[BrowserStore]:
    """What the web app stores on a person's device."""
    return (store for room in ROOMS for store in room.browser)
