"""POST /sessions/{sessionId}/close: how much was recorded."""

from unplugd import wiring
from unplugd.capture import rules, service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    windows, frames = fields.integer("windows", at_least=0), fields.integer("frames", at_least=0)
    gaps = fields.as_sent("gaps")
    fields.done()
    session = service.close_session(
        request.path["sessionId"],
        windows,
        frames,
        gaps=rules.recorder_gaps(gaps, frames),
        owner=request.user_id,
        sessions=wiring.sessions(),
        join=wiring.join(),
        now=utc_now(),
    )
    return http.accepted(session)
