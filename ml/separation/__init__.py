"""Separation: one song in; its stems, their streamable encodings and peaks out.

Which stems a song has is the model's list (`Separator.stems`): four, or six with htdemucs_6s.
"""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PRECISIONS = ("f32", "bf16")
"""What the networks may reckon in; bf16 is faster where the CPU has it, and less exact."""


class ModelUnavailable(Exception):
    """The model asked for cannot run here. The message names the models that can."""


class InUse(Exception):
    """Another run works in the folder given."""


class BadParts(Exception):
    """The parts given are not one whole song. The message says which of them is missing or at fault."""


@dataclass(frozen=True)
class Part:
    """Part `number` (from 1) of `of` parts of a song."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"there is no part {self.number} of {self.of}")

    @classmethod
    def parse(cls, text: str) -> "Part":
        """The part that `k/n` names. Raises ValueError."""
        match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        if match is None:
            raise ValueError(f"{text} is not a part: write k/n, such as 1/3")
        return cls(int(match[1]), int(match[2]))

    def run(self, count: int) -> range:
        """Which of `count` segments are this part's: neighbours, and none where there are too few."""
        return range(count * (self.number - 1) // self.of, count * self.number // self.of)


@dataclass(frozen=True)
class SeparationResult:
    """What a separation did. Times in seconds, gain linear, residual in dB."""

    engine: str
    model: str
    model_version: str
    model_sha256: str
    seconds: float
    gain: float
    residual_db: float
    source_sha256: str
    frames: int
    sample_rate: int
    stems: tuple[str, ...]
    """Their names, in the order that files and tables list them."""
    files: tuple[str, ...]
    precision: str = "f32"


@dataclass(frozen=True)
class PartResult:
    """What a part did: `folder` (in `out`) is what merge_parts takes; `segments` were its share of the work."""

    engine: str
    model: str
    part: Part
    folder: Path
    segments: int
    seconds: float


def _ignore(_line: str) -> None:
    """Drops a warning."""


def separate_file(
    source: Path,
    out: Path,
    *,
    model: str = "auto",
    models: Path | None = None,
    precision: str = "f32",
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
    checkpoints: Path | None = None,
    tidy: bool = False,
    warn: Callable[[str], None] = _ignore,
) -> SeparationResult:
    """Separate `source` into `out`: a {stem}.wav and a stream file for each of the model's stems, peaks.json.

    `models` is the folder of the weights (ml.models.store); without it only the preview can run. In the folder
    `checkpoints` finished stretches are kept, also when this fails or is stopped or killed: called again with it, the
    work goes on from there and gives the same bits. With `tidy` a success removes those it used. `warn` hears of
    checkpoints that cannot be used or removed.

    Raises ml.audio.BadAudio (bad input), ModelUnavailable, InUse (another run has `checkpoints`), ml.Stopped (stop was
    set), OSError (the disk is full).
    """
    from ml.separation.job import Request, separate

    asked = Request(source, out, progress, stop or threading.Event(), checkpoints, warn, tidy=tidy)
    return separate(asked, model, models, precision)


def separate_part(
    source: Path,
    out: Path,
    part: Part,
    *,
    model: str = "auto",
    models: Path | None = None,
    precision: str = "f32",
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
    checkpoints: Path | None = None,
    tidy: bool = False,
    warn: Callable[[str], None] = _ignore,
) -> PartResult:
    """Do a part of the work of separate_file, on whole segments, into a folder in `out`. Raises what that raises."""
    from ml.separation.job import Request, separate_share

    asked = Request(source, out, progress, stop or threading.Event(), checkpoints, warn, tidy=tidy)
    return separate_share(asked, part, model, models, precision)


def merge_parts(
    source: Path,
    parts: Sequence[Path],
    out: Path,
    *,
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
    warn: Callable[[str], None] = _ignore,
) -> SeparationResult:
    """Put the folders of all parts of `source`, in any order, together: the files of separate_file to the bit.

    Needs no model. Raises BadParts, ml.audio.BadAudio, ml.Stopped, OSError (the disk is full).
    """
    from ml.separation.job import Request, merge

    return merge(Request(source, out, progress, stop or threading.Event(), None, warn), parts)
