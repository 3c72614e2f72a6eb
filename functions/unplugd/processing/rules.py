"""Pure decisions of the processing room: why a song failed, and what its owner reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unplugd.domain import files
from unplugd.domain.measure_queue import Again, Final
from unplugd.domain.queue import Waiting
from unplugd.domain.song import LyricsStatus
from unplugd.kernel.clock import from_iso

MAX_RECOVERIES = 3  # how often a song whose execution vanished goes back in the queue before it fails
EXIT_BAD_INPUT = 65
DEPLOYMENT_INCOMPLETE = "DEPLOYMENT_INCOMPLETE"

_SENTENCES = {
    "CORRUPT_AUDIO": "The file could not be decoded. Export it again and upload the new file.",
    "PROCESSING_TIMEOUT": "Processing took too long and was stopped. Try again, or try a shorter song.",
    "NO_CAPACITY": "No machine was free to process this song. Please try again later.",
    DEPLOYMENT_INCOMPLETE: "This service is not completely installed, so it cannot process songs yet. Please try again "
    "when its operator has completed the installation.",
    "SEPARATION_FAILED": "The song could not be separated into stems. Please try again.",
    "MEASURING_FAILED": "The song could not be measured. Please try again.",
    "SAVING_FAILED": "The results could not be saved. Please try again.",
    "INTERRUPTED": "Processing was interrupted several times. Please try again.",
}
# What ECS says in StoppedReason, a container's Reason or a failure's Reason (Amazon ECS developer guide, "Stopped tasks
# error messages" and "API failure reasons"), and the code that it means.
_BY_REASON = (
    ("CannotPull", DEPLOYMENT_INCOMPLETE),  # the image is missing, or the task may not read it
    ("Capacity is unavailable", "NO_CAPACITY"),
    ("RESOURCE:", "NO_CAPACITY"),
)
_SPOT_STOP_CODES = frozenset({"SpotInterruption", "TerminationNotice"})


@dataclass(frozen=True)
class Verdict:
    """Why a song failed: a stable code and one sentence a person can act on."""

    code: str
    message: str


def verdict(code: str) -> Verdict:
    """The verdict of that code."""
    return Verdict(code, _SENTENCES[code])


def failure_cause(
    *,
    stage: str,
    error: str,
    cause: str,
    said: Mapping[str, Any] | None,
    otherwise: str = "SEPARATION_FAILED",
) -> Verdict:
    """Why a state failed. `said`: what the task itself wrote (`failure.json`), which is better than its exit code.
    `otherwise`: the code of a task that failed and does not show why."""
    if stopped_task(cause).exit_code == EXIT_BAD_INPUT:
        message = (said or {}).get("message")
        code = (said or {}).get("errorCode")
        if isinstance(message, str) and isinstance(code, str):
            return Verdict(code[:64], message[:500])
        return verdict("CORRUPT_AUDIO")
    if error == "States.Timeout":
        return verdict("PROCESSING_TIMEOUT")
    task = stopped_task(cause)
    for text, code in _BY_REASON:
        if any(text in reason for reason in (*task.reasons, "" if task.reasons else cause[:MAX_REASON])):
            return verdict(code)
    if task.stop_code in _SPOT_STOP_CODES:
        return verdict("INTERRUPTED")
    if error.startswith(("ECS.", "AmazonECS.")):  # refused; or answered, with nothing but `failures`
        return verdict("NO_CAPACITY")
    return verdict("SAVING_FAILED" if stage == "MarkCompleted" else otherwise)


MAX_REASON = 500  # characters of a reason that are read


@dataclass(frozen=True)
class StoppedTask:
    """What the description of an ECS task says of its end."""

    exit_code: int | None = None  # of the first container
    stop_code: str | None = None
    reasons: tuple[str, ...] = ()


def stopped_task(cause: str) -> StoppedTask:
    """Read the task, or the failures, that `ecs:runTask.sync` gives as cause; any other text says nothing."""
    try:
        task = json.loads(cause)
    except (ValueError, RecursionError):
        return StoppedTask()
    if not isinstance(task, dict):
        return StoppedTask()
    containers, failures = _objects(task.get("Containers")), _objects(task.get("Failures"))
    given = [task.get("StoppedReason"), *(part.get("Reason") for part in (*containers, *failures))]
    reasons = tuple(reason[:MAX_REASON] for reason in given if isinstance(reason, str))
    exit_code, stop_code = containers[0].get("ExitCode") if containers else None, task.get("StopCode")
    return StoppedTask(
        exit_code if isinstance(exit_code, int) else None,
        stop_code if isinstance(stop_code, str) else None,
        reasons,
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


# Of a task, a refused task and a function's error.
_LOGGABLE = ("TaskArn", "StopCode", "StoppedReason", "Failures", "errorType")


def loggable_cause(cause: str) -> str:
    """What the log may hold of a failed state's cause.

    A task's description has its overrides, and with them the upload's key, which ends in the name of a user's file."""
    try:
        task = json.loads(cause)
    except (ValueError, RecursionError):
        return files.without_file_names(cause)[:500]
    if not isinstance(task, dict):
        return files.without_file_names(cause)[:500]
    ends = [
        {name: container.get(name) for name in ("Name", "ExitCode", "Reason")}
        for container in _objects(task.get("Containers"))
    ]
    stop = {name: task[name] for name in _LOGGABLE if name in task}
    return json.dumps({**stop, "Containers": ends})[:2000]


def lyrics_outcome(lyrics: Mapping[str, Any]) -> tuple[LyricsStatus, str | None]:
    """The state of the lyrics by the document that the task wrote, and the reason when there are none."""
    if lyrics.get("status") == "FAILED":
        return LyricsStatus.FAILED, str(lyrics.get("reason") or "The lyrics could not be written.")
    return (LyricsStatus.INSTRUMENTAL if lyrics.get("instrumental") else LyricsStatus.READY), None


def failed_lyrics(reason: str) -> dict[str, Any]:
    """The lyrics document of a song whose lyrics failed: the file always exists."""
    return {"language": None, "instrumental": False, "segments": [], "status": "FAILED", "reason": reason}


def measuring_outcome(judged: Verdict, cause: str) -> Final | Again:
    """What a failed measuring means for the row that asked: a song that cannot be measured is not tried again."""
    refused = stopped_task(cause).exit_code == EXIT_BAD_INPUT
    return Final(judged.message) if refused else Again(judged.message)


def asked_version(measure_row: str | None) -> int:
    """The version of the engine that a row of the measure queue asks for, by its key; the first one without a row."""
    version = (measure_row or "").rpartition("#")[2]
    return max(1, int(version)) if version.isascii() and version.isdigit() and len(version) < 10 else 1


def queue_age_s(waiting: Sequence[Waiting], now: datetime) -> float:
    """How long the first of `waiting` has waited, in seconds; 0 for an empty queue."""
    return max(0.0, (now - from_iso(waiting[0].queued_at)).total_seconds()) if waiting else 0.0
