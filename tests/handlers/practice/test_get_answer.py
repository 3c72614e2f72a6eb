"""GET /practice/cards/{songId}/answer: which song it is, noted; hints only when they are asked for."""

from __future__ import annotations

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER
from tests.handlers.practice.conftest import Player, new_id
from unplugd.aws.details_table import DetailsTable
from unplugd.domain.details import Details


def test_it_is_told_and_noted(player: Player) -> None:
    [song] = player.songs(1, title=None, file_title="Take five", artist=None)
    player.due()
    before = player.rows("card#").popitem()[1]
    assert player.answer(song)[1] == {"songId": song, "title": "Take five", "artist": None, "album": None}
    player.answer(song)
    row = player.rows("card#").popitem()[1]
    assert row["reveals"]["N"] == "2" and row["revealedAt"]["S"] == "2026-03-02T12:00:00.000Z"
    assert row["version"] == before["version"]  # no answer of another device fails by it


def test_an_answer_keeps_the_note(player: Player) -> None:
    [song] = player.songs(1)
    player.due()
    player.answer(song)
    player.grade(song)
    assert player.rows("card#").popitem()[1]["reveals"]["N"] == "1"


def test_a_song_without_a_card_is_told_too(player: Player) -> None:
    [song] = player.songs(1)
    assert player.answer(song)[0] == 200
    assert player.rows() == {}


@pytest.mark.parametrize(
    ("title", "text"), [("Élan vital", "E"), ("(Intro) Go", "G"), ("U", None), ("7", None), ("!!!", "!")]
)
def test_the_initial_is_never_more_than_half_of_the_title(
    player: Player, title: str, text: str | None
) -> None:
    [song] = player.songs(1, title=title)
    assert player.answer(song, "initial")[1] == {"songId": song, "part": "initial", "text": text}
    assert player.rows() == {}


@pytest.mark.parametrize(
    ("title", "own", "tag", "text"),
    [
        ("Take five", 1959, None, "1959"),
        ("Take five", None, 1959, "1959"),
        ("Take five", 1960, 1959, "1960"),
        ("Take five", None, None, None),
        ("1979", 1979, None, None),
        ("December, 1963 (Oh, What a Night)", None, 1963, None),
        ("Ｓummer of １９６９", 1969, None, None),
    ],
)
def test_the_year_is_a_hint_unless_the_title_has_it(
    player: Player, title: str, own: int | None, tag: int | None, text: str | None
) -> None:
    [song] = player.songs(1, title=title, year=own)
    if tag:
        details = DetailsTable(player.cloud.db, CHOSEN["DETAILS_TABLE"], CHOSEN["SONGS_TABLE"])
        details.save(OWNER, song, Details(year=tag), has_artwork=False)
    assert player.answer(song, "year")[1] == {"songId": song, "part": "year", "text": text}
    assert player.rows() == {}


def test_another_part_is_refused(player: Player) -> None:
    [song] = player.songs(1)
    assert player.answer(song, "title")[0] == 400


def test_a_stranger_learns_nothing(player: Player) -> None:
    [song] = player.songs(1)
    assert (
        player.answer(song, owner=STRANGER)[0] == player.answer(new_id(9))[0] == player.answer("x")[0] == 404
    )
