"""POST /songs/import: files that are in the bucket already."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, STRANGER, Cloud, event
from unplugd.domain.song import Status
from unplugd.kernel.ids import new_song_id
from unplugd.uploads.model import Probe

INBOX = f"uploads/{OWNER}/inbox"


def ask(cloud: Cloud, *files: Any) -> list[dict[str, Any]]:
    trigger = event("uploads", "import_songs")
    trigger["body"] = json.dumps({"files": files})
    answer = cloud.call("uploads", "import_songs", trigger)
    assert answer["statusCode"] == 207, answer
    return json.loads(answer["body"])["data"]  # type: ignore[no-any-return]


def put(cloud: Cloud, key: str, body: bytes = b"sound") -> dict[str, Any]:
    """An administrator puts a file there; how to import it."""
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=body)
    return {"fileName": key.rpartition("/")[2] or "x.mp3", "s3Key": key}


def songs(cloud: Cloud) -> list[str]:
    items = cloud.db.scan(TableName=CHOSEN["SONGS_TABLE"])["Items"]
    return [item["songId"]["S"] for item in items if not item["userId"]["S"].startswith("#")]


def test_a_file_moves_to_where_uploads_arrive_and_joins_the_line(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, sent: Any
) -> None:
    (one,) = ask(cloud, put(cloud, f"{INBOX}/Lied 1.flac"))
    song = one["song"]
    assert (one["status"], song["status"], song["title"]) == (201, "PENDING_UPLOAD", "Lied 1")
    assert (song["fileName"], song["fileSizeBytes"]) == ("Lied 1.flac", 5)
    key = f"uploads/{OWNER}/{song['songId']}/Lied_1.flac"
    assert cloud.keys("UPLOADS_BUCKET") == [key]
    found = Probe(format="flac", duration_s=3.0, peak=0.5)
    monkeypatch.setattr("unplugd.uploads.handlers.validate_upload.probe", lambda _: found)
    trigger = event("uploads", "validate_upload")
    trigger["detail"]["object"] = {"key": key, "size": 5}
    for _ in range(2):
        cloud.call("uploads", "validate_upload", trigger)
    assert (cloud.row(song["songId"]) or {})["status"] == "QUEUED"


def test_the_same_key_twice_is_one_song(cloud: Cloud) -> None:
    file = put(cloud, f"{INBOX}/a.mp3")
    first, second = ask(cloud, file, file)
    again, other = ask(cloud, file, {**file, "songId": new_song_id(), "fileName": "b.mp3"})
    assert [one["status"] for one in (first, second, again, other)] == [201, 200, 200, 200]
    assert {one["song"]["songId"] for one in (first, second, again, other)} == {first["song"]["songId"]}
    assert len(songs(cloud)) == 1


def test_a_file_that_was_sent_by_its_link_is_its_song(cloud: Cloud, put_song: Any) -> None:
    put_song(status=Status.QUEUED, queued_at="2026-01-31T08:15:00.000Z", attempt=1)
    key = f"uploads/{OWNER}/{SONG}/song.mp3"
    (one,) = ask(cloud, {"fileName": "song.mp3", "s3Key": key})
    assert (one["status"], one["song"]["songId"], one["song"]["status"]) == (200, SONG, "QUEUED")
    assert len(songs(cloud)) == 1


def test_an_announced_file_that_has_not_arrived_is_404(cloud: Cloud, put_song: Any) -> None:
    put_song()
    key = f"uploads/{OWNER}/{SONG}/song.mp3"
    (one,) = ask(cloud, {"fileName": "song.mp3", "s3Key": key})
    assert (one["status"], one["error"]) == (404, "not_found")
    (one,) = ask(cloud, put(cloud, key))
    assert one["status"] == 200


@pytest.mark.parametrize(
    "key",
    [
        f"uploads/{STRANGER}/inbox/a.mp3",
        f"uploads/{STRANGER}/{SONG}/song.mp3",
        f"uploads/{OWNER}x/a.mp3",
        f"uploads/{OWNER[:-1]}/a.mp3",
        f"output/{OWNER}/{SONG}/mix.mp3",
        f"sessions/{OWNER}/{SONG}/window_000/audio.wav",
        f"/uploads/{OWNER}/a.mp3",
        f"s3://unplugd-test-uploads/uploads/{OWNER}/a.mp3",
        f"uploads/{OWNER}/",
        f"uploads/{OWNER}/inbox/",
        "..",
        "a.mp3",
    ],
)
def test_a_key_outside_the_callers_folder_is_404(cloud: Cloud, key: str) -> None:
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=b"sound")
    before = cloud.keys("UPLOADS_BUCKET")
    (one,) = ask(cloud, {"fileName": "a.mp3", "s3Key": key})
    assert (one["status"], one["error"]) == (404, "not_found")
    assert (songs(cloud), cloud.keys("UPLOADS_BUCKET")) == ([], before)


@pytest.mark.parametrize(
    "name",
    [
        "🎸🎵.mp3",
        "שיר.mp3",
        "x" * 300 + ".mp3",
        "Cafe\u0301.mp3",
        "../../../etc/passwd",
        "a b+c&d.mp3",
        "'.mp3",
    ],
)
def test_hostile_keys_are_read_byte_by_byte(cloud: Cloud, name: str) -> None:
    key = f"{INBOX}/{name}"
    (one,) = ask(cloud, put(cloud, key))
    assert one["status"] == 201
    (moved,) = cloud.keys("UPLOADS_BUCKET")
    assert moved.startswith(f"uploads/{OWNER}/{one['song']['songId']}/")
    assert moved.count("/") == 3
    # A key that is composed differently is another key.
    (other,) = ask(cloud, {"fileName": name, "s3Key": f"{INBOX}/Caf\u00e9.mp3"})
    assert other["status"] == 404


@pytest.mark.parametrize(
    "key", [f"{INBOX}/a\x00b.mp3", f"{INBOX}/\ud800.mp3", f"{INBOX}/\u202ea.mp3", f"{INBOX}/" + "x" * 1100]
)
def test_a_key_that_no_file_can_have_is_404(cloud: Cloud, key: str) -> None:
    (one,) = ask(cloud, {"fileName": "a.mp3", "s3Key": key})
    assert (one["status"], one["error"]) == (404, "not_found")


def test_no_such_file_is_404_and_can_come_later(cloud: Cloud) -> None:
    file = {"fileName": "a.mp3", "s3Key": f"{INBOX}/a.mp3"}
    assert ask(cloud, file)[0]["status"] == 404
    put(cloud, file["s3Key"])
    assert ask(cloud, file)[0]["status"] == 201


def test_a_chosen_id_is_kept_and_never_given_twice(cloud: Cloud) -> None:
    chosen = new_song_id()
    a, b = put(cloud, f"{INBOX}/a.mp3"), put(cloud, f"{INBOX}/b.mp3")
    first, second = ask(cloud, {**a, "songId": chosen}, {**b, "songId": chosen})
    assert (first["status"], first["song"]["songId"]) == (201, chosen)
    assert (second["status"], second["error"]) == (409, "conflict")
    assert ask(cloud, {**a, "songId": chosen})[0]["status"] == 200
    assert ask(cloud, {**b, "songId": chosen})[0]["status"] == 409


def test_an_id_that_another_person_chose_is_409(cloud: Cloud) -> None:
    """A run is named by the song's id alone."""
    chosen = new_song_id()
    assert ask(cloud, {**put(cloud, f"{INBOX}/a.mp3"), "songId": chosen})[0]["status"] == 201
    trigger = event("uploads", "import_songs")
    trigger["requestContext"]["authorizer"]["claims"]["sub"] = STRANGER
    file = {**put(cloud, f"uploads/{STRANGER}/a.mp3"), "songId": chosen}
    trigger["body"] = json.dumps({"files": [file]})
    (one,) = json.loads(cloud.call("uploads", "import_songs", trigger)["body"])["data"]
    assert one["status"] == 409


