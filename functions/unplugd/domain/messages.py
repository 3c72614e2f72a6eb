"""The one builder of what the server tells a client. Every message carries `songId` and `seq`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unplugd.domain.song import Song, Status, eta_s

Message = dict[str, Any]


def for_song(song: Song, *, now: datetime) -> Message | None:
    """The message that says where `song` stands; None when there is nothing to say (no file has arrived yet).

    It is made from the row alone, so a message that is sent again says the same."""
    body = _body(song, now)
    return None if body is None else {"songId": song.song_id, "seq": song.seq, **body}


def _body(song: Song, now: datetime) -> Message | None:
    if song.waits:
        return {"type": "QUEUED", "position": song.queue_position or 1}
    if song.runs:
        return {"type": "PROCESSING_STARTED"} if song.stage is None else _progress(song, now)
    match song.status:
        case Status.COMPLETED:
            return {"type": "COMPLETED"}
        case Status.FAILED:
            return {"type": "FAILED", "errorCode": song.error_code, "message": song.error_message}
        case Status.CANCELLED:
            return {"type": "CANCELLED"}
    return None


_SAYS = {"demucs": "Separating the instruments", "whisper": "Writing the lyrics"}


def _progress(song: Song, now: datetime) -> Message:
    stage = song.stage or ""
    message = {
        "type": "PROGRESS",
        "stage": stage,
        "progress": song.progress or 0,
        "message": _SAYS.get(stage, "Working on it"),
    }
    eta = eta_s(song, now)
    return message if eta is None else message | {"etaSec": eta}
