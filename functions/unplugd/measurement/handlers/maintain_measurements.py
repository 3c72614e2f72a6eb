"""Every five minutes: bring lost measurements back, work off the waiting ones, ask for those that are due. Called with
`{"redrive": true}` instead, it lets the dead ones wait again."""

import random
import uuid
from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.kernel.clock import utc_now
from unplugd.measurement import service


@task.handler
def handler(event: dict[str, Any]) -> dict[str, Any]:
    return service.maintain_measurements(
        redrive=event.get("redrive") is True,
        queue=wiring.measure_queue(),
        sources=wiring.measure_sources(),
        due=wiring.due_measurements(),
        clock=utc_now,
        new_id=lambda: uuid.uuid4().hex,
        jitter=random.random,
    )
