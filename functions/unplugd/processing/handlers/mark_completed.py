"""State MarkCompleted: the results are there, so the song is COMPLETED."""

from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.kernel import metrics
from unplugd.kernel.clock import utc_now
from unplugd.processing import service


@task.handler
def handler(event: dict[str, Any]) -> dict[str, Any]:
    song = service.mark_completed(
        event["userId"],
        event["songId"],
        event["attempt"],
        lyrics_failed=event.get("lyricsFailed"),
        songs=wiring.songs(),
        objects=wiring.results(),
        asked=wiring.measure_queue(),
        now=utc_now(),
    )
    # An alarm looks at it: Spot has no room, and a task on demand costs three times as much.
    if on_demand := event.get("onDemandTasks"):
        metrics.put("OnDemandTasks", on_demand)
    return {"userId": song.user_id, "songId": song.song_id, "seq": song.seq}
