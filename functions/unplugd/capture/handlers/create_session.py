"""POST /sessions: begin a recording."""

from unplugd import wiring
from unplugd.capture import rules, service
from unplugd.domain import session as limits
from unplugd.edge import http
from unplugd.kernel.clock import utc_now
from unplugd.kernel.errors import Invalid
from unplugd.kernel.ids import SONG_ID_PATTERN, new_song_id


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    mode = fields.choice("captureMode", tuple(limits.Mode), default=limits.Mode.AUDIO_ONLY)
    rate = fields.integer("sampleRate", at_least=1)
    channels = fields.integer("channels", at_least=1)
    new = service.NewSession(
        mode=limits.Mode(mode),
        sample_rate=rate,
        channels=channels,
        sample_format=fields.choice("sampleFormat", tuple(limits.FORMATS), default="s16"),
        title=fields.text("title", max_length=rules.TITLE_LENGTH),
        song_id=fields.pattern("songId", SONG_ID_PATTERN, says="must be a song's id"),
        offset_ms=fields.integer("offsetMs", at_least=-rules.MAX_OFFSET_MS) if fields.has("offsetMs") else 0,
    )
    fields.done()
    if rate not in limits.SAMPLE_RATES:
        raise Invalid(f"sampleRate must be one of {', '.join(map(str, limits.SAMPLE_RATES))}")
    if channels not in limits.WINDOW_SECONDS:
        raise Invalid("channels must be 1 or 2")
    rules.offset(new.offset_ms)
    answer = service.create_session(
        new,
        owner=request.user_id,
        session_id=new_song_id(),
        sessions=wiring.sessions(),
        now=utc_now(),
    )
    return http.created(answer)
