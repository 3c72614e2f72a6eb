"""POST /songs/{songId}/upload-url: a fresh link for a file that has not arrived."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.uploads import service


@http.handler
def handler(request: http.Request) -> http.Response:
    answer = service.renew_upload(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.songs(),
        objects=wiring.uploads(),
        now=utc_now(),
    )
    return http.ok(answer)
