"""What each candidate says of a song: a function for each, from files to an answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Answer = dict[str, Any]

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def ours(folder: Path) -> Answer:
    """ml.analysis, from stems and mix."""
    from ml.analysis import measure_song

    got = measure_song(folder, folder / "mix.wav")
    steps = got["beats"]["anchors"]
    curve = got["melody"]["curve"]
    hz = np.array([0.0 if m is None else 440 * 2 ** ((m - 69) / 12) for m in curve["midi"]])
    key = got["key"]
    return {
        "beats": grid(steps, _seconds(folder)),
        "bpm": got["beats"]["candidates"][1] if steps else 0.0,
        "key": f"{key['tonic']} {key['mode']}" if key["tonic"] else None,
        "chords": got["chords"],
        "pitch": (np.arange(len(hz)) * curve["step"], hz),
    }


def grid(anchors: list[dict[str, float]], seconds: float) -> list[float]:
    """Every beat that the anchors give: what a player draws."""
    times: list[float] = []
    for index, anchor in enumerate(anchors):
        last = anchors[index + 1]["beat"] if index + 1 < len(anchors) else 10**9
        beat, at = anchor["beat"], anchor["t"]
        while beat < last and at < seconds:
            times.append(at)
            beat, at = beat + 1, at + 60 / anchor["bpm"]
    return times


def sonara(folder: Path) -> Answer:
    """sonara 0.3.6, from the mix: it takes one file."""
    import sonara as engine

    got = engine.analyze_file(str(folder / "mix.wav"), mode="playlist")
    hop = got["provenance"]["hop_length"] / got["provenance"]["sample_rate"]
    chords = [
        {"start": c["start_sec"], "end": c["end_sec"], "label": _chord(c["label"])}
        for c in got["chord_events"]
    ]
    return {"beats": np.asarray(got["beats"]) * hop, "bpm": got["bpm"], "key": got["key"], "chords": chords}


def librosa(folder: Path) -> Answer:
    """librosa 0.11, from the mix: its beat tracker, and its chroma with Krumhansl's key profiles; pitch by pYIN."""
    import librosa as lib

    sound, rate = lib.load(folder / "mix.wav", sr=22_050)
    bpm, beats = lib.beat.beat_track(y=sound, sr=rate, units="time")
    chroma = lib.feature.chroma_cqt(y=sound, sr=rate)
    vocals, _ = lib.load(folder / "vocals.wav", sr=22_050)
    hz, voiced, _ = lib.pyin(vocals, fmin=65, fmax=1100, sr=rate)
    return {
        "beats": beats,
        "bpm": float(np.atleast_1d(bpm)[0]),
        "key": _key(chroma.mean(1)),
        "chords": _triads(chroma, rate / 512),
        "pitch": (np.arange(len(hz)) * 512 / rate, np.where(voiced, np.nan_to_num(hz), 0.0)),
    }


CANDIDATES: dict[str, Callable[[Path], Answer]] = {"ours": ours, "sonara": sonara, "librosa": librosa}


def _key(profile: Any) -> str:
    fits = [
        (float(np.corrcoef(np.roll(shape, tonic), profile)[0, 1]), f"{_NAMES[tonic]} {mode}")
        for shape, mode in zip(_KRUMHANSL, ("major", "minor"), strict=True)
        for tonic in range(12)
    ]
    return max(fits)[1]


def _triads(chroma: Any, rate: float) -> list[dict[str, Any]]:
    """The best triad of each second."""
    out = []
    for second in range(int(chroma.shape[1] / rate)):
        mean = chroma[:, int(second * rate) : int((second + 1) * rate)].mean(1)
        fits = [
            (sum(float(mean[(root + step) % 12]) for step in shape), f"{_NAMES[root]}:{name}")
            for root in range(12)
            for shape, name in (((0, 4, 7), "maj"), ((0, 3, 7), "min"))
        ]
        out.append({"start": float(second), "end": second + 1.0, "label": max(fits)[1]})
    return out


def _chord(label: str) -> str:
    if label in ("N", "", "NC"):
        return "N"
    return f"{label[:-1]}:min" if label.endswith("m") else f"{label}:maj"


def _seconds(folder: Path) -> float:
    import soundfile

    return float(soundfile.info(folder / "mix.wav").duration)
