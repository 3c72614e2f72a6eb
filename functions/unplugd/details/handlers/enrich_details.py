"""Called once an upload was accepted: what its tags say, and its picture."""

import tempfile
from pathlib import Path
from typing import Any

from unplugd import wiring
from unplugd.details import service
from unplugd.details.reading import read
from unplugd.edge import task
from unplugd.kernel.clock import utc_now


@task.handler
def handler(event: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as work:
        service.enrich_details(
            event,
            work=Path(work),
            read=read,
            songs=wiring.songs(),
            details=wiring.details(),
            originals=wiring.uploads(),
            results=wiring.results(),
            clock=utc_now,
        )
