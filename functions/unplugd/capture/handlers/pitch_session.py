"""Called once a take that was recorded along with a song is ready: store what was sung in it."""

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
        service.pitch_session(
            event,
            work=Path(work),
            tools=Tools(wiring.sessions(), wiring.results(), utc_now),
            takes=wiring.results(),
            push=wiring.push,
        )
