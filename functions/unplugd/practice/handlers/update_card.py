"""POST /practice/cards/{songId}: suspend a card, or bury it until a day."""

from functools import partial

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.practice import rules, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    suspended = fields.as_sent("suspended")
    bury = partial(rules.buried_until, fields.as_sent("buriedUntil")) if fields.has("buriedUntil") else None
    fields.done()
    card = service.update_card(
        request.path["songId"],
        suspended=None if suspended is None else rules.flag("suspended", suspended),
        bury=bury,
        owner=request.user_id,
        practice=wiring.practice(),
        songs=wiring.songs(),
        now=utc_now(),
    )
    return http.ok(card)
