"""What is measured of a song, and the figures of it that the song's row repeats, so that a library can show, sort and
filter by them. All of it is in `measurements.json` in the song's folder; a person's changes are files next to it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from audiofile.measuring import ENGINE_VERSION as ENGINE_VERSION
from audiofile.measuring import version_of as version_of

MEASURES = ("beats", "key", "chords", "sections", "loudness", "melody")
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MODES = ("major", "minor")
MIN_BPM, MAX_BPM = 20.0, 400.0
MIN_LUFS, MAX_LUFS = (
    -100.0,
    10.0,
)  # of silence EBU R 128 says -70; the limits are wide, for what a person types
_SAME_TONIC = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}
SPELLINGS = (*TONICS, *_SAME_TONIC)  # as a person or the engine may write a tonic
_SAME_MODE = {"maj": "major", "min": "minor"}
# Camelot's number of C major; a fifth up is one more. The relative minor has the same number.
_C_MAJOR = 8

Figures = dict[str, Any]  # field of `Song` → value; None: unknown


def key_name(tonic: Any, mode: Any) -> str | None:
    """`Eb minor`, spelt as in TONICS; None for what is no key."""
    tonic = _SAME_TONIC.get(tonic, tonic) if isinstance(tonic, str) else None
    mode = _SAME_MODE.get(mode, mode) if isinstance(mode, str) else None
    return f"{tonic} {mode}" if tonic in TONICS and mode in MODES else None


def camelot(key: str | None) -> str | None:
    """The key's place on the Camelot wheel: `8B` for C major, `8A` for A minor. None for what is no key."""
    tonic, _, mode = (key or "").partition(" ")
    if tonic not in TONICS or mode not in MODES:
        return None
    major = TONICS.index(tonic) + (3 if mode == "minor" else 0)
    return f"{(_C_MAJOR - 1 + 7 * major) % 12 + 1}{'A' if mode == 'minor' else 'B'}"


def number(value: Any, at_least: float, at_most: float) -> float | None:
    """`value` as a number within the limits, else None. A JSON true is no number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and at_least <= value <= at_most:
        return float(value)
    return None


def tempo(beats: Any) -> float | None:
    """The tempo in beats a minute that holds for most of the song: each anchor's `bpm` counts for the beats up to the
    next anchor, the last one for as many as the others have on average."""
    anchors = beats.get("anchors") if isinstance(beats, Mapping) else None
    if not isinstance(anchors, list):
        return None
    known = [
        (number(one.get("t"), 0, float("inf")), number(one.get("bpm"), MIN_BPM, MAX_BPM))
        for one in anchors
        if isinstance(one, Mapping)
    ]
    points = [(t, bpm) for t, bpm in known if t is not None and bpm is not None]
    if not points:
        return None
    lengths = [max(0.0, after[0] - before[0]) for before, after in pairwise(points)]
    lengths.append(sum(lengths) / len(lengths) if lengths else 1.0)
    total: dict[float, float] = {}
    for (_, bpm), length in zip(points, lengths, strict=True):
        total[round(bpm, 1)] = total.get(round(bpm, 1), 0.0) + length
    return max(total, key=lambda bpm: total[bpm])


def figures(values: Mapping[str, Any]) -> Figures:
    """The figures of a song's row, by the measures' values. A value that cannot be read is unknown."""
    beats, key, loudness = (values.get(measure) for measure in ("beats", "key", "loudness"))
    named = key if isinstance(key, Mapping) else {}
    pulse = beats if isinstance(beats, Mapping) else {}
    level = loudness.get("integrated") if isinstance(loudness, Mapping) else None
    return {
        "tempo_bpm": tempo(beats),
        "tempo_confidence": number(pulse.get("confidence"), 0, 1),
        "music_key": key_name(named.get("tonic"), named.get("mode")),
        "key_confidence": number(named.get("confidence"), 0, 1),
        "loudness_lufs": number(level, MIN_LUFS, MAX_LUFS),
    }


def own(measured: Figures) -> Figures:
    """The same figures under the names that a row has for a person's own. A person is not asked how sure they are."""
    return {f"own_{name}": measured[name] for name in ("tempo_bpm", "music_key", "loudness_lufs")}
