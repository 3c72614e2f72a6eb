"""Instruments: soundfonts by fluidsynth, synthesisers of our own, and the effects that belong to each."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import fluidsynth
import numpy as np
from scipy import signal

from training import drums, effects, sources
from training.effects import RATE, Audio, Random
from training.song import Hit, Note, Song

BASS = (32, 33, 33, 34, 34, 35, 36, 37, 38, 39, 43)
KEYS = (0, 1, 2, 3, 4, 4, 5, 6, 7, 7, 7, 16, 17, 18, 19, 21)
CHROMATIC = (8, 9, 10, 11, 12, 13, 14, 15, 45, 46, 104, 105, 106, 107, 108, 112, 114)
GUITARS = (24, 25, 26, 27, 27, 28, 28, 29, 30, 31)
STRINGS = (40, 41, 42, 44, 48, 49, 50, 51, 55)
BRASS = (56, 57, 58, 59, 60, 61, 61, 61, 62, 63)
REEDS = (22, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 109, 110, 111)
SYNTHS = (80, 81, 82, 83, 84, 86, 87, 88, 89, 90, 92, 93, 94, 95, 99, 102, 103)
CHORDAL = KEYS + GUITARS + STRINGS + CHROMATIC + SYNTHS + BRASS
LEADS = GUITARS + GUITARS + BRASS + BRASS + REEDS + REEDS + SYNTHS + STRINGS + CHROMATIC + KEYS


@lru_cache(maxsize=1)
def _player() -> tuple[fluidsynth.Synth, dict[Path, int]]:
    synth = fluidsynth.Synth(gain=0.35, samplerate=RATE)
    synth.setting("synth.polyphony", 128)
    return synth, {}


def _font(path: Path) -> int:
    synth, fonts = _player()
    if path not in fonts:
        fonts[path] = synth.sfload(str(path))
    return fonts[path]


def play(
    font: Path,
    program: int,
    notes: list[Note],
    frames: int,
    rng: Random,
    *,
    bank: int = 0,
    glide: float = 0.0,
) -> Audio:
    """A soundfont's program plays `notes`; `glide` is the chance that a note is bent into, or shaken."""
    synth, _ = _player()
    synth.system_reset()
    synth.set_reverb(rng.uniform(0.2, 0.8), 0.4, 0.5, rng.uniform(0, 0.4) if rng.random() < 0.5 else 0.0)
    synth.program_select(0, _font(font), bank, program)
    synth.pitch_bend(0, 0)
    events: list[tuple[float, int, int, int]] = []
    for start, length, pitch, velocity in notes:
        if not 0 < pitch < 128:
            continue
        events += [(start, 1, pitch, max(1, min(127, int(velocity * 120)))), (start + length, 0, pitch, 0)]
        if rng.random() < glide:
            depth = rng.choice([-4096, -2048, 2048])
            events += [(start + 0.012 * i, 2, int(depth * (1 - i / 8)), 0) for i in range(9)]
            if length > 0.4:
                deep = int(rng.uniform(30, 110))
                events += [(start + 0.25, 3, deep, 0), (start + length, 3, 0, 0)]
    out, done = [], 0
    for at, kind, a, b in sorted(e for e in events if e[0] * RATE < frames):
        if (n := int(at * RATE) - done) > 0:
            out.append(synth.get_samples(n))
            done += n
        if kind == 1:
            synth.noteon(0, a, b)
        elif kind == 0:
            synth.noteoff(0, a)
        elif kind == 2:
            synth.pitch_bend(0, a)
        else:
            synth.cc(0, 1, a)
    if frames > done:
        out.append(synth.get_samples(frames - done))
    raw = np.concatenate(out).reshape(-1, 2)[:frames]
    return effects.unit(raw.astype(np.float32) / 32768)


