"""The demucs task: `python containers/demucs/entrypoint.py`. Environment and exit codes: docs/architecture.md."""

import os
import sys
from functools import partial

from task import stopping


def main() -> int:
    """Run the stage in this process's environment; returns its exit code."""
    stop = stopping.on_signals()
    # Only now what takes long to load: see on_signals.
    from ml.lyrics import read_tag_lyrics
    from ml.separation import separate_file
    from task import shell
    from task.demucs_stage import DemucsStage
    from task.settings import model_folder

    separate = partial(separate_file, models=model_folder(os.environ))
    return shell.run(DemucsStage(separate, read_tag_lyrics), os.environ, stop=stop)


if __name__ == "__main__":
    sys.exit(main())
