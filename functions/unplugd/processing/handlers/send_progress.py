"""Called by the stage tasks: store the progress of a song and push it to its owner."""

from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.kernel.clock import utc_now
from unplugd.processing import service


@task.handler
def handler(event: dict[str, Any]) -> dict[str, Any]:
    stored = service.send_progress(event, songs=wiring.songs(), push=wiring.push, now=utc_now())
    return {"stored": stored}
