"""POST /songs/{songId}/retry: try a failed or cancelled song, or failed lyrics, again."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service


@http.handler
def handler(request: http.Request) -> http.Response:
    song = service.retry_song(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.songs(),
        originals=wiring.uploads(),
        results=wiring.results(),
        queue=wiring.wake_queue(),
        push=wiring.push,
        quotas=wiring.quotas(),
        clock=utc_now,
    )
    return http.accepted(song)
