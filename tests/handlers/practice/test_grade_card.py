"""POST /practice/grade: an answer is kept once, in its place, and no device loses one."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from tests.cloud import STRANGER, Cloud
from tests.handlers.practice.conftest import DAY, Player, new_id
from unplugd.domain.song import Status
from unplugd.kernel.clock import to_iso

RACES = 60  # bench/practice.py runs a thousand


def test_an_answer_makes_the_card(player: Player) -> None:
    [song] = player.songs(1)
    card = player.grade(song, 5, latencyMs=1_200, mask=1)
    assert (card["isNew"], card["due"], card["interval"], card["ease"]) == (False, "2026-03-03", 1, 2.6)
    assert card["version"] == 1
    [review] = player.rows("review#").values()
    assert (review["grade"]["N"], review["latencyMs"]["N"], review["mask"]["N"]) == ("5", "1200", "1")


def test_eight_answers_of_three_on_their_days(player: Player) -> None:
    [song] = player.songs(1)
    intervals = []
    for _ in range(8):
        card = player.grade(song, 3)
        intervals.append(card["interval"])
        player.now += card["interval"] * DAY
    assert intervals == [1, 6, 14, 30, 59, 107, 178, 271]
    assert player.stored(song) == player.folded(song)


def test_one_review_id_a_hundred_times_is_one_review(player: Player) -> None:
    [song] = player.songs(1)
    given = player.given(song, 4)
    first = player.ask("grade_card", json=given)
    player.now += DAY
    player.grade(song, 5)
    assert all(player.ask("grade_card", json=given | {"grade": 1}) == first for _ in range(99))
    assert len(player.rows("review#")) == 2
    assert player.stored(song).answers == 2


def test_a_review_without_its_stored_answer_is_no_second_one(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    given = player.given(song, 4)
    _, card = player.ask("grade_card", json=given)
    [row] = player.rows("review#").values()
    row.pop("answer")
    cloud.db.put_item(TableName="unplugd-test-practice", Item=row)
    assert player.ask("grade_card", json=given) == (200, card)
    assert player.stored(song).answers == 1


@pytest.mark.parametrize("grade", [True, False, 3.0, "4", -1, 6, None, [4], {"grade": 4}, 1e99])
def test_a_grade_is_a_whole_number_from_0_to_5(player: Player, grade: Any) -> None:
    [song] = player.songs(1)
    status, answer = player.ask("grade_card", json=player.given(song, grade))
    assert (status, answer["error"]) == (400, "invalid_request")
    assert "grade" in answer["message"]
    assert player.rows("review#") == {}


def test_three_point_zero_as_it_is_written_is_no_grade(player: Player) -> None:
    """JSON has one kind of number, and a client that sends 3.0 has another field in mind."""
    [song] = player.songs(1)
    body = json.dumps(player.given(song, 3)).replace('"grade": 3', '"grade": 3.0')
    assert player.ask("grade_card", body=body)[0] == 400


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(days=30), 200),
        (timedelta(days=30, seconds=1), 400),
        (timedelta(minutes=-5), 200),
        (timedelta(minutes=-5, seconds=-1), 400),
    ],
)
def test_the_moment_of_an_answer_has_limits(player: Player, ago: timedelta, expected: int) -> None:
    [song] = player.songs(1)
    given = player.given(song, 4, reviewedAt=to_iso(player.now - ago))
    assert player.ask("grade_card", json=given)[0] == expected


@pytest.mark.parametrize(
    "moment",
    ["", "2026-03-02", "2026-03-02T12:00:00", "2026-W10-1T12:00:00Z", "20260302T120000Z", "now", 5, None],
)
def test_a_moment_has_one_form_and_a_time_zone(player: Player, moment: Any) -> None:
    [song] = player.songs(1)
    assert player.ask("grade_card", json=player.given(song, 4, reviewedAt=moment))[0] == 400


def test_another_zone_is_the_same_moment(player: Player) -> None:
    [song] = player.songs(1)
    card = player.grade(song, reviewedAt="2026-03-02T17:30:00+05:30")
    assert card["lastReviewedAt"] == "2026-03-02T12:00:00.000Z"


@pytest.mark.parametrize(
    "fault",
    [
        {"reviewId": "x"},
        {"reviewId": None},
        {"songId": "x"},
        {"songId": None},
        {"hints": 3},
        {"hints": True},
        {"mask": 64},
        {"mask": -1},
        {"latencyMs": -1},
        {"latencyMs": 3_600_001},
        {"latencyMs": 1.5},
        {"title": "x"},
    ],
)
def test_a_wrong_field_is_named(player: Player, fault: dict[str, Any]) -> None:
    [song] = player.songs(1)
    status, answer = player.ask("grade_card", json=player.given(song) | fault)
    assert status == 400
    assert next(iter(fault)) in answer["message"]


def test_hints_lower_what_counts_and_the_log_keeps_the_grade(player: Player) -> None:
    [song] = player.songs(1)
    card = player.grade(song, 5, mask=15, hints=0)
    assert (card["ease"], card["repeat"]) == (2.36, True)
    assert player.rows("review#").popitem()[1]["grade"]["N"] == "5"


def test_a_late_answer_is_folded_in_order_and_never_lost(player: Player) -> None:
    """One song is answered on four days; of another the second answer comes after all the others."""
    in_order, late = player.songs(2)
    moments = [player.now + day * DAY for day in (0, 1, 7, 22)]
    for number, moment in enumerate(moments):
        player.now = moment
        player.grade(in_order, 2 if number == 1 else 4)
        if number != 1:
            player.grade(late, 4)
    assert player.stored(late).memory != player.stored(in_order).memory
    player.grade(late, 2, reviewedAt=to_iso(moments[1]))
    assert player.stored(late) == player.stored(in_order) == player.folded(late)
    assert player.stored(late).answers == 4


def test_two_devices_at_once_the_second_gets_the_new_card(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    slow, fast = player.given(song, 4), player.given(song, 5)
    interrupt(cloud, lambda: player.ask("grade_card", json=fast))
    status, answer = player.ask("grade_card", json=slow)
    assert (status, answer["error"]) == (409, "changed")
    assert answer["card"]["ease"] == 2.6 and answer["card"]["version"] == 1
    status, card = player.ask("grade_card", json=slow)
    assert (status, card["reviews"]) == (200, 2)


def test_one_answer_sent_twice_at_once_is_kept_once(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    given = player.given(song, 4)
    answers: list[Any] = []
    interrupt(cloud, lambda: answers.append(player.ask("grade_card", json=given)))
    assert player.ask("grade_card", json=given) == answers[0]
    assert player.stored(song).answers == 1


def test_a_lost_answer_of_the_database_is_no_second_review(player: Player, cloud: Cloud) -> None:
    [song] = player.songs(1)
    given = player.given(song, 4)
    cloud.lost_answers.append("before-send.dynamodb.TransactWriteItems")
    assert player.ask("grade_card", json=given)[0] == 200
    assert player.ask("grade_card", json=given)[1]["reviews"] == 1


def test_races_of_two_devices_lose_nothing(player: Player, cloud: Cloud) -> None:
    """Each answer of both devices is in the log once both have sent it until it was taken, and the card is its fold."""
    dice = random.Random(4)
    songs = player.songs(3)
    sent = 0
    for _ in range(RACES):
        song = dice.choice(songs)
        moments = [player.now - dice.randint(0, 20) * DAY for _ in range(2)]
        mine, theirs = (player.given(song, dice.randint(0, 5), reviewedAt=to_iso(at)) for at in moments)
        if dice.random() < 0.8:
            interrupt(cloud, lambda other=theirs: player.ask("grade_card", json=other))  # type: ignore[misc]
        for given in (mine, theirs):
            while (answer := player.ask("grade_card", json=given))[0] == 409:
                assert answer[1]["card"]["songId"] == song
            assert answer[0] == 200
        sent += 2
        player.now += timedelta(hours=7)
    assert len(player.rows("review#")) == sent
    for song in songs:
        assert player.stored(song) == player.folded(song)
    assert sum(player.stored(song).answers for song in songs) == sent


def test_only_a_finished_song_of_ones_own_is_a_card(player: Player) -> None:
    [song] = player.songs(1)
    assert player.ask("grade_card", json=player.given(song), owner=STRANGER)[0] == 404
    player.put_song(song_id=new_id(9), status=Status.FAILED)
    assert player.ask("grade_card", json=player.given(new_id(9)))[0] == 404
    assert player.ask("grade_card", json=player.given(new_id(10)))[0] == 404
    assert player.rows() == {} and player.rows(owner=STRANGER) == {}


def test_a_stored_answer_that_cannot_be_read_stops_the_fold(player: Player, cloud: Cloud) -> None:
    """A fold without it would be another card; nothing is overwritten."""
    [song] = player.songs(1)
    player.grade(song)
    [row] = player.rows("review#").values()
    cloud.db.put_item(TableName="unplugd-test-practice", Item=row | {"grade": {"S": "four"}})
    status, answer = player.ask("grade_card", json=player.given(song))
    assert (status, answer["error"]) == (409, "conflict")
    assert player.stored(song).answers == 1


def test_a_card_is_the_fold_of_its_log_by_fsrs_too(player: Player) -> None:
    player.ask("put_practice_settings", json={"scheduler": "fsrs"})
    [song] = player.songs(1)
    for grade in (4, 5, 1, 4, 3):
        card = player.grade(song, grade)
        player.now += card["interval"] * DAY
    assert card["scheduler"] == "fsrs" and card["stability"] > 0
    assert player.stored(song) == player.folded(song)


def interrupt(cloud: Cloud, then: Any) -> None:
    """Run `then` once, in front of the next transaction: as another device that is faster."""

    def watch(called: str, _params: dict[str, Any]) -> None:
        if called == "dynamodb:TransactWriteItems":
            cloud.watchers.remove(watch)
            then()

    cloud.watchers.append(watch)
