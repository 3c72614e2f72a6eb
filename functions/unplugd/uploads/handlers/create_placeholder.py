"""POST /songs/placeholder: a song that waits 30 days for its file."""

from unplugd import wiring
from unplugd.domain.names import MAX_FILE_NAME
from unplugd.domain.song import MAX_TEXT
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.uploads import service
from unplugd.uploads.promises import About


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    about = About(
        title=fields.text("title", max_length=MAX_TEXT, required=True),
        artist=fields.text("artist", max_length=MAX_TEXT),
    )
    file_name = fields.text("fileName", max_length=MAX_FILE_NAME)
    fields.done()
    answer = service.create_placeholder(
        about,
        file_name,
        owner=request.user_id,
        song_id=new_song_id(),
        now=utc_now(),
        pending=wiring.pending_rows(),
    )
    return http.created(answer)
