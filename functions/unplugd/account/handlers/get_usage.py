"""GET /account/usage: what the caller used of their quotas."""

from unplugd import wiring
from unplugd.account import service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    return http.ok(service.get_usage(request.user_id, quotas=wiring.quotas(), now=utc_now()))
