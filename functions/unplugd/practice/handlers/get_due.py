"""GET /practice/due: the cards to ask now."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.practice import rules, service


@http.query_handler("limit")
def handler(request: http.Request) -> http.Response:
    answer = service.get_due(
        rules.limit(request.query.get("limit")),
        owner=request.user_id,
        practice=wiring.practice(),
        songs=wiring.songs(),
        results=wiring.results(),
        now=utc_now(),
    )
    return http.ok(answer)
