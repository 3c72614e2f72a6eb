"""State SendNotification: notify the owner that their song is ready."""

from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.kernel.clock import utc_now
from unplugd.processing import service


@task.handler
def handler(event: dict[str, Any]) -> dict[str, Any]:
    delivered = service.send_notification(
        event["userId"], event["songId"], songs=wiring.songs(), push=wiring.push, now=utc_now()
    )
    return {"delivered": delivered}
