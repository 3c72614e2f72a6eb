"""GET /songs."""

import json
from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud, event
from unplugd.aws import song_table
from unplugd.domain.song import Status
from unplugd.songs.rules import encode_cursor

IDS = [f"01J9ZQ4X5V8K2M3N4P5Q6R7S{n:02d}" for n in range(7)]


def ask(cloud: Cloud, query: dict[str, str] | None, owner: str = OWNER) -> tuple[int, Any]:
    trigger = event("songs", "list_songs")
    trigger["queryStringParameters"] = query
    trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
    answer = cloud.call("songs", "list_songs", trigger)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def library(put_song: Any) -> None:
    for n, song_id in enumerate(IDS):
        status = Status.COMPLETED if n % 2 else Status.FAILED
        put_song(song_id=song_id, title=f"Straße {n}", artist="Émile", status=status)
    put_song(user_id=STRANGER, song_id="01J9ZQ4X5V8K2M3N4P5Q6R7SZZ", title="Not yours")


def test_pages_are_newest_first_and_end_without_an_empty_one(cloud: Cloud, library: None) -> None:
    seen: list[str] = []
    query = {"limit": "3"}
    sizes = []
    while True:
        status, page = ask(cloud, query)
        assert status == 200
        sizes.append(len(page["data"]))
        seen += [song["songId"] for song in page["data"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert seen == IDS[::-1]
    assert sizes == [3, 3, 1]


def test_a_page_that_ends_the_library_has_no_cursor(cloud: Cloud, library: None) -> None:
    assert ask(cloud, {"limit": "7"})[1]["nextCursor"] is None


def test_status_filter_pages_through_its_own_index(cloud: Cloud, library: None) -> None:
    _, first = ask(cloud, {"status": "FAILED", "limit": "3"})
    _, second = ask(cloud, {"status": "FAILED", "limit": "3", "cursor": first["nextCursor"]})
    assert [s["songId"] for s in first["data"] + second["data"]] == IDS[::-2]


def test_a_search_goes_on_by_cursor_after_a_call_read_enough(
    cloud: Cloud, library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(song_table, "ROWS_A_QUERY", 1)
    monkeypatch.setattr(song_table, "MAX_ROWS_SEARCHED", 3)
    query = {"q": "straße 0"}
    pages = []
    while True:
        _, page = ask(cloud, query)
        pages.append([song["songId"] for song in page["data"]])
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert pages[:2] == [[], []]
    assert [song for page in pages for song in page] == [IDS[0]]


def test_text_filter_ignores_case(cloud: Cloud, library: None) -> None:
    assert [s["songId"] for s in ask(cloud, {"q": "STRASSE 4"})[1]["data"]] == [IDS[4]]
    assert len(ask(cloud, {"q": "émile"})[1]["data"]) == 7
    assert ask(cloud, {"q": "not yours"})[1]["data"] == []


def test_text_filter_does_not_care_how_a_letter_is_composed(cloud: Cloud, put_song: Any) -> None:
    put_song(title="Beyonce\u0301")
    for q in ("BEYONC\u00c9", "beyonce\u0301"):
        assert len(ask(cloud, {"q": q})[1]["data"]) == 1


def test_text_filter_pages(cloud: Cloud, library: None) -> None:
    _, first = ask(cloud, {"q": "strasse", "limit": "5"})
    _, second = ask(cloud, {"q": "strasse", "limit": "5", "cursor": first["nextCursor"]})
    assert [s["songId"] for s in first["data"] + second["data"]] == IDS[::-1]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "ten"},
        {"limit": "-1"},
        {"limit": "٣"},
        {"limit": "9" * 400},
        {"limit": "000001999999"},
        {"limit": "0000019999999999999999999"},
        {"limit": "000001" + "0" * 4400},
        {"status": "completed"},
        {"q": "x" * 201},
        {"sort": "title"},
    ],
)
def test_a_query_that_makes_no_sense_is_400_and_says_why(cloud: Cloud, query: dict[str, str]) -> None:
    status, body = ask(cloud, query)
    assert status == 400
    assert next(iter(query)) in body["message"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!!",
        "A" * 5000,
        encode_cursor(IDS[3], owner=STRANGER, status=None, q=None),
        encode_cursor(IDS[3], owner=OWNER, status=Status.FAILED, q=None),
        encode_cursor("not-an-id", owner=OWNER, status=None, q=None),
    ],
)
def test_a_cursor_of_another_caller_filter_or_making_is_400(cloud: Cloud, cursor: str) -> None:
    status, body = ask(cloud, {"cursor": cursor})
    assert (status, body["error"]) == (400, "bad_cursor")


