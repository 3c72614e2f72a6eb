"""What is played: tempo, swing, key, chords, and lines for bass, harmony and melody. All times in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.effects import Random

Hit = tuple[float, str, float]
Note = tuple[float, float, int, float]
"""(start, length, MIDI pitch, velocity 0…1)"""

_SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 3, 5, 6, 7, 10, 12),
    (0, 2, 4, 7, 9, 12, 14),
)
_CHORDS = (
    (0, 4, 5, 3),
    (0, 5, 3, 4),
    (0, 3, 0, 4),
    (0, 0, 3, 3),
    (0, 6, 5, 4),
    (1, 4, 0, 0),
    (0, 2, 3, 4),
    (0, 0, 0, 0),
)


@dataclass
class Song:
    """A stretch of music of `seconds_long`, of bars with `meter` beats (4, or 3 for a waltz)."""

    rng: Random
    seconds_long: float
    bpm: float = 0.0
    swing: float = 0.0
    key: int = 0
    scale: tuple[int, ...] = ()
    degrees: tuple[int, ...] = ()
    bars: int = field(default=0)
    meter: int = 4

    def __post_init__(self) -> None:
        rng = self.rng
        self.bpm = float(rng.uniform(66, 178))
        self.swing = float(rng.choice([0, 0, 0, rng.uniform(0.05, 0.33)]))
        self.key = int(rng.integers(12))
        self.scale = _SCALES[rng.integers(len(_SCALES))]
        self.degrees = _CHORDS[rng.integers(len(_CHORDS))]
        self.bars = int(self.seconds_long * self.bpm / (60 * self.meter)) + 1

    def seconds(self, beat: float) -> float:
        """Swung: the second half of each half-beat comes late."""
        whole, part = divmod(beat * 2, 1)
        late = part + self.swing * (1 - abs(2 * part - 1))
        return (whole + late) / 2 * 60 / self.bpm

    def pitch(self, degree: int, octave: int) -> int:
        turn, step = divmod(degree, len(self.scale))
        return 12 * (octave + 1 + turn) + self.key + self.scale[step]

    def chord(self, bar: int, octave: int, voices: int = 3) -> list[int]:
        root = self.degrees[bar % len(self.degrees)]
        return [self.pitch(root + 2 * i, octave) for i in range(voices)]

    def _note(self, beat: float, length: float, pitch: int, velocity: float) -> Note:
        start = self.seconds(beat)
        return (
            max(0.0, start + self.rng.normal(0, 0.006)),
            max(0.04, self.seconds(beat + length) - start),
            pitch,
            velocity,
        )

    def bass(self) -> list[Note]:
        """Roots, walks, octaves, sixteenths or long notes, in one style for the song."""
        rng, notes = self.rng, []
        style = rng.choice(["root8", "funk16", "walk", "long", "octaves", "riff", "off"])
        riff = [
            (s / 4, int(rng.choice([0, 0, 0, 2, 4, 6, 7])), rng.uniform(0.1, 0.4))
            for s in range(4 * self.meter)
            if rng.random() < 0.4
        ]
        for bar in range(self.bars):
            root = self.degrees[bar % len(self.degrees)]
            if style in ("funk16", "riff"):
                line = (
                    riff
                    if style == "riff" or rng.random() < 0.7
                    else [(s / 4, 0, 0.2) for s in range(4 * self.meter) if rng.random() < 0.5]
                )
            elif style == "root8":
                line = [(s / 2, 0, 0.45) for s in range(2 * self.meter) if rng.random() < 0.93]
            elif style == "walk":
                line = [
                    (float(s), int(rng.choice([0, 1, 2, 4, -1])) if s else 0, 0.9) for s in range(self.meter)
                ]
            elif style == "octaves":
                line = [(s / 2, 7 * (s % 2), 0.4) for s in range(2 * self.meter)]
            elif style == "off":
                line = [(s + 0.5, 0, 0.4) for s in range(self.meter)]
            else:
                line = [(0.0, 0, self.meter - 0.2)]
            for beat, step, length in line:
                pitch = self.pitch(root + step, 1)
                while pitch > 55:
                    pitch -= 12
                notes.append(self._note(bar * self.meter + beat, length, max(pitch, 26), rng.uniform(0.6, 1)))
        return notes

    def harmony(self) -> list[Note]:
        """Chords: held, strummed, stabbed in sixteenths, or broken."""
        rng, notes = self.rng, []
        style = rng.choice(["held", "strum", "stab16", "arp", "off", "pulse"])
        octave = int(rng.integers(3, 5))
        voices = int(rng.integers(2, 5))
        stabs = [s / 4 for s in range(4 * self.meter) if rng.random() < rng.uniform(0.25, 0.6)]
        for bar in range(self.bars):
            chord = self.chord(bar, octave, voices)
            beats: list[tuple[float, float]] = {
                "held": [(0.0, self.meter - 0.1)],
                "strum": [(s / 2, 0.5) for s in range(2 * self.meter) if rng.random() < 0.8],
                "stab16": [(s, 0.2) for s in stabs], "off": [(s + 0.5, 0.3) for s in range(self.meter)],
                "pulse": [(float(s), 0.95) for s in range(self.meter)], "arp": [],
            }[str(style)]  # fmt: skip
            for beat, length in beats:
                loud = rng.uniform(0.5, 0.95)
                notes += [
                    self._note(bar * self.meter + beat + i * 0.015, length, p, loud)
                    for i, p in enumerate(chord)
                ]
            if style == "arp":
                rate = int(rng.choice([2, 4]))
                notes += [
                    self._note(
                        bar * self.meter + s / rate,
                        1 / rate,
                        chord[s % len(chord)] + 12 * (s // len(chord) % 2),
                        0.75,
                    )
                    for s in range(self.meter * rate)
                ]
        return notes

    def melody(self, octave: int, density: float = 0.5, rest: float = 0.25) -> list[Note]:
        """Phrases that mostly step through the scale."""
        rng, notes = self.rng, []
        degree, beat, end = int(rng.integers(0, 7)), 0.0, self.bars * float(self.meter)
        while beat < end:
            if rng.random() < rest / 2:
                beat += float(rng.choice([1, 2, 4]))
                continue
            length = float(rng.choice([0.25, 0.5, 1.0, 2.0], p=_lengths(density)))
            degree = int(np.clip(degree + rng.choice([-4, -2, -1, -1, 0, 1, 1, 2, 3]), -2, 11))
            notes.append(
                self._note(
                    beat, length * rng.uniform(0.7, 1), self.pitch(degree, octave), rng.uniform(0.55, 1)
                )
            )
            beat += length
        return notes


def _lengths(density: float) -> list[float]:
    weights = np.array([density**2, density, 1 - density, (1 - density) ** 2]) + 0.02
    return list(weights / weights.sum())
