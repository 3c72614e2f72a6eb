"""State CleanupUpload."""

from tests.stage import CHOSEN, Stage, event


def test_the_original_goes_and_twice_is_fine(stage: Stage) -> None:
    trigger = event("processing", "cleanup_upload")
    stage.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=trigger["key"], Body=b"x")
    for _ in range(2):
        assert stage.call("processing", "cleanup_upload", trigger) == {"deleted": True}
    assert stage.keys("UPLOADS_BUCKET") == []
