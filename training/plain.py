"""Plain sounds for many songs: a second of CPU each, so that ml.analysis is fitted on hundreds of songs.

Drums are hits of Hydrogen's kits of the training split, where they are installed, and of our own synthesis. Everything
else is one wave a pitch with an envelope, and at times a room and distortion. Most songs get what a separator leaves: a
little of every other stem in each.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from training import drums, sources
from training.effects import Random
from training.song import Note, Song

RATE = 22_050
"""The rate that ml.analysis listens at (Hz)."""

_LEVEL = 0.08
_TABLE = 2048

Mono = NDArray[np.float32]
Kit = dict[str, list[Mono]]


def stems(seed: int, seconds: float, meter: int) -> tuple[Song, dict[str, Mono]]:
    """Song number `seed`, and its drums, bass and other, mono at RATE."""
    rng = np.random.default_rng([seed, 99, meter])
    frames = int(seconds * RATE)
    song = Song(rng, seconds, meter=meter)
    out = {"drums": _drums(song, frames, rng), "bass": _tones(song.bass(), frames, rng)}
    other = np.zeros(frames, np.float32)
    for lead in [rng.random() < 0.5 for _ in range(int(rng.integers(2, 5)))]:
        line = (
            song.melody(int(rng.integers(3, 6)), rng.uniform(0.1, 0.9), rng.uniform(0, 0.6))
            if lead
            else song.harmony()
        )
        other += _unit(_tones(line, frames, rng))
    out["other"] = other
    sung = song.melody(int(rng.integers(3, 5)), rng.uniform(0.1, 0.7), rng.uniform(0.1, 0.7))
    voice = _LEVEL * _unit(_tones(sung, frames, rng))
    for name in out:
        wet = _room(out[name], rng) if rng.random() < 0.5 else out[name]
        out[name] = _unit(wet) * np.float32(_LEVEL * 10 ** (rng.normal(0, 3) / 20))
    if rng.random() < 0.6:
        mix = sum(out.values(), voice)
        out = {
            name: np.float32(rng.uniform(0.75, 0.98)) * sound
            + np.float32(rng.uniform(0.01, 0.2)) * (mix - sound)
            for name, sound in out.items()
        }
    return song, out


@lru_cache(maxsize=1)
def _kits() -> list[Kit]:
    rng = np.random.default_rng(5)
    kits = [drums.synthetic(rng) for _ in range(8)]
    if sources.KITS.is_dir():
        folders = sources.kits("train")
        kits += [drums.recorded(folders[index]) for index in rng.permutation(len(folders))[:6]]
    return [
        {n: [s.mean(1)[::2].astype(np.float32) for s in shots[:4]] for n, shots in k.items()} for k in kits
    ]


def _drums(song: Song, frames: int, rng: Random) -> Mono:
    hits = drums.pattern(song, rng)
    kit = _kits()[rng.integers(len(_kits()))]
    out = np.zeros(frames + 5 * RATE, np.float32)
    gains = {name: rng.uniform(0.6, 1.3) for name in kit}
    for at, drum, velocity in hits:
        shots = kit.get(drum) or kit.get({"tom3": "tom2", "rim": "snare", "bell": "ride"}.get(drum, ""))
        if shots:
            shot = shots[min(len(shots) - 1, int(velocity * len(shots)))]
            _add(out, shot * np.float32(velocity**1.3 * gains.get(drum, 1)), at)
    return out[:frames]


def _tones(notes: list[Note], frames: int, rng: Random) -> Mono:
    """One instrument: its wave, its envelope, and at times its distortion, are drawn once."""
    roll, attack, odd = rng.uniform(0.4, 2.2), rng.uniform(0.002, 0.05), rng.random() < 0.25
    decay = rng.uniform(0.3, 6) if rng.random() < 0.5 else 0.0
    phases = rng.uniform(0, 6, 31)
    out = np.zeros(frames + 5 * RATE, np.float32)
    turn = 2 * np.pi * np.arange(_TABLE) / _TABLE
    waves: dict[int, NDArray[np.float64]] = {}
    for start, length, pitch, velocity in notes:
        if start * RATE >= frames:
            continue
        hz = 440 * 2 ** ((pitch - 69) / 12)
        if pitch not in waves:
            partials = [h for h in range(1, 31) if h * hz < 0.45 * RATE and not (odd and h % 2 == 0)]
            waves[pitch] = sum((np.sin(h * turn + phases[h]) / h**roll for h in partials), np.zeros(_TABLE))
        count = int(min(length + 0.1, 4) * RATE)
        t = np.arange(count) / RATE
        shape = np.minimum(1, t / attack) * np.minimum(1, (count / RATE - t) / 0.08) * np.exp(-t * decay)
        _add(out, (velocity * shape * waves[pitch][(t * hz * _TABLE).astype(int) % _TABLE]), start)
    if rng.random() < 0.35:
        out = np.tanh(_unit(out) * rng.uniform(0.3, 2.5)).astype(np.float32)
    return out[:frames]


def _add(out: Mono, piece: NDArray[np.floating], at: float) -> None:
    start = int(at * RATE)
    room = out[start : start + len(piece)]
    room += piece[: len(room)].astype(np.float32)


def _room(sound: Mono, rng: Random) -> Mono:
    count = int(RATE * rng.uniform(0.1, 0.8))
    tail = rng.standard_normal(count) * np.exp(-5 * np.arange(count) / count)
    tail *= rng.uniform(0.05, 0.5) / np.sqrt((tail**2).sum())
    return np.asarray(sound + fftconvolve(sound, tail)[: len(sound)], np.float32)


def _unit(sound: Mono) -> Mono:
    return sound / np.float32(max(float(sound.std()), 1e-6))
