"""Measure, print a table, write bench/results/lyrics.json.

    python -m bench.lyrics [--voices N] [--fantasma FOLDER] [--overhead-only]
    python -m bench.lyrics --real [--songs FOLDER] [--only NAME]

`real`: the published Whisper base on the demo song and on annotated songs; see bench.lyrics.real.

`align_*`: English text that is known, spoken by several voices at several tempi with pauses between its lines, alone
and under music at 10 and 0 dB, straight into the aligner with no separator before it: harder than a stem, which has
less music left in it. A line is lost when its words are estimates or its first word is more than 1 s off.

`overhead_ratio`: CPU time of the whole stage (voice found, listened, cut, heard, judged) over that of plain
faster-whisper (the library's own `transcribe`, no VAD) on the same 16 kHz file with the same beam, temperature and
options and the same random weights of base's size, less 1; medians of runs in turn. The song has pauses, which the
stage leaves out; `overhead_dense_ratio` is the same of its segments alone, where both sides hear all. Each run is in a
process of its own, whose peak memory is `rss_mb`. CPU and not wall time, as other work may share the machine. The
weights never write a time inside a window, or what one of the two happens to repeat would decide.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.lyrics import real
from bench.lyrics.singer import LINES, RATE, VOICES, Singer, with_music
from ml.lyrics import whisper, write_lyrics
from ml.lyrics.voice import find_voice

RESULT = Path(__file__).parents[1] / "results" / "lyrics.json"
LEVELS: tuple[tuple[str, float | None], ...] = (("clean", None), ("10db", 10.0), ("0db", 0.0))
LOST_S = 1.0


def say(what: object) -> None:
    """Print it now: a bench takes minutes."""
    print(what, flush=True)  # noqa: T201


def align(voices: int, work: Path) -> dict[str, dict[str, float]]:
    """The error of word onsets at each level of music."""
    singer = Singer()
    songs = [singer.song(voice, seed) for seed, voice in enumerate(VOICES[:voices])]
    found: dict[str, dict[str, float]] = {}
    for name, snr_db in LEVELS:
        errors: list[float] = []
        lost, began, length_s = 0, time.process_time(), 0.0
        for samples, truth in songs:
            soundfile.write(work / "v.wav", with_music(samples, snr_db), RATE, subtype="FLOAT")
            document = write_lyrics(work / "v.wav", text="\n".join(LINES), model="embedded", language="en")
            for segment, line in zip(document["segments"], truth, strict=True):
                own = [abs(w["start"] - at) for w, at in zip(segment["words"], line, strict=True)]
                lost += segment["estimated"] or own[0] > LOST_S
                errors += own
            length_s += len(samples) / RATE
        found[f"align_{name}"] = {
            "median_ms": round(float(np.median(errors)) * 1000, 1),
            "p90_ms": round(float(np.quantile(errors, 0.9)) * 1000, 1),
            "within_300ms": round(float(np.mean(np.array(errors) <= 0.3)), 4),
            "lines_lost": lost,
            "lines": len(LINES) * len(songs),
            "words": len(errors),
            "cpu_rtf": round((time.process_time() - began) / length_s, 3),
        }
        say(f"align_{name}: {found[f'align_{name}']}")
    return found


def child(which: str, vocals: Path, models: Path) -> None:
    """One side of the comparison, in this process; prints {cpu_s, rss_mb}."""
    from faster_whisper import WhisperModel

    whisper.BEAM, whisper.TEMPERATURES, whisper.AGAIN = 1, (0.0,), (0.0,)
    began = time.process_time()
    if which == "stage":
        write_lyrics(vocals, text=None, model="base", models=models, language="en")
    else:
        model = WhisperModel(
            str(models / "base"), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
        )
        segments, _ = model.transcribe(
            str(vocals), language="en", beam_size=1, temperature=(0.0,), condition_on_previous_text=False,
            word_timestamps=True,
        )  # fmt: skip
        list(segments)
    cpu_s = time.process_time() - began
    # Not getrusage: its peak counts that of the process which started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    say(json.dumps({"cpu_s": cpu_s, "rss_mb": int(peak.split()[1]) / 1024}))


def overhead(work: Path, runs: int) -> dict[str, Any]:
    """The stage against plain faster-whisper, on a song with pauses and on the same one without."""
    from ml.models.store import ModelStore
    from tests.ml.lyrics.random_whisper import install, write_model

    models = work / "models"
    raw = write_model(work / "raw", width=512, layers=6, heads=8, words=50_000, times=False)
    install(ModelStore(models), raw)
    singer = Singer()
    # Some four minutes: of a short song, one window of 30 s more or less would decide.
    samples = np.concatenate([singer.song(voice, seed)[0] for seed, voice in enumerate(VOICES[:4])])
    soundfile.write(work / "w.wav", samples, RATE, subtype="PCM_16")
    voice = find_voice(work / "w.wav", progress=lambda _: None, stop=threading.Event())
    dense = np.concatenate([samples[round(a * RATE) : round(b * RATE)] for a, b in voice.segments])
    soundfile.write(work / "dense.wav", dense, RATE, subtype="PCM_16")
    song = compare(work / "w.wav", models, runs)
    say(song)
    close = compare(work / "dense.wav", models, runs)
    found = song | {"overhead_dense_ratio": close["overhead_ratio"], "dense_seconds": close["seconds"]}
    say(found)
    return found


def compare(vocals: Path, models: Path, runs: int) -> dict[str, Any]:
    """Both sides in turn, `runs` times; the medians."""
    sides: dict[str, list[dict[str, float]]] = {"plain": [], "stage": []}
    for _ in range(runs):
        for side, results in sides.items():
            command = [sys.executable, "-m", "bench.lyrics", "--child", side, str(vocals), str(models)]
            results.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))  # noqa: S603
            say(f"{side}: {results[-1]}")
    cpu = {side: statistics.median(run["cpu_s"] for run in results) for side, results in sides.items()}
    seconds = soundfile.info(vocals).duration
    return {
        "overhead_ratio": round(cpu["stage"] / cpu["plain"] - 1, 4),
        "rtf": round(cpu["stage"] / seconds, 3),
        "rss_mb": round(max(run["rss_mb"] for run in sides["stage"])),
        "seconds": round(seconds),
        "plain_rtf": round(cpu["plain"] / seconds, 3),
        "plain_rss_mb": round(max(run["rss_mb"] for run in sides["plain"])),
        "overhead_runs": runs,
    }


def fantasma(folder: Path, work: Path) -> dict[str, Any]:
    """A real song in Spanish: how much of its words the segments hold, and what becomes of its known text."""
    from ml.separation import separate_file

    made = separate_file(folder / "fantasma.mp3", work)
    with (folder / "fantasma.words.csv").open() as file:
        truth = [(float(row["word_start"]), float(row["word_end"])) for row in csv.DictReader(file)]
    voice = find_voice(work / "vocals.wav", progress=lambda _: None, stop=threading.Event())
    step = 0.01
    sung, kept = (np.zeros(round(voice.duration_s / step) + 1, bool) for _ in range(2))
    for spans, mask in ((truth, sung), (voice.segments, kept)):
        for start, end in spans:
            mask[round(start / step) : round(end / step)] = True
    document = write_lyrics(work / "vocals.wav", text=(folder / "fantasma.txt").read_text(), model="embedded")
    words = [word for segment in document["segments"] for word in segment["words"]]
    errors = [abs(word["start"] - start) for word, (start, _) in zip(words, truth, strict=False)]
    found = {
        "separator": made.model,
        "word_time_inside": round(float((sung & kept).sum() / sung.sum()), 4),
        "segment_time_without_words": round(float((kept & ~sung).sum() / kept.sum()), 4),
        "song_time_without_words": round(float((~sung).mean()), 4),
        "estimated": document["estimated"],
        "notice": document.get("notice"),
        "median_s": round(float(np.median(errors)), 2) if len(words) == len(truth) else None,
        "words": [len(words), len(truth)],
    }
    say(found)
    return found


def real_weights(args: argparse.Namespace) -> None:
    """Renew `real` in the result: all songs that there are, or one."""
    result = json.loads(args.out.read_text())
    found = result.setdefault("real", {})
    with tempfile.TemporaryDirectory() as folder:
        for name, song in real.songs(args.songs).items():
            if args.only in (None, name):
                found[name] = real.measure(name, song, args.stems or Path(folder), args.models, args.runs)
                say(f"{name}: {found[name]}")
                args.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voices", type=int, default=len(VOICES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--overhead-only", action="store_true", help="renew only that part of the result")
    parser.add_argument(
        "--fantasma", type=Path, help="folder of fantasma.mp3, .txt and .words.csv (not in the repository)"
    )
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--real", action="store_true", help="renew only the figures of the real weights")
    parser.add_argument("--songs", type=Path, help="folder of annotated songs (not in the repository)")
    parser.add_argument("--only", help="one of the songs")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder that holds Whisper base")
    parser.add_argument("--stems", type=Path, default=None, help="where stems are kept from run to run")
    parser.add_argument("--real-child", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.real_child:
        side, *paths = args.real_child
        return say(json.dumps(real.child(side, *map(Path, paths))))
    if args.real:
        return real_weights(args)
    if args.child:
        return child(args.child[0], Path(args.child[1]), Path(args.child[2]))
    result: dict[str, Any] = {
        "conditions": f"espeak-ng voices, {args.voices} of them; CPU time; Python {platform.python_version()}, "
        f"{platform.machine()}, random Whisper weights of base's size, beam 1",
    }
    if args.overhead_only:
        result = json.loads(args.out.read_text())
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if not args.overhead_only:
            result |= align(args.voices, work)
        result |= overhead(work, args.runs)
        if args.fantasma:
            result["fantasma"] = fantasma(args.fantasma, work)
    args.out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return None


if __name__ == "__main__":
    main()
