"""Real Whisper base on whole songs whose words are annotated, next to plain faster-whisper.

A song is `NAME.mp3` with `NAME.words.csv` (a row for each word, in order: its start and end in s) and `NAME.txt` (the
words, by lines). The demo song has its text in its tags. Stems are those of the built-in separator.

`word_error`: words that are wrong, missing or added (Levenshtein) over those that are sung; words are compared by
letters and digits, without case. `onset_…`: how far (s) recognised words that are right begin from where they are sung.
`known`: the same for the known text, aligned with the same model; `far_unmarked` counts lines more than 5 s off that
are not marked as estimates. `cpu_s`: CPU seconds of a process that recognises the song, the loading of the model
included; medians. The peer is faster-whisper's own `transcribe` of the mix with the same weights (int8, two
threads) and its own options otherwise, with its voice detector (`plain_vad`) and without (`plain`)."""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.lyrics import read_tag_lyrics, write_lyrics
from ml.lyrics.matching import spelling

DEMO = Path(__file__).parents[2] / "local" / "demo" / "song.mp3"
BAND = ("drums", "bass", "other")
NEAR_S, FAR_S = 0.3, 5.0
SIDES = ("stage", "plain_vad", "plain")


def songs(folder: Path | None) -> dict[str, Path]:
    """The demo song, and the annotated songs of `folder`, by name."""
    more = sorted(folder.glob("*.words.csv")) if folder else []
    return {"demo": DEMO} | {
        path.name.split(".")[0]: path.with_suffix("").with_suffix(".mp3") for path in more
    }


def measure(name: str, song: Path, work: Path, models: Path, runs: int) -> dict[str, Any]:
    """All figures of one song; its stems are kept in `work`."""
    from ml.separation import separate_file

    stems = work / name
    if not (stems / "vocals.wav").exists():
        stems.mkdir(parents=True, exist_ok=True)
        separate_file(song, stems, model="preview")
    text = _text(song)
    starts = _starts(song)
    found: dict[str, Any] = {"words": len(starts)}
    for side in SIDES:
        answers = [_child(side, song, stems, models) for _ in range(runs)]
        found[side] = _recognised(text, starts, answers[0]["words"])
        found[side]["cpu_s"] = round(statistics.median(answer["cpu_s"] for answer in answers), 1)
    for side in SIDES[1:]:
        found[f"cpu_ratio_{side}"] = round(found["stage"]["cpu_s"] / found[side]["cpu_s"], 2)
    found["known"] = _known(starts, _child("known", song, stems, models)["segments"])
    return found


def child(side: str, song: Path, stems: Path, models: Path) -> dict[str, Any]:
    """One side, in this process: {cpu_s, words: [[word, start], ...]}; the segments of the known text for "known"."""
    began = time.process_time()
    if side.startswith("plain"):
        words = _plain(song, models, vad=side == "plain_vad")
    else:
        document = write_lyrics(
            stems / "vocals.wav",
            text=_text(song) if side == "known" else None,
            model="align" if side == "known" else "base",
            models=models,
            band=[stems / f"{stem}.wav" for stem in BAND],
        )
        if side == "known":
            return {"segments": document["segments"]}
        words = [[word["word"], word["start"]] for line in document["segments"] for word in line["words"]]
    return {"cpu_s": time.process_time() - began, "words": words}


def errors(sung: Sequence[str], heard: Sequence[str]) -> tuple[int, list[tuple[int, int]]]:
    """Levenshtein's distance, and which word of `sung` is which equal one of `heard` on that way."""
    cost = np.zeros((len(sung) + 1, len(heard) + 1), int)
    cost[:, 0], cost[0, :] = range(len(sung) + 1), range(len(heard) + 1)
    for i, word in enumerate(sung, 1):
        for j, other in enumerate(heard, 1):
            cost[i, j] = min(
                cost[i - 1, j] + 1,
                cost[i, j - 1] + 1,
                cost[i - 1, j - 1] + (spelling(word) != spelling(other)),
            )
    pairs = []
    i, j = len(sung), len(heard)
    while i and j:
        same = spelling(sung[i - 1]) == spelling(heard[j - 1])
        if cost[i, j] == cost[i - 1, j - 1] + (not same):
            i, j = i - 1, j - 1
            if same:
                pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(cost[-1, -1]), pairs[::-1]


def _child(side: str, song: Path, stems: Path, models: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.lyrics", "--real-child", side, str(song), str(stems), str(models)]
    made: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603
    return made


def _plain(song: Path, models: Path, *, vad: bool) -> list[list[Any]]:
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(models / "base"), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
    )
    segments, _ = model.transcribe(str(song), word_timestamps=True, vad_filter=vad)
    return [[word.word, word.start] for segment in segments for word in segment.words or ()]


def _text(song: Path) -> str:
    return (read_tag_lyrics(song) or "") if song == DEMO else song.with_suffix(".txt").read_text("utf-8")


def _starts(song: Path) -> list[float]:
    path = song.with_name("words.csv") if song == DEMO else song.with_suffix(".words.csv")
    with path.open() as file:
        return [float(row.get("start") or row["word_start"]) for row in csv.DictReader(file)]


def _recognised(text: str, starts: Sequence[float], words: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Pieces of a word that Whisper times alone ("qu", "'on", "-là") are one word, as they are in the text."""
    heard: list[tuple[str, float]] = []
    for word, start in words:
        piece = word.strip()
        if heard and piece.startswith(("'", "-")):
            heard[-1] = (heard[-1][0] + piece, heard[-1][1])
        elif spelling(piece):
            heard.append((piece, start))
    distance, pairs = errors(text.split(), [word for word, _ in heard])
    off = np.abs([heard[j][1] - starts[i] for i, j in pairs]) if pairs else np.array([np.nan])
    return {
        "word_error": round(distance / len(starts), 3),
        "right": len(pairs),
        "onset_median_s": round(float(np.median(off)), 2),
        "onset_within_300ms": round(float(np.mean(off <= NEAR_S)), 2),
    }


def _known(starts: Sequence[float], segments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    at = [word["start"] for line in segments for word in line["words"]]
    off = np.abs(np.array(at) - starts)
    position, far = 0, 0
    for line in segments:
        own = off[position : position + len(line["words"])]
        position += len(own)
        far += bool(own[0] > FAR_S and not line["estimated"])
    return {
        "median_s": round(float(np.median(off)), 2),
        "p90_s": round(float(np.quantile(off, 0.9)), 2),
        "worst_s": round(float(off.max()), 1),
        "within_300ms": round(float(np.mean(off <= NEAR_S)), 2),
        "lines": len(segments),
        "marked": sum(bool(line["estimated"]) for line in segments),
        "far_unmarked": far,
    }
