"""A job: one run of work on a song, from the queue to its end; and the registry of the kinds of jobs.

A song has at most one job at a time, because its row holds one attempt and one execution. The row says which: each kind
names the field of `Song` that holds the state of its jobs. To add a kind, add that field and an entry in KINDS; the
queue, the starter, progress, failure and retry then work for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from unplugd.domain.states import JobState, LyricsStatus, MeasureStatus, Status

if TYPE_CHECKING:
    from unplugd.domain.song import Song

Changes = dict[str, Any]  # field of `Song` → its new value; None removes it

LEFT_QUEUE: Mapping[str, Any] = {"queue_position": None, "turn_at": None}
# What a row keeps of an attempt, and loses when the next one begins.
NEXT_ATTEMPT: Mapping[str, Any] = {
    "started_at": None,
    "stage_started_at": None,
    "stage": None,
    "progress": None,
    "part_progress": None,
    "execution_arn": None,
    "error_code": None,
    "error_message": None,
    **LEFT_QUEUE,
}


def _nothing(_song: Song) -> Changes:
    return {}


def _never(_song: Song) -> bool:
    return False


@dataclass(frozen=True)
class Kind:
    """A kind of job, and what its steps write.

    `state_field`: the field of `Song` with the state of such jobs: a `JobState`, FAILED, or any value of its own.
    `requires`: fields of the song, and the values that they have as long as such a job exists.
    `execution_input`: what the state machine is given in addition to the song.
    `keeps_results`: whether files that lack in the manifest outlive a failure.
    `in_background`: nobody waits for it. It waits behind every song, runs in a slot of its own, and gives way when its
    song needs a job of another kind.
    `at_cancel`: what a person's cancel writes; None where they cannot cancel it."""

    name: str
    state_field: str
    requires: Mapping[str, Any] = field(default_factory=dict)
    execution_input: Mapping[str, Any] = field(default_factory=dict)
    keeps_results: bool = True
    in_background: bool = False
    at_queue: Mapping[str, Any] = field(default_factory=dict)
    at_start: Callable[[Song], Changes] = _nothing
    at_completion: Callable[[str], Changes] = lambda _now: {}  # of the time (ISO 8601)
    at_failure: Callable[[str, str], Changes] = lambda _code, _message: {}  # of error code and sentence
    at_cancel: Callable[[Song], Changes] | None = None
    is_owed: Callable[[Song], bool] = _never  # whether a song without a job needs one of this kind

    def state(self, song: Song) -> str | None:
        """The state of such a job of `song`; None when the song cannot have one."""
        fits = all(getattr(song, name) == value for name, value in self.requires.items())
        return getattr(song, self.state_field) if fits else None

    def to(self, state: JobState) -> Changes:
        """The change that moves a job of this kind to `state`."""
        return {self.state_field: state}

    def when(self, song: Song, state: JobState | None = None) -> Changes:
        """The condition that the job of this attempt is in `state`, or in the one that `song` has."""
        seen = state or getattr(song, self.state_field)
        return {**self.requires, self.state_field: seen, "attempt": song.attempt}

    def queued(self, song: Song, now: str) -> Changes:
        """The change that puts the next attempt in the queue, at the place that `song` names. A job in the background
        gives way: should it run, the starter stops the execution of that earlier attempt."""
        changes: Changes = {kind.state_field: None for kind in KINDS if kind.in_background}
        changes |= {**NEXT_ATTEMPT, **self.at_queue, **self.to(JobState.QUEUED), "queued_at": now}
        return changes | {
            "attempt": song.attempt + 1,
            "recoveries": 0,
            "queue_position": song.queue_position,
        }


def _take_up_words(song: Song) -> Changes:
    return {"lyrics_run_version": song.lyrics_text_version}


SEPARATION = Kind(
    "separation",
    state_field="status",
    execution_input={"lyricsOnly": False},
    keeps_results=False,
    at_start=_take_up_words,
    at_completion=lambda now: {"status": Status.COMPLETED, "completed_at": now},
    at_failure=lambda code, message: {
        "status": Status.FAILED,
        "error_code": code,
        "error_message": message,
    },
    at_cancel=lambda _song: {"status": Status.CANCELLED},
)
# Writes the lyrics again: after a failure, or for new words. The stems are complete and stay as they are.
LYRICS = Kind(
    "lyrics",
    state_field="lyrics_status",
    requires={"status": Status.COMPLETED},
    execution_input={"lyricsOnly": True},
    at_queue={"lyrics_reason": None},
    at_start=_take_up_words,
    at_failure=lambda _code, message: {
        "lyrics_status": LyricsStatus.FAILED,
        "lyrics_reason": message,
        "stage": None,
        "progress": 100,
    },
    is_owed=lambda song: song.lyrics_outdated,
)
# Measures the stems that are there: of a song from before measuring, or when the engine has become better. Nothing else
# of the song changes, however it ends.
MEASUREMENT = Kind(
    "measurement",
    state_field="measure_status",
    requires={"status": Status.COMPLETED},
    execution_input={"measureOnly": True},
    in_background=True,
    at_completion=lambda _now: {"measure_status": None},
    at_failure=lambda _code, _message: {
        "measure_status": MeasureStatus.FAILED,
        "stage": None,
        "progress": 100,
    },
    # The next attempt begins here and never runs, so that nothing of the cancelled one counts any more.
    at_cancel=lambda song: {
        "measure_status": MeasureStatus.CANCELLED,
        "attempt": song.attempt + 1,
        "progress": 100,
    },
)
KINDS = (SEPARATION, LYRICS, MEASUREMENT)


@dataclass(frozen=True)
class Job:
    """The job of a song. Times are ISO 8601, progress is 0-100."""

    kind: Kind
    owner: str
    subject: str  # the song's id
    state: JobState
    attempt: int
    stage: str | None
    progress: int | None
    execution_arn: str | None
    queued_at: str | None
    started_at: str | None

    @property
    def execution_name(self) -> str:
        """The name of its execution: the same attempt cannot be started twice."""
        return f"{self.subject}-{self.attempt}"

    @property
    def rank(self) -> str:
        """Its order among all jobs of the same state: the longest waiting, or longest running, first."""
        since = self.queued_at if self.state is JobState.QUEUED else self.started_at
        return f"{since}#{self.subject}"


def job_of(song: Song) -> Job | None:
    """The job that waits or runs for `song`."""
    for kind in KINDS:
        state = kind.state(song)
        if state in set(JobState):
            return Job(
                kind,
                song.user_id,
                song.song_id,
                JobState(state),
                song.attempt,
                song.stage,
                song.progress,
                song.execution_arn,
                song.queued_at,
                song.started_at,
            )
    return None


def kind_of(song: Song) -> Kind:
    """The kind of the song's job. A song without one counts as having had a job of the first kind: a condition on
    the state of that job then fails."""
    job = job_of(song)
    return job.kind if job else KINDS[0]


def failed_kind(song: Song) -> Kind | None:
    """The kind of the job that failed or was cancelled last, and can be tried again."""
    return next((kind for kind in KINDS if kind.state(song) in ("FAILED", "CANCELLED")), None)


def owed_kind(song: Song) -> Kind | None:
    """The kind of the job that the song needs next, without a request."""
    return next((kind for kind in KINDS if kind.is_owed(song)), None)
