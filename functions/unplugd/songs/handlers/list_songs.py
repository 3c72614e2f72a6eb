"""GET /songs: one page of the caller's library, newest first."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import rules, service


@http.query_handler("status", "q", "bpm", "key", "length", "limit", "cursor")
def handler(request: http.Request) -> http.Response:
    page = rules.page(request.query, owner=request.user_id)
    found = service.list_songs(
        page, owner=request.user_id, songs=wiring.songs(), results=wiring.results(), now=utc_now()
    )
    return http.ok(found)
