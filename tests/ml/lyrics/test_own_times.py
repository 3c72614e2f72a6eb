"""Times that came with the words are kept, independent of what an engine hears elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.lyrics import aligner, attention, write_lyrics
from ml.lyrics.known import KnownText, from_layer, from_text
from ml.lyrics.timing import Timed, complete, judge, segments
from ml.lyrics.voice import Span, Voice
from tests.ml.lyrics.songs import write_vocals

SONG_S = 62.0
SUNG = [(5.0, 9.0), (20.0, 22.0), (58.0, 60.0)]
HELLO = {
    "text": "hello again",
    "words": [
        {"word": "hello", "start": 20.0, "end": 21.0},
        {"word": "again", "start": 21.25, "end": 22.0},
    ],
}
OWN = [Timed(20.0, 21.0, estimated=False), Timed(21.25, 22.0, estimated=False)]


def song(*segments: dict[str, Any]) -> KnownText:
    return from_layer({"textVersion": 1, "segments": segments})


STRAYED = song({"text": "one more time"}, HELLO)
FOUND_AT_THE_END: list[Span | None] = [(58.0, 58.6), (58.6, 59.2), (59.2, 60.0), (60.0, 60.5), (60.5, 61.0)]


def times(document: dict[str, Any]) -> list[Timed]:
    return [Timed(w["start"], w["end"], w["estimated"]) for s in document["segments"] for w in s["words"]]


def embedded(
    known: KnownText, found: Sequence[Span | None], vocals: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Timed]:
    class Found:
        def knows(self, *_: object, **__: object) -> bool:
            return True

        def align(self, *_: object, **__: object) -> list[Span | None]:
            return list(found)

    monkeypatch.setattr(aligner, "Aligner", Found)
    monkeypatch.setattr(aligner, "is_installed", lambda: True)
    return times(write_lyrics(vocals, text=known, model="embedded"))


def whisper(
    known: KnownText, found: Sequence[Span | None], _vocals: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Timed]:
    monkeypatch.setattr(attention, "attend", lambda *_: list(found))
    voice = Voice(SONG_S, tuple(SUNG), silent=False)
    made, _ = attention.align(None, None, known, [], voice, "es", lambda _: None, threading.Event())  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize("engine", [embedded, whisper])
def test_a_line_found_behind_a_persons_words_does_not_move_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    vocals = write_vocals(tmp_path / "v.wav", SONG_S, SUNG)
    made = engine(STRAYED, FOUND_AT_THE_END, vocals, monkeypatch)
    assert made[3:] == OWN
    # It is estimated on what is sung before them.
    assert all(time.estimated for time in made[:3])
    assert made[0].start == pytest.approx(5.0, abs=0.1) and made[2].end == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize("engine", [embedded, whisper])
def test_a_line_aligned_before_the_persons_words_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    vocals = write_vocals(tmp_path / "v.wav", SONG_S, SUNG)
    found: list[Span | None] = [(3.0, 4.0), (4.0, 5.0), (5.0, 5.6), (5.6, 6.2), (6.2, 7.0)]
    made = engine(song(HELLO, {"text": "one more time"}), found, vocals, monkeypatch)
    assert made[:2] == OWN
    assert all(time.estimated and 57.9 <= time.start <= time.end <= 60.1 for time in made[2:])


@pytest.mark.parametrize("engine", [embedded, whisper])
def test_what_fits_between_a_persons_words_is_cut_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    later = {"text": "the end", "words": [{"word": "the end", "start": 59.0, "end": 60.0}]}
    known = song(HELLO, {"text": "one more time"}, later)
    found: list[Span | None] = [None, None, (21.5, 23.0), (30.0, 30.5), (58.0, 59.25), None, None]
    made = engine(known, found, write_vocals(tmp_path / "v.wav", SONG_S, SUNG), monkeypatch)
    assert made[:2] == OWN
    assert [(t.start, t.end, t.estimated) for t in made[2:5]] == [
        (22.0, 23.0, False), (30.0, 30.5, False), (58.0, 59.0, False),
    ]  # fmt: skip
    assert (made[5].start, made[-1].end) == (59.0, 60.0)


def test_a_group_heard_out_of_order_costs_its_own_words_only() -> None:
    known = song({"text": "one more time"}, HELLO, {"text": "and on"})
    found: list[Span | None] = [(5.0, 6.0), (4.0, 4.5), (7.0, 8.0), None, None, (30.0, 31.0), (25.0, 26.0)]
    made = complete(known.lines, found, SUNG, SONG_S)
    assert [time.estimated for time in made] == [False, True, False, False, False, False, True]
    assert made[3:5] == OWN
    assert all(a.end <= b.start for a, b in pairwise(made))


def test_words_of_a_person_that_overlap_stay_as_they_are() -> None:
    held = {"text": "ooh", "words": [{"word": "ooh", "start": 10.0, "end": 25.0}]}
    known = song(held, {"text": "one more time"}, HELLO)
    made = complete(known.lines, [(12.0, 13.0), (58.0, 59.0), (59.0, 60.0), None, None, None], SUNG, SONG_S)
    assert (made[0].start, made[0].end, made[0].estimated) == (10.0, 25.0, False)
    assert made[4:] == OWN
    assert all(10.0 <= time.start <= time.end <= 20.0 for time in made[1:4])
    both = [{"word": "one", "start": 1.0, "end": 9.0}, {"word": "two", "start": 2.0, "end": 3.0}]
    known = song({"text": "one two", "words": both}, {"text": "three"})
    (segment, _) = segments(known.lines, complete(known.lines, [None] * 3, SUNG, SONG_S))
    assert [(word["start"], word["end"]) for word in segment["words"]] == [(1.0, 9.0), (2.0, 3.0)]
    assert segment["end"] == 9.0


def test_only_given_times_come_after_the_songs_end() -> None:
    """A person who gave the lyrics of a longer recording must see that."""
    known = song({"text": "one more time"}, HELLO, {"text": "and on"}, {"text": "later", "start": 30.0})
    made = complete(known.lines, [None] * 8, [(0.0, 21.5009)], 21.5009)
    assert made[3:5] == OWN
    assert all(time.end <= 21.5 for time in [*made[:3], *made[5:7]])
    (*_, last) = segments(known.lines, made)
    assert (last["start"], last["estimated"]) == (30.0, False)
    assert last["end"] > 30.0


def test_a_line_aligned_outside_its_neighbours_is_dropped() -> None:
    """Where lines have times and their words have none."""
    lines = from_text("[00:10]here it comes\none more time\n[00:20]hello again").lines
    here: list[Span | None] = [(10.0, 10.5), (10.5, 11.0), (11.0, 11.5)]
    hello: list[Span | None] = [(20.0, 21.0), (21.0, 22.0)]
    inside: list[Span | None] = [(14.0, 14.5), (14.5, 15.0), (15.0, 15.5)]
    assert judge(lines, [*here, *inside, *hello]) == [*here, *inside, *hello]
    for outside in ([(58.0, 58.5), (58.5, 59.0), (59.0, 60.0)], [(1.0, 1.5), (1.5, 2.0), (2.0, 3.0)]):
        assert judge(lines, [*here, *outside, *hello]) == [*here, None, None, None, *hello]
    # Of the first and the last line one side is open.
    lines = from_text("one more time\n[00:20]hello again\none more time").lines
    found = [*inside, *hello, (58.0, 58.5), (58.5, 59.0), (59.0, 60.0)]
    assert judge(lines, found) == found


def nothing_found(known: KnownText, _found: object, vocals: Path, _patch: object) -> list[Timed]:
    return times(write_lyrics(vocals, text=known, model="embedded", language="de"))


GIVEN = [  # start, end
    (4.0, None),
    (4.0, None),  # its translation
    (10.0, 20.0),
    (12.0, 14.0),  # a second voice inside it
    (13.0, 21.0),  # and one that overlaps both
    (25.5, None),
    (25.51, None),  # a translation of which an editor wanted the order kept
    (61.5, None),
]


@pytest.mark.parametrize("engine", [embedded, whisper, nothing_found])
@pytest.mark.parametrize("by", [-1.2, 0.0, 0.7, 30.0])
def test_given_line_times_are_kept_by_every_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Any, by: float
) -> None:
    """An engine finds the words `by` seconds away from where their lines are given."""
    known = song(*({"text": "one more time", "start": a, "end": b} for a, b in GIVEN))
    found: list[Span | None] = []
    for start, _ in GIVEN:
        found += [(start + by + i, start + by + i + 0.9) for i in range(3)]
    made = engine(known, found, write_vocals(tmp_path / "v.wav", SONG_S, SUNG), monkeypatch)
    kept = segments(known.lines, made)
    for (start, end), segment in zip(GIVEN, kept, strict=True):
        assert segment["start"] == start
        assert segment["end"] == end if end else segment["end"] > start
        assert all(start <= word["start"] <= word["end"] <= segment["end"] for word in segment["words"])
        assert segment["estimated"] is False
    if by == 0.0 and engine is not nothing_found:
        assert [word["start"] for word in kept[2]["words"]] == [10.0, 11.0, 12.0]


def test_lines_of_one_time_end_with_the_next() -> None:
    known = from_text("[00:10.00]kotoba one\n[00:10.00]words one\n[00:14.00]kotoba two\n[00:14.00]words two")
    made = segments(known.lines, complete(known.lines, [None] * 8, [(9.0, 18.0)], 20.0))
    assert [line["start"] for line in made] == [10, 10, 14, 14]
    assert all(12 < line["end"] <= 14 for line in made[:2])
    assert all(16 <= line["end"] <= 18 for line in made[2:])


def test_a_line_without_a_time_has_room_behind_one_that_has() -> None:
    known = from_text("[00:10.00]one two three four\nfive six seven eight\n[00:12.00]nine")
    made = segments(known.lines, complete(known.lines, [None] * 9, [(0.0, 20.0)], 20.0))
    assert [line["start"] for line in made][::2] == [10.0, 12.0]
    assert made[1]["end"] - made[1]["start"] == pytest.approx(1.0, abs=0.2)


spans = st.tuples(st.integers(0, 70_000), st.integers(0, 5_000)).map(lambda s: (s[0] / 1000, sum(s) / 1000))


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.none() | spans] * 3), min_size=1, max_size=12))
def test_any_own_times_are_kept_and_the_rest_fits_around_them(
    lines: list[tuple[Span | None, Span | None, Span | None]],
) -> None:
    """Own times of words, what was found, and given times of lines (without an end where it is the start)."""
    owns = iter(sorted(own or line for own, _, line in lines if own or line))
    given_times = [next(owns) if own or line else None for own, _, line in lines]
    known = song(
        *(
            {"text": "oh", "words": [{"word": "oh", "start": time[0], "end": time[1]}]}
            if own and time
            else {"text": "oh", "start": time and time[0], "end": time and time[1]}
            for time, (own, _, _) in zip(given_times, lines, strict=True)
        )
    )
    made = complete(known.lines, [found for _, found, _ in lines], SUNG, SONG_S)
    kept = segments(known.lines, made)
    for time, segment, (own, _, _), one in zip(given_times, kept, lines, made, strict=True):
        assert segment["start"] < segment["end"]
        assert segment["start"] <= one.start <= one.end <= segment["end"]
        if time is None:
            assert 0 <= one.start < one.end <= SONG_S
            continue
        assert segment["start"] == time[0]
        assert time[0] == time[1] or segment["end"] == time[1]
        assert not own or one == Timed(*time, estimated=False)


@settings(deadline=None)
@given(st.lists(st.none() | spans, min_size=1, max_size=12))
def test_what_was_found_is_ordered_between_given_words(found: list[Span | None]) -> None:
    known = song(*({"text": "oh"} for _ in found[1:]), HELLO)
    made = complete(known.lines, [*found[1:], None, None], SUNG, SONG_S)
    assert [time.start for time in made] == sorted(time.start for time in made)
    # One that had no room at all is seen for a moment.
    assert all(time.start <= 20.0 and time.end <= 20.3 for time in made[:-2])
    assert made[-2:] == OWN
