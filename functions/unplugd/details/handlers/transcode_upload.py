"""Called once an upload was accepted: the whole song as MP3, to play while its stems are made."""

import tempfile
from pathlib import Path
from typing import Any

from unplugd import wiring
from unplugd.details import service
from unplugd.details.mix import transcode
from unplugd.edge import task
from unplugd.kernel.clock import utc_now


@task.handler
def handler(event: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as work:
        service.transcode_upload(
            event,
            work=Path(work),
            transcode=transcode,
            songs=wiring.songs(),
            originals=wiring.uploads(),
            results=wiring.results(),
            push=wiring.push,
            clock=utc_now,
        )
