"""The demucs task: `python containers/demucs/entrypoint.py`. Environment and exit codes: docs/architecture.md."""

import os
import sys

from task import stopping


def main() -> int:
    """Run the stage in this process's environment; returns its exit code."""
    stop = stopping.on_signals()
    # Only now what takes long to load: see on_signals.
    from ml.lyrics import read_tag_lyrics
    from ml.separation import separate_file
    from task import shell
    from task.demucs_stage import DemucsStage

    return shell.run(DemucsStage(separate_file, read_tag_lyrics), os.environ, stop=stop)


if __name__ == "__main__":
    sys.exit(main())
