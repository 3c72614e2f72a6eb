"""GET /songs/lookup: the caller's songs whose file has a given name."""

from unplugd import wiring
from unplugd.domain.names import MAX_FILE_NAME
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service


@http.query_handler("fileName")
def handler(request: http.Request) -> http.Response:
    file_name = http.query_text(request.query, "fileName", max_length=MAX_FILE_NAME)
    answer = service.look_up_songs(file_name, owner=request.user_id, songs=wiring.songs(), now=utc_now())
    return http.ok(answer)
