"""POST /sessions/{sessionId}/song: the take goes the way of an upload."""

from unplugd import wiring
from unplugd.capture import service
from unplugd.domain.song import MAX_TEXT
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    title, artist = fields.text("title", max_length=MAX_TEXT), fields.text("artist", max_length=MAX_TEXT)
    fields.done()
    song = service.make_song(
        request.path["sessionId"],
        title,
        artist,
        owner=request.user_id,
        song_id=new_song_id(),
        sessions=wiring.sessions(),
        songs=wiring.songs(),
        originals=wiring.uploads(),
        results=wiring.results(),
        quotas=wiring.quotas(),
        now=utc_now(),
    )
    return http.accepted(song)
