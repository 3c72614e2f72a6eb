"""The stored states of a song, of its lyrics, and of the jobs that change them."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The state of a song; the stored strings."""

    PENDING_UPLOAD = "PENDING_UPLOAD"
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class LyricsStatus(StrEnum):
    """The state of a song's lyrics."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    READY = "READY"
    INSTRUMENTAL = "INSTRUMENTAL"
    FAILED = "FAILED"


class MeasureStatus(StrEnum):
    """The state of measuring a complete song; none while nothing is to be done."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class JobState(StrEnum):
    """The state of a job, as the field that its kind names stores it. Any other value there means: no such job."""

    QUEUED = "QUEUED"
    RUNNING = "PROCESSING"
