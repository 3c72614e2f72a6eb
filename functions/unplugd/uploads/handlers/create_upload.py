"""POST /songs/upload-url: announce a file and get a link to PUT it to."""

from unplugd import wiring
from unplugd.domain.song import LANGUAGE_PATTERN, LANGUAGE_SAYS, LYRICS_MODELS, MAX_TEXT, MODELS
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.ids import new_song_id
from unplugd.uploads import service

# Sanitised before use; this only bounds what is worth sanitising.
MAX_FILE_NAME = 16_384


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    upload = service.NewUpload(
        file_name=fields.text("filename", max_length=MAX_FILE_NAME, required=True) or "",
        content_type=fields.text("contentType", max_length=200, required=True) or "",
        size_bytes=fields.integer("sizeBytes", at_least=1),
        title=fields.text("title", max_length=MAX_TEXT),
        artist=fields.text("artist", max_length=MAX_TEXT),
        language=fields.pattern("language", LANGUAGE_PATTERN, says=LANGUAGE_SAYS),
        model=fields.choice("model", MODELS, default="auto"),
        lyrics_model=fields.choice("lyricsModel", LYRICS_MODELS, default="auto"),
    )
    fields.done()
    answer = service.create_upload(
        upload,
        owner=request.user_id,
        song_id=new_song_id(),
        now=utc_now(),
        songs=wiring.songs(),
        objects=wiring.uploads(),
        quotas=wiring.quotas(),
    )
    return http.created(answer)
