"""What ml.analysis, the API and the page must agree on: the engine's version, and which of its values are doubtful."""

from __future__ import annotations

ENGINE_VERSION = 2
"""Raise it when the same sound gives other values: songs that an older engine measured are then measured again."""

DOUBTFUL_BELOW = 0.5
"""A value whose `confidence` is below this is doubtful, and the page marks it. A confidence is a probability:
bench/results/analysis.json says how often the values above it are right."""


def for_the_page() -> dict[str, float]:
    """What the page shares of this: it is written to web/src/lib/measuring.json."""
    return {"doubtfulBelow": DOUBTFUL_BELOW}


def version_of(document: object) -> int:
    """The version of the engine that wrote a `measurements.json`; 0 for anything else."""
    stored = document.get("version") if isinstance(document, dict) else None
    return (
        int(stored)
        if isinstance(stored, str) and stored.isascii() and stored.isdigit() and len(stored) < 10
        else 0
    )
