"""GET /practice/cards/{songId}/answer: which song a card is; with `part` a hint only."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.practice import rules, service


@http.query_handler("part")
def handler(request: http.Request) -> http.Response:
    answer = service.get_answer(
        request.path["songId"],
        rules.part(request.query.get("part")),
        owner=request.user_id,
        practice=wiring.practice(),
        songs=wiring.songs(),
        details=wiring.details(),
        now=utc_now(),
    )
    return http.ok(answer)
