"""GET /practice/stats: retention, streak, forecast, and the schedulers compared."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.practice import service


@http.handler
def handler(request: http.Request) -> http.Response:
    stats = service.get_practice_stats(owner=request.user_id, practice=wiring.practice(), now=utc_now())
    return http.ok(stats)
