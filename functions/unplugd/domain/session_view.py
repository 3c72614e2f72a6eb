"""A session as its owner sees it."""

from __future__ import annotations

from typing import Any

from unplugd.domain.session import Session


def public(session: Session) -> dict[str, Any]:
    """The fields that a list shows."""
    return {
        "sessionId": session.session_id,
        "title": session.title,
        "songId": session.song_id,
        "captureMode": str(session.mode),
        "status": str(session.status),
        "sampleRate": session.sample_rate,
        "channels": session.channels,
        "sampleFormat": session.sample_format,
        "windowSeconds": session.window_seconds,
        "startedAt": session.started_at,
        "updatedAt": session.updated_at,
        "offsetMs": session.offset_ms,
        "durationSec": None
        if session.sample_frames is None
        else round(session.sample_frames / session.sample_rate, 3),
        "windows": session.windows,
        "takenAs": session.joined_as,
        "seq": session.seq,
        "errorCode": session.error_code,
        "pitchStatus": session.pitch and str(session.pitch),
        "failed": [{"windowIndex": index, "code": code} for index, code in sorted(session.failed.items())],
        "gaps": [{"start": gap.start, "frames": gap.frames} for gap in session.gaps],
        "recorderGaps": [
            {"start": gap.start, "frames": gap.frames, "lost": gap.lost, "why": str(gap.why)}
            for gap in session.recorder_gaps
        ],
    }


def detailed(session: Session) -> dict[str, Any]:
    """The fields that one session shows, without its links."""
    return public(session) | {
        "present": sorted(session.audio),
        "presentFrames": sorted(session.frames),
        "ingested": sorted(session.ingested),
        "missing": session.missing,
    }
