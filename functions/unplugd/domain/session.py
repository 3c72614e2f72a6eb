"""A recording session: what a person records in one go, and the windows it arrives in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class State(StrEnum):
    """Where a session is. Windows arrive while it is OPEN or CLOSED; then it is joined, once."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    JOINING = "JOINING"
    READY = "READY"
    FAILED = "FAILED"


class Mode(StrEnum):
    """What is recorded."""

    AUDIO_ONLY = "audio_only"
    AUDIO_VIDEO = "audio_video"


class Kind(StrEnum):
    """The files of a window."""

    AUDIO = "audio"
    FRAMES = "frames"


class Pitch(StrEnum):
    """Whether the pitch of a take is known. Only a take that was recorded along with a song has one."""

    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"


SAMPLE_RATES = (44_100, 48_000)  # Hz: what browsers record at
FORMATS: Mapping[str, int] = {"s16": 2, "s24": 3}  # sample format → bytes a sample
WINDOW_SECONDS: Mapping[int, int] = {
    1: 60,
    2: 30,
}  # channels → seconds: 60 s of stereo would exceed MAX_AUDIO_BYTES
MAX_AUDIO_BYTES = 10 * 1024 * 1024
MAX_FRAMES_BYTES = 10 * 1024 * 1024
MAX_FRAMES = 60  # a window's pictures, one a second
MAX_WINDOW = 599
MAX_MINUTES = 180
MAX_RECORDER_GAPS = 100  # of a take; a recorder with more joins neighbours
LINK_SECONDS = 300

ACCEPTS = frozenset({State.OPEN, State.CLOSED})


@dataclass(frozen=True)
class Begun:
    """How many sessions a person began, and on which day (ISO 8601, UTC). As it is stored: anything, or None."""

    day: Any = None
    count: Any = None

    def on(self, day: str) -> int:
        """How many on this day."""
        return int(self.count) if self.day == day and isinstance(self.count, int | Decimal) else 0


@dataclass(frozen=True)
class Waiting:
    """How many windows of each of a person's sessions may wait to be joined: session id → windows. `seen` tells one
    state of this list from all others; as it is stored: anything, or None."""

    windows: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    seen: Any = None

    @property
    def count(self) -> int:
        """How many in all."""
        return sum(self.windows.values())


@dataclass(frozen=True)
class Gap:
    """Silence in place of sound which is missing. `start` and `frames` count sample frames of the take."""

    start: int
    frames: int


class Why(StrEnum):
    """Why the recorder says that sound is missing: it was blanked or dropped, it never came, or the person paused."""

    MISSED = "missed"
    STALLED = "stalled"
    PAUSED = "paused"


@dataclass(frozen=True)
class RecorderGap:
    """Sound that the recorder knows to be missing, in sample frames of the take. From `start` on `frames` are silent or
    wrong. `lost` more were never recorded and have no place in the take."""

    start: int
    frames: int
    lost: int
    why: Why


@dataclass(frozen=True)
class Session:
    """A session as it is stored. Times are ISO 8601; the sets hold window indexes."""

    user_id: str
    session_id: str
    status: State
    started_at: str
    updated_at: str
    mode: Mode
    sample_rate: int
    channels: int
    sample_format: str
    window_seconds: int
    title: str | None = None
    song_id: str | None = None
    offset_ms: int = 0  # the place in its song, in ms, at which the take's first sample belongs
    audio: frozenset[int] = frozenset()
    frames: frozenset[int] = frozenset()
    granted: frozenset[int] = frozenset()  # windows that a link was given for
    triggered: frozenset[int] = frozenset()
    ingested: frozenset[int] = frozenset()
    failed: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))  # index → code
    windows: int | None = None  # how many there are, known once it is closed
    sample_frames: int | None = None  # recorded in all, known once it is closed
    gaps: tuple[Gap, ...] = ()
    recorder_gaps: tuple[RecorderGap, ...] = ()
    seq: int = 0
    joined_as: str | None = None  # the song that was made from it
    error_code: str | None = None
    pitch: Pitch | None = None
    pitch_tries: int = 0

    @property
    def known_windows(self) -> frozenset[int]:
        """The windows that a link was given for, or of which a file has arrived."""
        return self.granted | self.audio | self.frames

    @property
    def window_frames(self) -> int:
        """The sample frames of a whole window."""
        return self.window_seconds * self.sample_rate

    @property
    def last_window(self) -> int:
        """The last index that a session of MAX_MINUTES has."""
        return MAX_MINUTES * 60 // self.window_seconds - 1

    @property
    def bytes_a_sample(self) -> int:
        """Of one channel."""
        return FORMATS[self.sample_format]

    def is_ready(self, index: int) -> bool:
        """Whether all files of a window have arrived."""
        return index in self.audio and (self.mode is Mode.AUDIO_ONLY or index in self.frames)

    @property
    def settled(self) -> frozenset[int]:
        """The windows of which nothing more is to be done."""
        return self.ingested | frozenset(self.failed)

    @property
    def missing(self) -> list[int]:
        """The windows that a closed session waits for."""
        return [index for index in range(self.windows or 0) if index not in self.settled]
