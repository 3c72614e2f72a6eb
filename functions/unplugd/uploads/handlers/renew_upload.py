"""POST /songs/{songId}/upload-url: a fresh link for a file that has not arrived, or a placeholder's file."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.uploads import service
from unplugd.uploads.handlers import _reading


@http.handler
def handler(request: http.Request) -> http.Response:
    file = None
    if request.raw_body and not (fields := request.fields()).is_empty:
        file = _reading.new_file(fields)
        fields.done()
    answer = service.renew_upload(
        request.path["songId"],
        file,
        owner=request.user_id,
        songs=wiring.songs(),
        objects=wiring.uploads(),
        quotas=wiring.quotas(),
        now=utc_now(),
    )
    return http.ok(answer)
