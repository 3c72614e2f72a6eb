"""Songs as rows and back, and every way in which a row may be spoilt."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unplugd.aws import rows
from unplugd.aws.rows import from_row, from_rows, to_attribute, to_row
from unplugd.domain.song import LyricsStatus, Song, Status, eta_s
from unplugd.domain.song_view import public_view
from unplugd.domain.unreadable import Unreadable, UnreadableSong
from unplugd.kernel import metrics
from unplugd.kernel.clock import utc_now

AT = "2026-01-31T08:15:00.000Z"
FULL = Song(
    user_id="11111111-1111-4111-8111-111111111111",
    song_id="01J9ZQ4X5V8K2M3N4P5Q6R7S8T",
    status=Status.COMPLETED,
    uploaded_at=AT,
    updated_at=AT,
    title="Private title",
    artist="Private artist",
    language="pt-BR",
    queued_at=AT,
    started_at=AT,
    stage_started_at=AT,
    completed_at=AT,
    duration_sec=166.014,
    original_format="mp3",
    content_type="audio/mpeg",
    file_size_bytes=4_000_000,
    s3_key="uploads/u/s/private.mp3",
    stems_prefix="output/u/s/",
    lyrics_key="output/u/s/lyrics.json",
    queue_position=3,
    turn_at=AT,
    attempt=2,
    recoveries=1,
    execution_arn="arn:aws:states:eu-west-1:1:execution:m:s-2",
    stage="demucs",
    progress=40,
    part_progress="40,0,12",
    seq=9,
    error_code="NO_CAPACITY",
    error_message="No machine was free.",
    lyrics_status=LyricsStatus.QUEUED,
    lyrics_reason="a reason",
    lyrics_version=1,
    ttl=4_102_444_800,
)
ATTRIBUTES = [
    to_attribute(field.name) for field in dataclasses.fields(Song) if field.name not in ("user_id", "song_id")
]
VALUES = st.one_of(
    st.text(max_size=30).map(lambda text: {"S": text}),
    st.sampled_from(
        ["", "2", "NaN", "2026-13-45", "2026-01-31T08:15:00", "COMPLETED", "QUEUED", "ARCHIVED", "40,,x"]
    ).map(lambda text: {"S": text}),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: {"N": str(number)}),
    st.sampled_from(
        [{"NULL": True}, {"BOOL": True}, {"L": []}, {"M": {}}, {"B": b"x"}, {"SS": ["x"]}, {"N": "x"}]
    ),
)


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The data points that were written."""
    points: list[tuple[str, float]] = []
    monkeypatch.setattr(metrics, "put", lambda name, value, **_: points.append((name, value)))
    return points


def test_a_song_survives_the_way_to_a_row_and_back() -> None:
    assert from_row(to_row(FULL)) == FULL


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), st.none() | VALUES, min_size=1, max_size=4))
def test_a_spoilt_row_is_a_song_or_unreadable(changes: dict[str, Any]) -> None:
    row = to_row(FULL) | changes
    row = {name: value for name, value in row.items() if value is not None}
    (song,) = from_rows([row])
    assert (song.user_id, song.song_id) == (FULL.user_id, FULL.song_id)
    if isinstance(song, Song):
        eta_s(song, utc_now())
    else:
        assert set(song.problems) <= set(changes)
    public_view(song, now=utc_now())


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("status", None),
        ("status", {"S": "ARCHIVED"}),
        ("status", {"N": "1"}),
        ("lyricsStatus", {"S": "TRANSLATED"}),
        ("attempt", {"S": "2"}),
        ("attempt", {"N": "1.5"}),
        ("attempt", {"N": "1E+30"}),
        ("attempt", {"NULL": True}),
        ("durationSec", {"S": "long"}),
        ("title", {"L": []}),
        ("uploadedAt", None),
        ("queuedAt", None),  # of a song that waits
        ("startedAt", {"S": "yesterday"}),
        ("turnAt", {"S": "2026-01-31T08:15:00"}),  # no time zone: it cannot be compared
        ("partProgress", {"S": "40,,x"}),
    ],
)
def test_each_kind_of_fault_makes_a_row_unreadable(
    attribute: str, value: Any, counted: list[tuple[str, float]], capsys: pytest.CaptureFixture[str]
) -> None:
    row = to_row(FULL) | {attribute: value}
    row = {name: stored for name, stored in row.items() if stored is not None}
    with pytest.raises(Unreadable) as caught:
        from_row(row)
    assert caught.value.song.problems == (attribute,)
    assert counted == [("UnreadableRows", 1)]


def test_a_page_keeps_the_order_and_counts_its_bad_rows(counted: list[tuple[str, float]]) -> None:
    bad = to_row(FULL) | {"status": {"S": "ARCHIVED"}}
    other = bad | {"songId": {"S": "01J9ZQ4X5V8K2M3N4P5Q6R7S9A"}}
    songs = from_rows([bad, to_row(FULL), other])
    assert [type(song) for song in songs] == [UnreadableSong, Song, UnreadableSong]
    assert counted == [("UnreadableRows", 2)]


def test_the_log_names_the_song_and_no_private_value(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[Any] = []

    class Logger:
        def error(self, *text: Any, **extra: Any) -> None:
            lines.append((text, extra))

    monkeypatch.setattr(rows, "logger", Logger)
    from_rows([to_row(FULL) | {"title": {"L": [{"S": "Private title"}]}}])
    assert FULL.song_id in str(lines)
    assert "title" in str(lines)
    assert "rivate" not in str(lines)
