"""Every five minutes: take up again what was lost of recordings."""

from typing import Any

from unplugd import wiring
from unplugd.capture import service
from unplugd.capture.ports import Tools
from unplugd.edge import task
from unplugd.kernel.clock import utc_now


@task.handler
def handler(_event: dict[str, Any]) -> dict[str, int]:
    return service.sweep_sessions(
        tools=Tools(wiring.sessions(), wiring.uploads(), utc_now),
        place=wiring.sessions_place(),
        ingest=wiring.ingest(),
        join=wiring.join(),
        pitch=wiring.pitch(),
    )
