"""S3 ObjectCreated."""

import copy
import dataclasses
import functools
import io
import json
import struct
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from unplugd.domain.files import upload_key
from unplugd.domain.song import Song, Status
from unplugd.uploads.model import Probe
from unplugd.uploads.probe import probe

KEY = upload_key(OWNER, SONG, "song.mp3")
Frames = list[tuple[str, dict[str, Any]]]


def wav(seconds: float, *, amplitude: float = 0.5, rate: int = 8000) -> bytes:
    """A mono 16-bit WAV with a square wave."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        high = struct.pack("<h", int(32767 * amplitude))
        low = struct.pack("<h", -int(32767 * amplitude))
        out.writeframes((high * 20 + low * 20) * int(seconds * rate / 40))
    return file.getvalue()


def arrive(cloud: Cloud, body: bytes, *, times: int = 1, key: str = KEY) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=body)
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] |= {"key": key, "size": len(body)}
    for _ in range(times):
        cloud.call("uploads", "validate_upload", copy.deepcopy(trigger))


@functools.cache
def look_once(name: str, content: bytes) -> Probe:
    """What the prober says of a file. It is a process, which takes longer than the test: equal files have one look."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return probe(path)


@pytest.fixture(autouse=True)
def looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from unplugd.uploads.handlers import validate_upload

    monkeypatch.setattr(validate_upload, "probe", lambda path: look_once(path.name, path.read_bytes()))


