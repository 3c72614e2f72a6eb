"""POST /practice/reviews: take the answers of a CSV with Anki's columns."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.practice import rules, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields(max_bytes=rules.MAX_SHEET_BYTES)
    text = rules.sheet(fields.as_sent("csv"))
    fields.done()
    answer = service.import_reviews(
        text, owner=request.user_id, practice=wiring.practice(), songs=wiring.songs(), now=utc_now()
    )
    return http.ok(answer)
