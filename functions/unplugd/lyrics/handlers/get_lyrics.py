"""GET /songs/{songId}/lyrics: the words and their times, as JSON or as a file."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.lyrics import rules, service


@http.query_handler("format", "version")
def handler(request: http.Request) -> http.Response:
    asked = rules.wanted(request.query)
    view = service.get_lyrics(
        request.path["songId"],
        machine=asked.machine,
        owner=request.user_id,
        songs=wiring.lyrics_rows(),
        results=wiring.results(),
    )
    if asked.kind is None:
        return http.ok(view.to_json())
    return http.download(*service.to_file(view, asked.kind))
