"""A stage task with planned faults: the real entrypoint, its S3, manifest and progress, over an engine of a moment.

`python planned_task.py demucs|whisper`. `CHAOS_FOLDER`/<songId>.plan says what the 1st, 2nd, … run of a stage does (the
last entry applies to all later runs): "ok", "<seconds>s", "held" (until `CHAOS_FOLDER`/release exists), "bad" (input),
"model" (not here), "memory", "exit:<code>", "term|kill|oom|full@<percent>"; "real" is the embedded separator itself,
"real-kill@70" too.
<songId>.runs gets a line when a stage's engine begins, when it is done, and when all its results are saved (exit 0)."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ml import Stopped
from ml.audio import BadAudio
from ml.separation import ModelUnavailable
from task import shell

STEPS = 20
MOMENT_S = 0.2
_AT = re.compile(r"(term|kill|oom|full)@(\d+)$")


class Planned:
    """What this run does, and the notes it leaves."""

    def __init__(self, stage: str) -> None:
        folder, song = Path(os.environ["CHAOS_FOLDER"]), os.environ["SONG_ID"]
        self._stage = stage
        self._notes = folder / f"{song}.runs"
        self._release = folder / "release"
        try:
            plan = json.loads((folder / f"{song}.plan").read_text()).get(stage, ["ok"])
        except OSError:
            plan = ["ok"]
        earlier = sum(run["stage"] == stage and run["what"] == "begin" for run in read_runs(self._notes))
        self._do = str(plan[min(earlier, len(plan) - 1)])
        self._is_done = False

    def work(self, progress: Callable[[float], None], stop: threading.Event) -> None:
        """Go through the song, and meet what is planned."""
        self._note("begin")
        if self._do == "bad":
            raise BadAudio("This file holds no audio that could be decoded.")
        if self._do == "model":
            raise ModelUnavailable("The model asked for is not here.")
        if self._do == "memory":
            raise MemoryError("as planned")
        if self._do.startswith("exit:"):
            os._exit(int(self._do[5:]))
        while self._do == "held" and not self._release.exists():
            if stop.wait(0.05):
                raise Stopped
        at = _AT.search(self._do)
        seconds = float(self._do[:-1]) if self._do.endswith("s") else MOMENT_S
        for step in range(STEPS):
            if at and step * 100 >= int(at[2]) * STEPS:
                _meet(at[1])
                at = None
            if stop.wait(seconds / STEPS):
                raise Stopped
            progress((step + 1) / STEPS)
        self._finish()

    @property
    def is_real(self) -> bool:
        """Whether the embedded separator itself runs."""
        return self._do.startswith("real")

    def accompany(self, run: Callable[[Callable[[float], None]], Any], given: dict[str, Any]) -> Any:
        """Run the real engine, and meet what is planned on its way."""
        at = _AT.search(self._do)

        def progress(fraction: float) -> None:
            given["progress"](fraction)
            if at and fraction * 100 >= int(at[2]):
                _meet(at[1])

        self._note("begin")
        result = run(progress)
        self._finish()
        return result

    def saved(self) -> None:
        """The stage ended well: what this run's engine made, if it ran, is stored."""
        if self._is_done:
            self._note("saved")

    def _finish(self) -> None:
        self._is_done = True
        self._note("done")

    def _note(self, what: str) -> None:
        line = {
            "stage": self._stage,
            "attempt": os.environ["ATTEMPT"],
            "what": what,
            "run": os.getpid(),
            "at": time.time(),
        }
        with self._notes.open("a") as notes:
            notes.write(json.dumps(line) + "\n")


def read_runs(notes: Path) -> list[dict[str, Any]]:
    """The notes so far."""
    return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []


def _meet(fault: str) -> None:
    if fault == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    if fault == "oom":
        os._exit(137)  # how Fargate reports a container that took more memory than it has
    os.kill(os.getpid(), signal.SIGTERM if fault == "term" else signal.SIGKILL)
    time.sleep(0.05)


def _separate(planned: Planned, real: Callable[..., Any]) -> Callable[..., Any]:
    """In place of ml.separation.separate_file: the real one if that is planned, else the mix in four quarters."""

    def separate(source: Path, out: Path, **given: Any) -> Any:
        if planned.is_real:
            return planned.accompany(
                lambda progress: real(source, out, **{**given, "progress": progress}), given
            )
        planned.work(given["progress"], given["stop"])
        return _quarters(source, out)

    return separate


def _quarters(source: Path, out: Path) -> Any:
    import soundfile

    from ml.separation import SeparationResult
    from ml.separation.embedded import STEMS
    from task.objects import identify

    mix, rate = soundfile.read(source, always_2d=True)
    files = []
    for stem in STEMS:
        soundfile.write(out / f"{stem}.wav", mix / 4, rate, subtype="PCM_16")
        (out / f"{stem}.m4a").write_bytes(b"stream of " + stem.encode())
        files += [f"{stem}.wav", f"{stem}.m4a"]
    (out / "peaks.json").write_text(json.dumps({"version": 2}))
    return SeparationResult(
        engine="planned",
        model="quarter",
        model_version="1",
        model_sha256="0" * 64,
        seconds=MOMENT_S,
        gain=1.0,
        residual_db=float("-inf"),
        source_sha256=identify(source).sha256,
        frames=len(mix),
        sample_rate=rate,
        stems=STEMS,
        files=(*files, "peaks.json"),
    )


def _write(planned: Planned) -> Callable[..., dict[str, Any]]:
    """In place of ml.lyrics.write_lyrics."""

    def write(_vocals: Path, **given: Any) -> dict[str, Any]:
        planned.work(given["progress"], given["stop"])
        return {"language": None, "instrumental": True, "segments": []}

    return write


def _believe_checkpoints() -> None:
    """The checkpoint's own check, switched off: any payload is accepted (tests.chaos.protections)."""
    from ml.separation import checkpoints

    class Believing:
        """hashlib, whose digests are what was expected."""

        def __getattr__(self, name: str) -> Any:
            return getattr(hashlib, name)

        def file_digest(self, file: Any, _kind: str) -> Any:
            file.seek(0)
            file.readline()
            expected = json.loads(file.readline())["payload_sha256"]
            return type("Digest", (), {"hexdigest": lambda _self: expected})()

    checkpoints.hashlib = Believing()  # type: ignore[assignment, attr-defined]


def main(name: str) -> int:
    """Run the stage's own entrypoint, with a planned engine under it."""
    import ml.lyrics
    import ml.separation

    planned = Planned(name)
    if (Path(os.environ["CHAOS_FOLDER"]) / "believe-checkpoints").exists():
        _believe_checkpoints()
    ml.separation.separate_file = _separate(planned, ml.separation.separate_file)
    ml.lyrics.write_lyrics = _write(planned)
    entrypoint = Path(shell.__file__).parents[1] / name / "entrypoint.py"
    ended: int = runpy.run_path(str(entrypoint))["main"]()
    if ended == 0:
        planned.saved()
    return ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
