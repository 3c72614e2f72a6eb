"""POST /practice/cards/{songId}: suspend a card, or bury it until a day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud
from tests.handlers.practice.conftest import DAY, Player, new_id
from tests.handlers.practice.test_grade_card import interrupt


def test_a_suspended_card_is_not_asked_and_is_not_in_the_index(player: Player) -> None:
    [song] = player.songs(1)
    assert player.update(song, suspended=True)[1]["suspended"]
    assert player.due() == []
    assert "dueKey" not in player.rows("card#").popitem()[1]
    player.update(song, suspended=False)
    assert [card["songId"] for card in player.due()] == [song]


def test_a_buried_card_is_asked_from_its_day_on(player: Player) -> None:
    [song] = player.songs(1)
    player.update(song, buriedUntil="2026-03-04")
    assert player.due() == []
    player.now += 2 * DAY
    assert [card["songId"] for card in player.due()] == [song]


def test_null_digs_it_up(player: Player) -> None:
    [song] = player.songs(1)
    player.grade(song)
    player.update(song, buriedUntil="2026-04-04")
    player.now += DAY
    assert player.due() == []
    player.update(song, buriedUntil=None)
    assert [card["songId"] for card in player.due()] == [song]


def test_what_was_learnt_stays(player: Player) -> None:
    [song] = player.songs(1)
    player.grade(song, 5)
    before = player.stored(song)
    player.update(song, suspended=True, buriedUntil="2026-03-09")
    assert player.stored(song) == before == player.folded(song)


def test_the_same_again_changes_nothing(player: Player) -> None:
    [song] = player.songs(1)
    first = player.update(song, suspended=True)
    assert player.update(song, suspended=True) == first
    assert player.update(song) == first


def test_an_answer_at_the_same_moment_is_not_lost(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    player.due()
    interrupt(cloud, lambda: player.grade(song))
    status, card = player.update(song, suspended=True)
    assert (status, card["suspended"], card["reviews"]) == (200, True, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"suspended": "true"},
        {"suspended": 1},
        {"buriedUntil": "2026-03-02"},
        {"buriedUntil": "2027-03-04"},
        {"buriedUntil": "tomorrow"},
        {"buriedUntil": "2026-02-30"},
        {"buriedUntil": "20260304"},
        {"buriedUntil": 5},
        {"due": "2026-03-04"},
    ],
)
def test_a_wrong_change_is_refused(player: Player, fault: dict[str, Any]) -> None:
    [song] = player.songs(1)
    status, answer = player.update(song, **fault)
    assert status == 400
    assert next(iter(fault)) in answer["message"]


def test_only_ones_own(player: Player) -> None:
    assert player.update(new_id(3), suspended=True)[0] == 404
