"""The demucs task, or with MEASURE_ONLY the measure task: `python containers/demucs/entrypoint.py`.

Environment: docs/architecture.md, exit codes: containers/README.md."""

import os
import sys
from functools import partial

from task import stopping


def main() -> int:
    """Run the stage in this process's environment; returns its exit code."""
    stop = stopping.on_signals()
    # Only now what takes long to load: see on_signals.
    from ml.analysis import measure_song
    from ml.lyrics import read_tag_lyrics
    from ml.separation import merge_parts, separate_file, separate_part
    from task import shell
    from task.demucs_stage import DemucsStage
    from task.measure_stage import MeasureStage
    from task.settings import model_folder

    if os.environ.get("MEASURE_ONLY"):
        os.nice(10)  # on one machine for everything, a song that is separated now goes first
        return shell.run(MeasureStage(measure_song), os.environ, stop=stop)

    models = model_folder(os.environ)
    separate, part = partial(separate_file, models=models), partial(separate_part, models=models)
    stage = DemucsStage(separate, part, merge_parts, read_tag_lyrics, measure_song)
    return shell.run(stage, os.environ, stop=stop)


if __name__ == "__main__":
    sys.exit(main())
