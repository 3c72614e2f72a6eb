"""The version of the engine that measures songs: ml.analysis measures by it, the API asks for songs by it."""

from __future__ import annotations

ENGINE_VERSION = 1
"""Raise it when the same sound gives other values: songs that an older engine measured are then measured again."""


def version_of(document: object) -> int:
    """The version of the engine that wrote a `measurements.json`; 0 for anything else."""
    stored = document.get("version") if isinstance(document, dict) else None
    return (
        int(stored)
        if isinstance(stored, str) and stored.isascii() and stored.isdigit() and len(stored) < 10
        else 0
    )
