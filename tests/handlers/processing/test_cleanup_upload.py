"""State CleanupUpload."""

from tests.cloud import CHOSEN, Cloud, event


def test_the_original_goes_and_twice_is_fine(cloud: Cloud) -> None:
    trigger = event("processing", "cleanup_upload")
    cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=trigger["key"], Body=b"x")
    for _ in range(2):
        assert cloud.call("processing", "cleanup_upload", trigger) == {"deleted": True}
    assert cloud.keys("UPLOADS_BUCKET") == []
