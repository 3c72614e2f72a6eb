"""Called for each window whose files have all arrived: read it, and store what a page shows of it."""

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
        service.ingest_window(
            event,
            work=Path(work),
            tools=Tools(wiring.sessions(), wiring.uploads(), utc_now),
            results=wiring.results(),
            join=wiring.join(),
            push=wiring.push,
        )
