"""PUT /practice/settings: another scheduler folds every log again, another zone changes no answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.practice.conftest import DAY, Player
from unplugd.practice import service


def test_what_is_not_sent_stays(player: Player) -> None:
    player.ask("put_practice_settings", json={"newPerDay": 5, "timeZone": "America/Argentina/Buenos_Aires"})
    status, settings = player.ask("put_practice_settings", json={"reviewsPerDay": 50})
    assert status == 200
    assert settings == {
        "scheduler": "sm2",
        "timeZone": "America/Argentina/Buenos_Aires",
        "newPerDay": 5,
        "reviewsPerDay": 50,
    }


def practised(player: Player, songs: int) -> list[str]:
    made = player.songs(songs)
    for grade in (4, 5, 2, 4):
        for song in made:
            player.grade(song, grade)
        player.now += 6 * DAY
    return made


def test_another_scheduler_folds_the_logs_again_and_back(player: Player) -> None:
    songs = practised(player, 3)
    before = [player.stored(song) for song in songs]
    player.ask("put_practice_settings", json={"scheduler": "fsrs"})
    assert all(
        player.table.card("11111111-1111-4111-8111-111111111111", song).scheduler == "fsrs" for song in songs
    )  # type: ignore[union-attr]
    assert [player.stored(song) for song in songs] == [player.folded(song) for song in songs] != before
    player.ask("put_practice_settings", json={"scheduler": "sm2"})
    assert [player.stored(song) for song in songs] == before


def test_what_there_was_no_time_for_is_done_with_the_next_calls(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = practised(player, 4)
    monkeypatch.setattr(service, "REFOLD_FOR_S", -1.0)
    monkeypatch.setattr(service, "REFOLD_MEANWHILE_S", -1.0)
    player.ask("put_practice_settings", json={"scheduler": "fsrs"})

    def folded() -> int:
        cards = player.rows("card#").values()
        return sum(card["scheduler"]["S"] == "fsrs" for card in cards)

    assert folded() == 1
    player.ask("put_practice_settings", json={"newPerDay": 0, "reviewsPerDay": 0})
    for done in (2, 3, 4):
        player.due()
        assert folded() == done
    player.due()
    assert "refoldAfter" not in player.rows("place")["place"]
    assert [player.stored(song) for song in songs] == [player.folded(song) for song in songs]


def test_another_zone_changes_no_answer(player: Player) -> None:
    songs = practised(player, 2)
    before = player.rows("card#"), player.rows("review#")
    player.ask("put_practice_settings", json={"timeZone": "Pacific/Auckland"})
    assert (player.rows("card#"), player.rows("review#")) == before
    player.now = player.now.replace(hour=18)  # the next morning there
    player.grade(songs[0])
    assert max(row["day"]["S"] for row in player.rows("review#").values()) == "2026-03-27"


@pytest.mark.parametrize(
    "fault",
    [
        {"scheduler": "sm18"},
        {"scheduler": None},
        {"timeZone": "Mars/Olympus"},
        {"timeZone": "../../etc/passwd"},
        {"timeZone": "America"},
        {"timeZone": ""},
        {"timeZone": "+01:00"},
        {"newPerDay": 1001},
        {"newPerDay": 2.5},
        {"reviewsPerDay": -1},
        {"reviewsPerDay": True},
        {"desiredRetention": 0.9},
    ],
)
def test_a_wrong_setting_is_named(player: Player, fault: dict[str, Any]) -> None:
    status, answer = player.ask("put_practice_settings", json=fault)
    assert status == 400
    assert next(iter(fault)) in answer["message"]
    assert player.rows() == {}
