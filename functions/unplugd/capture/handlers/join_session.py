"""Called once all windows of a closed recording were read: join them into one file."""

import tempfile
from pathlib import Path
from typing import Any

from unplugd import wiring
from unplugd.capture import service
from unplugd.capture.ports import Tools
from unplugd.edge import task
from unplugd.kernel.clock import utc_now


@task.handler
def handler(event: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as work:
        service.join_session(
            event,
            work=Path(work),
            tools=Tools(wiring.sessions(), wiring.uploads(), utc_now),
            results=wiring.results(),
            pitch=wiring.pitch(),
            push=wiring.push,
        )
