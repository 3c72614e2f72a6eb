"""POST /songs/upload-urls: announce up to 25 files; each gets its link, or why it gets none."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.uploads import service
from unplugd.uploads.handlers import _reading


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields(max_bytes=_reading.MAX_BODY_BYTES)
    uploads = fields.objects("files", _reading.new_upload, at_most=_reading.FILES_AT_ONCE)
    fields.done()
    answers = service.create_uploads(
        uploads,
        owner=request.user_id,
        new_id=new_song_id,
        now=utc_now(),
        pending=wiring.pending_rows(),
        objects=wiring.uploads(),
        quotas=wiring.quotas(),
    )
    return http.each(answers, status=201)
