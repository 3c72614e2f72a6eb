"""What is accepted: window indexes, sizes, checksums; and what a sweep may do when."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from unplugd.domain import session as model
from unplugd.domain.session import RecorderGap, Session, State, Why
from unplugd.kernel.errors import Invalid, TooMany

# Quotas of one person.
MAX_OPEN = 10  # sessions that are open at once
MAX_WAITING = 600  # windows of sessions that are not joined yet; one session has up to 360
LOOK_AGAIN = 10  # sessions on the list of those that wait; beyond, those that were joined are taken off it
MAX_A_DAY = 200  # sessions begun on a day (UTC), deleted ones too

REPEAT_AFTER = timedelta(minutes=3)  # an ingest takes seconds, and is tried three times within two minutes
CLOSE_AFTER = timedelta(days=7)  # an open session in which nothing happens
JOIN_AFTER = timedelta(hours=24)  # a closed session whose last windows do not come
JOIN_TAKES = timedelta(minutes=20)  # the function ends after fifteen
MAX_OFFSET_MS = 600_000  # as long as a song may be
PITCH_AFTER = timedelta(minutes=20)  # the function ends after fifteen
PITCH_TRIES = 3
TITLE_LENGTH = 200
SONG_SECONDS = 600
MOST_FRAMES = 10**9  # of a gap: five hours

_INDEX = re.compile(r"[0-9]{1,3}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
SHA256_SAYS = "must be 64 hexadecimal digits"


def check_quotas(recent: Sequence[Session], begun_today: int) -> None:
    """Whether a person with these sessions may begin one more; `TooMany` says what to do."""
    if sum(one.status is State.OPEN for one in recent) >= MAX_OPEN:
        raise TooMany(f"{MAX_OPEN} recordings are open. Close or delete one first.")
    check_waiting(
        sum(len(one.known_windows) for one in recent if one.status not in (State.READY, State.FAILED))
    )
    if begun_today >= MAX_A_DAY:
        raise TooMany(f"You may begin {MAX_A_DAY} recordings a day. Try again after midnight UTC.")


def check_waiting(windows: int) -> None:
    """Whether a person of whose windows so many wait may send one more; `TooMany` says what to do."""
    if windows >= MAX_WAITING:
        raise TooMany(
            f"{windows} windows of your recordings are not joined yet; {MAX_WAITING} may be. "
            "Close or delete a recording first."
        )


def session_id(text: str | None) -> str:
    """The id in the address. One of the wrong form names no session (404); none at all is a mistake."""
    if not text:
        raise Invalid("sessionId is required")
    return text


def offset(milliseconds: int) -> int:
    """The place in its song at which a take begins, if it is within the limits."""
    if abs(milliseconds) > MAX_OFFSET_MS:
        raise Invalid(f"offsetMs must be from -{MAX_OFFSET_MS} to {MAX_OFFSET_MS}")
    return milliseconds


def frame_count(count: int) -> int:
    """How many pictures a window has."""
    if count > model.MAX_FRAMES:
        raise Invalid(f"frameCount must be at most {model.MAX_FRAMES}")
    return count


def window_index(text: str | None) -> int:
    """The index in `?windowIndex=`. Only ASCII digits count: `int` would take `1_0`, `+7` and other scripts' digits."""
    if not text:
        raise Invalid("windowIndex is required")
    if not _INDEX.match(text) or int(text) > model.MAX_WINDOW:
        raise Invalid(f"windowIndex must be a whole number from 0 to {model.MAX_WINDOW}")
    return int(text)


def size(size_bytes: int, limit: int) -> int:
    """The size that was announced, if it is within the limit."""
    if size_bytes > limit:
        raise Invalid(f"sizeBytes must be at most {limit} ({limit // 1024**2} MiB)")
    return size_bytes


def checksum(sha256: str | None) -> str | None:
    """A SHA-256 in hexadecimal digits as S3 wants it: base64."""
    if sha256 is None:
        return None
    if not _SHA256.match(sha256):
        raise Invalid(f"sha256 {SHA256_SAYS}")
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def recorder_gaps(sent: Any, frames: int) -> tuple[RecorderGap, ...]:
    """The gaps of a recorder in a take of so many sample frames, as they were sent; none when absent."""
    if sent is None:
        return ()
    if not isinstance(sent, list) or len(sent) > model.MAX_RECORDER_GAPS:
        raise Invalid(f"gaps must be a list of at most {model.MAX_RECORDER_GAPS}")
    return tuple(_recorder_gap(f"gaps[{index}]", gap, frames) for index, gap in enumerate(sent))


def _recorder_gap(name: str, gap: Any, total: int) -> RecorderGap:
    if not isinstance(gap, dict) or set(gap) != {"start", "frames", "lost", "why"}:
        raise Invalid(f"{name} must have start, frames, lost and why")
    numbers = [gap[one] for one in ("start", "frames", "lost")]
    # 1.0 is whole: JSON has one kind of number. A true is none.
    if any(
        type(one) not in (int, float) or one != one // 1 or not 0 <= one <= MOST_FRAMES for one in numbers
    ):
        raise Invalid(f"{name}: start, frames and lost must be whole numbers from 0 to {MOST_FRAMES}")
    start, frames, lost = map(int, numbers)
    if start + frames > total:
        raise Invalid(f"{name} must be within the {total} sample frames")
    if not isinstance(gap["why"], str) or gap["why"] not in list(Why):
        raise Invalid(f"{name}.why must be one of {', '.join(sorted(Why))}")
    return RecorderGap(start, frames, lost, Why(gap["why"]))


def check_end(session: Session, windows: int, frames: int) -> None:
    """Whether `windows` windows can hold `frames` sample frames."""
    if windows > model.MAX_WINDOW + 1:
        raise Invalid(f"windows must be at most {model.MAX_WINDOW + 1}")
    if frames > model.MAX_MINUTES * 60 * session.sample_rate:
        raise Invalid(f"A session may last {model.MAX_MINUTES} minutes.")
    if windows != math.ceil(frames / session.window_frames):
        needed = math.ceil(frames / session.window_frames)
        raise Invalid(f"windows must be {needed} for {frames} sample frames")
