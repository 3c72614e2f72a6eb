"""POST /songs/upload: a song of up to 4 MB, sent as multipart/form-data."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.edge.fields import Fields, printable
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.uploads import service
from unplugd.uploads.handlers import _reading
from unplugd.uploads.promises import MAX_FORM_BYTES


@http.handler
def handler(request: http.Request) -> http.Response:
    file, sent = request.form("file", max_bytes=MAX_FORM_BYTES, too_large=service.FORM_TOO_LARGE)
    fields = Fields({"filename": printable(file.name[:4096]) or None, **sent})
    name = fields.text("filename", max_length=4096, required=True) or ""
    about = _reading.about(fields)
    fields.done()
    answer = service.upload_song(
        name,
        file.content_type,
        file.data,
        about,
        owner=request.user_id,
        song_id=new_song_id(),
        now=utc_now(),
        pending=wiring.pending_rows(),
        objects=wiring.uploads(),
        quotas=wiring.quotas(),
    )
    return http.created(answer)
