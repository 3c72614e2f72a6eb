"""A song: its states and the fields that are stored for it. Every room shares this noun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unplugd.domain import stems
from unplugd.domain.job import Job, job_of
from unplugd.domain.states import JobState
from unplugd.domain.states import LyricsStatus as LyricsStatus
from unplugd.domain.states import MeasureStatus as MeasureStatus
from unplugd.domain.states import Status as Status
from unplugd.kernel.clock import from_iso

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
    file_title: str | None = (
        None  # by the announced file's name: shown where neither a person nor a tag gave a title
    )
    file_name: str | None = (
        None  # as it was announced, without its path: GET /songs/lookup finds the song by it
    )
    album: str | None = None  # by a person or the file's tags
    year: int | None = None
    genre: str | None = None
    isrc: str | None = None  # the recording's code, by the file's tags
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
    stem_names: str | None = None  # in the manifest's order: `drums,bass`
    lyrics_key: str | None = None
    model: str = "auto"
    lyrics_model: str = "auto"
    queue_position: int | None = None  # the place in the queue that the owner was notified of last
    turn_at: str | None = None  # when another song of this person was started last, while this one waits
    attempt: int = 0
    recoveries: int = (
        0  # how often this run was put back in the queue because its execution had ended without a result
    )
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
    lyrics_layer_key: str | None = None  # the key of the person's layer in the output bucket
    lyrics_text_key: str | None = None  # the layer that brought the words
    lyrics_source: str | None = None  # the layer's: supplied or edited
    run_lyrics_source: str | None = None  # the last run's: transcribed or supplied (by the file's tags)
    lyrics_offset_ms: int = 0
    measured_at: str | None = None  # when measurements.json was last written
    engine_version: int = (
        0  # of the engine that measured it; 0 in rows that were written before there was a second
    )
    measure_status: MeasureStatus | None = None
    measure_row: str | None = (
        None  # the key of the row of the measure queue that asked for the last measuring
    )
    measure_execution: str | None = None  # the execution that this row was handed over to
    tempo_bpm: float | None = None  # as measured
    tempo_confidence: float | None = None  # 0–1
    music_key: str | None = None  # `Eb minor`
    key_confidence: float | None = None
    loudness_lufs: float | None = None
    own_tempo_bpm: float | None = None  # as a person says; a new measurement leaves it
    own_music_key: str | None = None
    own_loudness_lufs: float | None = None
    edits_version: int = 0  # of the person's changes to measurements; 0 without any
    edits_key: str | None = None  # their key in the output bucket
    sound_sha256: str | None = None  # of the decoded file, whatever its tags
    same_as: str | None = (
        None  # a song of this person with the same sound, until they say that they want both
    )
    mix_at: str | None = None  # when mix.mp3 was written
    details_at: str | None = None  # when the file's details were read; they are in a table of their own
    artwork_at: str | None = None  # when its pictures were written; None without any
    ttl: int | None = None

    @property
    def job(self) -> Job | None:
        """The job that waits or runs for the song."""
        return job_of(self)

    @property
    def shown_title(self) -> str | None:
        """The title, or what the file's name says."""
        return self.title or self.file_title

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems of a complete song."""
        return stems.from_text(self.stem_names)

    @property
    def waits(self) -> bool:
        """Whether a job of the song is in the queue."""
        return self.job is not None and self.job.state is JobState.QUEUED

    @property
    def runs(self) -> bool:
        """Whether an execution works on the song."""
        return self.job is not None and self.job.state is JobState.RUNNING

    @property
    def is_busy(self) -> bool:
        """Whether it has a job that does not give way to what its owner asks for."""
        return self.job is not None and not self.job.kind.in_background

    @property
    def measured_by(self) -> int:
        """The version of the engine that measured it; 0 if none did."""
        return max(self.engine_version, 1) if self.measured_at else 0

    @property
    def is_accepted(self) -> bool:
        """Whether its file was checked and taken."""
        refused = self.status is Status.FAILED and self.attempt == 0
        return self.status is not Status.PENDING_UPLOAD and not refused

    @property
    def lyrics_outdated(self) -> bool:
        """Whether a person gave words that no run has timed, and no job is on its way to do so."""
        fresh = self.lyrics_text_version == self.lyrics_run_version
        return self.status is Status.COMPLETED and not self.is_busy and not fresh


def eta_s(song: Song, now: datetime) -> int | None:
    """Seconds until the current stage ends, by its pace so far; None while that says nothing."""
    started = song.stage_started_at or song.started_at
    if not song.runs or not started or (song.progress or 0) < ETA_FROM_PERCENT:
        return None
    elapsed_s = max(0.0, (now - from_iso(started)).total_seconds())
    progress = song.progress or 0
    return round(elapsed_s * (100 - progress) / progress)
