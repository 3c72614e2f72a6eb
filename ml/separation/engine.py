"""What every separator is: the seam between the runner (segments, files, progress) and the engines (networks).

An engine is a function that gives a `Separator`: facts, and a list of members. A member is a network that has not been
loaded yet; the runner (ml.separation.runner) opens one after the other, feeds it segments and does all the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

StemBlock = NDArray[np.float32]
"""All stems of the same stretch, shape (stems, frames, 2), in the order of `Separator.stems`."""


class Network(Protocol):
    """A member, loaded."""

    def run(self, samples: NDArray[np.float32], stop: threading.Event) -> NDArray[np.float32]:
        """(2, n) samples → (len(member.stems), 2, n). The same samples always give the same bits.

        Called from a thread of the runner's, one call at a time. Raises ml.Stopped within about a second of `stop`.
        """
        ...

    def close(self) -> None:
        """Free its memory. Called once, in the end."""
        ...


def own_length(frames: int) -> int:
    """The window of a network that takes any length: the segment and nothing more."""
    return frames


@dataclass(frozen=True)
class Member:
    """One network of a model, and how the song is cut for it.

    Segment k covers the frames from k * stride, `segment` long, the last one shorter. The network is given
    `window(length)` frames with the segment in their middle: the song's own samples as far as they go, then zeros. That
    is demucs' TensorChunk: HTDemucs always wants its training length (`lambda _: segment`), HDemucs
    the segment alone (`own_length`), Demucs its `valid_length`.
    """

    name: str
    """Unique in the model, letters, digits, dots and dashes: part of checkpoints' names."""
    stems: tuple[str, ...]
    """Which of the model's stems it gives, in its own order."""
    weights: tuple[float, ...]
    """One a stem, over 0; the runner divides by the sum over the members."""
    segment: int
    stride: int
    """At least half of `segment`, so that nowhere more than two segments overlap: a sum of two has one order."""
    cost: float
    """Seconds that a segment takes on two cores, about: for even progress."""
    open: Callable[[], Network]
    """Load it. Raises ModelUnavailable."""
    window: Callable[[int], int] = own_length

    def __post_init__(self) -> None:
        if not 0 < self.stride <= self.segment <= 2 * self.stride:
            raise ValueError(
                f"{self.name}: a stride of {self.stride} does not fit a segment of {self.segment}"
            )
        if len(self.weights) != len(set(self.stems)) or min(self.weights) <= 0:
            raise ValueError(f"{self.name}: stems {self.stems} with weights {self.weights}")


@dataclass(frozen=True)
class Separator:
    """A model that can run here: what identifies its results, and its members."""

    engine: str
    model: str
    version: str
    """Of the engine and all else that changes its bits."""
    sha256: str
    """Of the weights; empty where there are none."""
    precision: str
    """"f32" or "bf16"."""
    stems: tuple[str, ...]
    """What a song gets, in the order that files and tables list them."""
    remainder: str
    """Where the stems add up to the mix: the stem that may take the others' rounding. Empty where they do not."""
    normalised: bool
    """Whether networks hear (x - mean) / deviation of the whole song in mono; the runner undoes it afterwards."""
    members: tuple[Member, ...]
    level: float = 0.0
    """Of a song that is not normalised: the deviation in mono at which networks hear it, a pure gain that the runner
    undoes. 0: as it is."""

    def __post_init__(self) -> None:
        names = {member.name for member in self.members}
        given = {stem for member in self.members for stem in member.stems}
        if len(names) != len(self.members) or given != set(self.stems):
            raise ValueError(f"{self.model}: members of one name, or a stem without a network")
        if self.remainder and self.remainder not in self.stems:
            raise ValueError(f"{self.model}: {self.remainder} is not one of its stems")


class Mix(Protocol):
    """The decoded song. `read` may be called from several threads."""

    @property
    def frames(self) -> int: ...

    def read(self, start: int, frames: int) -> NDArray[np.float32]:
        """(frames, 2) float32 from `start`; the range is inside the song."""
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
