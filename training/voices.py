"""Voices that sing: recorded and synthetic speech, taken apart by WORLD and put together again on a melody.

WORLD (Morise et al. 2016) splits speech into pitch, spectral envelope and aperiodicity. Consonants keep their speed,
vowels are stretched to the note, the pitch becomes the melody's with glides, vibrato and unsteadiness.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pyworld
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

from training import effects, sources
from training.effects import RATE, Audio, Random
from training.song import Note, Song

_FRAME = 0.005
_SING_RATE = 32_000


@dataclass
class Syllable:
    """Speech that ends in a voiced run: envelope and aperiodicity (frames, bins), frames before the voice."""

    envelope: NDArray[np.float32]
    noise: NDArray[np.float32]
    onset: int
    hz: float


Voice = list[Syllable]


def bank(split: str, seed: int, clips_a_voice: int) -> list[Voice]:
    """The syllables of every voice of the split, taken from a random few of its clips."""
    rng = np.random.default_rng(seed)
    found = []
    for files in sources.voices(split).values():
        chosen = [files[i] for i in rng.permutation(len(files))[:clips_a_voice]]
        found.append([s for f in chosen for s in _syllables(_load(f))])
    lines = sources.TEXT[split]
    for name in sources.FLITE[split]:
        found.append(
            [s for line in lines[:3] for s in _syllables(_speak(["flite", "-voice", name, "-t", line, "-o"]))]
        )
    if split == "train":
        for name in sources.ESPEAK:
            pitch = str(rng.integers(20, 80))
            found.append(
                [
                    s
                    for line in lines[:2]
                    for s in _syllables(_speak(["espeak-ng", "-v", name, "-p", pitch, line, "-w"]))
                ]
            )
    return [voice for voice in found if len(voice) >= 6]


def _speak(command: list[str]) -> Audio:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run([*command, file.name], check=True, capture_output=True)
        return _load(Path(file.name))


def _load(path: Path) -> Audio:
    if path.suffix == ".g722":
        with av.open(str(path), format="g722") as container:
            audio = np.concatenate([f.to_ndarray().reshape(-1) for f in container.decode(audio=0)]) / 32768.0
            rate = 16_000
    else:
        audio, rate = sf.read(path, dtype="float64", always_2d=True)
        audio = audio.mean(1)
    if rate != _SING_RATE:
        audio = signal.resample_poly(audio, _SING_RATE, rate)
    return np.ascontiguousarray(audio[: 6 * _SING_RATE])


def _syllables(audio: Audio) -> list[Syllable]:
    if len(audio) < _SING_RATE // 5 or np.abs(audio).max() < 1e-3:
        return []
    audio = audio.astype(np.float64) / np.abs(audio).max()
    pitch, times = pyworld.dio(audio, _SING_RATE, f0_floor=70, f0_ceil=500, frame_period=1000 * _FRAME)
    pitch = pyworld.stonemask(audio, pitch, times, _SING_RATE)
    envelope = pyworld.cheaptrick(audio, pitch, times, _SING_RATE)
    noise = pyworld.d4c(audio, pitch, times, _SING_RATE)
    level = np.sqrt(envelope.mean(1))
    voiced = (pitch > 0) & (level > 0.1 * level.max())
    edges = np.flatnonzero(np.diff(np.concatenate(([0], voiced.astype(int), [0]))))
    out, last = [], 0
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start < 12:
            continue
        begin = max(last, start - 30)
        stop_at = min(stop, start + 70)
        part = slice(begin, stop_at)
        out.append(Syllable(envelope[part].astype(np.float32), noise[part].astype(np.float32), start - begin,
                            float(np.median(pitch[start:stop]))))  # fmt: skip
        last = stop
    return out


@dataclass
class Line:
    """What a voice really sang: its pitch every 5 ms (Hz, 0 where it rests) and its notes, in its own octave."""

    hz: NDArray[np.float64]
    notes: list[Note]


def sing(voice: Voice, notes: list[Note], frames: int, rng: Random) -> tuple[Audio, Line]:
    """`voice` sings the notes, an octave chosen to suit it: mono, `frames` long; and what it sang."""
    at = np.arange(int(frames / RATE / _FRAME) + 1) * _FRAME
    bins = voice[0].envelope.shape[1]
    pitch = np.zeros(len(at))
    envelope = np.full((len(at), bins), 1e-12)
    noise = np.ones((len(at), bins))
    usual = float(np.median([s.hz for s in voice])) * rng.uniform(1.0, 1.9)
    middle = 69 + 12 * np.log2(usual / 440)
    shift = 12 * round((middle - np.median([n[2] for n in notes])) / 12)
    warp = np.clip(np.arange(bins) / rng.uniform(0.88, 1.14), 0, bins - 1).astype(int)
    vibrato, rate, slide = rng.uniform(0, 0.6), rng.uniform(4.3, 6.8), rng.uniform(0.02, 0.12)
    index, before = int(rng.integers(len(voice))), None
    sung_notes: list[Note] = []
    for start, length, midi, velocity in notes:
        syllable = voice[index % len(voice)]
        index += 1 if rng.random() < 0.9 else int(rng.integers(1, len(voice)))
        first = int(start / _FRAME) - syllable.onset
        count = syllable.onset + max(10, int(length / _FRAME))
        if first < 0 or first + count >= len(at):
            continue
        where = _stretched(len(syllable.envelope), syllable.onset, count)
        rows = slice(first, first + count)
        swell = (velocity * _shape(count, syllable.onset)) ** 2
        envelope[rows] = syllable.envelope[where][:, warp] * swell[:, None] + 1e-12
        noise[rows] = syllable.noise[where]
        t = np.arange(count - syllable.onset) * _FRAME
        tone = (
            midi
            + shift
            + vibrato * np.minimum(1, t / 0.4) * np.sin(2 * np.pi * rate * t)
            + 0.12 * np.sin(2 * np.pi * 2.1 * t)
        )
        from_pitch = before if before is not None and rng.random() < 0.7 else tone[0] - rng.uniform(0, 2.5)
        tone += (from_pitch - tone[0]) * np.exp(-t / slide)
        pitch[first + syllable.onset : first + count] = 440 * 2 ** ((tone - 69) / 12)
        before = float(midi + shift)
        sung_notes.append((start, length, midi + shift, velocity))
    line = Line(np.clip(pitch, 0, 1200), sung_notes)
    if not pitch.any():
        return np.zeros(frames, np.float32), line
    sung = pyworld.synthesize(line.hz, envelope, np.clip(noise, 1e-3, 1), _SING_RATE, 1000 * _FRAME)
    sung = signal.resample_poly(sung, RATE, _SING_RATE).astype(np.float32)
    out = np.zeros(frames, np.float32)
    out[: min(frames, len(sung))] = sung[:frames]
    return effects.unit(out), line


def _stretched(length: int, onset: int, count: int) -> NDArray[np.intp]:
    """Which source frame each sung frame takes: the consonant as it is, the vowel's middle repeated to and fro."""
    need, have = count - onset, length - onset
    edge = min(8, have // 3)
    if need <= have:
        return np.minimum(np.arange(count), length - 1)
    inner = have - 2 * edge
    stretch = np.linspace(0, max(inner - 1, 0), need - 2 * edge)
    vowel = np.concatenate((np.arange(edge), edge + stretch, have - edge + np.arange(edge)))
    return np.concatenate((np.arange(onset), onset + vowel)).astype(int)[:count].clip(0, length - 1)


def _shape(count: int, onset: int) -> NDArray[np.float64]:
    shape = np.ones(count)
    tail = min(12, (count - onset) // 2)
    shape[count - tail :] = np.linspace(1, 0.02, tail)
    return shape


def vocal_track(song: Song, frames: int, voices: list[Voice], rng: Random) -> tuple[Audio, Line | None]:
    """A lead, often doubled or with a second voice, through a vocal chain; and the lead's line."""
    notes = song.melody(int(rng.integers(3, 5)), rng.uniform(0.1, 0.7), rng.uniform(0.1, 0.7))
    if not notes:
        return np.zeros((frames, 2), np.float32), None
    voice = voices[rng.integers(len(voices))]
    lead, line = sing(voice, notes, frames, rng)
    audio = effects.stereo(lead, float(rng.choice([0, 0, 0, rng.uniform(-0.5, 0.5)])))
    for _ in range(int(rng.choice([0, 0, 0, 1, 2]))):
        other = voice if rng.random() < 0.5 else voices[rng.integers(len(voices))]
        move = int(rng.choice([0, 3, 4, 7, 12]))
        part = [(s + rng.normal(0, 0.015), n, p + move, v) for s, n, p, v in notes]
        audio += effects.stereo(sing(other, part, frames, rng)[0], rng.uniform(-1, 1)) * np.float32(
            rng.uniform(0.2, 0.8)
        )
    audio = effects.butter(audio, rng.uniform(60, 140), "high")
    if rng.random() < 0.7:
        audio = effects.peaking(audio, rng.uniform(3000, 9000), rng.uniform(0, 10), 0.7)
    if rng.random() < 0.7:
        audio = effects.compress(audio, rng)
    if rng.random() < 0.25:
        audio = effects.delay(audio, rng, song.seconds(float(rng.choice([0.5, 1]))))
    return effects.studio(audio, rng, wet=0.75), line
