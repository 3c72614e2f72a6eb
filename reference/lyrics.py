"""The schemas of lyrics."""

from __future__ import annotations

from lyricsfile.encoding import ENCODINGS
from lyricsfile.registry import READABLE
from reference.shapes import Schema, closed, nullable
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.lyrics.model import (
    MAX_BYTES,
    MAX_LINE,
    MAX_LINES,
    MAX_SHIFT_MS,
    MAX_TIME_S,
    MAX_WORDS,
    Source,
    Timed,
)
from unplugd.lyrics.segments import FLAG_PATTERN, MAX_FLAGS

_TIME: Schema = {"type": "number", "minimum": 0, "maximum": MAX_TIME_S}
_SHIFT: Schema = {"type": "integer", "minimum": -MAX_SHIFT_MS, "maximum": MAX_SHIFT_MS}
_FLAGS: Schema = {
    "type": "array",
    "items": {"type": "string", "pattern": f"^{FLAG_PATTERN}$"},
    "maxItems": MAX_FLAGS,
    "description": "Why a time or a word is doubtful.",
}
_ESTIMATED: Schema = {
    "type": "boolean",
    "description": "The time was not measured but computed from its neighbours.",
}
_NUDGES: Schema = {
    "type": "object",
    "patternProperties": {"^[01]?[0-9]{1,3}$": _SHIFT},
    "additionalProperties": False,
    "maxProperties": MAX_LINES,
    "description": "Line, counted from 0 → milliseconds added to its times.",
}
_OFFSET = _SHIFT | {"description": "Milliseconds added to all times."}


def _word() -> Schema:
    return closed(
        {
            "word": {"type": "string"},
            "start": _TIME,
            "end": _TIME,
            "probability": {"type": "number", "minimum": 0, "maximum": 1},
            "estimated": _ESTIMATED,
            "flags": _FLAGS,
        },
        optional=("probability", "estimated", "flags"),
    )


def _segment(word: Schema) -> Schema:
    return closed(
        {
            "text": {"type": "string"},
            "start": _TIME,
            "end": _TIME,
            "words": {
                "type": "array",
                "items": word,
                "maxItems": MAX_WORDS,
                "description": "In order; without white space they equal the text.",
            },
            "stanza": {"type": "boolean", "description": "A verse begins here."},
            "estimated": _ESTIMATED,
            "flags": _FLAGS,
        },
        optional=("start", "end", "stanza", "estimated", "flags"),
    )


def _lenient(schema: Schema, *required: str) -> Schema:
    """`schema` for a request: null means the same as a missing field."""
    properties = {
        name: one if name in required else nullable(one) for name, one in schema["properties"].items()
    }
    return closed(properties, optional=tuple(name for name in properties if name not in required))


def components() -> dict[str, Schema]:
    """The named schemas."""
    sent_word = _lenient(_word(), "word", "start", "end")
    sent_segment = _lenient(_segment(sent_word))
    sent_segment["properties"]["text"] |= {"maxLength": MAX_LINE}
    change: dict[str, Schema] = {
        "version": {
            "type": "integer",
            "minimum": 0,
            "description": "The song's lyricsVersion that this change is based on.",
        },
        "text": {"type": "string", "maxLength": MAX_BYTES, "description": "A lyrics file, or plain lines."},
        "file": {
            "type": "string",
            "contentEncoding": "base64",
            "description": "A lyrics file's bytes in base64, in any encoding.",
        },
        "segments": {"type": "array", "items": sent_segment, "maxItems": MAX_LINES},
        "revert": {"type": "boolean", "enum": [True], "description": "Returns to the machine's lyrics."},
        "format": {"type": "string", "enum": list(READABLE), "description": "Detected if not given."},
        "encoding": {
            "type": "string",
            "enum": list(ENCODINGS),
            "description": "Of `file`, if it is not Unicode.",
        },
        "source": {"type": "string", "enum": [str(Source.SUPPLIED), str(Source.EDITED)]},
        "offsetMs": _OFFSET,
        "nudges": _NUDGES,
    }
    return {
        "Lyrics": closed(
            {
                "songId": {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"},
                "version": {"type": "integer", "minimum": 0},
                "source": {"type": "string", "enum": [str(one) for one in Source]},
                "timed": nullable({"type": "string", "enum": [str(one) for one in Timed]})
                | {"description": "What has times; null without words."},
                "language": {"type": ["string", "null"]},
                "instrumental": {"type": "boolean"},
                "estimated": {"type": "boolean", "description": "Whether some of the times are estimated."},
                "notice": {"type": ["string", "null"], "description": "A sentence for its owner."},
                "grade": nullable({"type": "string", "enum": ["good", "rough", "unusable"]})
                | {
                    "description": "How far the times of given words can be trusted: `good`, in time; `rough`, lines "
                    "may be seconds off; `unusable`, too uncertain to sing to. Null for transcribed words, for times "
                    "that a person gave, and for lyrics written before grades existed."
                },
                "offsetMs": _OFFSET,
                "nudges": _NUDGES,
                "segments": {"type": "array", "items": _segment(_word())},
                "unworded": {
                    "type": "array",
                    "items": closed({"start": _TIME, "end": _TIME}),
                    "description": "Where there is singing without known words.",
                },
            },
            description="Words and their times; `offsetMs` and `nudges` are not yet added to the times.",
        ),
        "LyricsChange": _lenient(closed(change), "version")
        | {"description": "Null and missing fields are not changed."},
    }
