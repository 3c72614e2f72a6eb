"""What every separator is: the seam between the job (files, gain, progress) and the engines (signals)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

StemBlock = NDArray[np.float32]
"""Four stems of the same stretch, shape (4, frames, 2), in the order of ml.separation.STEMS."""


class Mix(Protocol):
    """The decoded song. `read` may be called from several threads."""

    @property
    def frames(self) -> int: ...

    def read(self, start: int, frames: int) -> NDArray[np.float32]:
        """(frames, 2) float32 from `start`; the stretch lies inside the song."""
        ...


class Separator(Protocol):
    """An engine with its model loaded."""

    @property
    def engine(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def sha256(self) -> str:
        """Hash of the weights, empty where there are none."""
        ...

    @property
    def additive(self) -> bool:
        """Whether the stems add up to the mix, so that `other` may take the others' rounding."""
        ...

    @property
    def share(self) -> float:
        """How much of the time after decoding goes into `separate`, 0…1; the rest is writing. For even progress."""
        ...

    def separate(self, mix: Mix) -> Generator[StemBlock, None, None]:
        """Yield the stems from the first frame to the last, every frame once. Must not change the mix.

        The job looks for a stop between blocks, so yield at least every second or two of work, an empty block where
        nothing is ready. When closed early, leave no thread at work.
        """
        ...


class FloatFile:
    """A `Mix` on disk: raw little-endian float32, (frames, 2). Read, not mapped: a map's pages count as memory."""

    _FRAME_BYTES = 8

    def __init__(self, path: Path) -> None:
        self.frames = path.stat().st_size // self._FRAME_BYTES
        self._path = path

    def read(self, start: int, frames: int) -> NDArray[np.float32]:
        raw = np.fromfile(self._path, "<f4", frames * 2, offset=start * self._FRAME_BYTES)
        return raw.reshape(-1, 2)


class StemFile:
    """The unscaled stems on disk, (frames, 4, 2) float32: written once in order, then read once in order."""

    _FRAME_FLOATS = 8

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self.frames = 0
        self.peak = 0.0

    def write(self, block: StemBlock) -> None:
        np.ascontiguousarray(block.transpose(1, 0, 2), "<f4").tofile(self._file)
        self.frames += block.shape[1]
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))

    def blocks(self, frames: int) -> Iterator[StemBlock]:
        """The stems again, (4, up to `frames`, 2) at a time."""
        self._file.seek(0)
        while len(raw := np.fromfile(self._file, "<f4", frames * self._FRAME_FLOATS)):
            yield raw.reshape(-1, 4, 2).transpose(1, 0, 2)

    def __enter__(self) -> StemFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
