"""PUT /songs/{songId}/lyrics."""

import base64
import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.files import output_prefix
from unplugd.domain.song import LyricsStatus, Status

Frames = list[tuple[str, dict[str, Any]]]
PREFIX = output_prefix(OWNER, SONG)
READY: dict[str, Any] = {
    "status": Status.COMPLETED,
    "attempt": 1,
    "seq": 9,
    "lyrics_status": LyricsStatus.READY,
}
WORDS = [
    {"text": "la li", "words": [{"word": "la", "start": 1, "end": 2}, {"word": "li", "start": 2, "end": 3.5}]}
]


def ask(cloud: Cloud, body: Any) -> tuple[int, Any]:
    trigger = event("lyrics", "put_lyrics")
    trigger["body"] = body if isinstance(body, str) else json.dumps(body)
    answer = cloud.call("lyrics", "put_lyrics", trigger)
    return answer["statusCode"], json.loads(answer["body"])


def written(cloud: Cloud, key: str) -> dict[str, Any]:
    body = cloud.s3.get_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key)["Body"].read()
    return json.loads(body)  # type: ignore[no-any-return]


def layer(cloud: Cloud) -> dict[str, Any]:
    return written(cloud, str((cloud.row() or {})["lyricsLayerKey"]))


def put_object(cloud: Cloud, name: str, document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=f"{PREFIX}{name}", Body=body)


@pytest.mark.parametrize(
    "status", [Status.PENDING_UPLOAD, Status.QUEUED, Status.PROCESSING, Status.FAILED, Status.CANCELLED]
)
def test_words_wait_for_the_run_that_is_to_come(
    cloud: Cloud, put_song: Any, sent: Frames, status: Status
) -> None:
    put_song(status=status, queued_at="2026-01-31T08:15:00.000Z", seq=2)
    code, song = ask(cloud, {"version": 0, "text": "[00:12.00]One more time\n\nand again"})
    assert (code, song["status"], song["lyricsStatus"], song["seq"]) == (200, status, None, 3)
    assert (song["lyricsVersion"], song["lyricsSource"], song["lyricsOffsetMs"]) == (1, "supplied", 0)
    row = cloud.row() or {}
    assert (row["lyricsTextVersion"], row["lyricsRunVersion"]) == (1, 0)
    assert row["lyricsTextKey"] == row["lyricsLayerKey"]
    assert row["lyricsLayerKey"].startswith(f"{PREFIX}lyrics/person-1-")
    stored = layer(cloud)
    assert (stored["version"], stored["textVersion"], stored["format"], stored["timed"]) == (
        1,
        1,
        "lrc",
        "none",
    )
    assert stored["segments"] == [
        {"text": "One more time", "start": 12.0, "words": []},
        {"text": "and again", "stanza": True, "words": []},
    ]
    assert (cloud.wake_ups(), sent) == (0, [])


@pytest.mark.parametrize("stood", [LyricsStatus.READY, LyricsStatus.INSTRUMENTAL, LyricsStatus.FAILED])
def test_words_for_a_complete_song_queue_while_it_stays_complete(
    cloud: Cloud, put_song: Any, sent: Frames, stood: LyricsStatus
) -> None:
    put_song(**READY | {"lyrics_status": stood, "lyrics_reason": "Old."})
    cloud.connect("one")
    code, song = ask(cloud, {"version": 0, "text": "One more time\nand again"})
    assert (code, song["status"], song["lyricsStatus"], song["attempt"]) == (200, "COMPLETED", "QUEUED", 2)
    row = cloud.row() or {}
    assert row["line"] == "QUEUED"
    assert row["lineKey"] == f"{row['queuedAt']}#{SONG}"
    assert "lyricsReason" not in row
    assert (cloud.wake_ups(), [frame["type"] for _, frame in sent]) == (1, ["QUEUED"])


