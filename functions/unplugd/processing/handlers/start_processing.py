"""SQS wake-up: start waiting songs while slots are free. An execution's end is such a wake-up too (EventBridge)."""

from typing import Any

from unplugd import wiring
from unplugd.edge import sqs
from unplugd.kernel.clock import utc_now
from unplugd.processing import service


@sqs.wake_handler
def handler(wake_ups: list[dict[str, Any]]) -> None:
    service.start_processing(
        ended=service.ended_executions(wake_ups),
        songs=wiring.songs(),
        queue=wiring.queue_index(),
        slots=wiring.slots(),
        executions=wiring.executions(),
        push=wiring.push,
        clock=utc_now,
    )
