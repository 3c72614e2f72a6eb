"""The cost of our separation next to the demucs command line: whole processes, file to stem files, on one song.

    python -m bench.separation [--seconds 40] [--runs 3] [--long 600] [--long-precision f32] [--cores 2] [--write]

Needs torch, demucs and OpenVINO (`make bench-separation` installs them). The weights are random, of htdemucs_ft's full
size: they give the true time and the true difference from stock, and say nothing about music. Prints a table;
`--write` puts the figures into bench/results/separation.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ml.audio import SAMPLE_RATE
from ml.models.sources import STEM_LISTS
from ml.models.store import ModelStore
from ml.separation.demucs.exported import has_bf16

MODEL = "htdemucs_ft"
RESULT = Path(__file__).parent / "results" / "separation.json"
ROOM = Path(__file__).resolve().parents[1] / ".cache" / "bench-separation"

_OURS = """
import sys
from pathlib import Path
from ml.separation import separate_file
song, out, models, model, precision, kept = sys.argv[1:]
separate_file(Path(song), Path(out), models=Path(models), model=model, precision=precision, checkpoints=Path(kept))
"""
_LOAD = """
import sys, time
from pathlib import Path
began, cpu = time.monotonic(), time.process_time()
from ml.separation import registry
separator = registry.load(sys.argv[2], Path(sys.argv[1]), sys.argv[3])
for member in separator.members:
    member.open().close()
count = len(separator.members)
print((time.monotonic() - began) / count, (time.process_time() - cpu) / count)
"""


@dataclass(frozen=True)
class Run:
    """One process: seconds of CPU (user and system, all threads), of the clock, its largest resident size, and the
    machine's load (one minute's average) when it ended."""

    cpu_s: float
    wall_s: float
    rss_mb: float
    load: float


def run(command: list[str]) -> Run:
    """Run it to its end, quietly; raises where it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)  # noqa: S603
        _, status, used = os.wait4(process.pid, 0)
        if status:
            said.seek(0)
            raise SystemExit(
                f"{' '.join(command[:4])} failed:\n{said.read().decode(errors='replace')[-2000:]}"
            )
    return Run(
        used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024, os.getloadavg()[0]
    )


def make_song(path: Path, seconds: float) -> Path:
    """Bass, chords, a wavering voice and hits, in stereo: nothing silent, nothing clipped."""
    rng = np.random.default_rng(7)
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, subtype="PCM_16", format="WAV") as file:
        for start in range(0, round(seconds * SAMPLE_RATE), SAMPLE_RATE):
            t = np.arange(start, min(start + SAMPLE_RATE, round(seconds * SAMPLE_RATE))) / SAMPLE_RATE
            root = 55 * 2 ** (rng.integers(0, 12) / 12)
            bass = 0.2 * np.sin(2 * np.pi * root * t)
            chord = 0.06 * sum(np.sin(2 * np.pi * root * step * t) for step in (4, 5, 6))
            voice = 0.15 * np.sin(2 * np.pi * 300 * t + 20 * np.sin(2 * np.pi * 1.7 * t))
            hits = 0.2 * rng.standard_normal(len(t)) * np.exp(-((t * 2) % 1) * 25)
            file.write(np.stack((bass + chord + voice + hits, bass + 0.3 * chord + voice + 0.7 * hits), 1))
    return path


def stock(song: Path, repository: Path, out: Path) -> Run:
    """The peer, as its users run it but for shifts (random by default) and float files (to compare with)."""
    return run(
        [
            sys.executable, "-m", "demucs.separate", "-n", MODEL, "--repo", str(repository), "--shifts", "0",
            "--overlap", "0.25", "--float32", "--clip-mode", "none", "-d", "cpu", "-o", str(out), str(song),
        ]
    )  # fmt: skip


def ours(song: Path, models: Path, out: Path, precision: str, kept: Path) -> Run:
    """Ours, which writes 16-bit stems, a stream file of each and peaks; its float stretches stay in `kept`."""
    return run([sys.executable, "-c", _OURS, str(song), str(out), str(models), MODEL, precision, str(kept)])


def fidelity_db(expected: Path, song: Path, models: Path, precision: str, kept: Path) -> float:
    """Signal to difference of all stems together, in float, before gain and 16 bits: whole song."""
    from bench.stems import read_stems

    made = read_stems(song, models, MODEL, precision, kept)
    signal = noise = 0.0
    for row, stem in enumerate(STEM_LISTS[0]):
        reference, _ = soundfile.read(expected / f"{stem}.wav", dtype="float32", always_2d=True)
        signal += float(np.square(reference, dtype=np.float64).sum())
        noise += float(np.square(reference - made[row], dtype=np.float64).sum())
    return 10 * float(np.log10(signal / noise))


