"""GET /jobs/{id}: how far a job is."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.measurement import service


@http.handler
def handler(request: http.Request) -> http.Response:
    job = service.get_job(
        request.path["id"], owner=request.user_id, queue=wiring.measure_queue(), now=utc_now()
    )
    return http.ok(job)
