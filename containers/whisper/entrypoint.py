"""The whisper task: `python containers/whisper/entrypoint.py`. Environment: docs/architecture.md, exit codes:
containers/README.md."""

import os
import sys
from functools import partial

from task import stopping


def main() -> int:
    """Run the stage in this process's environment; returns its exit code."""
    stop = stopping.on_signals()
    # Otherwise the voice detector's runtime sends telemetry to its maker.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # Only now what takes long to load: see on_signals.
    from ml.lyrics import write_lyrics
    from ml.lyrics.engines import resolve
    from task import shell
    from task.settings import model_folder
    from task.whisper_stage import WhisperStage

    models = model_folder(os.environ)
    stage = WhisperStage(partial(write_lyrics, models=models), partial(resolve, models=models))
    return shell.run(stage, os.environ, stop=stop)


if __name__ == "__main__":
    sys.exit(main())
