"""The stretches of a stem in which words may be sung: cut by its energy, generously, for a transcriber to hear.

A speech detector loses sung words, and energy does not: on the first real song measured (docs/lyrics.md) 99 % of the
time of the words is inside. What a transcriber needs is recall; `Voice.spans` is the strict view of the same stem.
"""

import numpy as np
import numpy.typing as npt

Span = tuple[float, float]
Levels = npt.NDArray[np.float64]

ONSET_DB, OFFSET_DB = -54.0, -60.0
"""A segment begins above the first and ends below the second, in dB to the loud parts (95th percentile). Two
thresholds, so that a held note that fades stays whole. Low, because a separator of ours may leave of a soft verse
little more than its shape: of the words' time of docs/lyrics.md's song, in the built-in one's stem, -40 and -46 lose
3.3 %, -50 and -56 2.0 %, these 0.6 %."""
FLOOR_DB = -70.0
"""Nothing below counts (dBFS). Lower than what makes a stem silent as a whole: -60 lost 3 to 6 % there, soft words."""
MIN_SILENCE_S, PAD_S, MAX_S = 1.0, 0.2, 30.0
"""Shorter pauses part nothing; so much is added at each end; and Whisper hears no more than that at once (s)."""

_QUIET_FROM = 0.6  # a segment that is too long is cut at its quietest moment after this share of MAX_S


def segments_of(levels_db: Levels, *, hop_s: float, duration_s: float) -> tuple[Span, ...]:
    """Segments (s, in order, disjoint, each at most MAX_S) of a stem with these levels (dBFS, one a hop)."""
    heard = levels_db[levels_db > FLOOR_DB]
    if heard.size == 0:
        return ()
    loud = float(np.percentile(heard, 95))
    onset, offset = max(FLOOR_DB, loud + ONSET_DB), max(FLOOR_DB, loud + OFFSET_DB)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (levels_db > offset).astype(np.int8), [0]))))
    joined: list[list[int]] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if levels_db[start:end].max() <= onset:
            continue
        if joined and (start - joined[-1][1]) * hop_s < MIN_SILENCE_S:
            joined[-1][1] = int(end)
        else:
            joined.append([int(start), int(end)])
    padded: list[Span] = []
    for start, end in joined:
        begin = max(start * hop_s - PAD_S, padded[-1][1] if padded else 0.0)
        padded.append((begin, min(end * hop_s + PAD_S, duration_s)))
    return tuple(part for span in padded for part in _cut(span, levels_db, hop_s) if part[1] > part[0])


def _cut(span: Span, levels_db: Levels, hop_s: float) -> list[Span]:
    parts = []
    start, end = span
    while end - start > MAX_S:
        first, last = round((start + _QUIET_FROM * MAX_S) / hop_s), int((start + MAX_S) / hop_s)
        cut = (first + int(np.argmin(levels_db[first:last]))) * hop_s
        parts.append((start, cut))
        start = cut
    return [*parts, (start, end)]
