"""What a synthetic song really is: tempo, beats, key, chords and the sung line, for measuring ml.analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.song import Song

if TYPE_CHECKING:
    from training.voices import Line

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_TRIADS = {(0, 4, 7): "maj", (0, 3, 7): "min"}
_STEP_S = 0.005
"""The step of a sung line's pitch (training.voices)."""


def of_song(song: Song, line: Line | None) -> dict[str, Any]:
    """Times in seconds. Chords: one a bar, "X" where the scale gives neither a major nor a minor triad.

    `melody.hz` has the lead voice's pitch every `melody.step` seconds, 0 where it rests.
    """
    beats = [
        b for b in (song.seconds(beat) for beat in range(song.bars * song.meter + 1)) if b < song.seconds_long
    ]
    melody = None
    if line is not None:
        notes = [{"start": s, "end": s + n, "midi": p} for s, n, p, _ in line.notes]
        melody = {"step": 2 * _STEP_S, "hz": [round(float(hz), 2) for hz in line.hz[::2]], "notes": notes}
    return {
        "seconds": song.seconds_long,
        "bpm": song.bpm,
        "swing": song.swing,
        "beats": beats,
        "downbeats": beats[:: song.meter],
        "meter": song.meter,
        "key": {"tonic": NAMES[song.key], "mode": "major" if 4 in song.scale else "minor"},
        "chords": [
            chord(song, bar) for bar in range(song.bars) if song.seconds(bar * song.meter) < song.seconds_long
        ],
        "melody": melody,
    }


def chord(song: Song, bar: int) -> dict[str, Any]:
    """The bar's triad, `{start, end, label}` with a label as mir_eval reads it."""
    pitches = np.array(song.chord(bar, 3))
    root, third, fifth = sorted(int(p) for p in (pitches - pitches[0]) % 12)
    quality = _TRIADS.get((root, third, fifth))
    return {
        "start": song.seconds(bar * song.meter),
        "end": min(song.seconds((bar + 1) * song.meter), song.seconds_long),
        "label": f"{NAMES[int(pitches[0]) % 12]}:{quality}" if quality else "X",
    }


def write(path: Path, truth: dict[str, Any]) -> None:
    """One song's truth as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(truth))
