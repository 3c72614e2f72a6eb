"""GET /practice/reviews: the log as CSV with Anki's columns."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.practice import service


@http.query_handler("cursor")
def handler(request: http.Request) -> http.Response:
    page = service.export_reviews(
        request.query.get("cursor"), owner=request.user_id, practice=wiring.practice()
    )
    return http.ok(page)
