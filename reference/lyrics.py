"""The shapes of lyrics, in and out."""

from __future__ import annotations

from reference.shapes import Schema, closed, nullable
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.lyrics.formats.reading import ENCODINGS
from unplugd.lyrics.formats.registry import READABLE
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
    "description": "What makes a time or a word doubtful.",
}
_ESTIMATED: Schema = {
    "type": "boolean",
    "description": "Its time was not measured but reckoned from its neighbours.",
}
_NUDGES: Schema = {
    "type": "object",
    "patternProperties": {"^[01]?[0-9]{1,3}$": _SHIFT},
    "additionalProperties": False,
    "maxProperties": MAX_LINES,
    "description": "Line, counted from 0 → milliseconds that it is shown later.",
}
_OFFSET = _SHIFT | {"description": "Milliseconds that all of it is shown later than its times say."}


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
                "description": "In order; without white space they spell the text.",
            },
            "stanza": {"type": "boolean", "description": "A verse begins here."},
            "estimated": _ESTIMATED,
            "flags": _FLAGS,
        },
        optional=("start", "end", "stanza", "estimated", "flags"),
    )


def _lenient(schema: Schema, *required: str) -> Schema:
    """As `schema`, for what a caller sends: null is the same as not sent."""
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
            "description": "The song's lyricsVersion that this builds on.",
        },
        "text": {"type": "string", "maxLength": MAX_BYTES, "description": "A lyrics file, or plain lines."},
        "file": {
            "type": "string",
            "contentEncoding": "base64",
            "description": "A lyrics file's bytes in base64, of whatever encoding.",
        },
        "segments": {"type": "array", "items": sent_segment, "maxItems": MAX_LINES},
        "revert": {"type": "boolean", "enum": [True], "description": "Back to the machine's words."},
        "format": {"type": "string", "enum": list(READABLE), "description": "Found out when not given."},
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
                | {"description": "How finely all of it is timed; null without words."},
                "language": {"type": ["string", "null"]},
                "instrumental": {"type": "boolean"},
                "estimated": {"type": "boolean", "description": "Whether some of its times are."},
                "notice": {"type": ["string", "null"], "description": "A sentence for its owner."},
                "offsetMs": _OFFSET,
                "nudges": _NUDGES,
                "segments": {"type": "array", "items": _segment(_word())},
                "unworded": {
                    "type": "array",
                    "items": closed({"start": _TIME, "end": _TIME}),
                    "description": "Where somebody sings and the machine knows no words.",
                },
            },
            description="Words and when they are sung; `offsetMs` and `nudges` are still to be added to the times.",
        ),
        "LyricsChange": _lenient(closed(change), "version")
        | {"description": "What is null or not sent stays."},
    }
