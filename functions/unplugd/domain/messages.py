"""The one builder of the messages that the server sends to a client.

The envelope of each is `type`, `subject` ({kind, id}) and `seq`; the rest depends on the type. A message about a song
also has its `songId`, for clients that know of no other subjects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unplugd.domain import stages
from unplugd.domain.song import Song, Status, eta_s

Message = dict[str, Any]

MIX_READY = "MIX_READY"
WINDOW_INGESTED = "WINDOW_INGESTED"
SESSION_READY = "SESSION_READY"
SESSION_PITCHED = "SESSION_PITCHED"


def for_song(song: Song, *, now: datetime) -> Message | None:
    """The message with the state of `song`; None before its file has arrived.

    It is made from the row alone, so that a message that is sent again says the same."""
    body = _body(song, now)
    subject = {"kind": "song", "id": song.song_id}
    return None if body is None else {"subject": subject, "songId": song.song_id, "seq": song.seq, **body}


def for_mix(song: Song) -> Message:
    """The message that the whole of `song` can be played; its stems may still be made."""
    subject = {"kind": "song", "id": song.song_id}
    return {"type": MIX_READY, "subject": subject, "songId": song.song_id, "seq": song.seq}


def for_session(session_id: str, seq: int, kind: str, **more: Any) -> Message:
    """A message of type `kind` about a recording."""
    return {
        "type": kind,
        "subject": {"kind": "session", "id": session_id},
        "sessionId": session_id,
        "seq": seq,
        **more,
    }


def _body(song: Song, now: datetime) -> Message | None:
    if song.job and song.job.kind.in_background:
        # For its owner the song is complete all the while.
        return _progress(song, now) if song.runs else {"type": "COMPLETED"}
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


def _progress(song: Song, now: datetime) -> Message:
    stage = song.stage or stages.MEASURE  # the one that a song can be in before its task has said so
    message = {
        "type": "PROGRESS",
        "stage": stage,
        "progress": song.progress or 0,
        "message": stages.label(stage),
    }
    eta = eta_s(song, now)
    return message if eta is None else message | {"etaSec": eta}
