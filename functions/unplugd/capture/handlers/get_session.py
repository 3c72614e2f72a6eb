"""GET /sessions/{sessionId}: a recording, its windows, and links to what was made of them."""

from unplugd import wiring
from unplugd.capture import service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    session = service.get_session(
        request.path["sessionId"],
        owner=request.user_id,
        sessions=wiring.sessions(),
        results=wiring.results(),
        now=utc_now(),
    )
    return http.ok(session)