def drum_track(song: Song, frames: int, split: str, rng: Random) -> Audio:
    hits = drums.pattern(song, rng)
    kind = rng.random()
    if kind < 0.45:
        kits = sources.kits(split)
        shots = drums.recorded(kits[rng.integers(len(kits))])
        audio = drums.sound(hits, frames, _tuned(shots, rng), rng)
    elif kind < 0.6 and split == "train":
        audio = drums.sound(hits, frames, drums.synthetic(rng), rng)
    else:
        audio = _font_drums(hits, frames, split, rng)
    if rng.random() < 0.6:  # the room
        audio = effects.reverb(audio, rng, rng.uniform(0.15, 0.9), rng.uniform(0.05, 0.7))
    if rng.random() < 0.5:
        audio = effects.compress(audio, rng)
    return effects.studio(audio, rng, wet=0.1)


def _tuned(shots: dict[str, list[Audio]], rng: Random) -> dict[str, list[Audio]]:
    """The same kit with other tuning: each drum up to three semitones off."""
    tuned = {}
    for name, samples in shots.items():
        factor = 2 ** (rng.uniform(-3, 3) / 12)
        tuned[name] = [_speed(s, factor) for s in samples]
    return tuned


def _speed(audio: Audio, factor: float) -> Audio:
    at = np.arange(0, len(audio) - 1, factor)
    return np.stack([np.interp(at, np.arange(len(audio)), audio[:, c]) for c in range(2)], 1).astype(
        np.float32
    )


def _font_drums(hits: list[Hit], frames: int, split: str, rng: Random) -> Audio:
    if rng.random() < 0.3:
        fonts, bank, programs = sources.DRUM_FONTS[split], 0, [0]
    else:
        fonts, bank, programs = sources.FONTS[split], 128, [0, 0, 8, 16, 24, 25, 32, 40]
    keys = {name: int(rng.choice(options)) for name, options in drums.GM.items()}
    notes = [(at, 0.3, keys[name], loud) for at, name, loud in hits if name in keys]
    font = fonts[rng.integers(len(fonts))]
    audio = play(font, int(rng.choice(programs)), notes, frames, rng, bank=bank)
    if not audio.any():
        audio = play(font, 0, notes, frames, rng, bank=bank)
    return audio


def bass_track(song: Song, frames: int, split: str, rng: Random) -> Audio:
    notes = song.bass()
    if rng.random() < 0.35 and split == "train":
        audio = effects.stereo(_synthesised(notes, frames, rng, low=True))
    else:
        fonts = sources.FONTS[split]
        audio = play(fonts[rng.integers(len(fonts))], int(rng.choice(BASS)), notes, frames, rng, glide=0.08)
        if rng.random() < 0.7:
            audio = effects.stereo(audio.mean(1))
    if rng.random() < 0.25:
        audio = effects.drive(audio, rng, rng.uniform(3, 24))
        audio = effects.butter(audio, rng.uniform(1500, 6000), "low")
    if rng.random() < 0.5:
        audio = effects.peaking(audio, rng.uniform(50, 120), rng.uniform(-4, 8))
    if rng.random() < 0.12:
        audio = effects.wah(audio, rng, song.bpm / 60)
    if rng.random() < 0.6:
        audio = effects.compress(audio, rng)
    return effects.studio(audio, rng, wet=0.15)


def other_track(song: Song, frames: int, split: str, rng: Random) -> Audio:
    """One instrument of the accompaniment: chords, a lead, a riff or a section, with what its players plug in."""
    lead = rng.random() < 0.5
    notes = (
        song.melody(int(rng.integers(3, 6)), rng.uniform(0.1, 0.9), rng.uniform(0, 0.6))
        if lead
        else song.harmony()
    )
    if lead and rng.random() < 0.35:  # a section: the line doubled in thirds or octaves
        notes = sorted(notes + [(s, n, p + int(rng.choice([12, -12, 4, 3, 7])), v) for s, n, p, v in notes])
    program = int(rng.choice(LEADS if lead else CHORDAL))
    if rng.random() < 0.15 and split == "train":
        audio = effects.stereo(_synthesised(notes, frames, rng, low=False))
    else:
        fonts = sources.FONTS[split]
        audio = play(
            fonts[rng.integers(len(fonts))],
            program,
            notes,
            frames,
            rng,
            glide=rng.uniform(0, 0.6) if lead else 0,
        )
    audio = _plugged(audio, program, song, rng)
    if rng.random() < 0.5:
        audio = effects.stereo(audio.mean(1) if rng.random() < 0.5 else audio, rng.uniform(-1, 1))
    return effects.studio(audio, rng)


