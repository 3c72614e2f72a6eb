"""DELETE /sessions/{sessionId}: a recording and everything made from it."""

from __future__ import annotations

import json
from typing import Any

from tests.cloud import STRANGER, Cloud, event
from tests.handlers.capture.conftest import Studio, tone, wav


def test_row_windows_and_results_go(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    studio.send(session, 0, wav(tone(1000)))
    studio.run()
    assert cloud.keys("UPLOADS_BUCKET")
    assert cloud.keys("OUTPUT_BUCKET")
    assert studio.ask("delete_session", session) == (200, {"deleted": True})
    assert (cloud.keys("UPLOADS_BUCKET"), cloud.keys("OUTPUT_BUCKET")) == ([], [])
    assert studio.ask("get_session", session)[0] == studio.ask("delete_session", session)[0] == 404


def test_a_window_that_arrives_late_is_deleted(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    studio.ask("delete_session", session)
    studio.send(session, 0, wav(tone(1000)))
    assert cloud.keys("UPLOADS_BUCKET") == []
    assert studio.row(session) is None


def test_what_no_event_reaches_is_swept(studio: Studio, cloud: Cloud) -> None:
    session = studio.open()
    studio.ask("delete_session", session)
    studio.put(session, 0, wav(tone(1000)))
    cloud.call("account", "sweep_deleted", event("account", "sweep_deleted"))
    assert cloud.keys("UPLOADS_BUCKET") == []


def test_another_persons_session_stays(studio: Studio) -> None:
    session = studio.open()
    assert studio.ask("delete_session", session, owner=STRANGER)[0] == 404
    assert studio.ask("get_session", session)[0] == 200


def test_the_account_takes_its_recordings_along(studio: Studio, cloud: Cloud, monkeypatch: Any) -> None:
    monkeypatch.setattr("unplugd.aws.people.UserPool.remove", lambda _self, _user: None)
    session = studio.open(title="Take 1")
    studio.send(session, 0, wav(tone(1000)))
    exported = event("account", "export_account") | {"queryStringParameters": {"cursor": "session:"}}
    page = cloud.call("account", "export_account", exported)
    assert session in page["body"]
    assert "windows/window_000/audio.wav" in page["body"]
    cloud.call("account", "delete_account", event("account", "delete_account"))
    assert studio.row(session) is None
    assert cloud.keys("UPLOADS_BUCKET") == []


def test_the_export_goes_from_songs_to_recordings(studio: Studio, cloud: Cloud, put_song: Any) -> None:
    put_song()
    session = studio.open()
    first = json.loads(cloud.call("account", "export_account", event("account", "export_account"))["body"])
    assert (len(first["data"]), first["nextCursor"]) == (1, "session:")
    asked = event("account", "export_account") | {"queryStringParameters": {"cursor": first["nextCursor"]}}
    second = json.loads(cloud.call("account", "export_account", asked)["body"])
    assert [one["session"]["sessionId"] for one in second["data"]] == [session]
    assert second["nextCursor"] is None
