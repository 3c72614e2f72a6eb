"""POST /sessions/{sessionId}/frames: a link to send the pictures of a window to."""

from unplugd import wiring
from unplugd.capture import rules, service
from unplugd.edge import http


@http.query_handler("windowIndex")
def handler(request: http.Request) -> http.Response:
    session_id = rules.session_id(request.path.get("sessionId"))
    index = rules.window_index(request.query.get("windowIndex"))
    fields = request.fields()
    size_bytes = fields.integer("sizeBytes", at_least=1)
    frame_count = fields.integer("frameCount", at_least=1)
    fields.done()
    answer = service.grant_frames(
        session_id,
        index,
        size_bytes=size_bytes,
        frame_count=rules.frame_count(frame_count),
        owner=request.user_id,
        sessions=wiring.sessions(),
        windows=wiring.uploads(),
    )
    return http.ok(answer)
