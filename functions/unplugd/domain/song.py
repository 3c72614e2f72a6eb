"""A song: its states and the fields that are stored for it. Every room shares this noun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unplugd.kernel.clock import from_iso


class Status(StrEnum):
    """Where a song stands; the stored strings."""

    PENDING_UPLOAD = "PENDING_UPLOAD"
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class LyricsStatus(StrEnum):
    """Where a song's lyrics stand."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    READY = "READY"
    INSTRUMENTAL = "INSTRUMENTAL"
    FAILED = "FAILED"


STEMS = ("drums", "bass", "other", "vocals")
MODELS = frozenset({"auto", "htdemucs_ft", "htdemucs", "preview"})
LYRICS_MODELS = frozenset({"auto", "tiny", "base", "small", "medium", "large-v3-turbo", "align"})
# ISO 639 as Whisper takes it, or with subtags (pt-BR).
LANGUAGE_PATTERN = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"
LANGUAGE_SAYS = "must be a language code such as en, es or pt-BR"
# Below this share of a stage an extrapolation says more about start-up than about the song.
ETA_FROM_PERCENT = 5
MAX_TEXT = 200  # characters of a title or an artist


@dataclass(frozen=True)
class Song:
    """One row of the songs table. Times are ISO 8601 (UTC), durations seconds, sizes bytes, progress 0–100."""

    user_id: str
    song_id: str
    status: Status
    uploaded_at: str
    updated_at: str
    title: str | None = None
    artist: str | None = None
    language: str | None = None
    queued_at: str | None = None
    started_at: str | None = None
    stage_started_at: str | None = None
    completed_at: str | None = None
    duration_sec: float | None = None
    original_format: str | None = None
    content_type: str | None = None
    file_size_bytes: int | None = None
    s3_key: str | None = None
    stems_prefix: str | None = None
    lyrics_key: str | None = None
    model: str = "auto"
    lyrics_model: str = "auto"
    queue_position: int | None = None  # the place in line that the person was told last
    turn_at: str | None = None  # when another song of this person was started last, while this one waits
    attempt: int = 0
    recoveries: int = 0  # how often this run was put back in line because its execution had gone
    execution_arn: str | None = None
    stage: str | None = None
    progress: int | None = None
    part_progress: str | None = None  # of a song that is shared out: the same of each part, in order
    seq: int = 0
    error_code: str | None = None
    error_message: str | None = None
    lyrics_status: LyricsStatus | None = None
    lyrics_reason: str | None = None
    lyrics_version: int = 0  # of the person's layer; 0 without one
    lyrics_text_version: int = 0  # the version that brought the words the layer has; 0: those of the machine
    lyrics_run_version: int = 0  # the words that the last run took up, or that need none
    lyrics_layer_key: str | None = None  # where the person's layer lies in the output bucket
    lyrics_text_key: str | None = None  # the layer that brought the words
    lyrics_source: str | None = None  # the layer's: supplied or edited
    run_lyrics_source: str | None = None  # the last run's: transcribed or supplied (by the file's tags)
    lyrics_offset_ms: int = 0
    ttl: int | None = None

    @property
    def lyrics_only(self) -> bool:
        """Whether the run that waits or works is one for the lyrics alone: the stems are complete and stay so."""
        return self.status is Status.COMPLETED and self.lyrics_status in (
            LyricsStatus.QUEUED,
            LyricsStatus.PROCESSING,
        )

    @property
    def lyrics_outdated(self) -> bool:
        """Whether a person gave words that no run has timed, and nothing is on its way to do so."""
        fresh = self.lyrics_text_version == self.lyrics_run_version
        return self.status is Status.COMPLETED and not self.lyrics_only and not fresh

    @property
    def waits(self) -> bool:
        """Whether the song is in line."""
        return self.status is Status.QUEUED or (
            self.lyrics_only and self.lyrics_status is LyricsStatus.QUEUED
        )

    @property
    def runs(self) -> bool:
        """Whether an execution works on the song."""
        return self.status is Status.PROCESSING or (self.lyrics_only and not self.waits)


def eta_s(song: Song, now: datetime) -> int | None:
    """Seconds until the current stage ends, by its pace so far; None while that says nothing."""
    started = song.stage_started_at or song.started_at
    if not song.runs or not started or (song.progress or 0) < ETA_FROM_PERCENT:
        return None
    elapsed_s = max(0.0, (now - from_iso(started)).total_seconds())
    progress = song.progress or 0
    return round(elapsed_s * (100 - progress) / progress)
