"""From a mix to stretches: member after member, segment after segment, for any engine.

Two passes over the song: its mean and deviation first, then the networks. One network and one stretch of the song are
in memory at any time, so memory does not depend on the song's length.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE
from ml.separation.checkpoints import Checkpoints, Recipe, Stretch
from ml.separation.engine import Member, Mix, Network, Separator
from ml.separation.segments import Grid, Sums, cut
from ml.separation.watch import Watch

T = TypeVar("T")

SILENCE = 1e-7
"""A deviation below this (-140 dBFS) is silence or a constant: dividing by it would make noise of rounding."""

_FLIP = np.array([1, -1], np.float32)
_INVERTED = 2.0
"""A song counts as inverted when the difference of its channels is so many times their sum: 6 dB. No usual mix is."""

_STRETCH_S = 30.0  # of song: 10 MB a stem on disk, and in memory while it is made
_STRETCH_WORK_S = 15.0  # what a stop may cost
_BLOCK_FRAMES = 1 << 15
_LOOK_S = 0.2  # how often a stop is looked for while a network works


@dataclass(frozen=True)
class Scale:
    """Mean and deviation of the whole song in mono, as demucs takes them, after the right channel of an inverted song
    is flipped."""

    mean: float
    deviation: float
    inverted: bool = False
    """Whether one channel is the other turned upside down, nearly: in mono such a song cancels out."""

    @property
    def is_silence(self) -> bool:
        """Whether there is nothing to hear: digital silence or a constant."""
        return self.deviation < SILENCE


def measure(mix: Mix, between_blocks: Callable[[], None]) -> Scale:
    """Mean and (n - 1) deviation of the mean of both channels, in float64, and whether one channel is inverted.

    Block by block (Chan, Golub & LeVeque 1979): the plain sum of squares loses a quiet song on a large constant.
    """
    mean = spread = np.zeros(2)  # of the sum and the difference of the channels, halved
    for start in range(0, mix.frames, _BLOCK_FRAMES):
        block = mix.read(start, min(_BLOCK_FRAMES, mix.frames - start))
        frames = len(block)
        both = np.stack([(block * sign).mean(axis=1, dtype=np.float64) for sign in (1, _FLIP)])
        away, done = both.mean(axis=1) - mean, start + frames
        spread = spread + both.var(axis=1) * frames + away * away * start * frames / done
        mean = mean + away * frames / done
        between_blocks()
    deviation = (spread / max(1, mix.frames - 1)) ** 0.5
    inverted = bool(deviation[1] > _INVERTED * deviation[0] and deviation[1] >= SILENCE)
    return Scale(float(mean[int(inverted)]), float(deviation[int(inverted)]), inverted)


@dataclass(frozen=True)
class Hearing:
    """What is done to a song before networks hear it, and undone in their stems: (x - mean) / deviation, a flip."""

    mean: np.float32
    deviation: np.float32
    inverted: bool

    @classmethod
    def of(cls, recipe: Recipe, scale: Scale) -> Hearing:
        """How the networks of `recipe` hear a song of this scale."""
        if recipe.normalised:
            return cls(np.float32(scale.mean), np.float32(scale.deviation), scale.inverted)
        gain = recipe.level / scale.deviation if recipe.level and not scale.is_silence else 1.0
        return cls(np.float32(0), np.float32(1 / gain), scale.inverted)

    def hear(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(2, n) of the song → what the networks hear."""
        flipped = samples * _FLIP[:, None] if self.inverted else samples
        heard: NDArray[np.float32] = (flipped - self.mean) / self.deviation
        return heard

    def undo(self, stems: NDArray[np.float32]) -> NDArray[np.float32]:
        """(…, 2) of what the networks gave → at the song's own level."""
        scaled: NDArray[np.float32] = stems * self.deviation + self.mean
        return scaled * _FLIP if self.inverted else scaled


@dataclass(frozen=True)
class Task:
    """A stretch to make or to find: segments [first, last) of one member."""

    member: Member
    grid: Grid
    first: int
    last: int

    @property
    def cost(self) -> float:
        """Seconds of work, about."""
        return (self.last - self.first) * self.member.cost