def test_their_true_queue_position_is_sent(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    for n in range(2):
        put_song(
            song_id=f"01K0000000000000000000000{n}",
            status=Status.QUEUED,
            queued_at=f"2026-01-31T08:00:0{n}.000Z",
        )
    put_song(**READY)
    cloud.connect("one")
    code, song = ask(cloud, {"version": 0, "text": "la"})
    assert (code, song["queuePosition"], [frame["position"] for _, frame in sent]) == (200, 3, [3])


def test_edited_words_with_times_need_no_run(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**READY | {"lyrics_status": LyricsStatus.FAILED, "lyrics_reason": "No engine."})
    code, song = ask(cloud, {"version": 0, "segments": WORDS, "offsetMs": -150, "nudges": {"0": 40}})
    assert (code, song["lyricsStatus"], song["lyricsReason"]) == (200, "READY", None)
    assert (song["lyricsSource"], song["lyricsOffsetMs"], song["attempt"]) == ("edited", -150, 1)
    assert layer(cloud)["nudges"] == {"0": 40}
    assert (cloud.wake_ups(), sent) == (0, [])


def test_moving_the_lyrics_keeps_the_words(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**READY)
    ask(cloud, {"version": 0, "segments": WORDS})
    before = layer(cloud)
    code, song = ask(cloud, {"version": 1, "offsetMs": 300})
    assert (code, song["lyricsVersion"], song["lyricsOffsetMs"]) == (200, 2, 300)
    after = layer(cloud)
    assert (after["segments"], after["textVersion"], after["version"]) == (before["segments"], 1, 2)
    assert ask(cloud, {"version": 2, "nudges": {"0": -80}})[1]["lyricsOffsetMs"] == 300
    assert cloud.wake_ups() == 0


def test_the_machines_words_can_be_moved_too(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**READY | {"run_lyrics_source": "transcribed"})
    code, song = ask(cloud, {"version": 0, "offsetMs": 300})
    assert (code, song["lyricsSource"], song["lyricsStatus"], song["lyricsVersion"]) == (
        200,
        "transcribed",
        "READY",
        1,
    )
    assert cloud.wake_ups() == 0


def test_of_two_changes_of_one_version_the_second_is_409(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song()
    assert ask(cloud, {"version": 0, "text": "first"})[0] == 200
    code, answer = ask(cloud, {"version": 0, "text": "second"})
    assert (code, answer["details"][0]["current"]) == (409, 1)
    assert layer(cloud)["segments"][0]["text"] == "first"
    assert ask(cloud, {"version": 7, "text": "third"})[0] == 409


def test_two_simultaneous_changes_leave_one_and_no_stray_file(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reads the row before the first writes it."""
    from unplugd.aws.lyrics_rows import LyricsRows

    stale = put_song()
    seen, reads = LyricsRows.get, iter(range(10))
    monkeypatch.setattr(LyricsRows, "get", lambda *a: stale if next(reads) < 2 else seen(*a))
    assert [ask(cloud, {"version": 0, "text": text})[0] for text in ("first", "second")] == [200, 409]
    assert layer(cloud)["segments"][0]["text"] == "first"
    assert cloud.keys("OUTPUT_BUCKET") == [(cloud.row() or {})["lyricsLayerKey"]]


@pytest.fixture
def lost_answer(cloud: Cloud) -> None:
    """The answer to the first write of a row is lost, so the client of DynamoDB sends that write again."""
    cloud.lost_answers.append("before-send.dynamodb.UpdateItem")


@pytest.mark.usefixtures("lost_answer")
def test_a_change_whose_answer_was_lost_is_saved(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**READY)
    cloud.connect("one")
    code, song = ask(cloud, {"version": 0, "text": "la"})
    assert (code, song["lyricsVersion"], song["lyricsStatus"], song["attempt"]) == (200, 1, "QUEUED", 2)
    assert cloud.keys("OUTPUT_BUCKET") == [(cloud.row() or {})["lyricsLayerKey"]]
    assert (cloud.wake_ups(), [frame["type"] for _, frame in sent]) == (1, ["QUEUED"])
    shown = cloud.call(
        "lyrics", "get_lyrics", event("lyrics", "get_lyrics") | {"queryStringParameters": None}
    )
    assert (shown["statusCode"], json.loads(shown["body"])["segments"][0]["text"]) == (200, "la")
    assert ask(cloud, {"version": 1, "offsetMs": 20})[0] == 200


@pytest.mark.usefixtures("lost_answer")
def test_words_whose_answer_was_lost_survive_a_nudge(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row then names a later layer, and these words as those that a run takes up."""
    from unplugd.aws.lyrics_rows import LyricsRows

    put_song()
    save, saves = LyricsRows.save_layer, iter(range(10))

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        saved = save(*args, **kwargs)
        if next(saves) == 0:
            assert ask(cloud, {"version": 1, "offsetMs": 20})[0] == 200
        return saved

    monkeypatch.setattr(LyricsRows, "save_layer", overtaken)
    code, song = ask(cloud, {"version": 0, "text": "la"})
    assert (code, song["lyricsVersion"], song["lyricsOffsetMs"]) == (200, 2, 20)
    row = cloud.row() or {}
    assert written(cloud, row["lyricsTextKey"])["segments"][0]["text"] == "la"
    assert row["lyricsTextKey"] != row["lyricsLayerKey"]


def test_a_run_that_ends_at_that_moment_does_not_lose_the_words(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is read while the run works and written after it has ended: nothing else would start another."""
    from unplugd.aws.lyrics_rows import LyricsRows

    stale = put_song(**READY | {"lyrics_status": LyricsStatus.PROCESSING})
    put_song(**READY)
    seen, reads = LyricsRows.get, iter(range(10))
    monkeypatch.setattr(LyricsRows, "get", lambda *a: stale if next(reads) < 1 else seen(*a))
    code, song = ask(cloud, {"version": 0, "text": "la"})
    assert (code, song["lyricsStatus"], cloud.wake_ups()) == (200, "QUEUED", 1)


def test_words_given_while_a_run_works_wait_for_its_end(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(**READY | {"lyrics_status": LyricsStatus.PROCESSING})
    code, song = ask(cloud, {"version": 0, "text": "la"})
    assert (code, song["lyricsStatus"], song["attempt"]) == (200, "PROCESSING", 1)
    row = cloud.row() or {}
    assert (row["lyricsTextVersion"], row["lyricsRunVersion"], cloud.wake_ups()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("documents", "status", "runs"),
    [
        ({"lyrics.json": {"segments": [], "textVersion": 1}}, "QUEUED", 1),
        ({"lyrics.json": {"segments": [], "textVersion": None}}, "READY", 0),
        (
            {
                "lyrics.json": {"segments": [], "textVersion": 1},
                "lyrics.transcribed.json": {"segments": [], "instrumental": True},
            },
            "INSTRUMENTAL",
            0,
        ),
        ({"lyrics.json": {"segments": [], "status": "FAILED", "reason": "x"}}, "QUEUED", 1),
    ],
)
def test_back_to_the_machine(
    cloud: Cloud, put_song: Any, sent: Frames, documents: dict[str, Any], status: str, runs: int
) -> None:
    """Its words are kept, or else it is asked again."""
    put_song(**READY, lyrics_version=1, lyrics_text_version=1, lyrics_run_version=1, lyrics_source="supplied",
             lyrics_layer_key=f"{PREFIX}lyrics/person-1-a.json", lyrics_text_key="x")  # fmt: skip
    put_object(cloud, "lyrics/person-1-a.json", {"version": 1, "textVersion": 1, "source": "supplied", "segments": [],
                                                 "offsetMs": 5, "nudges": {}, "format": "txt"})  # fmt: skip
    for name, document in documents.items():
        put_object(cloud, name, document)
    code, song = ask(cloud, {"version": 1, "revert": True})
    assert (code, song["lyricsStatus"], cloud.wake_ups()) == (200, status, runs)
    assert (song["lyricsSource"], song["lyricsOffsetMs"], song["lyricsVersion"]) == (None, 0, 2)
    row = cloud.row() or {}
    assert row["lyricsTextVersion"] == 0
    assert "lyricsTextKey" not in row


def test_only_the_last_versions_are_kept_and_the_words_in_use(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    put_song()
    ask(cloud, {"version": 0, "text": "la"})
    for version in range(1, 6):
        assert ask(cloud, {"version": version, "offsetMs": version})[0] == 200
    kept = sorted(int(key.rpartition("person-")[2].split("-")[0]) for key in cloud.keys("OUTPUT_BUCKET"))
    assert kept == [1, 4, 5, 6]


def test_a_files_bytes_are_read_as_what_they_are(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song()
    raw = base64.b64encode("1\r\n00:00:01,000 --> 00:00:02,000\r\nПривет".encode("cp1251")).decode()
    assert ask(cloud, {"version": 0, "file": raw})[0] == 400
    assert ask(cloud, {"version": 0, "file": raw, "encoding": "windows-1251"})[0] == 200
    stored = layer(cloud)
    assert (stored["format"], stored["segments"][0]["text"], stored["timed"]) == ("srt", "Привет", "lines")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"offsetMs": 1.5, "nudges": {"x": 1}}, ["version", "offsetMs", "nudges.x"]),
        ({"version": 0, "text": "a", "nope": 1}, ["nope"]),
        ({"version": 0, "text": "[00:02.00]a\n[00:1x.00]b"}, ["text"]),
        ({"version": 0, "segments": [{"text": "a", "flags": ["\ud800"]}]}, ["segments[0].flags"]),
        ({"version": 0, "segments": [{"text": "a", "start": 10**400}]}, ["segments[0].start"]),
    ],
)
def test_every_fault_is_named_and_nothing_is_lost(
    cloud: Cloud, put_song: Any, sent: Frames, body: Any, names: list[str]
) -> None:
    put_song()
    before = cloud.row()
    code, answer = ask(cloud, body)
    assert code == 400
    assert [fault["field"] for fault in answer["details"]] == names
    assert (cloud.row(), cloud.keys("OUTPUT_BUCKET")) == (before, [])


FLAGS = [f"{i:040}" for i in range(16)]
QUOTED = {"word": '"' * 990, "start": 1, "end": 2, "flags": FLAGS}


@pytest.mark.parametrize(
    "body",
    [
        {"version": 0, "text": "la la la\n" * 1_200_000},
        {"version": 0, "text": "é" * 600_000},
        {"version": 0, "file": "QUJD" * 400_000},
        {"version": 0, "segments": [{"text": "詞" * 750}] * 2000},
        {"version": 0, "text": ("[00:01.00]" * 100 + "詞" * 1000 + "\n") * 20},
        # Within 1 MB of words, but not, with their flags, within what the lyrics stage reads.
        {"version": 0, "segments": [{"words": [QUOTED]}] * 1000},
    ],
    ids=["text", "bytes", "file", "segments", "a chorus at many times", "flags"],
)
def test_too_much_is_413(cloud: Cloud, put_song: Any, body: Any) -> None:
    put_song()
    assert ask(cloud, json.dumps(body, ensure_ascii=False))[0] == 413
    assert cloud.keys("OUTPUT_BUCKET") == []


def test_markup_in_the_words_stays_text(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song()
    assert ask(cloud, {"version": 0, "text": "<script>alert(1)</script>\n{\\k20}la & <b>li</b>"})[0] == 200
    texts = [segment["text"] for segment in layer(cloud)["segments"]]
    assert texts == ["<script>alert(1)</script>", "{\\k20}la & <b>li</b>"]


def test_an_announced_song_that_has_words_no_longer_expires(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    put_song(ttl=4102444800)
    assert ask(cloud, {"version": 0, "text": "la"})[0] == 200
    assert "ttl" not in (cloud.row() or {})
    renewed = cloud.call("uploads", "renew_upload", event("uploads", "renew_upload"))
    assert renewed["statusCode"] == 200
    assert "ttl" not in (cloud.row() or {})


def test_no_such_song_is_404(cloud: Cloud) -> None:
    assert ask(cloud, {"version": 0, "text": "la"})[0] == 404
    assert cloud.keys("OUTPUT_BUCKET") == []
