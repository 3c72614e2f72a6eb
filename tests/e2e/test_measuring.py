"""A library from before songs were measured is measured afterwards, through the queue, on the real stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.bad_desk import Desk
from tests.e2e.bad_files import tone_wav
from tests.e2e.test_recovery import until

pytestmark = pytest.mark.stack

FIGURES = (
    "measuredAt",
    "engineVersion",
    "tempoBpm",
    "tempoConfidence",
    "musicKey",
    "keyConfidence",
    "loudnessLufs",
)
NAME = "measurements.json"


class Library:
    """A person's songs, and what is behind them."""

    def __init__(self, desk: Desk, admin: Callable[[str], Any], table: str) -> None:
        self.desk, self.admin, self.table = desk, admin, table
        self.folders: dict[str, str] = {}

    def add(self, seconds: float) -> str:
        data = tone_wav(seconds)
        ticket = self.desk.announce(len(data), "tone.wav", "audio/wav")
        assert self.desk.put(ticket.url, data, ticket.headers).status == 200
        assert self.desk.result(ticket.song_id, 200).status == "COMPLETED"
        key = self.desk.key_of(ticket).replace("uploads/", "output/")
        self.folders[ticket.song_id] = key.rpartition("/")[0] + "/"
        return ticket.song_id

    def forget(self, song_id: str) -> None:
        """Make it a song from before measuring: no file, no line in the manifest, no field in its row."""
        folder, s3 = self.folders[song_id], self.desk.s3
        manifest = json.loads(
            s3.get_object(Bucket=self.desk.output, Key=f"{folder}manifest.json")["Body"].read()
        )
        assert manifest["files"].pop(NAME)
        s3.put_object(
            Bucket=self.desk.output, Key=f"{folder}manifest.json", Body=json.dumps(manifest).encode()
        )
        s3.delete_object(Bucket=self.desk.output, Key=folder + NAME)
        self.admin("dynamodb").update_item(
            TableName=self.table,
            Key={"userId": {"S": folder.split("/")[1]}, "songId": {"S": song_id}},
            UpdateExpression="REMOVE " + ", ".join(FIGURES),
        )
        assert self.desk.song(song_id)["measuredAt"] is None

    def files(self, song_id: str) -> dict[str, str]:
        found = self.desk.s3.list_objects_v2(Bucket=self.desk.output, Prefix=self.folders[song_id])[
            "Contents"
        ]
        return {one["Key"].rpartition("/")[2]: one["ETag"] for one in found}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.desk.call(method, path, json.dumps(body).encode() if body is not None else None)
        assert answer.status in (200, 202), answer.body
        return answer.json()

    def maintain(self) -> dict[str, int]:
        """What the schedule calls each five minutes."""
        called = self.admin("lambda").invoke(FunctionName="unplugd-dev-maintain-measurements", Payload=b"{}")
        counts: dict[str, int] = json.loads(called["Payload"].read())
        assert "FunctionError" not in called, counts
        return counts


@pytest.fixture
def library(visitor: Callable[[str], Any], admin: Callable[[str], Any]) -> Library:
    person = visitor("collector")
    table = person.session.outputs["SongsTableName"]
    return Library(Desk(person.session, person.token, admin), admin, table)


def test_an_old_library_is_measured_afterwards(library: Library) -> None:
    songs = [library.add(2.0), library.add(3.0)]
    for song_id in songs:
        library.forget(song_id)
    before = {song_id: (library.desk.song(song_id), library.files(song_id)) for song_id in songs}

    asked = {"scope": {"library": True}, "source": "current"}
    job = library.call("POST", "/measurement-jobs", asked)
    assert job["songs"] == 2
    library.maintain()
    for song_id in songs:
        until(lambda one=song_id: library.desk.song(one)["measuredAt"], "the measuring", 120)
    until(lambda: library.call("GET", f"/jobs/{job['id']}")["state"] == "done", "the end of the job")

    for song_id in songs:
        song, files = before[song_id]
        now = library.desk.song(song_id)
        assert (now["status"], now["lyricsStatus"], now["attempt"]) == ("COMPLETED", song["lyricsStatus"], 2)
        assert now["loudnessLufs"] is not None
        stored = library.files(song_id)
        assert {name for name in stored if stored[name] != files.get(name)} == {NAME, "manifest.json"}
        assert set(files) <= set(stored)
        measures = library.call("GET", f"/songs/{song_id}/measurements")["measures"]
        assert measures["loudness"]["value"]["integrated"] == now["loudnessLufs"]

    again = library.call("POST", "/measurement-jobs", asked)
    assert library.call("GET", f"/jobs/{again['id']}")["state"] == "done"
    library.maintain()
    assert [library.desk.song(song_id)["attempt"] for song_id in songs] == [2, 2]
