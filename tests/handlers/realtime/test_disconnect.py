"""WebSocket $disconnect."""

from tests.cloud import Cloud, event


def test_disconnect_forgets_and_twice_is_fine(cloud: Cloud) -> None:
    trigger = event("realtime", "disconnect")
    cloud.connect(trigger["requestContext"]["connectionId"])
    cloud.connect("other")
    for _ in range(2):
        assert cloud.call("realtime", "disconnect", trigger)["statusCode"] == 200
    rows = cloud.db.scan(TableName="unplugd-test-connections")["Items"]
    assert [row["connectionId"]["S"] for row in rows] == ["other"]
