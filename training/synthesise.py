"""Makes the songs: one .npy of int16 tracks (tracks, frames, 2) and one .json a song, by as many processes as asked."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from training import effects
from training.effects import RATE, Audio
from training.song import Song

SECONDS = 24.0
_CLIPS_A_VOICE = 14


@lru_cache(maxsize=2)
def _voices(split: str, clips: int = _CLIPS_A_VOICE) -> list[object]:
    from training import voices

    return list(voices.bank(split, 1, clips))


@dataclass(frozen=True)
class Track:
    stem: str
    rms: float  # of the half second blocks that sound


def make_song(
    folder: Path,
    split: str,
    seed: int,
    seconds: float = SECONDS,
    meter: int = 4,
    clips: int = _CLIPS_A_VOICE,
) -> Path:
    """Song number `seed` of the split, unless it is there already. Its truth goes to truth/ in the folder.

    A waltz (`meter` 3) is named SPLIT-waltz-SEED. `clips`: how many recordings of each voice are taken apart.
    """
    from training import instruments, truth, voices

    path = folder / f"{split}{'-waltz' if meter == 3 else ''}-{seed:05d}.npy"
    if path.with_suffix(".json").exists():
        return path
    rng = np.random.default_rng([seed, {"train": 0, "held": 1}[split]])
    song, frames, line = Song(rng, seconds, meter=meter), int(seconds * RATE), None
    tracks = [
        ("drums", instruments.drum_track(song, frames, split, rng)),
        ("bass", instruments.bass_track(song, frames, split, rng)),
    ]
    for _ in range(int(rng.integers(2, 5))):
        tracks.append(("other", instruments.other_track(song, frames, split, rng)))
    if rng.random() < (0.7 if split == "train" else 1):
        vocals, line = voices.vocal_track(song, frames, _voices(split, clips), rng)  # type: ignore[arg-type]
        tracks.append(("vocals", vocals))
    tracks = [
        (stem, effects.unit(audio[:frames]))
        for stem, audio in tracks
        if np.isfinite(audio).all() and np.abs(audio).max() > 1e-4
    ]
    truth.write(folder / "truth" / path.with_suffix(".json").name, truth.of_song(song, line))
    np.save(path, np.stack([np.round(audio * 32_000).astype(np.int16) for _, audio in tracks]))
    path.with_suffix(".json").write_text(json.dumps([[stem, _loudness(audio)] for stem, audio in tracks]))
    return path


def _loudness(audio: Audio) -> float:
    blocks = audio[: len(audio) // 22_050 * 22_050].reshape(-1, 22_050 * 2)
    rms = np.sqrt((blocks**2).mean(1))
    return float(np.sqrt((rms[rms > 0.1 * rms.max()] ** 2).mean()))


def make_songs(folder: Path, split: str, first: int, count: int, processes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _voices(split, _CLIPS_A_VOICE)  # once, before the processes fork
    with ProcessPoolExecutor(processes, initializer=partial(os.nice, 5)) as pool:
        for done, path in enumerate(
            pool.map(partial(make_song, folder, split), range(first, first + count)), 1
        ):
            if done % 20 == 0:
                print(f"{split}: {done} of {count} songs ({path.name})", flush=True)
