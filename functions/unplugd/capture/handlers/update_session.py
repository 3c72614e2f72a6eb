"""PATCH /sessions/{sessionId}: set a recording's title or offset."""

from unplugd import wiring
from unplugd.capture import rules, service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    changes: dict[str, object] = {}
    if fields.has("title"):
        changes["title"] = fields.text("title", max_length=rules.TITLE_LENGTH)
    if fields.has("offsetMs"):
        changes["offsetMs"] = rules.offset(fields.integer("offsetMs", at_least=-rules.MAX_OFFSET_MS))
    fields.done()
    session = service.update_session(
        request.path["sessionId"],
        changes,
        owner=request.user_id,
        sessions=wiring.sessions(),
        now=utc_now(),
    )
    return http.ok(session)
