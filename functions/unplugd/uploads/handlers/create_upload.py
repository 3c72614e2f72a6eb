"""POST /songs/upload-url: announce a file and get a link to PUT it to."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.uploads import service
from unplugd.uploads.handlers import _reading


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    upload = _reading.new_upload(fields)
    fields.done()
    answer = service.create_upload(
        upload,
        owner=request.user_id,
        song_id=new_song_id(),
        now=utc_now(),
        pending=wiring.pending_rows(),
        objects=wiring.uploads(),
        quotas=wiring.quotas(),
    )
    return http.created(answer)
