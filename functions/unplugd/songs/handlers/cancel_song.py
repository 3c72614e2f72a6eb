"""POST /songs/{songId}/cancel: take a song out of the queue or stop its processing."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service


@http.handler
def handler(request: http.Request) -> http.Response:
    song, fresh = service.cancel_song(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.songs(),
        executions=wiring.executions(),
        queue=wiring.wake_queue(),
        push=wiring.push,
        now=utc_now(),
    )
    return http.accepted(song) if fresh else http.ok(song)
