"""POST /measurement-jobs: have songs measured that are not yet."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.measurement import scope, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    sent = [fields.as_sent(name) for name in ("scope", "source", "measures", "platforms")]
    fields.done()
    job = service.create_measurement_job(
        scope.read(*sent),
        owner=request.user_id,
        email=request.email,
        songs=wiring.measurement_rows(),
        queue=wiring.measure_queue(),
        billing=wiring.billing(),
        now=utc_now(),
    )
    return http.accepted(job)
