"""The schemas of recordings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reference.shapes import Schema, closed, nullable
from unplugd.capture import rules
from unplugd.domain import session as limits
from unplugd.domain import session_view
from unplugd.domain.session import Mode, Pitch, Session, State, Why
from unplugd.domain.song import MAX_TEXT
from unplugd.kernel.clock import to_iso
from unplugd.kernel.ids import SONG_ID_PATTERN

# The path parameter, and the query parameter of a grant.
SESSION_ID: Schema = {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"}
WINDOW_INDEX: Schema = {"type": "integer", "minimum": 0, "maximum": limits.MAX_WINDOW}
_TIME: Schema = {"type": "string", "format": "date-time"}
_LINK: Schema = {"type": "string", "format": "uri"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TITLE: Schema = {"type": ["string", "null"], "maxLength": rules.TITLE_LENGTH}
_NAME: Schema = {"type": ["string", "null"], "maxLength": MAX_TEXT}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _session() -> dict[str, Schema]:
    return {
        "sessionId": SESSION_ID,
        "title": _TITLE,
        "songId": nullable(SESSION_ID) | {"description": "The song it was recorded along with."},
        "captureMode": {"type": "string", "enum": [str(one) for one in Mode]},
        "status": {"type": "string", "enum": [str(one) for one in State]},
        "sampleRate": {"type": "integer", "enum": list(limits.SAMPLE_RATES)},
        "channels": {"type": "integer", "enum": sorted(limits.WINDOW_SECONDS)},
        "sampleFormat": {"type": "string", "enum": sorted(limits.FORMATS)},
        "windowSeconds": {
            "type": "integer",
            "enum": sorted(limits.WINDOW_SECONDS.values()),
            "description": "How long each window is; only the last may be shorter.",
        },
        "startedAt": _TIME,
        "updatedAt": _TIME,
        "offsetMs": {
            "type": "integer",
            "minimum": -rules.MAX_OFFSET_MS,
            "maximum": rules.MAX_OFFSET_MS,
            "description": "The place in the song, in ms, at which the take's first sample belongs. Latency is "
            "taken off. The take itself is not cut.",
        },
        "durationSec": {"type": ["number", "null"], "minimum": 0},
        "windows": nullable(_COUNT) | {"description": "How many there are; null until it is closed."},
        "takenAs": nullable(SESSION_ID) | {"description": "The song that was made from it."},
        "seq": _COUNT,
        "errorCode": {"type": ["string", "null"]},
        "pitchStatus": {
            "type": ["string", "null"],
            "enum": [*(str(one) for one in Pitch), None],
            "description": "Whether what was sung is known. Only of a take that was recorded along with a song.",
        },
        "failed": _list(closed({"windowIndex": WINDOW_INDEX, "code": {"type": "string"}})),
        "gaps": _list(closed({"start": _COUNT, "frames": _COUNT}))
        | {"description": "Silence in place of missing sound, in sample frames of the take."},
        "recorderGaps": _recorder_gaps()
        | {"description": "What the recorder knew to be missing, in sample frames of the take."},
    }


def _recorder_gaps() -> Schema:
    count = _COUNT | {"maximum": rules.MOST_FRAMES}
    lost = count | {"description": "Frames that were never recorded and have no place in the take."}
    gap = {"start": count, "frames": count, "lost": lost, "why": {"type": "string", "enum": sorted(Why)}}
    return _list(closed(gap))


def _whole_session() -> dict[str, Schema]:
    index = WINDOW_INDEX
    return {
        **_session(),
        "present": _list(index) | {"description": "Windows whose sound has arrived."},
        "presentFrames": _list(index) | {"description": "Windows whose pictures have arrived."},
        "ingested": _list(index) | {"description": "Windows that were read."},
        "missing": _list(index) | {"description": "Windows that a closed session waits for."},
        "links": _list(
            closed(
                {
                    "windowIndex": index,
                    "figuresUrl": nullable(_LINK),
                    "streamUrl": nullable(_LINK),
                    "framesUrl": nullable(_LINK) | {"description": "JPEG pictures, one after the other."},
                }
            )
        ),
        "takeUrl": nullable(_LINK) | {"description": "The joined take as FLAC, once it is READY."},
        "pitchUrl": nullable(_LINK)
        | {
            "description": "JSON, once pitchStatus is DONE: `midi` has a pitch every `step` seconds of the take, null "
            "where there is no singing."
        },
        "urlsExpireAt": _TIME,
    }


def components() -> dict[str, Schema]:
    """The named schemas."""
    whole = _session()
    new = {
        name: whole[name]
        for name in ("captureMode", "sampleRate", "channels", "sampleFormat", "title", "songId", "offsetMs")
    }
    size: Schema = {"type": "integer", "minimum": 1, "maximum": limits.MAX_AUDIO_BYTES}
    sha256: Schema = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
    headers: dict[str, Schema] = {
        "Content-Type": {"type": "string"},
        "If-None-Match": {"const": "*"},
        "x-amz-checksum-sha256": {"type": "string"},
        "x-amz-meta-frame-count": {"type": "string"},
    }
    return {
        "Session": closed(_whole_session()),
        "SessionSummary": closed(whole),
        "SessionPage": closed(
            {
                "data": _list({"$ref": "#/components/schemas/SessionSummary"}),
                "nextCursor": {"type": ["string", "null"]},
            }
        ),
        "NewSession": closed(
            new
            | {
                "captureMode": new["captureMode"]
                | {"type": ["string", "null"], "enum": [*new["captureMode"]["enum"], None]},
                "sampleFormat": nullable(new["sampleFormat"]),
            },
            optional=("captureMode", "sampleFormat", "title", "songId", "offsetMs"),
        ),
        "SessionChanges": closed(
            {"title": _TITLE, "offsetMs": whole["offsetMs"]}, optional=("title", "offsetMs")
        ),
        "AudioWindow": closed({"sizeBytes": size, "sha256": sha256}, optional=("sha256",)),
        "FramesWindow": closed(
            {
                "sizeBytes": size | {"maximum": limits.MAX_FRAMES_BYTES},
                "frameCount": {"type": "integer", "minimum": 1, "maximum": limits.MAX_FRAMES},
            }
        ),
        "WindowLink": closed(
            {
                "url": _LINK | {"description": "PUT the file here, with `headers`, once."},
                "s3Key": {"type": "string"},
                "windowIndex": WINDOW_INDEX,
                "expiresIn": {"const": limits.LINK_SECONDS},
                "headers": closed(
                    headers,
                    optional=("x-amz-checksum-sha256", "x-amz-meta-frame-count"),
                    description="Bound by the link's signature, like the Content-Length (sizeBytes).",
                ),
            }
        ),
        "SessionEnd": closed(
            {
                "windows": _COUNT | {"maximum": limits.MAX_WINDOW + 1},
                "frames": _COUNT | {"description": "Sample frames that were recorded in all."},
                "gaps": nullable(_recorder_gaps() | {"maxItems": limits.MAX_RECORDER_GAPS}),
            },
            optional=("gaps",),
        ),
        "TakeSong": closed({"title": _NAME, "artist": _NAME}, optional=("title", "artist")),
    }


_GAP = {"start": 441_000, "frames": 441, "lost": 0, "why": str(Why.MISSED)}
BODIES: dict[str, Any] = {
    "NewSession": {"captureMode": "audio_only", "sampleRate": 44_100, "channels": 1, "title": "Take 1"},
    "SessionChanges": {"title": "Second verse", "offsetMs": -120},
    "AudioWindow": {"sizeBytes": 5_292_044},
    "FramesWindow": {"sizeBytes": 240_000, "frameCount": 60},
    "SessionEnd": {"windows": 2, "frames": 2_646_001, "gaps": [_GAP]},
    "TakeSong": {"title": "My take"},
}


def _example() -> Session:
    started = to_iso(datetime(2026, 1, 31, 8, 15, tzinfo=UTC))
    return Session(
        "11111111-1111-4111-8111-111111111111",
        "01J9ZQ4X5V8K2M3N4P5Q6R7S8T",
        State.OPEN,
        started,
        started,
        Mode.AUDIO_ONLY,
        44_100,
        1,
        "s16",
        60,
        title="Take 1",
        audio=frozenset({0}),
        ingested=frozenset({0}),
        seq=2,
    )


def answer(name: str, signed: str) -> Any:
    """An answer of the schema `name`; None for a schema of another room. `signed`: a link, with {name} in it."""
    session = _example()
    links = {
        "links": [
            {
                "windowIndex": 0,
                "figuresUrl": signed.format(name="window_000.json"),
                "streamUrl": signed.format(name="window_000.flac"),
                "framesUrl": None,
            }
        ],
        "takeUrl": None,
        "pitchUrl": None,
        "urlsExpireAt": "2026-01-31T08:35:00.000Z",
    }
    return {
        "Session": session_view.detailed(session) | links,
        "SessionSummary": session_view.public(session),
        "SessionPage": {"data": [session_view.public(session)], "nextCursor": None},
        "WindowLink": {
            "url": signed.format(name="upload"),
            "s3Key": f"sessions/{session.user_id}/{session.session_id}/window_000/audio.wav",
            "windowIndex": 0,
            "expiresIn": limits.LINK_SECONDS,
            "headers": {"Content-Type": "audio/wav", "If-None-Match": "*"},
        },
    }.get(name)
