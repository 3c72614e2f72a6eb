"""POST /sessions/{sessionId}/audio: a link to send the sound of a window to."""

from unplugd import wiring
from unplugd.capture import rules, service
from unplugd.edge import http


@http.query_handler("windowIndex")
def handler(request: http.Request) -> http.Response:
    session_id = rules.session_id(request.path.get("sessionId"))
    index = rules.window_index(request.query.get("windowIndex"))
    fields = request.fields()
    size_bytes = fields.integer("sizeBytes", at_least=1)
    sha256 = fields.pattern("sha256", "[0-9a-f]{64}", says=rules.SHA256_SAYS)
    fields.done()
    answer = service.grant_audio(
        session_id,
        index,
        size_bytes=size_bytes,
        sha256=sha256,
        owner=request.user_id,
        sessions=wiring.sessions(),
        windows=wiring.uploads(),
    )
    return http.ok(answer)
