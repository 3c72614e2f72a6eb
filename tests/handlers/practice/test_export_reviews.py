"""GET /practice/reviews: the log as CSV with Anki's columns."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cloud import STRANGER
from tests.handlers.practice.conftest import DAY, Player
from unplugd.practice import service

COLUMNS = "id,cid,usn,ease,ivl,lastIvl,factor,time,type,reviewId,grade,hints,mask,day"


def test_the_columns_and_what_they_hold(player: Player) -> None:
    [song] = player.songs(1)
    given = [player.given(song, 5, latencyMs=900, mask=3, hints=1)]
    player.ask("grade_card", json=given[0])
    player.now += DAY
    given.append(player.given(song, 2))
    player.ask("grade_card", json=given[1])
    given.append(player.given(song, 4))
    player.ask("grade_card", json=given[2])
    text = player.ask("export_reviews")[1]["csv"]
    assert text.startswith(COLUMNS + "\r\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["ease"] for row in rows] == ["2", "1", "3"]
    assert [row["type"] for row in rows] == ["0", "1", "2"]
    assert [(row["lastIvl"], row["ivl"]) for row in rows] == [("0", "1"), ("1", "1"), ("1", "1")]
    assert [row["reviewId"] for row in rows] == [one["reviewId"] for one in given]
    assert (rows[0]["id"], rows[0]["cid"], rows[0]["time"]) == ("1772452800000", song, "900")
    assert (rows[0]["grade"], rows[0]["hints"], rows[0]["mask"], rows[0]["day"]) == (
        "5",
        "1",
        "3",
        "2026-03-02",
    )


def test_what_was_undone_is_left_out(player: Player) -> None:
    [song] = player.songs(1)
    given = player.given(song)
    player.ask("grade_card", json=given)
    player.undo(given["reviewId"], song)
    assert player.ask("export_reviews")[1]["csv"] == COLUMNS + "\r\n"


def test_the_pages_make_one_file(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    songs = player.songs(5)
    for song in songs:
        player.grade(song)
    whole = player.ask("export_reviews")[1]
    assert whole["nextCursor"] is None
    monkeypatch.setattr(service, "SHEET_CARDS", 2)
    pages, cursor = [], None
    while cursor or not pages:
        _, page = player.ask("export_reviews", query={"cursor": cursor} if cursor else None)
        pages.append(page["csv"])
        cursor = page["nextCursor"]
    assert ("".join(pages), len(pages)) == (whole["csv"], 3)


def test_it_is_ones_own(player: Player) -> None:
    [song] = player.songs(1)
    player.grade(song)
    assert player.ask("export_reviews", owner=STRANGER)[1]["csv"] == COLUMNS + "\r\n"
    status, answer = player.ask("export_reviews", query={"cursor": "x"})
    assert (status, answer["error"]) == (400, "bad_cursor")
