"""GET /songs/{songId}: one song; a finished one with links to its stems and lyrics."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service


@http.handler
def handler(request: http.Request) -> http.Response:
    song = service.get_song(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.songs(),
        results=wiring.results(),
        now=utc_now(),
    )
    return http.ok(song)
