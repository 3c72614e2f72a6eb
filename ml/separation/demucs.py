"""The `demucs` separator: Demucs' own networks and arithmetic (4.1.0, `shifts=0`, overlap 0.25), our files around it.

What `demucs.apply.apply_model` does to a whole song in memory is done here segment by segment: the mean and the
deviation of the whole song first, then one network call a segment on a fixed grid, overlap-added with demucs' own
triangle. Only a few segments are in memory at any time. The one call into the network goes through
apply_model itself, so that padding and trimming stay demucs'. torch and demucs are looked for when a model is loaded,
never when this is imported.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.audio import CHANNELS, SAMPLE_RATE
from ml.models import WrongHash
from ml.models.prepare import NETWORKS, SUFFIX
from ml.models.store import Model
from ml.separation import STEMS, ModelUnavailable
from ml.separation.engine import Mix, StemBlock

OVERLAP = 0.25
"""Share of a segment that the next one covers again: demucs' default."""

SILENCE = 1e-7
"""A deviation below this (-140 dBFS) is silence or a constant: dividing by it would make noise of rounding."""

_STATISTICS_FRAMES = 1 << 17
_LOOK_S = 0.2  # how often a stop is looked for while a network works
_PACKAGES = ("torch", "demucs", "safetensors")


def is_installed() -> bool:
    """Whether the packages that Demucs needs are here (its weights are another matter)."""
    return all(find_spec(name) is not None for name in _PACKAGES)


class Demucs:
    """One model or bag, loaded. A `Separator` (ml.separation.engine)."""

    engine: ClassVar[str] = "demucs"
    additive: ClassVar[bool] = False
    share: ClassVar[float] = 0.95

    def __init__(self, model: Model) -> None:
        """Load the weights, after checking their hashes again. Raises ModelUnavailable."""
        missing = [name for name in _PACKAGES if find_spec(name) is None]
        if missing:
            raise ModelUnavailable(
                f"The separation model '{model.name}' needs {', '.join(missing)}, not installed here: run make models."
            )
        self.model = model.name
        self.version = f"{version('demucs')}, torch {version('torch')}"
        self.sha256 = model.sha256
        try:
            model.verify()
        except WrongHash as error:
            raise ModelUnavailable(str(error)) from error
        self._bag = _load(model)
        self._order = [list(self._bag.sources).index(stem) for stem in STEMS]
        # One row a network, one column a stem, in the networks' own order of stems.
        weights = np.array(self._bag.weights, np.float32)
        if not (weights.sum(axis=0) > 0).all():
            raise ModelUnavailable(f"The separation model '{model.name}' leaves a stem without a network.")
        self._weights = weights / weights.sum(axis=0)

    def separate(self, mix: Mix) -> Generator[StemBlock, None, None]:
        """Yield the stems stride by stride, and empty blocks while a network works: places where a stop is seen."""
        mean, deviation = yield from _statistics(mix)
        if deviation < SILENCE:
            for start in range(0, mix.frames, _STATISTICS_FRAMES):
                yield np.zeros((4, min(_STATISTICS_FRAMES, mix.frames - start), CHANNELS), np.float32)
            return
        enough = threading.Event()
        with ThreadPoolExecutor(1, "demucs") as pool:
            try:
                yield from self._overlap_add(mix, mean, deviation, pool, enough)
            finally:  # when closed early, a network at work ends at its next layer, and its thread with it
                enough.set()

    def _overlap_add(
        self, mix: Mix, mean: float, deviation: float, pool: ThreadPoolExecutor, enough: threading.Event
    ) -> Generator[StemBlock, None, None]:
        networks = list(self._bag.models)
        grids = [_Grid(int(SAMPLE_RATE * network.segment)) for network in networks]
        done = 0
        while done < mix.frames:
            for index, (network, grid) in enumerate(zip(networks, grids, strict=True)):
                # Networks of one bag may have segments of unlike length: each is kept ahead of what is yielded.
                while grid.position < min(mix.frames, done + grids[0].stride):
                    samples, offset, length = _neighbourhood(mix, grid.position, grid.segment)
                    samples = (samples - np.float32(mean)) / np.float32(deviation)
                    future = pool.submit(_apply, network, samples, offset, length, enough)
                    estimate = yield from _result(future)
                    grid.add(estimate * self._weights[index][:, None, None])
            ready = min(mix.frames, *(grid.position for grid in grids))
            total = np.sum([grid.take(ready - done) for grid in grids], axis=0)
            done = ready
            stems = total[self._order] * np.float32(deviation) + np.float32(mean)
            yield np.ascontiguousarray(stems.transpose(0, 2, 1))


