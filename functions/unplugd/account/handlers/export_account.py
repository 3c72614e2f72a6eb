"""GET /account/export: a page of everything we hold of the caller."""

from unplugd import wiring
from unplugd.account import service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.query_handler("cursor")
def handler(request: http.Request) -> http.Response:
    page = service.export_account(
        request.user_id,
        request.email,
        cursor=request.query.get("cursor"),
        songs=wiring.songs(),
        measures=wiring.person_measures(),
        sessions=wiring.sessions(),
        practice=wiring.practice(),
        details=wiring.details(),
        buckets=wiring.buckets(),
        now=utc_now(),
    )
    return http.ok(page)
