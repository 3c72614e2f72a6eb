"""State SendNotification, and what every push does."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.cloud import SOCKETS, SONG, STRANGER, Cloud, event
from unplugd.aws.connections import ConnectionTable
from unplugd.aws.sockets import Sockets
from unplugd.domain.song import Status
from unplugd.kernel.errors import NotFound, Transient

Frames = list[tuple[str, dict[str, Any]]]


def call(cloud: Cloud) -> Any:
    return cloud.call("processing", "send_notification", event("processing", "send_notification"))


def test_every_connection_of_the_owner_hears_it_and_no_other(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    cloud.connect("one")
    cloud.connect("two")
    cloud.connect("theirs", owner=STRANGER)
    assert call(cloud) == {"delivered": 2}
    assert sorted(sent, key=str) == [
        (c, {"songId": SONG, "seq": 9, "type": "COMPLETED"}) for c in ("one", "two")
    ]


def test_a_connection_that_fails_is_removed_and_stops_no_other(
    cloud: Cloud, put_song: Any, sent: Frames
) -> None:
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    for name in ("gone-1", "one", "gone-2", "stuck-3"):
        cloud.connect(name)
    assert call(cloud) == {"delivered": 1}
    assert call(cloud) == {"delivered": 1}
    rows = cloud.db.scan(TableName="unplugd-test-connections")["Items"]
    assert [row["connectionId"]["S"] for row in rows] == ["one"]


def test_one_that_is_removed_for_a_passing_fault_is_closed_too(
    cloud: Cloud, put_song: Any, sent: Frames, closed: list[str]
) -> None:
    """Its client hears nothing any more, and must notice: it comes back by itself, and looks."""
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    for name in ("gone-1", "one", "stuck-2", "stuck-fast-3"):
        cloud.connect(name)
    assert call(cloud) == {"delivered": 1}
    assert sorted(closed) == ["stuck-2", "stuck-fast-3"]  # one that has gone needs no closing


def test_a_closed_connection_differs_from_one_that_fails(cloud: Cloud) -> None:
    api = boto3.client("apigatewaymanagementapi", endpoint_url=SOCKETS)
    with Stubber(api) as answers:
        answers.add_client_error("post_to_connection", "GoneException", http_status_code=410)
        with pytest.raises(NotFound):
            Sockets(api).send("one", {})
        answers.add_client_error("post_to_connection", "LimitExceededException", http_status_code=429)
        with pytest.raises(ClientError):
            Sockets(api).send("one", {})
        answers.add_response("delete_connection", {}, {"ConnectionId": "one"})
        Sockets(api).close("one")
        answers.assert_no_pending_responses()


def test_no_connection_is_a_warning_and_no_fault(
    cloud: Cloud, put_song: Any, sent: Frames, caplog: Any
) -> None:
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    assert call(cloud) == {"delivered": 0}
    assert any(r.levelname == "WARNING" and r.songId == SONG for r in caplog.records)


def test_a_song_that_was_deleted_is_no_fault(cloud: Cloud, sent: Frames) -> None:
    assert call(cloud) == {"delivered": 0}


def test_a_slow_look_up_takes_no_time_from_sending(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that has just been loaded takes seconds to find the connections; they are not hung."""
    from unplugd.aws.connections import ConnectionTable

    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    cloud.connect("one")
    cloud.connect("two")
    seconds, of = [1000.0], ConnectionTable.of

    def slowly(self: ConnectionTable, user_id: str) -> Any:
        seconds[0] += 5.0
        return of(self, user_id)

    monkeypatch.setattr("unplugd.realtime.service.time.monotonic", lambda: seconds[0])
    monkeypatch.setattr(ConnectionTable, "of", slowly)
    assert call(cloud) == {"delivered": 2}


def test_a_row_that_cannot_be_removed_costs_no_other_message(
    cloud: Cloud, put_song: Any, sent: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tries to remove the row of a connection that has gone take longer than messages may."""
    put_song(status=Status.COMPLETED, attempt=1, seq=9)
    for name in ("gone-1", "one", "gone-2", "two"):
        cloud.connect(name)
    seconds = [1000.0]
    removed: list[str] = []

    def refuse(_table: ConnectionTable, connection_id: str) -> None:
        removed.append(connection_id)
        seconds[0] += 7.0
        raise Transient("The row cannot be removed.")

    monkeypatch.setattr("unplugd.realtime.service.time.monotonic", lambda: seconds[0])
    monkeypatch.setattr(ConnectionTable, "remove", refuse)
    assert call(cloud) == {"delivered": 2}
    assert len(removed) == 1  # then the time is up; a later message finds the other
