"""GET /songs/download-urls: a page of the caller's songs with links to the mix and the stems of each."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service


@http.query_handler("cursor")
def handler(request: http.Request) -> http.Response:
    answer = service.get_download_links(
        request.query.get("cursor"),
        owner=request.user_id,
        songs=wiring.songs(),
        results=wiring.results(),
        now=utc_now(),
    )
    return http.ok(answer)