def test_the_id_of_a_deleted_song_is_409(cloud: Cloud) -> None:
    """The sweep removes an object that stays there for a day."""
    gone = {"userId": {"S": "#deleted"}, "songId": {"S": SONG}, "owner": {"S": OWNER}}
    cloud.db.put_item(TableName=CHOSEN["SONGS_TABLE"], Item=gone)
    assert ask(cloud, {**put(cloud, f"{INBOX}/a.mp3"), "songId": SONG})[0]["status"] == 409


def test_a_deleted_song_does_not_come_back_by_its_key(cloud: Cloud) -> None:
    key = f"uploads/{OWNER}/{SONG}/song.mp3"
    assert ask(cloud, put(cloud, key))[0]["status"] == 404


def test_a_deleted_song_can_be_imported_again_as_a_new_one(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(cloud, f"{INBOX}/a.mp3")
    (one,) = ask(cloud, file)
    row = {"userId": {"S": OWNER}, "songId": {"S": one["song"]["songId"]}}
    cloud.db.delete_item(TableName=CHOSEN["SONGS_TABLE"], Key=row)
    assert ask(cloud, file)[0]["status"] == 404  # its file went with it
    put(cloud, file["s3Key"])
    assert ask(cloud, file)[0]["status"] == 503  # this may be a call that is still at work
    later(monkeypatch, 120)
    (again,) = ask(cloud, file)
    assert again["status"] == 201
    assert again["song"]["songId"] != one["song"]["songId"]


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    from datetime import UTC, datetime, timedelta

    then = datetime.now(UTC) + timedelta(seconds=seconds)
    monkeypatch.setattr("unplugd.uploads.handlers.import_songs.utc_now", lambda: then)


def test_the_next_call_makes_the_copy_of_a_call_that_died(cloud: Cloud) -> None:
    file = put(cloud, f"{INBOX}/a.mp3")
    cloud.watchers.append(dying := Dying("s3:CopyObject"))
    with pytest.raises(KeyboardInterrupt):
        ask(cloud, file)
    cloud.watchers.remove(dying)
    (pending,) = songs(cloud)
    assert cloud.keys("UPLOADS_BUCKET") == [file["s3Key"]]
    (one,) = ask(cloud, file)
    assert (one["status"], one["song"]["songId"]) == (200, pending)
    assert cloud.keys("UPLOADS_BUCKET") == [f"uploads/{OWNER}/{pending}/a.mp3"]


def test_a_call_that_died_before_the_removal_is_finished(cloud: Cloud) -> None:
    file = put(cloud, f"{INBOX}/a.mp3")
    cloud.watchers.append(dying := Dying("s3:DeleteObject"))
    with pytest.raises(KeyboardInterrupt):
        ask(cloud, file)
    cloud.watchers.remove(dying)
    assert len(cloud.keys("UPLOADS_BUCKET")) == 2
    assert ask(cloud, file)[0]["status"] == 200
    assert len(cloud.keys("UPLOADS_BUCKET")) == len(songs(cloud)) == 1


class Dying:
    """The function ends before a call."""

    def __init__(self, action: str) -> None:
        self._action = action

    def __call__(self, called: str, _: dict[str, Any]) -> None:
        if called == self._action:
            raise KeyboardInterrupt


def test_another_call_that_is_at_the_same_file_is_waited_for(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has claimed the key and not written its row."""
    from unplugd.aws.import_rows import ImportRows

    file = put(cloud, f"{INBOX}/a.mp3")
    rows = ImportRows(cloud.db, CHOSEN["SONGS_TABLE"])
    now = int(time.time())
    assert rows.claim(OWNER, file["s3Key"], new_song_id(), now=now, ttl=now + 99, instead_of=None)
    assert not rows.claim(OWNER, file["s3Key"], new_song_id(), now=now, ttl=now + 99, instead_of=None)
    (one,) = ask(cloud, file)
    assert (one["status"], one["error"], songs(cloud)) == (503, "try_again", [])
    later(monkeypatch, 120)  # it died
    assert ask(cloud, file)[0]["status"] == 201


def test_what_is_refused_leaves_the_file_for_another_try(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "1")
    first, second = ask(cloud, put(cloud, f"{INBOX}/a.mp3"), file := put(cloud, f"{INBOX}/b.mp3"))
    assert (first["status"], second["status"], second["error"]) == (201, 429, "quota_used")
    assert file["s3Key"] in cloud.keys("UPLOADS_BUCKET")
    monkeypatch.setitem(CHOSEN, "SONGS_A_DAY", "2")
    assert ask(cloud, file)[0]["status"] == 201


def test_a_file_that_is_too_large_stays_where_it_is(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unplugd.uploads.imports.MAX_BYTES", 3)
    (one,) = ask(cloud, put(cloud, f"{INBOX}/a.mp3"))
    assert (one["status"], one["error"], songs(cloud)) == (413, "too_large", [])


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"fileName": "a.mp3"},
        {"s3Key": f"{INBOX}/a.mp3"},
        {"fileName": "a.mp3", "s3Key": 3},
        {"fileName": "a.mp3", "s3Key": ""},
        {"fileName": "a.mp3", "s3Key": f"{INBOX}/a.mp3", "songId": "../x"},
        {"fileName": "a.mp3", "s3Key": f"{INBOX}/a.mp3", "songId": SONG.lower()},
        {"fileName": "\x00", "s3Key": f"{INBOX}/a.mp3"},
        {"fileName": "a.mp3", "s3Key": f"{INBOX}/a.mp3", "userId": STRANGER},
        "a.mp3",
        None,
    ],
    ids=str,
)
def test_a_bad_file_costs_the_others_nothing(cloud: Cloud, bad: Any) -> None:
    first, wrong, last = ask(cloud, put(cloud, f"{INBOX}/1.mp3"), bad, put(cloud, f"{INBOX}/2.mp3"))
    assert [first["status"], wrong["status"], last["status"]] == [201, 400, 201]
    assert wrong["message"]


@pytest.mark.parametrize("files", [[], None, "x", [{}] * 26], ids=str)
def test_no_list_of_1_to_25_is_refused_as_a_whole(cloud: Cloud, files: Any) -> None:
    trigger = event("uploads", "import_songs")
    trigger["body"] = json.dumps({"files": files})
    assert cloud.call("uploads", "import_songs", trigger)["statusCode"] == 400


def test_25_files_at_once(cloud: Cloud) -> None:
    found = ask(cloud, *(put(cloud, f"{INBOX}/{n}.mp3") for n in range(25)))
    assert [one["status"] for one in found] == [201] * 25
    assert len(cloud.keys("UPLOADS_BUCKET")) == len(songs(cloud)) == 25
