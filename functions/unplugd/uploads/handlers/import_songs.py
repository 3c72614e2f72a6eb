"""POST /songs/import: songs of up to 25 files that are in the caller's folder of the bucket; a result for each."""

from unplugd import wiring
from unplugd.domain.names import MAX_FILE_NAME
from unplugd.edge import http
from unplugd.edge.fields import Fields
from unplugd.kernel.clock import utc_now
from unplugd.kernel.errors import Invalid
from unplugd.kernel.ids import SONG_ID_PATTERN, new_song_id
from unplugd.uploads import service
from unplugd.uploads.handlers import _reading
from unplugd.uploads.imports import FileToImport


def _file(fields: Fields) -> FileToImport:
    file = FileToImport(
        file_name=fields.text("fileName", max_length=MAX_FILE_NAME, required=True) or "",
        # As it is: a key is composed as its sender composed it.
        key=fields.pattern("s3Key", r"(?s).{1,2048}", says="must be a key of 1 to 2048 characters") or "",
        song_id=fields.pattern("songId", SONG_ID_PATTERN, says="must be a ULID"),
    )
    fields.done()
    if not file.key:
        raise Invalid("s3Key is required", details=[{"field": "s3Key", "problem": "is required"}])
    return file


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields(max_bytes=_reading.MAX_BODY_BYTES)
    files = fields.objects("files", _file, at_most=_reading.FILES_AT_ONCE)
    fields.done()
    answers = service.import_songs(
        files,
        owner=request.user_id,
        new_id=new_song_id,
        now=utc_now(),
        songs=wiring.songs(),
        pending=wiring.pending_rows(),
        claims=wiring.import_rows(),
        deleted=wiring.tombstones(),
        objects=wiring.uploads(),
        quotas=wiring.quotas(),
    )
    return http.each(answers)
