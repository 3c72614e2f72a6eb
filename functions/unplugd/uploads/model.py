"""What the validator learns of a file."""

from __future__ import annotations

from dataclasses import dataclass

from audiofile.reading import Reason


@dataclass(frozen=True)
class Probe:
    """A file as it was found. With `fault` set, nothing else counts."""

    fault: Reason | None = None
    format: str | None = None  # mp3, wav, m4a, flac, ogg, opus
    duration_s: float = 0.0
    peak: float = 0.0  # largest sample, 1.0 = full scale
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    isrc: str | None = None
    sound_sha256: str | None = None  # of the decoded samples: the same whatever the tags
