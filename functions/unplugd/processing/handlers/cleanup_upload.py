"""State CleanupUpload: delete the original of a finished song."""

from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.processing import service


@task.handler
def handler(event: dict[str, Any]) -> dict[str, Any]:
    service.cleanup_upload(event["key"], objects=wiring.uploads())
    return {"deleted": True}
