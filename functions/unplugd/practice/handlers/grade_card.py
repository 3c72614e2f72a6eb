"""POST /practice/grade: note an answer."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.practice import rules, service
from unplugd.practice.grading import Given


@http.handler
def handler(request: http.Request) -> http.Response:
    now = utc_now()
    fields = request.fields()
    song_id = fields.pattern("songId", SONG_ID_PATTERN, says="must be a song's id")
    names = ("reviewId", "grade", "reviewedAt", "latencyMs", "hints", "mask")
    sent = {name: fields.as_sent(name) for name in names}
    fields.done()
    given = Given(
        song_id=rules.song_id(song_id),
        review_id=rules.review_id(sent["reviewId"]),
        grade=rules.grade(sent["grade"]),
        at=rules.reviewed_at(sent["reviewedAt"], now),
        latency_ms=rules.latency(sent["latencyMs"]),
        hints=rules.hints(sent["hints"]),
        mask=rules.mask(sent["mask"]),
    )
    card = service.grade_card(
        given, owner=request.user_id, practice=wiring.practice(), songs=wiring.songs(), now=now
    )
    return http.ok(card)
