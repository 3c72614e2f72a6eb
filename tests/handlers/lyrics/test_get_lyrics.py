"""GET /songs/{songId}/lyrics."""

import json
from typing import Any

import pytest

from lyricsfile.registry import FORMATS
from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.files import output_prefix
from unplugd.domain.song import LyricsStatus, Status
from unplugd.lyrics import rules

PREFIX = output_prefix(OWNER, SONG)
DONE: dict[str, Any] = {
    "status": Status.COMPLETED,
    "lyrics_status": LyricsStatus.READY,
    "title": "Träume: 夢",
    "artist": "A/B",
}


def segment(text: str, start: float, **more: Any) -> dict[str, Any]:
    """A second for each word."""
    words = [{"word": w, "start": start + i, "end": start + i + 1.0} for i, w in enumerate(text.split())]
    return {"start": start, "end": start + len(words), "text": text, "words": words, **more}


HEARD = {
    "language": "en",
    "instrumental": False,
    "segments": [segment("hello word", 1.0, flags=["loop"]), segment("again", 5.0)],
    "source": "transcribed",
    "engine": "whisper",
    "estimated": False,
    "textVersion": None,
    "unworded": [{"start": 8.0, "end": 11.5}],
}
ALIGNED = HEARD | {
    "segments": [segment("Hello world", 1.2), segment("again", 5.1, estimated=True)],
    "source": "supplied",
    "textVersion": 1,
    "notice": "The times of one line are estimated.",
    "grade": "rough",
}


def fetch(cloud: Cloud, **query: str) -> tuple[int, dict[str, str], str]:
    trigger = event("lyrics", "get_lyrics")
    trigger["queryStringParameters"] = query or None
    answer = cloud.call("lyrics", "get_lyrics", trigger)
    return answer["statusCode"], answer["headers"], answer["body"]


def read(cloud: Cloud, **query: str) -> dict[str, Any]:
    status, _, body = fetch(cloud, **query)
    assert status == 200, body
    return json.loads(body)  # type: ignore[no-any-return]


def texts(document: dict[str, Any]) -> list[str]:
    return [one["text"] for one in document["segments"]]


def store(cloud: Cloud, name: str, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}{name}", Body=body)


@pytest.fixture
def put_layer(cloud: Cloud, put_song: Any) -> Any:
    """A song with a person's layer as its first version."""

    def put(
        text: str | None, *, source: str = "supplied", offset_ms: int = 0, nudges: Any = None, **song: Any
    ) -> None:
        from unplugd.lyrics.layers import Layer
        from unplugd.lyrics.model import Source

        lines = rules.read(text, kind=None)[0] if text else ()
        layer = Layer(1, 1 if lines else 0, Source(source), "lrc", lines, offset_ms, nudges)
        store(cloud, "lyrics/person-1-a.json", layer.to_document())
        put_song(**DONE | {"lyrics_version": 1, "lyrics_layer_key": f"{PREFIX}lyrics/person-1-a.json",
                           "lyrics_text_version": layer.text_version, "lyrics_source": source} | song)  # fmt: skip

    return put


def test_what_the_machine_wrote(cloud: Cloud, put_song: Any) -> None:
    put_song(**DONE)
    store(cloud, "lyrics.json", HEARD)
    found = read(cloud)
    assert (found["version"], found["source"], found["timed"], found["language"]) == (
        0,
        "transcribed",
        "words",
        "en",
    )
    assert found["segments"][0] == HEARD["segments"][0]  # type: ignore[index]  # nothing is lost, flags included
    assert found["unworded"] == [{"start": 8.0, "end": 11.5}]
    assert (found["estimated"], found["instrumental"], found["notice"]) == (False, False, None)
    assert found["grade"] is None


def test_before_anything_is_written_it_is_404(cloud: Cloud, put_song: Any) -> None:
    put_song()
    assert fetch(cloud)[0] == 404
    assert fetch(cloud, version="machine")[0] == 404


def test_a_persons_words_before_any_run_are_shown_as_they_are(cloud: Cloud, put_layer: Any) -> None:
    put_layer("Hello world\n\nagain", status=Status.PENDING_UPLOAD, lyrics_status=None)
    found = read(cloud)
    assert (found["source"], found["timed"], found["version"]) == ("supplied", "none", 1)
    assert found["segments"] == [
        {"text": "Hello world", "words": []},
        {"text": "again", "stanza": True, "words": []},
    ]
    assert fetch(cloud, format="txt")[2] == "Hello world\n\nagain\n"
    status, _, body = fetch(cloud, format="srt")
    assert (status, "no times yet" in body) == (409, True)


def test_words_the_machine_has_aligned(cloud: Cloud, put_layer: Any) -> None:
    put_layer("Hello world\n\nagain")
    store(cloud, "lyrics.json", ALIGNED)
    store(cloud, "lyrics.transcribed.json", HEARD)
    found = read(cloud)
    assert (found["source"], found["timed"], found["estimated"]) == ("supplied", "words", True)
    assert (found["notice"], found["grade"]) == ("The times of one line are estimated.", "rough")
    assert [one.get("stanza") for one in found["segments"]] == [None, True]
    assert texts(read(cloud, version="machine")) == ["hello word", "again"]


def test_words_newer_than_the_last_run_are_not_replaced(cloud: Cloud, put_layer: Any) -> None:
    put_layer("Something else")
    store(cloud, "lyrics.json", ALIGNED | {"textVersion": 4})
    assert texts(read(cloud)) == ["Something else"]


