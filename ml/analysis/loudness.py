"""Loudness after EBU R 128: FFmpeg's filter ebur128, which PyAV brings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from ml.audio import SAMPLE_RATE
from ml.audio.decode import Block, decode

SILENCE_LUFS = -70.0
"""The absolute gate of EBU R 128: quieter sound has no loudness."""


class Loudness(TypedDict):
    """Integrated loudness (LUFS), loudness range (LU), true peak (dBTP); None where there is only silence."""

    integrated: float | None
    range: float
    truePeak: float | None


def measure(blocks: Iterable[Block]) -> Loudness:
    """The loudness of 44.1 kHz stereo sound that comes in blocks."""
    import av
    from av.error import BlockingIOError as Later
    from av.error import EOFError as End

    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=SAMPLE_RATE, format="flt", layout="stereo")
    meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    last: dict[str, Any] = {}
    # The filter repeats its figures in each frame, and its peak is that of all sound so far.
    frames = 0
    for block in chain(blocks, (None,)):
        frame = None
        if block is not None:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.reshape(1, -1)), "flt", "stereo")
            frame.sample_rate, frame.pts = SAMPLE_RATE, frames
            frames += len(block)
        source.push(frame)
        while True:
            try:
                # A frame that ends within 100 ms of the last figures has none.
                last = dict(sink.pull().metadata) or last
            except (Later, End):
                break
    return _loudness({name.rpartition(".")[2]: float(value) for name, value in last.items()})


def _loudness(figures: dict[str, float]) -> Loudness:
    integrated, peak = figures.get("I", SILENCE_LUFS), figures.get("true_peak", 0.0)
    heard = integrated > SILENCE_LUFS
    low, high = figures.get("low", 0.0), figures.get("high", 0.0)
    return {
        "integrated": round(integrated, 2) if heard else None,
        "range": round(high - low, 2) if heard else 0.0,
        "truePeak": round(20 * math.log10(peak), 2) if peak > 0 else None,
    }


def summed(paths: Iterable[Path]) -> Iterator[Block]:
    """The sum of files that play together, in blocks."""
    for blocks in zip_longest(*map(decode, paths)):
        heard = [block for block in blocks if block is not None]
        out = np.zeros((max(map(len, heard)), 2), np.float32)
        for block in heard:
            out[: len(block)] += block
        yield out
