"""GET /practice/settings: how the caller practises."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.practice import service


@http.handler
def handler(request: http.Request) -> http.Response:
    return http.ok(service.get_practice_settings(owner=request.user_id, practice=wiring.practice()))
