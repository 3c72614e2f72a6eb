"""The schemas of measurements."""

from __future__ import annotations

from typing import Any

from reference.shapes import Schema, closed, nullable
from unplugd.domain import measurement
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.measurement import rules
from unplugd.measurement.model import FIELDS

# The path parameter.
MEASURE: Schema = {"type": "string", "enum": list(measurement.MEASURES)}
_SECONDS: Schema = {"type": "number", "minimum": 0}
_LEVEL: Schema = {
    "type": "number",
    "minimum": measurement.MIN_LUFS,
    "maximum": measurement.MAX_LUFS,
}
_NAMES: Schema = {
    "type": "array",
    "items": {"type": "string", "enum": sorted({name for names in FIELDS.values() for name in names})},
}


def _list(items: Schema, at_least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": at_least, "maxItems": rules.MAX_ITEMS}


def _span(label: Schema) -> Schema:
    return closed({"start": _SECONDS, "end": _SECONDS, "label": label})


def _values() -> list[Schema]:
    """What a person can set, by measure."""
    anchor = closed(
        {
            "t": _SECONDS,
            "beat": {"type": "number", "minimum": 0, "maximum": rules.MAX_BEAT},
            "bpm": {"type": "number", "minimum": measurement.MIN_BPM, "maximum": measurement.MAX_BPM},
        }
    )
    note = closed(
        {
            "start": _SECONDS,
            "end": _SECONDS,
            "midi": {"type": "number", "minimum": 0, "maximum": 127},
            "cents": {"type": "number", "minimum": -rules.MAX_CENTS, "maximum": rules.MAX_CENTS},
        },
        optional=("cents",),
    )
    beats: dict[str, Schema] = {
        "anchors": _list(anchor, 1) | {"description": "From `t` seconds, which is beat `beat`, `bpm` holds."},
        "downbeats": _list(_SECONDS) | {"description": "Seconds; each begins a bar."},
        "meter": {"type": "integer", "minimum": rules.MIN_METER, "maximum": rules.MAX_METER},
    }
    loudness: dict[str, Schema] = {
        "integrated": _LEVEL | {"description": "LUFS"},
        "range": {"type": "number", "minimum": 0, "maximum": rules.MAX_RANGE_LU, "description": "LU"},
        "truePeak": _LEVEL | {"description": "dBTP"},
    }
    chord: Schema = {"type": "string", "pattern": f"^({rules.CHORD_PATTERN})$"}
    section: Schema = {"type": "string", "minLength": 1, "maxLength": rules.MAX_LABEL}
    return [
        closed(beats, optional=tuple(beats), minProperties=1, title="beats"),
        closed(
            {
                "tonic": {"type": "string", "enum": list(measurement.SPELLINGS)},
                "mode": {"type": "string", "enum": list(measurement.MODES)},
            },
            title="key",
        ),
        _list(_span(chord)) | {"title": "chords"},
        _list(_span(section)) | {"title": "sections"},
        closed(loudness, optional=tuple(loudness), minProperties=1, title="loudness"),
        closed({"notes": _list(note)}, title="melody"),
    ]


def _measured() -> Schema:
    return nullable(
        closed(
            {
                "value": {
                    "oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}],
                    "description": "What the machine measured, with the person's fields over it. A machine's value can "
                    "have more fields than a person can set, such as `confidence`.",
                },
                "edited": _NAMES | {"description": "The fields that are the person's."},
                "locked": _NAMES
                | {"description": "Those of them that stay when the song is measured again."},
            },
            description="Null until something is known.",
        )
    )


def components() -> dict[str, Schema]:
    """The named schemas."""
    song_id: Schema = {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"}
    return {
        "Measurements": closed(
            {
                "songId": song_id,
                "measuredAt": {"type": ["string", "null"], "format": "date-time"},
                "measures": closed(dict.fromkeys(measurement.MEASURES, _measured())),
            }
        ),
        "Measurement": closed({"songId": song_id, "measure": MEASURE, "measured": _measured()}),
        "MeasurementChange": closed(
            {
                "value": {
                    "anyOf": _values(),
                    "description": "Fields of the measure in the address; a field that is not sent stays as it is. No "
                    "time may be later than the song's end.",
                },
                "lock": {
                    "type": ["boolean", "null"],
                    "default": True,
                    "description": "False: the value stays only until the song is measured again.",
                },
            },
            optional=("lock",),
        ),
    }


def example() -> dict[str, Any]:
    """One measure, as a person changed it."""
    return {
        "value": {"tonic": "A", "mode": "minor"},
        "edited": ["mode", "tonic"],
        "locked": ["mode", "tonic"],
    }
