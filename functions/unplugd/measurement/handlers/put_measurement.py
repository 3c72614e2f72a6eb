"""PUT /songs/{songId}/measurements/{measure}: set fields of one measure oneself."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.measurement import rules, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields(max_bytes=rules.MAX_BODY_BYTES)
    value, lock = fields.as_sent("value"), fields.as_sent("lock")
    fields.done()
    measured = service.put_measurement(
        request.path["songId"],
        request.path["measure"],
        value,
        lock,
        owner=request.user_id,
        songs=wiring.measurement_rows(),
        results=wiring.results(),
        now=utc_now(),
        new_id=new_song_id,
    )
    return http.ok(measured)
