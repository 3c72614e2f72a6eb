"""GET /sessions: a page of the caller's recordings, newest first."""

from unplugd import wiring
from unplugd.capture import service
from unplugd.edge import http


@http.query_handler("cursor")
def handler(request: http.Request) -> http.Response:
    page = service.list_sessions(
        request.query.get("cursor"), owner=request.user_id, sessions=wiring.sessions()
    )
    return http.ok(page)
