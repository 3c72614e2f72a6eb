"""A model without weights for the tests of the runner: small filters that hear, like networks, their own segment."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.separation import registry
from ml.separation.checkpoints import Checkpoints, Recipe
from ml.separation.embedded import STEMS
from ml.separation.engine import Member, Mix, Separator, own_length
from ml.separation.estimates import Estimates
from ml.separation.runner import Hearing, Progress, make, measure, plan
from ml.separation.watch import Watch

SEGMENT, STRIDE = 4001, 3000


@dataclass
class Filters:
    """What happened to the networks of a model, and what is to happen at their next segment."""

    calls: list[str] = field(default_factory=list)
    loaded: int = 0
    most_loaded: int = 0
    at_segment: Callable[[threading.Event], None] = lambda _stop: None

    def pose_as_preview(self, monkeypatch: pytest.MonkeyPatch, members: int = 3, **changes: Any) -> None:
        """Let `--model preview` be the model of filters."""
        monkeypatch.setitem(registry.MODELS, "preview", lambda _precision: self.separator(members, **changes))

    def separator(
        self,
        members: int = 2,
        *,
        model: str = "filters",
        seed: int = 0,
        stems: tuple[str, ...] = STEMS,
        **changes: Any,
    ) -> Separator:
        """Bags of unlike segments: the first member gives all stems, the second bass and vocals, the third drums."""
        made = []
        for index, given in enumerate((stems, ("vocals", "bass"), ("drums",))[:members]):
            segment = SEGMENT + 500 * index
            made.append(
                Member(
                    name=f"filter-{index}",
                    stems=given,
                    weights=tuple(1.0 + 0.3 * row for row in range(len(given))),
                    segment=segment,
                    stride=STRIDE + 100 * index,
                    cost=5.0,  # three segments a stretch
                    open=partial(Filter, self, f"filter-{index}", len(given), seed + index),
                    window=own_length if index == 1 else (lambda _length, segment=segment: segment),
                )
            )
        facts = {
            "engine": "numpy", "version": "1", "sha256": "f" * 64, "precision": "f32", "stems": stems,
            "remainder": "", "normalised": True, **changes,
        }  # fmt: skip
        return Separator(model=model, members=tuple(made), **facts)


class Filter:
    """A `Network`: each stem a short filter of its own, and louder where the segment is quiet as a whole."""

    def __init__(self, log: Filters, name: str, rows: int, seed: int) -> None:
        self.log, self.name = log, name
        self.kernels = np.random.default_rng(seed).standard_normal((rows, 9)).astype(np.float32) * 0.2
        log.loaded += 1
        log.most_loaded = max(log.most_loaded, log.loaded)

    def run(self, samples: Any, stop: threading.Event) -> Any:
        assert samples.dtype == np.float32 and samples.shape[0] == 2
        self.log.at_segment(stop)
        self.log.calls.append(self.name)
        gain = np.float32(1 / (1 + np.abs(samples).mean()))
        return np.stack([[np.convolve(x, k, "same") * gain for x in samples] for k in self.kernels])

    def close(self) -> None:
        self.log.loaded -= 1


class Song:
    """A Mix in memory that may not be written to."""

    def __init__(self, samples: Any) -> None:
        self.samples = np.asarray(samples, np.float32)
        self.samples.flags.writeable = False
        self.frames = len(self.samples)

    def read(self, start: int, frames: int) -> Any:
        assert start >= 0 and start + frames <= self.frames
        return self.samples[start : start + frames]


def estimate(
    separator: Separator,
    mix: Mix,
    folder: Path,
    *,
    stop: threading.Event | None = None,
    progress: Callable[[float], None] = lambda _fraction: None,
    read: bool = True,
) -> Any:
    """The stems of `mix` in float, (4, frames, 2), by the runner; its stretches stay in `folder`."""
    folder.mkdir(exist_ok=True)
    scale = measure(mix, lambda: None)
    recipe = Recipe.of(separator, "0" * 64, mix.frames)
    tasks = [] if separator.normalised and scale.is_silence else plan(separator, recipe)
    kept = Checkpoints(folder, recipe, durable=False, warn=print)
    tracker = Progress(Watch(progress, stop or threading.Event()), 0.0, 1.0)
    stretches = make(tasks, mix, Hearing.of(recipe, scale), kept, tracker)
    return Estimates(stretches, recipe, scale).read(0, mix.frames) if read else None
