"""GET /practice/due: what to ask now, from few rows, and without saying which songs they are."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, STRANGER, Cloud, _client_of
from tests.handlers.practice.conftest import DAY, Player, new_id
from unplugd.aws.practice_rows import card_row
from unplugd.aws.table import serialized
from unplugd.domain.practice import Card
from unplugd.domain.scheduling import Memory, State
from unplugd.domain.song import Status
from unplugd.practice import answers, service


def test_finished_songs_become_new_cards(player: Player) -> None:
    songs = player.songs(3)
    player.put_song(song_id=new_id(9), status=Status.QUEUED, queued_at="2026-03-02T12:00:00.000Z")
    due = player.due()
    assert sorted(card["songId"] for card in due) == songs
    assert all(card["isNew"] and card["version"] == 0 for card in due)
    assert len(player.rows("card#")) == 3
    assert player.due(owner=STRANGER) == []


def test_asking_again_makes_no_second_card(player: Player) -> None:
    [song] = player.songs(1)
    player.due()
    player.grade(song)
    before = player.rows("card#")
    player.due()
    assert player.rows("card#") == before


def test_songs_from_before_there_were_cards_are_found(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a long library, and one that finishes late among older ones, too: each call looks at another page."""
    monkeypatch.setattr(service, "LOOKED_AT_ONCE", 4)
    player.ask("put_practice_settings", json={"newPerDay": 1000})
    songs = player.songs(22)
    for _ in range(6):
        player.due(100)
    assert {key.removeprefix("card#") for key in player.rows("card#")} == set(songs)
    early = new_id(0)
    player.put_song(song_id=early, status=Status.COMPLETED, title="Late")
    for _ in range(6):
        player.due(100)
    assert f"card#{early}" in player.rows("card#")


def test_due_cards_come_first_and_the_oldest_before(player: Player) -> None:
    songs = player.songs(4)
    player.grade(songs[1], 4)
    player.now += DAY
    player.grade(songs[2], 4)
    player.now += DAY
    asked = [card["songId"] for card in player.due()]
    assert asked[:2] == [songs[1], songs[2]]
    assert sorted(asked[2:]) == [songs[0], songs[3]]
    assert [card["songId"] for card in player.due(2)] == [songs[1], songs[2]]


def test_a_card_that_is_not_due_is_not_asked(player: Player) -> None:
    [song] = player.songs(1)
    player.grade(song, 4)
    assert player.due() == []
    player.now += DAY
    assert [card["due"] for card in player.due()] == ["2026-03-03"]


def test_a_card_is_repeated_until_it_is_known(player: Player) -> None:
    [song] = player.songs(1)
    player.grade(song, 3)
    assert [card["repeat"] for card in player.due()] == [True]
    player.grade(song, 4)
    assert player.due() == []


def test_ten_new_cards_a_day_and_the_next_day_ten_more(player: Player) -> None:
    player.songs(15)
    asked = player.due(100)
    assert len(asked) == 10
    for card in asked[:6]:
        player.grade(card["songId"], 4)
    assert len(player.due(100)) == 4
    for card in asked[6:]:
        player.grade(card["songId"], 4)
    assert player.due(100) == []
    player.now += DAY
    assert [card["isNew"] for card in player.due(100)] == [False] * 10 + [True] * 5


def test_the_day_has_a_limit_of_reviews_without_repetitions(player: Player) -> None:
    songs = player.songs(5)
    for song in songs:
        player.grade(song, 4)
    player.now += DAY
    player.ask("put_practice_settings", json={"reviewsPerDay": 2, "newPerDay": 0})
    first, second = player.due()
    player.grade(first["songId"], 3)
    assert sorted(card["repeat"] for card in player.due()) == [False, True]
    player.grade(second["songId"], 4)
    assert [(card["songId"], card["repeat"]) for card in player.due()] == [(first["songId"], True)]
    player.grade(first["songId"], 3)
    player.grade(first["songId"], 5)
    assert player.due() == []


def test_ten_thousand_cards_and_no_more_rows_than_asked_for(player: Player, cloud: Cloud) -> None:
    """ScannedCount of the index ≤ limit + 1, also where most cards are due."""
    player.songs(3)
    today = player.now.date()
    put = []
    for number in range(10_000):
        due = None if number % 10 == 0 else today + (number % 300 - 150) * DAY
        state = State(
            Memory(interval=9), due=due, last_day=due and due - 9 * DAY, last_at="2026-01-01T00:00:00.000Z"
        )
        card = Card(OWNER, new_id(number), 1, "2026-01-01T00:00:00.000Z", state=state if due else State())
        put.append({"PutRequest": {"Item": serialized(card_row(card))}})
    for start in range(0, len(put), 25):
        cloud.db.batch_write_item(RequestItems={CHOSEN["PRACTICE_TABLE"]: put[start : start + 25]})
    for limit in (1, 20, 100):
        with scanned("get_due") as counts:
            player.ask("get_due", query={"limit": str(limit)})
        assert 0 < sum(counts) <= limit + 1, counts