class _Grid:
    """One network's overlap-add: segments at a fixed stride, weighted by demucs' triangle, then normalised."""

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self.stride = int((1 - OVERLAP) * segment)
        self.position = 0  # where the next segment begins: what lies before it is final
        self._given = 0
        rise = np.arange(1, segment // 2 + 1)
        fall = np.arange(segment - segment // 2, 0, -1)
        triangle = np.concatenate((rise, fall)).astype(np.float32)
        self._triangle = triangle / triangle.max()
        self._sum = np.zeros((4, CHANNELS, 0), np.float32)
        self._weight = np.zeros(0, np.float32)

    def add(self, estimate: NDArray[np.float32]) -> None:
        """Take the next segment's (4, 2, frames); the song's last may be shorter."""
        frames = estimate.shape[-1]
        at = self.position - self._given
        more = at + frames - len(self._weight)
        if more > 0:
            self._sum = np.concatenate((self._sum, np.zeros((4, CHANNELS, more), np.float32)), axis=-1)
            self._weight = np.concatenate((self._weight, np.zeros(more, np.float32)))
        triangle = self._triangle[:frames]
        self._sum[..., at : at + frames] += estimate * triangle
        self._weight[at : at + frames] += triangle
        self.position += self.stride

    def take(self, frames: int) -> NDArray[np.float32]:
        """The next `frames` frames, (4, 2, frames), and forget them."""
        out = self._sum[..., :frames] / self._weight[:frames]
        self._sum, self._weight = self._sum[..., frames:].copy(), self._weight[frames:].copy()
        self._given += frames
        return out


def _load(model: Model) -> Any:
    """demucs' BagOfModels of the stored model. Raises ModelUnavailable."""
    from demucs.apply import BagOfModels
    from demucs.hf import load_safetensors_model
    from safetensors import SafetensorError, safe_open

    bag = model.bag or {}
    try:
        networks = []
        for signature in bag["models"]:
            path = model.folder / f"{signature}{SUFFIX}"
            if path.name not in model.files:
                raise ModelUnavailable(
                    f"The separation model '{model.name}' lacks {path.name}: run make models."
                )
            with safe_open(str(path), framework="pt") as file:
                metadata = file.metadata() or {}
            # The class is looked up by this name, so only demucs' own may stand there.
            if metadata.get("klass") not in NETWORKS or "structure" in metadata:
                raise ModelUnavailable(f"{path.name} of '{model.name}' is not one of demucs' plain networks.")
            networks.append(load_safetensors_model(path).eval())
        loaded = BagOfModels(networks, bag.get("weights"), bag.get("segment"))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError, AssertionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"The separation model '{model.name}' cannot be loaded ({type(error).__name__}: {reason}). "
            f"Fetch it again: make models MODELS={model.name}"
        ) from error
    if sorted(loaded.sources) != sorted(STEMS):
        raise ModelUnavailable(
            f"The separation model '{model.name}' gives {', '.join(loaded.sources)}; it must give {', '.join(STEMS)}."
        )
    if loaded.samplerate != SAMPLE_RATE or loaded.audio_channels != CHANNELS:
        raise ModelUnavailable(f"The separation model '{model.name}' is not for 44.1 kHz stereo.")
    return loaded


def _statistics(mix: Mix) -> Generator[StemBlock, None, tuple[float, float]]:
    """Mean and (n - 1) deviation of the song in mono, as demucs takes them; yields empty blocks on its way."""
    total = squares = 0.0
    for start in range(0, mix.frames, _STATISTICS_FRAMES):
        mono = mix.read(start, min(_STATISTICS_FRAMES, mix.frames - start)).mean(axis=1, dtype=np.float64)
        total += float(mono.sum())
        squares += float(np.square(mono).sum())
        yield _nothing()
    mean = total / max(1, mix.frames)
    spread = max(0.0, squares - mix.frames * mean * mean)
    return mean, (spread / max(1, mix.frames - 1)) ** 0.5


def _neighbourhood(mix: Mix, start: int, segment: int) -> tuple[NDArray[np.float32], int, int]:
    """(2, n) samples around a segment, where it begins in them, and its length in the song.

    A network may want more than the segment, and demucs pads with the song's own samples while there are any.
    """
    first, last = max(0, start - segment), min(mix.frames, start + 2 * segment)
    samples = np.ascontiguousarray(mix.read(first, last - first).T)
    return samples, start - first, min(segment, mix.frames - start)


def _result(future: Future[NDArray[np.float32]]) -> Generator[StemBlock, None, NDArray[np.float32]]:
    """The network's answer, yielding empty blocks until it is there."""
    while not wait([future], _LOOK_S).done:
        yield _nothing()
    return future.result()


class _Enough(Exception):
    """The caller has gone: leave the network where it is."""


def _apply(
    network: Any, samples: NDArray[np.float32], offset: int, length: int, enough: threading.Event
) -> NDArray[np.float32]:
    import torch
    from demucs.apply import TensorChunk, apply_model

    def look(_layer: Any, _inputs: Any) -> None:
        if enough.is_set():
            raise _Enough

    hooks: list[Any] = [layer.register_forward_pre_hook(look) for layer in network.modules()]
    try:
        chunk = TensorChunk(torch.from_numpy(samples)[None], offset, length)
        out: NDArray[np.float32] = apply_model(network, chunk, shifts=0, split=False)[0].numpy()
        return out
    finally:
        for hook in hooks:
            hook.remove()


def _nothing() -> StemBlock:
    return np.zeros((4, 0, CHANNELS), np.float32)
