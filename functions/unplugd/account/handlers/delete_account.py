"""DELETE /account: remove the caller, their songs and their sign-in."""

from unplugd import wiring
from unplugd.account import service
from unplugd.edge import http
from unplugd.kernel.clock import utc_now


@http.handler
def handler(request: http.Request) -> http.Response:
    service.delete_account(
        request.user_id,
        songs=wiring.songs(),
        measures=wiring.person_measures(),
        usage=wiring.usage(),
        sessions=wiring.sessions(),
        practice=wiring.practice(),
        details=wiring.details(),
        tombstones=wiring.tombstones(),
        stop=wiring.executions().stop,
        remove_sign_in=wiring.people().remove,
        connections=wiring.connections(),
        buckets=wiring.buckets(),
        now=utc_now(),
    )
    return http.ok({"deleted": True})
