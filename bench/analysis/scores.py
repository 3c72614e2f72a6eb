"""How near an answer is to the truth, by mir_eval. None where a candidate does not answer, or nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np

_NEAR = 0.04
"""A tempo within 4 % counts as the same (MIREX)."""


def scores(truth: dict[str, Any], answer: dict[str, Any]) -> dict[str, float | None]:
    """beat_f1, octave_error (1 or 0), key_weighted, chord_recall, melody_rpa of one song.

    answer: `beats` (s), `bpm`, `key` ("A minor"), `chords` [{start, end, label}], `pitch` (times, Hz; 0: a rest).
    """
    import mir_eval

    out: dict[str, float | None] = dict.fromkeys(
        ("beat_f1", "octave_error", "key_weighted", "chord_recall", "melody_rpa")
    )
    if "beats" in answer:
        out["beat_f1"] = float(
            mir_eval.beat.f_measure(np.array(truth["beats"]), np.array(answer["beats"]), 0.07)
        )
        out["octave_error"] = float(is_octave_error(answer["bpm"], truth["bpm"]))
    if "key" in answer:
        known = f"{truth['key']['tonic']} {truth['key']['mode']}"
        out["key_weighted"] = float(mir_eval.key.weighted_score(known, answer["key"] or "X"))
    if "chords" in answer:
        out["chord_recall"] = chord_recall(truth["chords"], answer["chords"])
    if "pitch" in answer and truth["melody"]:
        known_hz = np.array(truth["melody"]["hz"])
        times = np.arange(len(known_hz)) * truth["melody"]["step"]
        cents = mir_eval.melody.to_cent_voicing(times, known_hz, *map(np.asarray, answer["pitch"]))
        out["melody_rpa"] = float(mir_eval.melody.raw_pitch_accuracy(*cents))
    return out


def right(truth: dict[str, Any], answer: dict[str, Any]) -> dict[str, float | None]:
    """What our own values are besides: whether beats (F1 of 0.9 or more) and key are right, with their confidence; the
    downbeats' F1, and whether the meter is right. None where the candidate does not say how sure it is."""
    import mir_eval

    out: dict[str, float | None] = dict.fromkeys(
        ("beats_confidence", "beats_right", "key_confidence", "key_right", "downbeat_f1", "meter_right")
    )
    if "beats_confidence" not in answer:
        return out
    near = mir_eval.beat.f_measure(np.array(truth["beats"]), np.array(answer["beats"]), 0.07)
    bars = mir_eval.beat.f_measure(np.array(truth["downbeats"]), np.array(answer["downbeats"]), 0.07)
    key = f"{truth['key']['tonic']} {truth['key']['mode']}"
    return out | {
        "beats_confidence": answer["beats_confidence"],
        "beats_right": float(near >= 0.9),
        "key_confidence": answer["key_confidence"],
        "key_right": float(answer["key"] == key),
        "downbeat_f1": float(bars),
        "meter_right": float(answer["meter"] == truth["meter"]),
    }


def is_octave_error(bpm: float, truth: float) -> bool:
    """Whether a tempo is half, double, a third or thrice the true one, within 4 %."""
    return any(abs(bpm / truth / factor - 1) < _NEAR for factor in (0.5, 2, 1 / 3, 3))


def chord_recall(truth: list[dict[str, Any]], answer: list[dict[str, Any]]) -> float | None:
    """The share of the time with a known major or minor triad whose chord is right; None without any such time."""
    import mir_eval

    known, labels = _intervals(truth)
    if not any(label != "X" for label in labels):
        return None
    if not answer:
        return 0.0
    heard, names = mir_eval.util.adjust_intervals(*_intervals(answer), known.min(), known.max(), "N", "N")
    intervals, true, given = mir_eval.util.merge_labeled_intervals(known, labels, heard, names)
    right = mir_eval.chord.majmin(true, given)
    return float(mir_eval.chord.weighted_accuracy(right, mir_eval.util.intervals_to_durations(intervals)))


def _intervals(chords: list[dict[str, Any]]) -> tuple[Any, list[str]]:
    return np.array([[c["start"], c["end"]] for c in chords]), [c["label"] for c in chords]
