"""PATCH /songs/{songId}: set title, artist, album, year, genre, language (null clears), or keep both of equal songs."""

from unplugd import wiring
from unplugd.domain.song import LANGUAGE_PATTERN, LANGUAGE_SAYS, MAX_TEXT
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.songs import service

_NOTHING = r"(?!)"  # matches no text
_SENT_AS = {"same_as": "sameAs"}


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    given = {
        "title": fields.text("title", max_length=MAX_TEXT),
        "artist": fields.text("artist", max_length=MAX_TEXT),
        "album": fields.text("album", max_length=MAX_TEXT),
        "year": fields.number_within("year", 0, 9999),
        "genre": fields.text("genre", max_length=MAX_TEXT),
        "language": fields.pattern("language", LANGUAGE_PATTERN, says=LANGUAGE_SAYS),
        "same_as": fields.pattern("sameAs", _NOTHING, says="can only be null: you want both songs"),
    }
    fields.done()
    changes = {name: value for name, value in given.items() if fields.has(_SENT_AS.get(name, name))}
    song = service.update_song(
        request.path["songId"], changes, owner=request.user_id, songs=wiring.songs(), now=utc_now()
    )
    return http.ok(song)
