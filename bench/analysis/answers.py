"""What each candidate says of a song: a function for each, from files to an answer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib.resources import files
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
        "beats_confidence": got["beats"]["confidence"],
        "downbeats": got["beats"]["downbeats"],
        "meter": got["beats"]["meter"],
        "bpm": got["beats"]["candidates"][1] if steps else 0.0,
        "key": f"{key['tonic']} {key['mode']}" if key["tonic"] else None,
        "key_confidence": key["confidence"],
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
    return _sonara(folder / "mix.wav")


def sonara_stems(folder: Path) -> Answer:
    """sonara 0.3.6: beats from the drums, key and chords from the bass and the accompaniment together."""
    import soundfile

    parts = [soundfile.read(folder / f"{stem}.wav", dtype="float32") for stem in ("bass", "other")]
    with tempfile.TemporaryDirectory() as room:
        soundfile.write(Path(room) / "low.wav", parts[0][0] + parts[1][0], parts[0][1], subtype="FLOAT")
        harmony = _sonara(Path(room) / "low.wav")
    return _sonara(folder / "drums.wav") | {name: harmony[name] for name in ("key", "chords")}


def _sonara(file: Path) -> Answer:
    import sonara as engine

    got = engine.analyze_file(str(file), mode="playlist")
    hop = got["provenance"]["hop_length"] / got["provenance"]["sample_rate"]
    chords = [
        {"start": c["start_sec"], "end": c["end_sec"], "label": _chord(c["label"])}
        for c in got["chord_events"]
    ]
    return {"beats": np.asarray(got["beats"]) * hop, "bpm": got["bpm"], "key": got["key"], "chords": chords}


def librosa(folder: Path) -> Answer:
    """librosa 0.11, from the mix: its beat tracker, and its chroma with Krumhansl's key profiles."""
    import librosa as lib

    sound, rate = lib.load(folder / "mix.wav", sr=22_050)
    bpm, beats = lib.beat.beat_track(y=sound, sr=rate, units="time")
    chroma = lib.feature.chroma_cqt(y=sound, sr=rate)
    return {
        "beats": beats,
        "bpm": float(np.atleast_1d(bpm)[0]),
        "key": _key(chroma.mean(1)),
        "chords": _triads(chroma, rate / 512),
    }


def swift_f0(folder: Path) -> Answer:
    """swift-f0 0.3.0 as its package runs it: what it calls voiced, between our lowest and highest pitch."""
    import swift_f0

    got = swift_f0.SwiftF0().detect_file(str(folder / "vocals.wav"), 65, 1100)
    return {"pitch": (got.timestamps, np.where(got.confidence >= 0.5, got.pitch_hz, 0.0))}


def basic_pitch(folder: Path) -> Answer:
    """basic-pitch 0.4.0: its network's strongest contour, in thirds of a semitone, where that is above 0.3."""
    import librosa as lib
    import onnxruntime

    model = files("basic_pitch") / "saved_models/icassp_2022/nmp.onnx"
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    sound, rate = lib.load(folder / "vocals.wav", sr=22_050)
    size, hop, overlap = 2 * rate - 256, 256, 30 * 256
    step, half = size - overlap, overlap // 2 // hop
    padded = np.pad(sound, (overlap // 2, size))
    wanted = [output.name for output in session.get_outputs()]
    pieces = []
    for start in range(0, len(sound), step):
        piece = padded[None, start : start + size, None].astype(np.float32)
        outputs = session.run(wanted, {session.get_inputs()[0].name: piece})
        contour = next(o for o in outputs if o.shape[2] == 264)[0]
        pieces.append(contour[half:-half])
    contour = np.concatenate(pieces)
    best = contour.argmax(1)
    hz = np.where(contour.max(1) > 0.3, 27.5 * 2 ** (best / 36), 0.0)
    return {"pitch": (np.arange(len(hz)) * step / hop / len(pieces[0]) * hop / rate, hz)}


CANDIDATES: dict[str, Callable[[Path], Answer]] = {
    "ours": ours, "sonara": sonara, "sonara on stems": sonara_stems, "librosa": librosa, "swift-f0": swift_f0,
    "basic-pitch": basic_pitch,
}  # fmt: skip
HEAR_THE_MIX = ("sonara", "librosa")
"""What is separated makes no difference to these."""


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
