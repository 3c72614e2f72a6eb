"""Who is next, and how long the first has waited."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from unplugd.processing import rules
from unplugd.songs.model import Song, Status

NOW = datetime(2026, 1, 31, 8, 16, tzinfo=UTC)


def waiting(song_id: str, queued_at: str = "2026-01-31T08:15:00.000Z") -> Song:
    return Song("me", song_id, Status.QUEUED, "x", "x", queued_at=queued_at)


@given(
    st.lists(st.text(max_size=3), unique=True, max_size=8), st.sets(st.text(max_size=3)), st.integers(0, 5)
)
def test_never_more_than_free_never_one_that_runs_always_in_order(
    ids: list[str], running: set[str], free: int
) -> None:
    chosen = [
        song.song_id
        for song in rules.next_songs([waiting(i) for i in ids], running=sorted(running), free=free)
    ]
    assert len(chosen) <= free
    assert not running & set(chosen)
    assert chosen == [i for i in ids if i not in running][:free]


def test_the_age_of_the_line_is_that_of_its_first() -> None:
    assert rules.line_age_s([waiting("a"), waiting("b", "2026-01-31T08:00:00.000Z")], NOW) == 60.0
    assert rules.line_age_s([], NOW) == 0.0


def test_every_verdict_is_a_sentence() -> None:
    for code in (
        "CORRUPT_AUDIO",
        "PROCESSING_TIMEOUT",
        "NO_CAPACITY",
        "SEPARATION_FAILED",
        "SAVING_FAILED",
        "INTERRUPTED",
    ):
        assert rules.verdict(code).message.endswith(".")


@given(st.text())
def test_any_cause_is_judged(cause: str) -> None:
    assert rules.failure_cause(stage="RunDemucs", error="States.TaskFailed", cause=cause, said=None).message
