"""The documents lyrics.json can hold, besides words."""

from typing import Any


def instrumental() -> dict[str, Any]:
    """The document of a song without words."""
    return {"language": None, "instrumental": True, "segments": []}


def failed(reason: str) -> dict[str, Any]:
    """The document of a song whose words could not be had; `reason` is a sentence for its owner."""
    return {"language": None, "instrumental": False, "segments": [], "status": "FAILED", "reason": reason}
