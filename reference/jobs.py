"""The schemas of jobs."""

from __future__ import annotations

from typing import Any

from audiofile.tags import ISRC_PATTERN
from reference.shapes import Schema, closed
from unplugd.domain.measure_queue import CURRENT, HISTORICAL, SOURCES
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.measurement import scope

# The path parameter.
ID: Schema = {"type": "string", "pattern": f"^{SONG_ID_PATTERN}$"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_STATE: Schema = {
    "type": "string",
    "enum": ["waiting", "running", "done", "failed"],
    "description": "failed: no song could be measured; otherwise `failed` counts those that could not.",
}
_EXAMPLE_ID = "1M7H3Q8W00000000000000000G"


def _texts(at_most: int, **item: Any) -> Schema:
    return {"type": "array", "items": {"type": "string", **item}, "minItems": 1, "maxItems": at_most}


def components() -> dict[str, Schema]:
    """The named schemas."""
    scopes: dict[str, Schema] = {
        "songIds": _texts(scope.MAX_SONGS),
        "album": {"type": "string", "minLength": 1, "maxLength": scope.MAX_ALBUM},
        "isrcs": _texts(scope.MAX_CODES)
        | {"description": f"Recording codes: {ISRC_PATTERN}, also with hyphens or small letters."},
        "library": {"const": True},
    }
    measures = sorted({name for names in scope.MEASURES_OF.values() for name in names})
    skipped = closed(
        {"known": _COUNT, "waiting": _COUNT},
        description="Known: asked before. Waiting: of an earlier job.",
    )
    job: dict[str, Schema] = {"id": ID, "source": {"type": "string", "enum": list(SOURCES)}}
    return {
        "NewMeasurementJob": closed(
            {
                "scope": closed(
                    scopes,
                    optional=tuple(scopes),
                    minProperties=1,
                    maxProperties=1,
                    description="Exactly one of these. Song ids that are none of the caller's are left out, and so is "
                    "an incomplete song for `current`.",
                ),
                "source": {
                    "type": "string",
                    "enum": list(SOURCES),
                    "description": "`current`: our engine. `historical`: an outside service, by ISRC.",
                },
                "measures": _nullable_list(_texts(len(measures), enum=measures))
                | {
                    "description": f"Default: all of the source. `{HISTORICAL}` knows "
                    f"{', '.join(scope.MEASURES_OF[HISTORICAL])}. `{CURRENT}` measures all of them at once, "
                    "whichever are named."
                },
                "platforms": _nullable_list(
                    _texts(scope.MAX_PLATFORMS, pattern=f"^{scope.PLATFORM_PATTERN}$")
                )
                | {
                    "default": list(scope.DEFAULT_PLATFORMS),
                    "description": f"For `{HISTORICAL}` only. The first request for a song decides.",
                },
            },
            optional=("measures", "platforms"),
        ),
        "NewCurrentJob": closed(
            {
                **job,
                "source": {"const": CURRENT},
                "state": _STATE,
                "songs": _COUNT,
                "estimatedCostUsd": {
                    "type": "number",
                    "minimum": 0,
                    "description": "On AWS, for the songs that were queued now (docs/cost.md).",
                },
            }
        ),
        "NewHistoricalJob": closed(
            {
                **job,
                "source": {"const": HISTORICAL},
                "enqueued": _COUNT | {"description": "Rows that were really made."},
                "skipped": skipped,
            }
        ),
        "Job": closed(
            {
                **job,
                "kind": {"const": "measurement"},
                "state": _STATE,
                "songs": _COUNT | {"description": "The sum of the four below."},
                "waiting": _COUNT,
                "running": _COUNT,
                "done": _COUNT | {"description": "With those that were known before."},
                "failed": _COUNT,
                "requestedAt": {"type": "string", "format": "date-time"},
            }
        ),
        "PaymentRequired": closed(
            {
                "error": {"type": "string"},
                "message": {"type": "string"},
                "checkoutUrl": {
                    "type": "string",
                    "format": "uri",
                    "description": "A page to subscribe on, with a free trial.",
                },
            }
        ),
    }


def _nullable_list(schema: Schema) -> Schema:
    return schema | {"type": ["array", "null"]}


def new_example() -> dict[str, Any]:
    """The answer to a request for the whole library."""
    return {
        "id": _EXAMPLE_ID,
        "source": CURRENT,
        "state": "waiting",
        "songs": 12,
        "estimatedCostUsd": 0.0128,
    }


def example() -> dict[str, Any]:
    """The same job, a little later."""
    counts = {"songs": 12, "waiting": 8, "running": 1, "done": 3, "failed": 0}
    return {
        "id": _EXAMPLE_ID,
        "source": CURRENT,
        "kind": "measurement",
        "state": "running",
        **counts,
        "requestedAt": "2026-01-31T08:20:00.000Z",
    }
