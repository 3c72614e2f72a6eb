"""WebSocket $disconnect."""

from tests.stage import Stage, event


def test_disconnect_forgets_and_twice_is_fine(stage: Stage) -> None:
    trigger = event("realtime", "disconnect")
    stage.connect(trigger["requestContext"]["connectionId"])
    stage.connect("other")
    for _ in range(2):
        assert stage.call("realtime", "disconnect", trigger)["statusCode"] == 200
    rows = stage.db.scan(TableName="unplugd-test-connections")["Items"]
    assert [row["connectionId"]["S"] for row in rows] == ["other"]
