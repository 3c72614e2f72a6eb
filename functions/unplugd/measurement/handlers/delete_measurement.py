"""DELETE /songs/{songId}/measurements/{measure}: go back to what the machine measured."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.measurement import service


@http.handler
def handler(request: http.Request) -> http.Response:
    measured = service.delete_measurement(
        request.path["songId"],
        request.path["measure"],
        owner=request.user_id,
        songs=wiring.measurement_rows(),
        results=wiring.results(),
        now=utc_now(),
        new_id=new_song_id,
    )
    return http.ok(measured)
