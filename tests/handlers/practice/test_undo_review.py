"""POST /practice/reviews/{reviewId}/undo: one answer is taken back, by its id."""

from __future__ import annotations

from typing import Any

from tests.cloud import STRANGER, Cloud
from tests.handlers.practice.conftest import DAY, Player, new_id
from tests.handlers.practice.test_grade_card import interrupt


def test_the_card_is_as_if_it_had_not_been_given(player: Player) -> None:
    first, second = player.songs(2)
    for song in (first, second):
        player.grade(song, 4)
    player.now += DAY
    given = player.given(first, 1)
    player.ask("grade_card", json=given)
    status, card = player.undo(given["reviewId"], first)
    assert status == 200
    assert player.stored(first) == player.folded(first)
    assert player.stored(first).memory == player.stored(second).memory
    assert card["version"] == 3 and card["reviews"] == 1


def test_an_answer_in_the_middle_is_taken_back(player: Player) -> None:
    [song] = player.songs(1)
    ids = []
    for grade in (4, 1, 5):
        given = player.given(song, grade)
        player.ask("grade_card", json=given)
        ids.append(given["reviewId"])
        player.now += 6 * DAY
    _, card = player.undo(ids[1], song)
    assert (card["interval"], card["lapses"], card["repetitions"]) == (6, 0, 2)
    assert len(player.rows("review#")) == 4  # nothing is removed from the log


def test_a_new_card_is_new_again_and_its_day_has_room(player: Player) -> None:
    player.ask("put_practice_settings", json={"newPerDay": 1})
    [song] = player.songs(1)
    given = player.given(song, 2)
    player.ask("grade_card", json=given)
    assert [card["repeat"] for card in player.due()] == [True]
    assert player.undo(given["reviewId"], song)[1]["isNew"]
    assert [card["isNew"] for card in player.due()] == [True]


def test_twice_is_once(player: Player) -> None:
    [song] = player.songs(1)
    given = player.given(song)
    player.ask("grade_card", json=given)
    first = player.undo(given["reviewId"], song)
    player.grade(song, 5)
    assert player.undo(given["reviewId"], song) == first
    assert player.stored(song).answers == 1


def test_a_faster_device_is_told(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    given = player.given(song)
    player.ask("grade_card", json=given)
    replies: list[Any] = []
    interrupt(cloud, lambda: replies.append(player.grade(song, 5)))
    status, answer = player.undo(given["reviewId"], song)
    assert (status, answer["card"]) == (409, replies[0])
    assert player.undo(given["reviewId"], song)[0] == 200


def test_what_was_never_given_cannot_be_taken_back(player: Player) -> None:
    song, other = player.songs(2)
    given = player.given(song)
    player.ask("grade_card", json=given)
    assert player.undo(new_id(5), song)[0] == 404
    assert player.undo(given["reviewId"], other)[0] == 404
    assert player.undo(given["reviewId"], song, owner=STRANGER)[0] == 404
    player.undo(given["reviewId"], song)
    assert player.undo(f"{given['reviewId']}-undo", song)[0] == 404
    assert player.ask("undo_review", json={})[0] == 400
