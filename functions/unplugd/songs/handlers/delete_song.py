"""DELETE /songs/{songId}: remove a song and everything made from it."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service


@http.handler
def handler(request: http.Request) -> http.Response:
    answer = service.delete_song(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.songs(),
        tombstones=wiring.tombstones(),
        practice=wiring.practice(),
        details=wiring.details(),
        buckets=wiring.buckets(),
        now=utc_now(),
    )
    return http.ok(answer)