@pytest.mark.parametrize("asked", ["istanbul", "İSTANBUL", "Istanbul", "ıstanbul"])
def test_a_search_finds_the_turkish_i(cloud: Cloud, put_song: Any, asked: str) -> None:
    put_song(song_id=IDS[0], title="İstanbul", artist="Kızılırmak")
    for q in (asked, "kizil"):
        assert [song["songId"] for song in ask(cloud, {"q": q})[1]["data"]] == IDS[:1]


@pytest.fixture
def measured(put_song: Any) -> None:
    figures: list[dict[str, Any]] = [
        {"tempo_bpm": 128.0, "music_key": "A minor", "duration_sec": 200.0},
        {"tempo_bpm": 64.0, "own_tempo_bpm": 128.0, "music_key": "C major", "duration_sec": 30.5},
        {"tempo_bpm": 128.0, "own_tempo_bpm": 64.0, "music_key": "A minor", "own_music_key": "F# minor"},
        {"tempo_bpm": 130.0, "music_key": "E minor", "duration_sec": 300.0},
        {},
    ]
    for n, columns in enumerate(figures):
        put_song(song_id=IDS[n], title=f"Song {n}", status=Status.COMPLETED, **columns)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"bpm": "128"}, [0, 1]),
        ({"bpm": "128-130"}, [0, 1, 3]),
        ({"bpm": "129-"}, [3]),
        ({"bpm": "-127.9"}, [2]),
        ({"key": "8A"}, [0]),
        ({"key": "~8a"}, [0, 1, 3]),
        ({"key": "F#m"}, [2]),
        ({"length": "30-200"}, [0, 1]),
        ({"bpm": "128", "key": "~A minor", "length": "100-", "q": "song 0", "status": "COMPLETED"}, [0]),
        ({"bpm": " ", "key": "", "length": ""}, [0, 1, 2, 3, 4]),
    ],
    ids=str,
)
def test_figures_are_found_as_they_are_shown(
    cloud: Cloud, measured: None, query: dict[str, str], found: list[int]
) -> None:
    status, page = ask(cloud, query)
    assert (status, [song["songId"] for song in page["data"]]) == (200, [IDS[n] for n in reversed(found)])


def test_a_search_by_figures_goes_on_by_its_own_cursor(
    cloud: Cloud, measured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(song_table, "ROWS_A_QUERY", 1)
    monkeypatch.setattr(song_table, "MAX_ROWS_SEARCHED", 2)
    _, first = ask(cloud, {"bpm": "128", "limit": "1"})
    assert first["data"] == []
    cursor = first["nextCursor"]
    for other in ({"bpm": "129"}, {"key": "8A"}, {}):
        assert ask(cloud, {**other, "cursor": cursor})[1]["error"] == "bad_cursor"
    found = []
    while cursor:
        _, page = ask(cloud, {"bpm": "128", "limit": "1", "cursor": cursor})
        found += [song["songId"] for song in page["data"]]
        cursor = page["nextCursor"]
    assert found == [IDS[1], IDS[0]]


@pytest.mark.parametrize(
    "query",
    [
        {"bpm": "fast"},
        {"bpm": "130-120"},
        {"bpm": "120--130"},
        {"bpm": "-"},
        {"bpm": "١٢٠"},
        {"bpm": "9" * 5000},
        {"length": "3:00"},
        {"key": "H"},
        {"key": "~~8A"},
        {"key": "~"},
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_read_is_refused_by_name(cloud: Cloud, query: dict[str, str]) -> None:
    status, answer = ask(cloud, query)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert answer["message"].startswith(next(iter(query)))
