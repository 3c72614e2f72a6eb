"""GET /presets: the mixer's presets."""

from unplugd.edge import http
from unplugd.songs import service


@http.handler
def handler(_request: http.Request) -> http.Response:
    return http.ok(service.list_presets())
