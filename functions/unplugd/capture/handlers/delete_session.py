"""DELETE /sessions/{sessionId}: remove a recording and everything made from it."""

from unplugd import wiring
from unplugd.capture import service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    answer = service.delete_session(
        request.path["sessionId"],
        owner=request.user_id,
        sessions=wiring.sessions(),
        tombstones=wiring.tombstones(),
        buckets=(wiring.uploads(), wiring.results()),
        now=utc_now(),
    )
    return http.ok(answer)
