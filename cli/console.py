"""What the person sees: lines, and one live progress line where the output is a terminal."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

_WIDTH = 28
_STEP = 25  # percent between two plain lines
_CLEAR = "\r\x1b[2K"


class Console:
    """Writes lines and progress. On a terminal the progress line is redrawn; elsewhere it becomes a few lines."""

    def __init__(self, out: TextIO | None = None, *, live: bool | None = None) -> None:
        self._out = out or sys.stdout
        self._live = self._out.isatty() if live is None else live
        self._open = False
        self._label = ""
        self._shown: str | int = -1

    def say(self, line: str) -> None:
        """One line."""
        self._end_progress()
        print(line, file=self._out, flush=True)

    def progress(self, label: str, fraction: float | None = None, note: str = "") -> None:
        """The progress of `label`: a fraction of 0..1, or None while that is unknown."""
        percent = None if fraction is None else round(100 * min(1.0, max(0.0, fraction)))
        if self._live:
            if self._open and label != self._label:
                self._end_progress()
            self._draw(label, percent, note)
        else:
            self._tell(label, percent, note)
        self._label = label

    def close(self) -> None:
        """Leave the cursor on a fresh line."""
        self._end_progress()

    def _draw(self, label: str, percent: int | None, note: str) -> None:
        line = f"{label:<{_WIDTH}}"
        if percent is not None:
            filled = percent * 24 // 100
            line += f" [{'█' * filled}{'·' * (24 - filled)}] {percent:3d} %"
        if note:
            line += f"  {note}"
        columns = shutil.get_terminal_size().columns
        self._out.write(_CLEAR + self._drawable(line[: columns - 1]))
        self._out.flush()
        self._open = True

    def _drawable(self, line: str) -> str:
        """The line in what the terminal can show: an ASCII terminal gets an ASCII bar."""
        try:
            line.encode(self._out.encoding or "ascii")
        except UnicodeEncodeError:
            return line.replace("█", "#").replace("·", ".").encode("ascii", "replace").decode()
        return line

    def _tell(self, label: str, percent: int | None, note: str) -> None:
        # Without a fraction the note is the news (a place in line); with one it changes all the time.
        now: str | int = note if percent is None else percent // _STEP
        if label == self._label and now == self._shown:
            return
        self._shown = now
        shown = "" if percent is None else f" {percent} %"
        print(f"{label}{shown}{f' ({note})' if note else ''}", file=self._out, flush=True)

    def _end_progress(self) -> None:
        if self._open:
            self._out.write("\n")
            self._out.flush()
            self._open = False