def load_seconds(models: Path, precision: str) -> tuple[float, float]:
    """Wall and CPU seconds a network, imports and hashes included, in a new process; the cache is warm."""
    command = [sys.executable, "-c", _LOAD, str(models), MODEL, precision]
    times = [tuple(map(float, subprocess.check_output(command).split())) for _ in range(3)]  # noqa: S603
    return statistics.median(wall for wall, _ in times), statistics.median(cpu for _, cpu in times)


def prepare(room: Path) -> tuple[Path, Path]:
    """The bag as demucs publishes its own, and in our store; made once, in another process, for it takes gigabytes."""
    repository, models = room / "repository", room / "models"
    if ModelStore(models).find(MODEL) is None:
        run([sys.executable, "-m", "bench.random_demucs", str(repository), str(models), MODEL])
    return repository, models


def compare(asked: argparse.Namespace, room: Path) -> dict[str, Any]:
    """Both programs in turn, then the long song."""
    repository, models = prepare(ROOM)
    song = make_song(room / "song.wav", asked.seconds)
    precisions = ["f32", *(["bf16"] if has_bf16() else [])]
    runs: dict[str, list[Run]] = {name: [] for name in ("stock", *precisions)}
    sdr: dict[str, float] = {}
    for turn in range(asked.runs):
        say("stock", runs["stock"], stock(song, repository, room / "stock"))
        for precision in precisions:
            kept = room / f"kept-{precision}-{turn}"
            say(precision, runs[precision], ours(song, models, room / f"out-{precision}", precision, kept))
            if turn == 0:
                sdr[precision] = fidelity_db(room / "stock" / MODEL / "song", song, models, precision, kept)
                tell(f"  {precision}: {sdr[precision]:.1f} dB")
    figures: dict[str, Any] = {"f32": None, "bf16": None}
    for precision in precisions:
        figures[precision] = {
            "cpu_ratio": ratio(runs["stock"], runs[precision], "cpu_s"),
            "wall_ratio": ratio(runs["stock"], runs[precision], "wall_s"),
            "sdr_db": round(sdr[precision], 1),
        }
    first = asked.long_precision
    figures["rss_mb_40s"] = round(statistics.median(run.rss_mb for run in runs[first]))
    figures["rss_mb_600s"] = None
    wall, cpu = load_seconds(models, "f32")
    figures["load_s"] = round(wall, 2)
    figures["load_cpu_s"] = round(cpu, 2)
    if asked.long:
        long = make_song(room / "long.wav", asked.long)
        taken = ours(long, models, room / "out-long", first, room / "kept-long")
        say(f"{first}, {asked.long:.0f} s", [], taken)
        figures["rss_mb_600s"] = round(taken.rss_mb)
        runs["long"] = [taken]
    figures["conditions"] = conditions(asked) | {
        "runs": {name: [vars(r) for r in all_] for name, all_ in runs.items()}
    }
    return figures


def say(name: str, runs: list[Run], taken: Run) -> None:
    """Keep a run and print it."""
    runs.append(taken)
    tell(
        f"  {name:<12} {taken.cpu_s:8.1f} s CPU {taken.wall_s:8.1f} s wall {taken.rss_mb:7.0f} MB"
        f"   load {taken.load:.1f}"
    )


def tell(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def ratio(peer: list[Run], own: list[Run], figure: str) -> float:
    """Medians, stock ÷ ours."""
    theirs, ours = ([float(getattr(run, figure)) for run in runs] for runs in (peer, own))
    return round(statistics.median(theirs) / statistics.median(ours), 2)


def conditions(asked: argparse.Namespace) -> dict[str, Any]:
    """What the figures hold for."""
    return {
        "model": f"{MODEL}, random weights of full size",
        "seconds": asked.seconds,
        "runs_each": asked.runs,
        "long_seconds": asked.long,
        "rss_precision": asked.long_precision,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": cpu_name(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("demucs", "torch", "openvino", "numpy")},
    }


def cpu_name() -> str:
    """As the kernel calls it, with what of bf16 it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = [flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in facts.get("flags", "")]
    return f"{facts.get('model name', platform.processor())} ({', '.join(flags)})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--long", type=float, default=600, help="seconds of the long song; 0 leaves it out")
    parser.add_argument("--long-precision", choices=("f32", "bf16"), default="f32")
    parser.add_argument(
        "--cores", type=int, help="take only so many (Linux): on a busy machine one gives CPU times that hold"
    )
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    asked = parser.parse_args()
    if asked.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-asked.cores :])
    ROOM.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOM) as room:
        figures = compare(asked, Path(room))
    if asked.write:
        RESULT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    table = {key: value for key, value in figures.items() if key != "conditions"}
    tell(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
