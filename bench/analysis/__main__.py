"""python -m bench.analysis [--songs FOLDER] [--write]: how near each candidate is to the truth, and what it costs.

The songs are the held-out ones of `python -m training songs --work .cache/training`. Nothing was fitted to them. The
environment needs requirements/analysis.in.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.analysis import songs
from bench.analysis.answers import CANDIDATES
from bench.analysis.scores import scores

RESULTS = Path("bench/results/analysis.json")
_FIGURES = ("beat_f1", "octave_errors", "key_weighted", "chord_recall", "melody_rpa")


def mean(rows: list[dict[str, float | None]], name: str) -> float | None:
    """The mean of what is known, to three places."""
    known = [value for row in rows if (value := row[name]) is not None]
    return round(sum(known) / len(known), 3) if known else None


def chosen(candidates: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The best candidate for each measure."""
    best = {}
    for figure in ("beat_f1", "key_weighted", "chord_recall", "melody_rpa"):
        able = {name: row[figure] for name, row in candidates.items() if row[figure] is not None}
        best[figure] = max(able, key=lambda name: able[name]) if able else "none"
    return best


def main() -> int:
    """Measure, print, and write with --write."""
    parser = argparse.ArgumentParser(prog="python -m bench.analysis", description=__doc__)
    parser.add_argument("--songs", type=Path, default=Path(".cache/training/songs"))
    parser.add_argument("--files", type=Path, default=Path(".cache/bench-analysis"))
    parser.add_argument("--only", nargs="*", default=list(CANDIDATES))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    names = songs.names(options.songs)
    if not names:
        parser.error(f"{options.songs} has no held-out songs; `python -m training songs` makes them")
    candidates: dict[str, dict[str, Any]] = {}
    for candidate in options.only:
        rows, cpu, seconds = [], 0.0, 0.0
        for name in names:
            folder, truth = songs.files(options.songs, name, options.files), songs.truth(options.songs, name)
            began = time.process_time()
            answer = CANDIDATES[candidate](folder)
            cpu += time.process_time() - began
            seconds += truth["seconds"]
            rows.append(scores(truth, answer))
            shown = {k: v if v is None else round(v, 2) for k, v in rows[-1].items()}
            sys.stdout.write(f"{candidate} {name} tempo {truth['bpm']:.0f}: {shown}\n")
            sys.stdout.flush()
        figures = {figure: mean(rows, figure.replace("errors", "error")) for figure in _FIGURES}
        candidates[candidate] = {**figures, "rtf": round(cpu / seconds, 3)}
    result = {"songs": len(names), "chosen": chosen(candidates), "candidates": candidates}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
