"""GET /songs/{songId}/measurements: tempo, beats, key, chords, sections, loudness and melody of a song."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.measurement import service


@http.handler
def handler(request: http.Request) -> http.Response:
    measured = service.get_measurements(
        request.path["songId"],
        owner=request.user_id,
        songs=wiring.measurement_rows(),
        results=wiring.results(),
    )
    return http.ok(measured)
