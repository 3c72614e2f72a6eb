"""Pure decisions of the processing room: who is next, why a song failed and what to tell its owner."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unplugd.domain.queue import Waiting
from unplugd.domain.song import LyricsStatus
from unplugd.kernel.clock import from_iso

MAX_RECOVERIES = 3  # how often a song whose execution vanished goes back in line before we say so
EXIT_BAD_INPUT = 65

_SENTENCES = {
    "CORRUPT_AUDIO": "The file could not be decoded. Export it again and upload the new file.",
    "PROCESSING_TIMEOUT": "Processing took too long and was stopped. Try again, or try a shorter song.",
    "NO_CAPACITY": "No machine was free to process this song. Please try again later.",
    "SEPARATION_FAILED": "The song could not be separated into stems. Please try again.",
    "SAVING_FAILED": "The results could not be saved. Please try again.",
    "INTERRUPTED": "Processing was interrupted several times. Please try again.",
}
_BY_STATE = {"RunDemucs": "SEPARATION_FAILED", "MarkCompleted": "SAVING_FAILED"}


@dataclass(frozen=True)
class Verdict:
    """Why a song failed: a stable code and one sentence a person can act on."""

    code: str
    message: str


def verdict(code: str) -> Verdict:
    """The verdict of that code."""
    return Verdict(code, _SENTENCES[code])


def failure_cause(*, stage: str, error: str, cause: str, said: Mapping[str, Any] | None) -> Verdict:
    """Judge a failed state. `said`: what the task itself wrote down (`failure.json`), which beats guessing."""
    if exit_code(cause) == EXIT_BAD_INPUT:
        message = (said or {}).get("message")
        code = (said or {}).get("errorCode")
        if isinstance(message, str) and isinstance(code, str):
            return Verdict(code[:64], message[:500])
        return verdict("CORRUPT_AUDIO")
    if error == "States.Timeout":
        return verdict("PROCESSING_TIMEOUT")
    if error.startswith(("ECS.", "AmazonECS.")):  # refused; or answered, with nothing but `failures`
        return verdict("NO_CAPACITY")
    return verdict(_BY_STATE.get(stage, "SEPARATION_FAILED"))


def exit_code(cause: str) -> int | None:
    """The first container's exit code in the task description that `ecs:runTask.sync` gives as cause."""
    try:
        code = json.loads(cause)["Containers"][0]["ExitCode"]
    except (ValueError, LookupError, TypeError):
        return None
    return code if isinstance(code, int) else None


# Of a task, a refused task and a function's error.
_LOGGABLE = ("TaskArn", "StopCode", "StoppedReason", "Failures", "errorType")


def loggable_cause(cause: str) -> str:
    """What the log may hold of a failed state's cause.

    A task's description has its overrides, and with them the upload's key, which ends in the name of a user's file.
    """
    try:
        task = json.loads(cause)
    except ValueError:
        return cause[:500]
    if not isinstance(task, dict):
        return cause[:500]
    containers = task.get("Containers")
    ends = [
        {name: container.get(name) for name in ("Name", "ExitCode", "Reason")}
        for container in (containers if isinstance(containers, list) else [])
        if isinstance(container, dict)
    ]
    stop = {name: task[name] for name in _LOGGABLE if name in task}
    return json.dumps({**stop, "Containers": ends})[:2000]


def lyrics_outcome(lyrics: Mapping[str, Any]) -> tuple[LyricsStatus, str | None]:
    """Where the lyrics stand by the document the task wrote, and the reason when there are none."""
    if lyrics.get("status") == "FAILED":
        return LyricsStatus.FAILED, str(lyrics.get("reason") or "The lyrics could not be written.")
    return (LyricsStatus.INSTRUMENTAL if lyrics.get("instrumental") else LyricsStatus.READY), None


def failed_lyrics(reason: str) -> dict[str, Any]:
    """The lyrics document of a song whose lyrics failed: the file always exists."""
    return {"language": None, "instrumental": False, "segments": [], "status": "FAILED", "reason": reason}


def line_age_s(line: Sequence[Waiting], now: datetime) -> float:
    """How long the first of the line has waited, in seconds; 0 when nobody waits."""
    return max(0.0, (now - from_iso(line[0].queued_at)).total_seconds()) if line else 0.0
