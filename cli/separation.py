"""`unplugd separate` and `unplugd merge`: stems by the ml core alone. No stack, no account, nothing kept elsewhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from cli.console import Console
from cli.songfile import check, check_folder
from ml.separation import Part, SeparationResult


def separate(
    song: Path, out: Path, model: str, *, precision: str, part: Part | None, checkpoints: Path | None
) -> None:
    """A song's stems into `out`, or a part of the work into a folder there."""
    from cli.models import model_folder
    from ml.separation import separate_file, separate_part

    check(song)
    folder = _made(out)
    if checkpoints is not None:
        check_folder(checkpoints)
    console = Console()
    with stoppable(console) as stop:

        def report(fraction: float) -> None:
            console.progress("Separating", fraction)

        if part is None:
            stems = separate_file(
                song, folder, model=model, models=model_folder(), precision=precision, progress=report,
                stop=stop, checkpoints=checkpoints, tidy=True, warn=console.say,
            )  # fmt: skip
            summary = _summary(stems, folder)
        else:
            done = separate_part(
                song, folder, part, model=model, models=model_folder(), precision=precision, progress=report,
                stop=stop, checkpoints=checkpoints, tidy=True, warn=console.say,
            )  # fmt: skip
            summary = (
                f"Part {part.number} of {part.of} by {done.model} in {done.seconds:.1f} s -> {done.folder}"
            )
    console.say(summary)


def merge(song: Path, parts: Sequence[Path], out: Path) -> None:
    """The stems of parts made apart, into `out`."""
    from ml.separation import merge_parts

    check(song)
    folder = _made(out)
    console = Console()
    with stoppable(console) as stop:

        def report(fraction: float) -> None:
            console.progress("Merging", fraction)

        stems = merge_parts(song, parts, folder, progress=report, stop=stop, warn=console.say)
    console.say(_summary(stems, folder))


def _made(out: Path) -> Path:
    folder = check_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _summary(stems: SeparationResult, folder: Path) -> str:
    quality = " (the built-in separator)" if stems.model == "preview" else ""
    return f"Stems by {stems.model}{quality} in {stems.seconds:.1f} s -> {folder}"


@contextmanager
def stoppable(console: Console) -> Iterator[threading.Event]:
    """An event that Ctrl-C sets."""
    from ml import Stopped

    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        # The core then removes what it has half-written; a second Ctrl-C does not wait for that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield stop
    except Stopped:
        raise KeyboardInterrupt from None
    finally:
        console.close()
        signal.signal(signal.SIGINT, before)
