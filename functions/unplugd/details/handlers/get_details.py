"""GET /songs/{songId}/details: what the file says of the song, and links to its picture."""

from unplugd import wiring
from unplugd.details import service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    answer = service.get_details(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.songs(),
        details=wiring.details(),
        results=wiring.results(),
        now=utc_now(),
    )
    return http.ok(answer)
