"""python -m bench.analysis [--only NAME…] [--write]: how near each candidate is to the truth, and what it costs.

The songs are those of `python -m bench.analysis.songs`; nothing was fitted to them. Each candidate hears them twice:
with their true stems, and with those that the built-in separator makes, which is what the product measures. The
environment needs requirements/analysis.in. A candidate's answers stay in the room, so that a run can go on where
another stopped; --again measures the named ones once more.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from audiofile.measuring import DOUBTFUL_BELOW
from bench.analysis import songs
from bench.analysis.answers import CANDIDATES, HEAR_THE_MIX
from bench.analysis.scores import right, scores

RESULTS = Path("bench/results/analysis.json")
_FIGURES = ("beat_f1", "octave_errors", "key_weighted", "chord_recall", "melody_rpa")
Row = dict[str, float | None]


def mean(rows: list[Row], name: str) -> float | None:
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


def answer(candidate: str, room: Path, name: str, separated: bool) -> dict[str, Any]:
    """What the candidate says of a song, and `cpu`, the seconds of CPU that took."""
    if separated and candidate in HEAR_THE_MIX:
        return answer(candidate, room, name, separated=False)
    kept = room / "answers" / candidate / f"{name}{'.separated' if separated else ''}.json"
    if kept.exists():
        known: dict[str, Any] = json.loads(kept.read_text())
        return known
    began = time.process_time()
    found = CANDIDATES[candidate](songs.folder(room, name, separated))
    found["cpu"] = time.process_time() - began
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found, default=lambda array: array.tolist()))
    return found


def judge(candidate: str, room: Path, names: list[str], separated: bool) -> tuple[dict[str, Any], list[Row]]:
    """The candidate's figures over all songs, and each song's."""
    rows, cpu, seconds = [], 0.0, 0.0
    for name in names:
        truth, found = songs.truth(room, name), answer(candidate, room, name, separated)
        cpu, seconds = cpu + found["cpu"], seconds + truth["seconds"]
        rows.append(scores(truth, found) | right(truth, found))
        shown = {k: v if v is None else round(v, 2) for k, v in rows[-1].items()}
        sys.stdout.write(f"{candidate} {name} separated: {separated}, tempo {truth['bpm']:.0f}: {shown}\n")
        sys.stdout.flush()
    figures: dict[str, Any] = {f: mean(rows, f.replace("errors", "error")) for f in _FIGURES}
    return {**figures, "rtf": round(cpu / seconds, 3)}, rows


def sure(rows: list[Row], measure: str, threshold: float) -> dict[str, float | int | None]:
    """How many values are not doubtful, and which share of those and of the doubtful ones is right."""
    out: dict[str, float | int | None] = {}
    for name, chosen_rows in (
        ("sure", [r for r in rows if (r[f"{measure}_confidence"] or 0) >= threshold]),
        ("doubtful", [r for r in rows if (r[f"{measure}_confidence"] or 0) < threshold]),
    ):
        out |= {name: len(chosen_rows), f"{name}_right": mean(chosen_rows, f"{measure}_right")}
    return out


def main() -> int:
    """Measure, print, and write with --write."""
    parser = argparse.ArgumentParser(prog="python -m bench.analysis", description=__doc__)
    parser.add_argument("--room", type=Path, default=songs.ROOM)
    parser.add_argument("--only", nargs="*", default=list(CANDIDATES))
    parser.add_argument("--again", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    names = songs.names(options.room)
    if not names:
        parser.error(f"{options.room} has no held-out songs; `python -m bench.analysis.songs` makes them")
    for candidate in options.again:
        shutil.rmtree(options.room / "answers" / candidate, ignore_errors=True)
    sets: dict[str, dict[str, Any]] = {"true": {}, "separated": {}}
    trust: dict[str, Any] = {}
    for candidate in options.only:
        for kind, candidates in sets.items():
            candidates[candidate], rows = judge(candidate, options.room, names, kind == "separated")
            if candidate == "ours":
                trust[kind] = {m: sure(rows, m, DOUBTFUL_BELOW) for m in ("beats", "key")} | {
                    "downbeat_f1": mean(rows, "downbeat_f1"),
                    "meter_right": mean(rows, "meter_right"),
                }
    result = {
        "songs": len(names),
        "waltzes": sum("waltz" in name for name in names),
        "chosen": chosen(sets["separated"]),
        "candidates": sets["true"],
        "separated": {"candidates": sets["separated"]},
        "ours": {"doubtful_below": DOUBTFUL_BELOW, **trust},
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
