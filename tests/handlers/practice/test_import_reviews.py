"""POST /practice/reviews: answers of a CSV are kept once each; a bad row keeps none of the others out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import STRANGER, Cloud
from tests.handlers.practice.conftest import DAY, Player, new_id
from tests.handlers.practice.test_grade_card import interrupt


def moment(player: Player, days_ago: float) -> int:
    return int((player.now - days_ago * DAY).timestamp() * 1000)


def send(player: Player, *lines: str, **more: Any) -> tuple[int, Any]:
    return player.ask("import_reviews", json={"csv": "\r\n".join(lines)}, **more)


def test_out_and_in_again_is_the_same_card(player: Player, cloud: Cloud) -> None:
    songs = player.songs(2)
    for grade in (4, 5, 2, 3, 4):
        for song in songs:
            player.grade(song, grade, mask=1, latencyMs=50)
        player.now += 3 * DAY
    text = player.ask("export_reviews")[1]["csv"]
    before = [player.stored(song) for song in songs]
    assert send(player, text)[1] == {"imported": 0, "known": 10, "ofOtherSongs": 0, "refused": []}
    player.table.remove("11111111-1111-4111-8111-111111111111")
    assert send(player, text)[1] == {"imported": 10, "known": 0, "ofOtherSongs": 0, "refused": []}
    assert [player.stored(song) for song in songs] == before
    assert player.ask("export_reviews")[1]["csv"] == text


def test_ankis_own_columns_are_enough_and_twice_is_once(player: Player) -> None:
    [song] = player.songs(1)
    lines = ["id,cid,ease", f"{moment(player, 800)},{song},3", f"{moment(player, 790)},{song},1"]
    assert send(player, *lines)[1]["imported"] == 2
    assert send(player, *lines)[1] == {"imported": 0, "known": 2, "ofOtherSongs": 0, "refused": []}
    assert [row["grade"]["N"] for row in player.rows("review#").values()] == ["4", "1"]
    assert player.stored(song) == player.folded(song)


def test_more_rows_than_one_transaction_holds(player: Player) -> None:
    [song] = player.songs(1)
    lines = [f"{moment(player, 600 - number)},{song},{number % 4 + 1}" for number in range(250)]
    assert send(player, "id,cid,ease", *lines)[1]["imported"] == 250
    assert player.stored(song) == player.folded(song)
    assert player.stored(song).answers == 250


def test_a_bad_row_is_named_and_the_others_are_kept(player: Player) -> None:
    [song] = player.songs(1)
    at = moment(player, 50)
    lines = [
        "\ufeffid,cid,ease,grade,reviewId,day,mask",
        f"{at},{song},3,,,,",
        f"{at},nobody,3,,,,",
        f"soon,{song},3,,,,",
        f"{moment(player, -1)},{song},3,,,,",
        f"{at + 1},{song},5,,,,",
        f"{at + 2},{song},3,7,,,",
        f"{at + 3},{song},3,,x,,",
        f"{at + 4},{song},3,,,2020-01-01,",
        f"{at + 5},{song},3,,,,64",
        f"{at + 6}",
        f"{at + 7},{song},4,5,{new_id(3)},,15,extra",
    ]
    _, answer = send(player, *lines)
    assert answer["imported"] == 2
    assert [one["line"] for one in answer["refused"]] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert all(one["problem"] for one in answer["refused"])


def test_songs_of_others_are_counted_and_not_touched(player: Player) -> None:
    [song] = player.songs(1)
    lines = ["id,cid,ease", f"{moment(player, 5)},{song},3", f"{moment(player, 5)},{new_id(9)},3"]
    assert send(player, *lines, owner=STRANGER)[1]["ofOtherSongs"] == 2
    assert player.rows(owner=STRANGER) == {}
    assert send(player, *lines)[1] == {"imported": 1, "known": 0, "ofOtherSongs": 1, "refused": []}


def test_an_answer_at_the_same_moment_is_not_lost(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    interrupt(cloud, lambda: player.grade(song))
    assert send(player, "id,cid,ease", f"{moment(player, 5)},{song},3")[1]["imported"] == 1
    assert player.stored(song).answers == 2
    assert player.stored(song) == player.folded(song)


@pytest.mark.parametrize("text", ["", " ", "hello", "a,b\n1,2", 5, None, "id,cid,ease\n" + "1,x,1\n" * 2_001])
def test_what_is_no_sheet_is_refused(player: Player, text: Any) -> None:
    status, answer = player.ask("import_reviews", json={"csv": text})
    assert (status, answer["error"]) == (400, "invalid_request")


def test_a_sheet_over_the_limit_is_too_large(player: Player) -> None:
    assert player.ask("import_reviews", json={"csv": "x" * 1_100_000})[0] == 413
