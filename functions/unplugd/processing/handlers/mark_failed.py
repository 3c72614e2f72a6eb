"""State MarkFailed: store the reason, keep finished stages, notify the owner."""

import random
from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.kernel.clock import utc_now
from unplugd.processing import service


@task.handler
def handler(event: dict[str, Any]) -> dict[str, Any]:
    song = service.mark_failed(
        event["userId"],
        event["songId"],
        event["attempt"],
        stage=event["stage"],
        error=event["error"],
        cause=event.get("cause") or "",
        songs=wiring.songs(),
        objects=wiring.results(),
        push=wiring.push,
        asked=wiring.measure_queue(),
        now=utc_now(),
        jitter=random.random,
    )
    return {"userId": song.user_id, "songId": song.song_id, "seq": song.seq}