@pytest.mark.parametrize("count", [1, 3])
def test_no_line_is_lost_when_a_run_gives_others(cloud: Cloud, put_layer: Any, count: int) -> None:
    put_layer("Hello world\nagain")
    store(cloud, "lyrics.json", ALIGNED | {"segments": [segment("x", 1.0)] * count})
    assert texts(read(cloud)) == ["Hello world", "again"]


def test_edits_win_over_every_run(cloud: Cloud, put_layer: Any) -> None:
    put_layer("[00:02.00]Hello, world\n[00:06.00]again", source="edited")
    store(cloud, "lyrics.json", ALIGNED)
    found = read(cloud)
    assert (found["source"], [one["start"] for one in found["segments"]]) == ("edited", [2.0, 6.0])
    assert texts(found) == ["Hello, world", "again"]


def test_a_failed_run_leaves_the_words_and_says_why(cloud: Cloud, put_layer: Any) -> None:
    put_layer("Hello world")
    failed = {
        "language": None,
        "instrumental": False,
        "segments": [],
        "status": "FAILED",
        "reason": "No voice.",
    }
    store(cloud, "lyrics.json", failed | {"textVersion": 1})
    found = read(cloud)
    assert (texts(found), found["notice"]) == (["Hello world"], "No voice.")
    assert fetch(cloud, version="machine")[0] == 404


@pytest.mark.parametrize("kind", FORMATS)
def test_failed_lyrics_are_no_file(cloud: Cloud, put_song: Any, kind: str) -> None:
    put_song(**DONE)
    failed = {
        "language": None,
        "instrumental": False,
        "segments": [],
        "status": "FAILED",
        "reason": "No voice.",
    }
    store(cloud, "lyrics.json", failed)
    status, _, body = fetch(cloud, format=kind)
    assert (status, json.loads(body)["message"]) == (409, "No voice.")
    assert read(cloud)["notice"] == "No voice."


def test_an_instrumental_has_no_words(cloud: Cloud, put_song: Any) -> None:
    put_song(**DONE)
    store(cloud, "lyrics.json", {"language": None, "instrumental": True, "segments": []})
    found = read(cloud)
    assert (found["instrumental"], found["segments"], found["timed"]) == (True, [], None)
    assert fetch(cloud, format="lrc")[0] == 200


@pytest.mark.parametrize("kind", FORMATS)
def test_as_a_file(cloud: Cloud, put_song: Any, kind: str) -> None:
    put_song(**DONE)
    store(cloud, "lyrics.json", HEARD)
    status, headers, body = fetch(cloud, format=kind)
    assert status == 200
    assert headers["Content-Type"] == FORMATS[kind].content_type
    assert headers["Content-Disposition"] == (
        f'attachment; filename="A B - Tr_ume _.{FORMATS[kind].suffix}"; '
        f"filename*=UTF-8''A%20B%20-%20Tr%C3%A4ume%20%E5%A4%A2.{FORMATS[kind].suffix}"
    )
    assert headers["Access-Control-Expose-Headers"] == "Content-Disposition"
    lines, _ = rules.read(body, kind=kind.removesuffix("-enhanced"))
    assert [line.text for line in lines] == ["hello word", "again"]
    if kind != "txt":
        assert [line.start for line in lines] == [1.0, 5.0]


def test_offset_and_nudges_are_separate_in_json_applied_in_files(cloud: Cloud, put_layer: Any) -> None:
    put_layer(None, source="transcribed", offset_ms=-1500, nudges={1: 250, 9: 1})
    store(cloud, "lyrics.json", HEARD)
    found = read(cloud)
    assert (found["offsetMs"], found["nudges"]) == (-1500, {"1": 250, "9": 1})
    assert [one["start"] for one in found["segments"]] == [1.0, 5.0]
    enhanced = fetch(cloud, format="lrc-enhanced")[2]
    assert "[00:00.00]<00:00.00>hello <00:00.50>word<00:01.50>\n[00:01.50]\n" in enhanced
    assert "[00:03.75]<00:03.75>again<00:04.75>" in enhanced


def test_lines_nudged_past_each_other_are_written_as_sung(cloud: Cloud, put_layer: Any) -> None:
    put_layer(None, source="transcribed", nudges={0: 9000})
    store(cloud, "lyrics.json", HEARD)
    lines, _ = rules.read(fetch(cloud, format="srt")[2], kind="srt")
    assert [(line.text, line.start) for line in lines] == [("again", 5.0), ("hello word", 10.0)]


def test_a_line_without_a_time_gets_one_between_its_neighbours(cloud: Cloud, put_layer: Any) -> None:
    put_layer("[00:10.00]one\ntwo\nthree\n[00:20.00]four")
    lines, _ = rules.read(fetch(cloud, format="lrc")[2], kind="lrc")
    assert [line.start for line in lines] == [10.0, 13.33, 16.67, 20.0]


@pytest.mark.parametrize("query", [{"format": "doc"}, {"version": "2"}, {"form": "lrc"}, {"format": "JSON"}])
def test_an_unknown_wish_is_400(cloud: Cloud, put_song: Any, query: dict[str, str]) -> None:
    put_song(**DONE)
    assert fetch(cloud, **query)[0] == 400


def test_no_such_song_is_404(cloud: Cloud) -> None:
    assert fetch(cloud)[0] == 404