def test_a_song_joins_the_line_once_however_often_s3_tells(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song(ttl=4102444800)
    cloud.connect("one")
    arrive(cloud, wav(2.0), times=3)
    row = cloud.row() or {}
    assert (row["status"], row["attempt"], row["seq"], float(row["durationSec"])) == ("QUEUED", 1, 1, 2.0)
    assert (row["originalFormat"], row["title"]) == ("wav", "song")
    assert "ttl" not in row
    assert row["lineKey"] == f"{row['queuedAt']}#{SONG}"
    assert sent == [("one", {"songId": SONG, "seq": 1, "type": "QUEUED", "position": 1})]
    assert cloud.wake_ups() == 3  # a repeated event wakes again: the first may have died before it did
    assert cloud.keys("UPLOADS_BUCKET") == [KEY]


def test_mix_and_details_are_started_only_for_an_accepted_song(cloud: Cloud, put_song: Any) -> None:
    started: list[Any] = []
    cloud.watchers.append(lambda call, params: started.append(params) if call == "lambda:Invoke" else None)
    put_song()
    arrive(cloud, wav(2.0, amplitude=0.0))
    assert ((cloud.row() or {})["status"], started) == ("FAILED", [])
    put_song()
    arrive(cloud, wav(2.0))
    both = [CHOSEN["TRANSCODE_FUNCTION"], CHOSEN["ENRICH_FUNCTION"]]
    assert [call["FunctionName"] for call in started] == both
    assert {call["Payload"] for call in started} == {f'{{"userId": "{OWNER}", "songId": "{SONG}"}}'.encode()}


def test_a_repeated_event_starts_again_what_is_missing(cloud: Cloud, put_song: Any) -> None:
    started: list[str] = []

    def watch(call: str, params: dict[str, Any]) -> None:
        if call == "lambda:Invoke":
            started.append(params["FunctionName"])

    cloud.watchers.append(watch)
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:15:00.000Z", attempt=1)
    arrive(cloud, wav(2.0))
    assert len(started) == 2
    at = "2026-01-31T08:15:09.000Z"
    put_song(status=Status.QUEUED, queued_at=at, attempt=1, mix_at=at, details_at=at)
    arrive(cloud, wav(2.0))
    assert len(started) == 2


def test_two_validators_at_once_queue_the_song_once(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the row before either writes it."""
    from unplugd.aws.song_table import SongTable

    put_song()
    cloud.connect("one")
    other = [lambda: arrive(cloud, wav(2.0))]
    position = SongTable.queue_position_of

    def racing(*given: Any) -> int:
        if other:
            other.pop()()
        return position(*given)

    monkeypatch.setattr(SongTable, "queue_position_of", racing)
    arrive(cloud, wav(2.0))
    assert other == []
    row = cloud.row() or {}
    assert (row["status"], row["attempt"], row["seq"]) == ("QUEUED", 1, 1)
    assert [message["type"] for _, message in sent] == ["QUEUED"]
    assert cloud.keys("UPLOADS_BUCKET") == [KEY]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"this is no song", "UNSUPPORTED_FORMAT"),
        (b"", "UNSUPPORTED_FORMAT"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "CORRUPT_AUDIO"),
        (wav(0.3), "TOO_SHORT"),
        (wav(601.0), "TOO_LONG"),
        (wav(2.0, amplitude=0.0), "SILENT_AUDIO"),
    ],
    ids=["text", "empty", "torn", "short", "long", "silent"],
)
def test_a_bad_file_fails_with_a_sentence_and_is_deleted(
    cloud: Cloud, put_song: Any, sent: Frames, body: bytes, code: str
) -> None:
    put_song()
    cloud.connect("one")
    arrive(cloud, body, times=2)
    row = cloud.row() or {}
    assert (row["status"], row["errorCode"]) == ("FAILED", code)
    assert row["errorMessage"].endswith(".")
    assert [message["errorCode"] for _, message in sent] == [code]
    assert cloud.keys("UPLOADS_BUCKET") == []
    assert cloud.wake_ups() == 0


def test_a_late_event_for_a_deleted_song_removes_the_file(cloud: Cloud, sent: Frames) -> None:
    arrive(cloud, wav(2.0))
    assert cloud.keys("UPLOADS_BUCKET") == []
    assert cloud.row() is None


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.CANCELLED])
def test_a_late_event_leaves_a_song_that_moved_on_alone(
    cloud: Cloud, put_song: Any, sent: Frames, status: Status
) -> None:
    put_song(status=status, attempt=1)
    before = cloud.row()
    arrive(cloud, wav(2.0))
    assert cloud.row() == before
    assert cloud.keys("UPLOADS_BUCKET") == [KEY]
    assert cloud.wake_ups() == 0


def test_events_reversed_and_mixed_reach_each_song(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    other = "01J9ZQ4X5V8K2M3N4P5Q6R7S9A"
    put_song()
    put_song(song_id=other)
    for song_id in (other, SONG):
        arrive(cloud, wav(1.0), key=upload_key(OWNER, song_id, "song.mp3"))
    assert {(cloud.row(s) or {})["status"] for s in (SONG, other)} == {"QUEUED"}


@pytest.mark.parametrize(
    "detail",
    [
        None,
        {},
        {"bucket": {"name": "b"}, "object": "uploads"},
        {"bucket": {"name": "b"}, "object": {"key": "uploads/../x", "size": 1}},
        {"bucket": {"name": "b"}, "object": {"key": "uploads/x", "size": "big"}},
        {"bucket": {"name": "b"}, "object": {"key": f"uploads/{OWNER}/not-a-song/x.mp3", "size": 1}},
    ],
)
def test_a_malformed_event_is_skipped(cloud: Cloud, detail: Any) -> None:
    cloud.call("uploads", "validate_upload", {"source": "aws.s3", "detail": detail})
    assert cloud.wake_ups() == 0


def test_a_transient_fault_is_raised_so_that_s3_tells_again(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.kernel.errors import Transient

    put_song()

    def down(*_: Any) -> bool:
        raise Transient("S3 is down")

    with monkeypatch.context() as patch:
        patch.setattr("unplugd.aws.objects.Objects.fetch", down)
        with pytest.raises(Transient):
            arrive(cloud, wav(2.0))
    assert (cloud.row() or {})["status"] == "PENDING_UPLOAD"
    arrive(cloud, wav(2.0))
    assert (cloud.row() or {})["status"] == "QUEUED"


Changing = Callable[[Callable[[], object]], list[int]]


@pytest.fixture
def during_check(monkeypatch: pytest.MonkeyPatch) -> Changing:
    """Do something while the file is being looked at; answers a list that grows with each look."""
    from unplugd.uploads.handlers import validate_upload

    def during(act: Callable[[], object]) -> list[int]:
        looks: list[int] = []

        def slow(path: Path) -> Probe:
            looks.append(1)
            act()
            return dataclasses.replace(look_once(path.name, path.read_bytes()), title="Tag", artist="Tags")

        monkeypatch.setattr(validate_upload, "probe", slow)
        return looks

    return during


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        ({}, {"title": "Mine"}, ("Mine", "Tags", "mine tags")),
        ({}, {"artist": "Me"}, ("Tag", "Me", "tag me")),
        ({"title": "Old", "artist": "Old"}, {"title": "New", "artist": None}, ("New", "Tags", "new tags")),
        ({"title": "Old", "language": "es"}, {"language": "en"}, ("Old", "Tags", "old tags")),
    ],
    ids=["title", "artist", "both", "language"],
)
def test_changes_made_while_a_file_is_checked_are_kept(
    cloud: Cloud,
    put_song: Any,
    sent: Frames,
    during_check: Changing,
    before: dict[str, Any],
    patch: dict[str, Any],
    after: tuple[str, str, str],
) -> None:
    put_song(ttl=4102444800, **before)
    cloud.connect("one")
    trigger = event("songs", "update_song") | {"body": json.dumps(patch)}
    looks = during_check(lambda: cloud.call("songs", "update_song", trigger))
    arrive(cloud, wav(2.0))
    row = cloud.row() or {}
    assert (row["status"], row["attempt"], row.get("language")) == ("QUEUED", 1, patch.get("language"))
    assert (row["title"], row["artist"], row["searchText"]) == after
    assert [message["type"] for _, message in sent] == ["QUEUED"]
    assert (len(looks), cloud.wake_ups()) == (1, 1)
    assert "ttl" not in row


def test_album_and_code_of_the_tags_are_stored(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.uploads.handlers import validate_upload

    def tagged(path: Path) -> Probe:
        return dataclasses.replace(
            look_once(path.name, path.read_bytes()), album="An album", isrc="USRC17607839"
        )

    monkeypatch.setattr(validate_upload, "probe", tagged)
    put_song()
    arrive(cloud, wav(2.0))
    row = cloud.row() or {}
    assert (row["album"], row["isrc"]) == ("An album", "USRC17607839")


def test_words_that_come_while_the_file_is_looked_at_stay(
    cloud: Cloud, put_song: Any, sent: Frames, during_check: Changing
) -> None:
    put_song(ttl=4102444800)
    words = event("lyrics", "put_lyrics") | {"body": json.dumps({"version": 0, "text": "la la"})}
    during_check(lambda: cloud.call("lyrics", "put_lyrics", words))
    arrive(cloud, wav(2.0))
    row = cloud.row() or {}
    assert (row["status"], row["title"], row["lyricsVersion"], row["lyricsSource"]) == (
        "QUEUED",
        "Tag",
        1,
        "supplied",
    )
    assert row["lyricsTextKey"] in cloud.keys("OUTPUT_BUCKET")


def test_a_song_that_changes_each_time_is_tried_again_later(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unplugd.aws.song_table import SongTable
    from unplugd.kernel.errors import Transient

    put_song(title="0")

    def restless(table: SongTable, song: Song) -> int:
        table.update_details(song, {"title": f"{song.title}0"}, now=song.updated_at)
        return 1

    with monkeypatch.context() as patch:
        patch.setattr(SongTable, "queue_position_of", restless)
        with pytest.raises(Transient):
            arrive(cloud, wav(2.0))
    assert (cloud.row() or {})["status"] == "PENDING_UPLOAD"
    arrive(cloud, wav(2.0))
    assert ((cloud.row() or {})["status"], (cloud.row() or {})["title"]) == ("QUEUED", "00000")


def test_a_song_deleted_during_validation_stays_deleted(
    cloud: Cloud, put_song: Any, sent: Frames, during_check: Changing
) -> None:
    put_song()
    during_check(lambda: cloud.call("songs", "delete_song", event("songs", "delete_song")))
    arrive(cloud, wav(2.0))
    assert cloud.row() is None
    assert (sent, cloud.wake_ups(), cloud.keys("UPLOADS_BUCKET")) == ([], 0, [])


def test_the_recorded_event_is_what_the_handler_reads(cloud: Cloud, put_song: Any, sent: Frames) -> None:
    put_song()
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=KEY, Body=wav(1.0))
    cloud.call("uploads", "validate_upload", event("uploads", "validate_upload"))
    assert (cloud.row() or {})["status"] == "QUEUED"
    assert json.dumps(event("uploads", "validate_upload")).count(KEY) == 1


def announced(cloud: Cloud, name: str) -> tuple[str, str]:
    """The id and the key of a song whose file has this name, and neither a title nor tags."""
    trigger = event("uploads", "create_upload")
    trigger["body"] = json.dumps({"filename": name, "contentType": "audio/wav", "sizeBytes": 32_044})
    song_id = json.loads(cloud.call("uploads", "create_upload", trigger)["body"])["songId"]
    return song_id, (cloud.row(song_id) or {})["s3Key"]


def shown(cloud: Cloud, song_id: str) -> Any:
    trigger = event("songs", "get_song")
    trigger["pathParameters"] = {"songId": song_id}
    return json.loads(cloud.call("songs", "get_song", trigger)["body"])


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Don't Stop (Live) & More, Pt. 2.wav", "Don't Stop (Live) & More, Pt. 2"),
        ("AC\\DC - Thunder.mp3", "AC\\DC - Thunder"),
        ("C:\\fakepath\\My song.mp3", "My song"),
        ("music/My song.mp3", "My song"),
        ("My song.mp3.MP3", "My song"),
        ("My song.stem.m4a", "My song"),
        ("Mr. Bright", "Mr. Bright"),
        ("What?.flac", "What?"),
        ("notes.docx", "notes.docx"),
        (".mp3", ".mp3"),
    ],
)
def test_a_title_is_that_of_the_announced_file(cloud: Cloud, name: str, title: str) -> None:
    song_id, key = announced(cloud, name)
    assert shown(cloud, song_id)["title"] == title
    arrive(cloud, wav(2.0), key=key)
    assert (cloud.row(song_id) or {})["title"] == title
    assert shown(cloud, song_id)["title"] == title


def test_a_refused_file_shows_its_name(cloud: Cloud) -> None:
    song_id, key = announced(cloud, "Don't Stop & More.wav")
    arrive(cloud, b"no song", key=key)
    song = shown(cloud, song_id)
    assert (song["status"], song["title"]) == ("FAILED", "Don't Stop & More")
    assert (cloud.row(song_id) or {})["searchText"] == "don't stop & more"
