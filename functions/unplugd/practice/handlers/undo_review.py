"""POST /practice/reviews/{reviewId}/undo: take an answer back."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.practice import rules, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    song_id = fields.pattern("songId", SONG_ID_PATTERN, says="must be a song's id")
    fields.done()
    card = service.undo_review(
        request.path["reviewId"],
        rules.song_id(song_id),
        owner=request.user_id,
        practice=wiring.practice(),
        songs=wiring.songs(),
        now=utc_now(),
    )
    return http.ok(card)
