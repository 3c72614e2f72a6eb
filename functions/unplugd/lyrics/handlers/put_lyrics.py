"""PUT /songs/{songId}/lyrics: give or edit the words, move them, or go back to the machine's."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.lyrics import layers, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields(max_bytes=layers.MAX_BODY_BYTES)
    given = {name: fields.as_sent(name) for name in layers.FIELDS}
    fields.done()
    song = service.put_lyrics(
        request.path["songId"],
        layers.change(given),
        owner=request.user_id,
        songs=wiring.lyrics_rows(),
        results=wiring.results(),
        queue=wiring.wake_queue(),
        push=wiring.push,
        clock=utc_now,
        new_id=new_song_id,
    )
    return http.ok(song)
