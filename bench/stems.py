"""The float stems of a song from the stretches that a run kept, before gain and 16 bits."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.audio.checksum import sha256
from ml.audio.decode import decode
from ml.separation import registry
from ml.separation.checkpoints import Checkpoints, Recipe
from ml.separation.engine import FloatFile
from ml.separation.estimates import Estimates
from ml.separation.runner import Hearing, Progress, make, measure, plan
from ml.separation.watch import Watch


def read_stems(song: Path, models: Path, model: str, precision: str, kept: Path) -> NDArray[np.float32]:
    """(4, frames, 2). What `kept` lacks is made."""
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "mix.f32"
        with path.open("wb") as file:
            for block in decode(song):
                file.write(np.ascontiguousarray(block, "<f4").data)
        mix = FloatFile(path)
        separator = registry.load(model, models, precision)
        scale = measure(mix, lambda: None)
        recipe = Recipe.of(separator, sha256(song), mix.frames)
        progress = Progress(Watch(lambda _fraction: None, threading.Event()), 0.0, 1.0)
        found = Checkpoints(kept, recipe, durable=False, warn=print)
        stretches = make(plan(separator, recipe), mix, Hearing.of(recipe, scale), found, progress)
        return Estimates(stretches, recipe, scale).read(0, mix.frames)
