"""A small song of our own: clicks, a bass and chords whose beats, key and chords are known."""

from pathlib import Path

import numpy as np

from tests.ml.signals import RATE, Samples, write_wav

Chord = tuple[int, tuple[int, ...]]
C, F, G, A_MINOR, E, D_MINOR = (
    (0, (0, 4, 7)),
    (5, (0, 4, 7)),
    (7, (0, 4, 7)),
    (9, (0, 3, 7)),
    (4, (0, 4, 7)),
    (2, (0, 3, 7)),
)


def tone(midi: int, seconds: float) -> Samples:
    """A tone with six harmonics that fades."""
    t = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12)
    wave = sum((np.sin(2 * np.pi * h * hz * t) / h for h in range(1, 7)), np.zeros(len(t)))
    return (0.1 * wave * np.exp(-0.8 * t) * np.minimum(1, t / 0.005)).astype(np.float32)


def hit(seconds: float, hz: float, seed: int) -> Samples:
    """A drum: noise about `hz` that dies within 50 ms."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(t))
    return (0.3 * np.exp(-t / 0.02) * (np.sin(2 * np.pi * hz * t) + 0.3 * noise)).astype(np.float32)


def beat_times(bpm: float, bars: int, start: float = 0.5) -> list[float]:
    """The times of all beats, four a bar."""
    return [start + 60 / bpm * beat for beat in range(4 * bars)]


def play(
    folder: Path, times: list[float], chords: tuple[Chord, ...] = (A_MINOR, F, C, G), meter: int = 4
) -> Path:
    """Stems and mix.wav of a song with a chord for each bar of `meter` of the `times`: kick and snare in turn, or in a
    waltz a kick and two snares."""
    frames = round((times[-1] + 1.5) * RATE)
    stems = {name: np.zeros((frames, 2), np.float32) for name in ("drums", "bass", "other", "vocals")}

    def add(stem: str, at: float, sound: Samples) -> None:
        start = round(at * RATE)
        piece = sound[: frames - start]
        stems[stem][start : start + len(piece)] += piece[:, None]

    for beat, at in enumerate(times):
        add("drums", at, hit(0.1, 60 if beat % meter % (2 if meter == 4 else 3) == 0 else 900, beat))
        add("drums", at, 0.3 * hit(0.05, 8000, beat))
        if beat % meter == 0:
            root, shape = chords[beat // meter % len(chords)]
            end = times[beat + meter] if beat + meter < len(times) else times[-1] + 1
            add("bass", at, 2 * tone(36 + root, end - at))
            for step in shape:
                add("other", at, tone(60 + (root + step) % 12, end - at))
            add("vocals", at, 2 * tone(69 if beat // meter % 2 == 0 else 72, 0.9 * (end - at)))
    folder.mkdir(exist_ok=True)
    for name, sound in stems.items():
        write_wav(folder / f"{name}.wav", sound, subtype="PCM_16")
    write_wav(folder / "mix.wav", sum(stems.values(), np.zeros((frames, 2), np.float32)), subtype="PCM_16")
    return folder