def _plugged(audio: Audio, program: int, song: Song, rng: Random) -> Audio:
    if program in GUITARS and rng.random() < 0.65:
        audio = effects.cabinet(effects.drive(audio, rng, rng.uniform(0, 42)), rng)
    if program in (*GUITARS, 4, 5, 7, 7) and rng.random() < 0.35:
        audio = effects.wah(audio, rng, song.bpm / 60 * float(rng.choice([0.5, 1, 2])))
    if program in (4, 5, 7, 16, 17, 18) and rng.random() < 0.4:
        audio = effects.cabinet(effects.drive(audio, rng, rng.uniform(0, 24)), rng)
    if rng.random() < 0.2:
        audio = effects.chorus(audio, rng)
    if rng.random() < 0.15:
        audio = effects.delay(audio, rng, song.seconds(float(rng.choice([0.5, 0.75, 1]))))
    return audio


def _synthesised(notes: list[Note], frames: int, rng: Random, *, low: bool) -> Audio:
    """A synthesiser of our own: one random patch plays all notes. Mono."""
    kind = str(rng.choice(["subtractive", "subtractive", "fm", "string"]))
    patch = rng.uniform(0, 1, 8)
    out = np.zeros(frames + RATE, np.float32)
    for start, length, pitch, velocity in notes:
        begin, n = int(start * RATE), int(min(length + 0.15, 4) * RATE)
        if begin >= frames:
            continue
        hz = 440 * 2 ** ((pitch - 69) / 12)
        tone = _pluck(hz, n, patch, rng) if kind == "string" else _oscillate(kind, hz, n, patch, low)
        fade = np.minimum(1, np.arange(n) / (1 + RATE * 0.003)) * np.minimum(
            1, (n - np.arange(n)) / (RATE * 0.05)
        )
        piece = (tone * fade * velocity)[: len(out) - begin]
        out[begin : begin + len(piece)] += piece
    return effects.unit(out[:frames])


def _oscillate(kind: str, hz: float, n: int, patch: Audio, low: bool) -> Audio:
    t = np.arange(n) / RATE
    decay = np.exp(-t * 8 * patch[0])
    if kind == "fm":
        ratio, depth = (1, 2, 3, 0.5, 1.41)[int(patch[1] * 5)], 6 * patch[2]
        return np.sin(2 * np.pi * hz * t + depth * decay * np.sin(2 * np.pi * hz * ratio * t)) * (0.3 + decay)
    top = int(min(40, 14_000 / hz))
    harmonics = np.arange(1, top + 1)
    levels = 1 / harmonics ** (0.7 + patch[3])
    if patch[4] < 0.4:
        levels[1::2] *= 0.05  # square
    # The filter opens at the note's start and closes.
    cutoff = (200 if low else 600) * 30 ** patch[5] * (1 + 6 * patch[6] * decay[::256])
    detune = 1 + 0.006 * (patch[7] > 0.5)
    wave = np.zeros(n)
    for h, level in zip(harmonics, levels, strict=True):
        gain = level / (1 + (h * hz / cutoff) ** 4)
        if gain.max() < 1e-3:
            continue
        smooth = np.interp(np.arange(n), np.arange(len(gain)) * 256, gain)
        wave += smooth * (
            np.sin(2 * np.pi * h * hz * t) + (np.sin(2 * np.pi * h * hz * detune * t) if detune > 1 else 0)
        )
    return wave * (0.4 + decay)


def _pluck(hz: float, n: int, patch: Audio, rng: Random) -> Audio:
    """Karplus and Strong 1983, as a comb filter with a one-zero low-pass."""
    period = max(2, round(RATE / hz))
    burst = np.zeros(n)
    burst[: min(period, n)] = rng.uniform(-1, 1, min(period, n))
    burst = signal.lfilter([1 - 0.9 * patch[0]], [1, -0.9 * patch[0]], burst)
    loss = 0.999 - 0.02 * patch[1]
    denominator = np.zeros(period + 2)
    denominator[0], denominator[period], denominator[period + 1] = 1, -loss / 2, -loss / 2
    return signal.lfilter([1], denominator, burst)
