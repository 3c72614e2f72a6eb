"""Loudness after EBU R 128, by FFmpeg's filter ebur128, which PyAV brings; imported only where sound is heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, cast

SILENCE_LUFS = -70.0
"""The absolute gate of EBU R 128: quieter sound has no loudness."""
_LAYOUTS = ("mono", "stereo")


def metered(
    blocks: Iterable[Any], *, sample_rate: int, channels: int, form: str, true_peak: bool = False
) -> dict[str, float]:
    """The filter's last figures, by their short names: I (LUFS), LRA, LRA.low, LRA.high, with `true_peak` also
    true_peak (linear). Empty for less than 100 ms.

    blocks: NumPy arrays, interleaved samples of the FFmpeg format `form`, shape (1, frames × channels)."""
    import av
    from av.error import BlockingIOError as Later
    from av.error import EOFError as End

    layout = _LAYOUTS[channels - 1]
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=sample_rate, format=form, layout=layout)
    meter = graph.add("ebur128", f"metadata=1:framelog=quiet{':peak=true' if true_peak else ''}")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    last: dict[str, Any] = {}
    # The filter repeats its figures in each frame, and its peak is that of all sound so far.
    for frame in chain(_frames(blocks, sample_rate, layout, form), (None,)):
        source.push(frame)
        while True:
            try:
                # A frame that ends within 100 ms of the last figures has none.
                last = dict(cast("av.AudioFrame", sink.pull()).metadata) or last
            except (Later, End):
                break
    return {name.removeprefix("lavfi.r128."): float(value) for name, value in last.items()}


def _frames(blocks: Iterable[Any], sample_rate: int, layout: str, form: str) -> Iterator[Any]:
    import av

    frames = 0
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(block, form, layout)
        frame.sample_rate, frame.pts = sample_rate, frames
        frames += frame.samples
        yield frame


def integrated(figures: dict[str, float]) -> float | None:
    """The integrated loudness (LUFS) of such figures; None where there is only silence."""
    found = figures.get("I", SILENCE_LUFS)
    return round(found, 2) if found > SILENCE_LUFS else None
