"""What is cut out of a stem to be heard, and what in lyrics is marked as doubtful."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.lyrics.segmentation import MAX_S, OFFSET_DB, ONSET_DB, segments_of
from ml.lyrics.trust import mark

HOP_S = 0.02


def cut(*parts: tuple[float, float]) -> list[tuple[float, float]]:
    """The segments of a stem made of (s, dBFS) parts."""
    levels = np.concatenate([np.full(round(length / HOP_S), level) for length, level in parts])
    return list(segments_of(levels, hop_s=HOP_S, duration_s=len(levels) * HOP_S))


def test_a_pause_of_a_second_parts_and_a_shorter_one_does_not() -> None:
    assert cut((2, -80), (3, -20), (0.9, -80), (3, -20), (1.1, -80), (2, -20), (5, -80)) == [
        pytest.approx((1.8, 9.1), abs=0.03),
        pytest.approx((9.8, 12.2), abs=0.03),
    ]


def test_a_fading_note_stays_whole_and_a_faint_leak_is_ignored() -> None:
    faint = (ONSET_DB + OFFSET_DB) / 2  # enough to go on, too little to begin
    assert cut((3, 0), (2, faint), (2, -80), (3, faint), (2, -80)) == [pytest.approx((0, 5.2), abs=0.03)]
    assert cut((5, -80)) == []


def test_a_long_segment_is_cut_at_its_quietest_moment() -> None:
    first, second = cut((22, -20), (0.4, -40), (20, -20))
    assert first[1] == second[0] == pytest.approx(22.0, abs=0.1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 70), st.floats(-90, -1)), min_size=1, max_size=9))
def test_segments_are_ordered_short_and_inside_the_song(parts: list[tuple[float, float]]) -> None:
    found = cut(*parts)
    duration_s = sum(round(length / HOP_S) for length, _ in parts) * HOP_S
    assert all(0 <= a < b <= duration_s + 1e-9 and b - a <= MAX_S + 1e-6 for a, b in found)
    assert all(first[1] <= second[0] for first, second in pairwise(found))


def line(text: str, start: float, end: float) -> dict[str, Any]:
    words = text.split()
    step = (end - start) / len(words)
    timed = [
        {"word": w, "start": start + i * step, "end": start + (i + 1) * step} for i, w in enumerate(words)
    ]
    return {"text": text, "start": start, "end": end, "words": timed}


def marked(*lines: dict[str, Any], sung: list[tuple[float, float]]) -> dict[str, Any]:
    return mark({"segments": list(lines)}, sung)


def test_words_over_silence_are_marked_and_kept() -> None:
    document = marked(line("here I sing", 1, 3), line("thank you for watching", 20, 24), sung=[(1, 3)])
    first, second = document["segments"]
    assert not any("flags" in word for word in first["words"])
    assert [word["flags"] for word in second["words"]] == [["silence"]] * 4
    assert second["text"] == "thank you for watching"


def test_singing_without_words_is_reported() -> None:
    document = marked(line("here I sing", 1, 3), line("again", 9, 10), sung=[(1, 10), (12, 13.5), (20, 30)])
    assert document["unworded"] == [{"start": 3.25, "end": 8.75}, {"start": 20, "end": 30}]


def test_impossible_rates_and_loops_are_marked() -> None:
    fast = line("supercalifragilistic expialidocious everybody", 1, 1.5)
    stuck = line("you know you know you know you know you know", 3, 8)
    song = line("la la la la la la la la", 10, 14)
    again = [line("Come back to me", 20 + 3 * i, 22 + 3 * i) for i in range(5)]
    sung = [(0.0, 60.0)]
    flags = [segment.get("flags") for segment in marked(fast, stuck, song, *again, sung=sung)["segments"]]
    assert flags == [["rate"], ["loop"], None, *[["loop"]] * 5]
    assert "flags" not in marked(*again[:4], sung=sung)["segments"][0]


def test_marking_changes_nothing_else() -> None:
    lines = [line("here I sing", 1, 3)]
    before = [dict(one) for one in lines]
    document = marked(*lines, sung=[])
    assert lines == before
    assert [{k: v for k, v in w.items() if k != "flags"} for w in document["segments"][0]["words"]] == lines[
        0
    ]["words"]
