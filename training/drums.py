"""Drums: what a drummer plays (patterns), and three ways to sound it (recorded kits, soundfonts, our own synthesis)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy import signal

from training import effects
from training.effects import RATE, Audio, Random
from training.song import Hit, Song

GM = {
    "kick": (36, 35), "snare": (38, 40), "rim": (37,), "clap": (39,), "hat": (42,), "pedal": (44,), "open": (46,),
    "tom1": (50, 48), "tom2": (47, 45), "tom3": (43, 41), "crash": (49, 57), "ride": (51, 59), "bell": (53,),
    "cowbell": (56,), "tamb": (54,), "shaker": (70, 82), "conga1": (62, 63), "conga2": (64,),
}  # fmt: skip


_KICKS = {
    "rock": "x.....o.x.o.....", "funk": "x..x..o..ox..o..", "four": "x...x...x...x...", "half": "x.....o...o..o..",
    "shuffle": "x.......x..o....", "busy": "x.o.o.xo..x.o.o.", "latin": "x..x...xx..x...x",
    "sparse": "x...............",
}  # fmt: skip
_SNARES = {
    "rock": "....x.......x...", "funk": "....x.......x..o", "four": "....x.......x...", "half": "........x.......",
    "shuffle": "....x.......x...", "busy": "....x..o.o..x..o", "latin": "...x......x.....",
    "sparse": "........o.......",
}  # fmt: skip
_HATS = (
    "x.x.x.x.x.x.x.x.",
    "xxxxxxxxxxxxxxxx",
    "x...x...x...x...",
    "x.xxx.xxx.xxx.xx",
    "..x...x...x...x.",
    "................",
)
_WALTZ_KICKS = {
    "waltz": "x...........",
    "slow waltz": "x.....o.....",
    "rock waltz": "x.....o..o..",
    "march": "x.......o...",
}
_WALTZ_SNARES = {
    "waltz": "....x...x...", "slow waltz": "........x...", "rock waltz": "....x...x..o", "march": "....x...o...",
}  # fmt: skip
_WALTZ_HATS = ("x.x.x.x.x.x.", "x...x...x...", "....x...x...", "xxxxxxxxxxxx", "............")
"""What each drum plays: x nearly always, o at times."""


def pattern(song: Song, rng: Random) -> list[Hit]:
    """(seconds, drum, velocity 0…1) in a random style, with ghost notes and fills."""
    style = rng.choice([*_KICKS] if song.meter == 4 else [*_WALTZ_KICKS])
    steps, length = _grid(str(style), rng), 4 * song.meter
    cymbal = str(rng.choice(["hat", "hat", "hat", "ride", "open"]))
    hits: list[Hit] = []
    sloppy = rng.uniform(0, 0.012)
    for bar in range(song.bars):
        fill = bar % 4 == 3 and rng.random() < 0.6
        for step in range(length):
            at = song.seconds(bar * song.meter + step / 4)
            if fill and step >= length - (8 if rng.random() < 0.3 else 4):
                if rng.random() < 0.8:
                    hits.append((at, str(rng.choice(["snare", "tom1", "tom2", "tom3"])), rng.uniform(0.5, 1)))
                continue
            for drum, row in steps.items():
                if rng.random() < row[step]:
                    loud = rng.uniform(0.15, 0.4) if drum == "ghost" else rng.uniform(0.65, 1)
                    if drum == "hat":
                        loud *= 1 if step % 4 == 0 else rng.uniform(0.4, 0.9)
                    name = {"ghost": "snare", "hat": cymbal if rng.random() < 0.93 else "open"}.get(
                        drum, drum
                    )
                    hits.append((max(0.0, at + rng.normal(0, sloppy)), name, float(loud)))
        if bar % 4 == 0 and rng.random() < 0.6:
            hits.append((song.seconds(bar * song.meter), "crash", rng.uniform(0.6, 1)))
    return sorted(hits)


def _grid(style: str, rng: Random) -> dict[str, list[float]]:
    """Chance of a hit on each sixteenth of a bar, by drum. The styles of a waltz have bars of twelve."""

    def row(text: str) -> list[float]:
        return [{"x": 0.97, "o": 0.4, ".": 0.02}[c] for c in text]

    waltz = style in _WALTZ_KICKS
    hats = _WALTZ_HATS if waltz else _HATS
    kicks, snares = (_WALTZ_KICKS, _WALTZ_SNARES) if waltz else (_KICKS, _SNARES)
    grid = {"kick": row(kicks[style]), "hat": row(hats[rng.integers(len(hats))])}
    grid[str(rng.choice(["snare", "snare", "snare", "snare", "clap", "rim"]))] = row(snares[style])
    if style in ("funk", "busy") or rng.random() < 0.25:
        grid["ghost"] = [0.25 if s % 4 else 0.0 for s in range(len(kicks[style]))]
    for extra, chance in (
        ("tamb", 0.12),
        ("shaker", 0.15),
        ("cowbell", 0.07),
        ("conga1", 0.12),
        ("pedal", 0.1),
    ):
        if rng.random() < chance:
            grid[extra] = [float(rng.random() < 0.4) * 0.9 for _ in kicks[style]]
    return grid


def sound(hits: list[Hit], frames: int, one_shots: dict[str, list[Audio]], rng: Random) -> Audio:
    """One-shots laid out in time; a louder hit is another sample, or brighter."""
    out = np.zeros((frames + RATE * 4, 2), np.float32)
    gains = {name: rng.uniform(0.6, 1.3) for name in one_shots}
    closing: int | None = None
    for at, drum, velocity in hits:
        shots = one_shots.get(drum) or one_shots.get(
            {"tom3": "tom2", "rim": "snare", "bell": "ride"}.get(drum, "")
        )
        if not shots:
            continue
        shot = shots[min(len(shots) - 1, int(velocity * len(shots)))]
        start = int(at * RATE)
        if drum in ("hat", "pedal") and closing is not None:
            out[start + 400 : closing] *= 0.9  # a closed hat does not quite stop the room's ring
        piece = shot[: len(out) - start]
        out[start : start + len(piece)] += piece * np.float32(
            velocity**1.3 * gains[drum] if drum in gains else velocity
        )
        closing = None
    return out[:frames]


@lru_cache(maxsize=6)
def recorded(folder: Path) -> dict[str, list[Audio]]:
    """One-shots of a Hydrogen kit, by drum, quiet layers first."""
    tree = ET.parse(folder / "drumkit.xml")  # noqa: S314 - from a Debian package
    found: dict[str, list[Audio]] = {}
    for instrument in (e for e in tree.iter() if e.tag.endswith("instrument")):
        texts = {e.tag.split("}")[-1]: e.text or "" for e in instrument.iter()}
        drum = _drum_named(texts.get("name", "") + " " + texts.get("filename", ""))
        if drum is None or drum in found:
            continue
        files = [e.text for e in instrument.iter() if e.tag.endswith("filename") and e.text]
        shots = [_read(folder / f) for f in files[:8] if (folder / f).exists()]
        if shots:
            found[drum] = shots
    return found


def _read(path: Path) -> Audio:
    audio, rate = sf.read(path, dtype="float32", always_2d=True)
    audio = effects.stereo(audio[: rate * 4, 0]) if audio.shape[1] == 1 else audio[: rate * 4, :2]
    if rate != RATE:
        audio = signal.resample_poly(audio, RATE, rate, axis=0).astype(np.float32)
    return effects.unit(audio)


def _drum_named(name: str) -> str | None:
    name = name.lower()
    words = (
        ("pedal", "pedal"), ("open", "open"), ("hat", "hat"), ("hh", "hat"), ("hihat", "hat"), ("kick", "kick"),
        ("bass", "kick"),
        ("bd", "kick"), ("rim", "rim"), ("stick", "rim"), ("snare", "snare"), ("sd", "snare"), ("sn", "snare"),
        ("clap", "clap"),
        ("bell", "bell"), ("ride", "ride"), ("crash", "crash"), ("china", "crash"), ("splash", "crash"),
        ("cow", "cowbell"),
        ("floor", "tom3"), ("low tom", "tom3"), ("tom3", "tom3"), ("mid", "tom2"), ("tom2", "tom2"), ("tom", "tom1"),
        ("tamb", "tamb"), ("shak", "shaker"), ("conga", "conga1"), ("bongo", "conga1"), ("djemb", "conga1"),
    )  # fmt: skip
    return next((drum for word, drum in words if word in name), None)


def synthetic(rng: Random) -> dict[str, list[Audio]]:
    """A kit of our own: membranes as swept sines with noise, metal as inharmonic squares and noise."""
    kit: dict[str, list[Audio]] = {}
    kit["kick"] = [
        _membrane(rng, rng.uniform(40, 65), rng.uniform(1.5, 6), rng.uniform(0.08, 0.5), rng.uniform(0, 0.3))
    ]
    kit["snare"] = [_snare(rng)]
    for name, hz in (("tom1", 170), ("tom2", 125), ("tom3", 85), ("conga1", 260), ("conga2", 190)):
        kit[name] = [
            _membrane(rng, hz * rng.uniform(0.85, 1.15), rng.uniform(1.1, 1.6), rng.uniform(0.15, 0.5), 0.15)
        ]
    tone, colour = rng.uniform(250, 500), rng.uniform(0.2, 0.8)
    lengths = {
        "hat": (0.02, 0.1), "pedal": (0.02, 0.08), "open": (0.2, 0.6), "ride": (0.6, 2.0), "crash": (0.8, 2.5),
        "bell": (0.4, 1.0), "tamb": (0.05, 0.2), "shaker": (0.03, 0.09),
    }  # fmt: skip
    for name, seconds in lengths.items():
        kit[name] = [_metal(rng, tone * rng.uniform(0.9, 1.6), rng.uniform(*seconds), colour)]
    kit["cowbell"] = [_metal(rng, rng.uniform(500, 650), 0.2, 0.95, rng.uniform(700, 2000))]
    kit["clap"], kit["rim"] = [_clap(rng)], [_membrane(rng, rng.uniform(380, 520), 1.2, 0.03, 0.5)]
    return kit


def _membrane(rng: Random, hz: float, sweep: float, seconds: float, click: float) -> Audio:
    t = np.arange(int(RATE * (seconds * 4 + 0.05))) / RATE
    pitch = hz * (1 + (sweep - 1) * np.exp(-t / rng.uniform(0.008, 0.05)))
    body = np.sin(2 * np.pi * np.cumsum(pitch) / RATE + rng.uniform(0, 1)) * np.exp(-t / seconds)
    for ratio in (1.59, 2.14, 2.3):
        body += (
            rng.uniform(0, 0.25)
            * np.sin(2 * np.pi * np.cumsum(pitch) * ratio / RATE)
            * np.exp(-t * 3 / seconds)
        )
    body += click * rng.standard_normal(len(t)) * np.exp(-t / rng.uniform(0.002, 0.012))
    return effects.unit(effects.stereo(np.tanh(rng.uniform(0.8, 3) * body).astype(np.float32)))


def _snare(rng: Random) -> Audio:
    body = _membrane(rng, rng.uniform(150, 260), rng.uniform(1.05, 1.6), rng.uniform(0.04, 0.15), 0.4)
    t = np.arange(int(RATE * 0.8)) / RATE
    wires = rng.standard_normal((len(t), 2)) * np.exp(-t / rng.uniform(0.04, 0.16))[:, None]
    wires = effects.unit(effects.butter(wires, rng.uniform(700, 2500), "high"))
    out = wires * np.float32(rng.uniform(0.3, 1))
    n = min(len(body), len(out))
    out[:n] += body[:n]
    return effects.unit(out)


def _metal(rng: Random, hz: float, seconds: float, tonal: float, high: float | None = None) -> Audio:
    t = np.arange(int(RATE * min(4, seconds * 3 + 0.02))) / RATE
    ratios = np.array([1, 1.342, 1.2312, 1.6532, 1.9523, 2.1523]) * rng.uniform(0.97, 1.03, 6)
    tone = (
        sum(
            signal.square(2 * np.pi * hz * r * t + p)
            for r, p in zip(ratios, rng.uniform(0, 6, 6), strict=True)
        )
        / 6
    )
    sides = [tonal * tone + (1 - tonal) * rng.standard_normal(len(t)) for _ in range(2)]
    out = np.stack(sides, 1) * (np.exp(-t / seconds) + 0.5 * np.exp(-t / 0.01))[:, None]
    return effects.unit(effects.butter(out, high or rng.uniform(3000, 8000), "high", 3))


def _clap(rng: Random) -> Audio:
    t = np.arange(int(RATE * 0.5)) / RATE
    shape = sum(
        np.where(t >= d, np.exp(-(t - d) / w), 0)
        for d, w in ((0, 0.006), (0.011, 0.006), (0.023, rng.uniform(0.04, 0.15)))
    )
    noise = rng.standard_normal((len(t), 2)) * np.asarray(shape)[:, None]
    return effects.unit(effects.butter(noise, (rng.uniform(500, 1000), rng.uniform(2500, 7000)), "band"))
