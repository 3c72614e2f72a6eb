"""Cards and answers go with their song and their person, and an export has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud, event
from tests.handlers.practice.conftest import Player
from tests.handlers.practice.conftest import player as player
from unplugd.account import service as account
from unplugd.aws.practice_table import PracticeTable
from unplugd.kernel.errors import Transient


def delete(cloud: Cloud, song_id: str) -> int:
    trigger = event("songs", "delete_song")
    trigger["pathParameters"]["songId"] = song_id
    status: int = cloud.call("songs", "delete_song", trigger)["statusCode"]
    return status


def sweep(cloud: Cloud) -> None:
    cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))


def export(cloud: Cloud, cursor: str | None) -> Any:
    trigger = event("account", "export_account")
    trigger["queryStringParameters"] = {"cursor": cursor} if cursor else None
    answer = cloud.call("account", "export_account", trigger)
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])


def practised(player: Player) -> list[str]:
    songs = player.songs(2)
    for song in songs:
        given = player.given(song)
        player.ask("grade_card", json=given)
        player.undo(given["reviewId"], song)
        player.grade(song, 5)
    player.ask("put_practice_settings", json={"newPerDay": 7})
    return songs


def test_a_deleted_songs_card_and_log_go_with_it(player: Player, cloud: Cloud) -> None:
    gone, stays = practised(player)
    assert delete(cloud, gone) == 200
    assert [key for key in player.rows() if gone in key] == []
    assert len([key for key in player.rows() if stays in key]) == 4
    assert [card["songId"] for card in player.due() if card["songId"] == gone] == []


def test_an_answer_that_comes_late_for_a_deleted_song_is_refused(player: Player, cloud: Cloud) -> None:
    gone, _ = practised(player)
    late = player.given(gone)
    delete(cloud, gone)
    assert player.ask("grade_card", json=late)[0] == 404
    assert [key for key in player.rows() if gone in key] == []


def test_what_a_delete_could_not_remove_is_swept(
    player: Player, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = practised(player)

    def fail(*_: Any, **__: Any) -> bool:
        raise Transient("not now")

    with monkeypatch.context() as patch:
        patch.setattr(PracticeTable, "remove", fail)
        assert delete(cloud, gone) == 200
        sweep(cloud)
    assert len([key for key in player.rows() if gone in key]) == 4
    sweep(cloud)
    assert [key for key in player.rows() if gone in key] == []
    assert len([key for key in player.rows() if stays in key]) == 4


def test_everything_goes_with_the_person_and_nothing_of_another(
    player: Player, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    practised(player)
    player.ask("put_practice_settings", json={"newPerDay": 3}, owner=STRANGER)
    monkeypatch.setattr("unplugd.aws.people.UserPool.remove", lambda *_: None)
    cloud.call("account", "delete_account", event("account", "delete_account"))
    assert player.rows() == {}
    assert len(player.rows(owner=STRANGER)) == 1


def test_the_export_has_every_row_over_all_pages(
    player: Player, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    practised(player)
    player.ask("put_practice_settings", json={"newPerDay": 3}, owner=STRANGER)
    monkeypatch.setattr(account, "EXPORT_ROWS", 4)
    rows, cursor, pages = [], None, 0
    while cursor or not pages:
        page = export(cloud, cursor)
        rows += page["practice"]
        cursor, pages = page["nextCursor"], pages + 1
    assert sorted(row["item"] for row in rows) == sorted(player.rows())
    assert pages > 2
    assert OWNER not in json.dumps(rows) and STRANGER not in json.dumps(rows)
    [settings] = [row for row in rows if row["item"] == "settings"]
    assert settings["newPerDay"] == 7