@contextmanager
def scanned(function: str) -> Iterator[list[int]]:
    """The rows that a function's queries of the practice table read."""
    counts: list[int] = []

    def note(parsed: dict[str, Any], **_: Any) -> None:
        counts.append(parsed["ScannedCount"])

    events = _client_of(function, "dynamodb").meta.events
    events.register("after-call.dynamodb.Query", note)
    try:
        yield counts
    finally:
        events.unregister("after-call.dynamodb.Query", note)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.0", "٣", "", "+5", "1_0"])
def test_a_wrong_limit_is_refused(player: Player, limit: str) -> None:
    assert player.ask("get_due", query={"limit": limit})[0] == 400


def test_a_deleted_song_is_not_asked(player: Player, cloud: Cloud) -> None:
    song, other = player.songs(2)
    player.due()
    key = {"userId": {"S": OWNER}, "songId": {"S": song}}
    cloud.db.delete_item(TableName=CHOSEN["SONGS_TABLE"], Key=key)
    assert [card["songId"] for card in player.due()] == [other]


SECRET = ("Zanzibar Quicksilver", "Ottoline Featherstonehaugh", "Moonwake", "xylograph-take.mp3")


def test_no_answer_names_the_song_before_it_is_revealed(player: Player, logged: list[str]) -> None:
    """Every call of the room, also refused ones; the links, the hashes and the log."""
    title, artist, album, name = SECRET
    [song] = player.songs(
        1, title=title, artist=artist, album=album, file_title=name, s3_key=f"uploads/x/y/{name}"
    )
    given = player.given(song, 3)
    replies = [
        player.ask("get_due"),
        player.ask("grade_card", json=given),
        player.ask("grade_card", json=given),
        player.ask("grade_card", json=player.given(song, 9)),
        player.undo(given["reviewId"], song),
        player.undo(new_id(77), song),
        player.update(song, suspended=False),
        player.update(song, buriedUntil="x"),
        player.ask("get_due"),
        player.ask("get_practice_settings"),
        player.ask("put_practice_settings", json={"scheduler": "fsrs"}),
        player.ask("get_practice_stats"),
        player.ask("export_reviews"),
        player.ask("import_reviews", json={"csv": f"id,cid,ease\n1,{song},3\n"}),
        player.answer(song, "wrong"),
    ]
    assert {status for status, _ in replies} == {200, 400, 404}
    text = json.dumps([replies, logged], ensure_ascii=False).casefold()
    for word in [part for one in SECRET for part in one.replace("-", " ").split()]:
        assert word.casefold() not in text
        assert hashlib.sha256(word.encode()).hexdigest() not in text
    assert player.answer(song)[1] == {"songId": song, "title": title, "artist": artist, "album": album}


def test_what_is_typed_can_be_judged_by_the_hashes(player: Player) -> None:
    player.songs(1, title="Don't Stop Me Now (Remastered 2011)", artist="Beyoncé feat. Jay-Z")
    [card] = player.due()
    given = card["answers"]

    def right(kind: str, typed: str) -> bool:
        return hashlib.sha256((given["salt"] + answers.normal(typed)).encode()).hexdigest() in given[kind]

    assert right("title", "dont stop me now") and right("title", "DON’T STOP ME NOW")
    assert right("artist", "beyonce") and not right("title", "stop me now")
    assert player.due()[0]["answers"]["salt"] != given["salt"]


def test_streams_are_named_by_ids_alone(player: Player) -> None:
    [song] = player.songs(1, title="Zanzibar", stem_names="drums,bass,guitar,vocals")
    [card] = player.due()
    assert list(card["stems"]) == ["drums", "bass", "guitar", "vocals"]
    for url in [card["peaksUrl"], *(stem["streamUrl"] for stem in card["stems"].values())]:
        assert f"/output/{OWNER}/{song}/" in url
        assert "disposition" not in url.lower()


def test_a_row_that_cannot_be_read_is_left_out(player: Player, cloud: Cloud, logged: list[str]) -> None:
    good, bad = player.songs(2)
    player.due()
    row = player.rows(f"card#{bad}").popitem()[1]
    cloud.db.put_item(TableName=CHOSEN["PRACTICE_TABLE"], Item=row | {"ease": {"S": "lots"}})
    assert [card["songId"] for card in player.due()] == [good]
    assert "skipped a row that cannot be read" in logged


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What the functions log, with every field."""
    messages: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        messages.extend([record.getMessage(), json.dumps(vars(record), default=str)])
        return True

    log = logging.getLogger(CHOSEN["POWERTOOLS_SERVICE_NAME"])
    log.addFilter(keep)
    yield messages
    log.removeFilter(keep)