def plan(separator: Separator, recipe: Recipe, share: Callable[[int], range] = range) -> list[Task]:
    """The stretches of the whole song, or of the segments that `share` takes of a member's count of them."""
    tasks: list[Task] = []
    for member, grid in zip(separator.members, recipe.grids, strict=True):
        step = max(1, int(min(_STRETCH_S * SAMPLE_RATE / grid.stride, _STRETCH_WORK_S / member.cost)))
        segments = share(grid.count)
        tasks += [Task(member, grid, at, min(at + step, segments.stop)) for at in segments[::step]]
    return tasks


def make(
    tasks: Sequence[Task], mix: Mix, hearing: Hearing, kept: Checkpoints, progress: Progress
) -> list[Stretch]:
    """Find or make every stretch, in the order of `tasks`; the networks hear the song through `hearing`.

    Raises ml.Stopped, OSError (disk full); what was finished by then stays in `kept`.
    """
    found: dict[Task, Stretch | None] = {}
    for task in tasks:
        found[task] = kept.find(task.grid, task.first, task.last)
        progress.tick()
    progress.begin(sum(task.cost for task in tasks), sum(task.cost for task in tasks if found[task]))
    made: list[Stretch] = []
    # Halted whenever this ends early, so that no thread stays at work.
    with _Worker(progress) as worker:
        for task in tasks:
            stretch = found[task]
            if stretch is None:
                network = worker.network(task.member)
                sums = Sums(task.grid, task.first, task.last)
                for index in range(task.first, task.last):
                    heard = _hear(mix, task.member, index, hearing)
                    sums.add(index, worker.run(network, *heard))
                    progress.add(task.member.cost)
                stretch = kept.write(task.grid, task.first, task.last, sums.values)
            made.append(stretch)
    return made


class Progress:
    """Work done, in seconds of it, as a share of the whole job: `before` is done, `after` comes later."""

    def __init__(self, watch: Watch, before: float, after: float) -> None:
        self._watch = watch
        self._done, self._whole, self._after = before, before + after, after

    def begin(self, cost: float, done: float) -> None:
        """The networks' work is `cost`; an earlier run did `done` of it."""
        self._whole += cost
        self._watch.quiet = False
        self.add(done)

    def add(self, cost: float) -> None:
        """So much more is done. Raises ml.Stopped."""
        self._done += cost
        self._watch.at(self._done / self._whole)

    def tick(self) -> None:
        """Still at it. Raises ml.Stopped."""
        self._watch.tick()

    def rest(self, fraction: float) -> None:
        """`fraction` of what comes after the networks is done. Raises ml.Stopped."""
        self._watch.at((self._whole - self._after * (1 - fraction)) / self._whole)


class _Worker:
    """One network at a time in one thread, so that the caller's can look for a stop. A context manager."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._halt = threading.Event()
        self._pool = ThreadPoolExecutor(1, "separate")
        self._name = ""
        self._network: Network | None = None

    def network(self, member: Member) -> Network:
        """The member's network, loaded; the one before it is closed first."""
        if self._network is None or self._name != member.name:
            self._close()
            self._network, self._name = self._result(self._pool.submit(member.open)), member.name
        return self._network

    def run(
        self, network: Network, samples: NDArray[np.float32], start: int, length: int
    ) -> NDArray[np.float32]:
        """The network's estimate of the segment at `start` of `samples`: (stems, 2, length)."""
        estimate = self._result(self._pool.submit(network.run, samples, self._halt))
        return estimate[..., start : start + length]

    def _result(self, future: Future[T]) -> T:
        while not wait([future], _LOOK_S).done:
            self._progress.tick()
        return future.result()

    def _close(self) -> None:
        if self._network is not None:
            network, self._network = self._network, None
            network.close()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_error: object) -> None:
        self._halt.set()
        self._pool.shutdown()  # a network at work ends within about a second of the halt
        self._close()


def _hear(mix: Mix, member: Member, index: int, hearing: Hearing) -> tuple[NDArray[np.float32], int, int]:
    """The network's input for a segment, (2, window), and the segment's place in it: start, length."""
    samples, before, after, offset = cut(mix, member, index)
    length = min(member.segment, mix.frames - index * member.stride)
    return np.pad(hearing.hear(samples), ((0, 0), (before, after))), offset, length
