"""S3 ObjectCreated: the sound of a window arrived."""

from unplugd import wiring
from unplugd.capture import service
from unplugd.capture.ports import Tools
from unplugd.edge import s3
from unplugd.kernel.clock import utc_now


@s3.keys_handler
def handler(key: str) -> None:
    tools = Tools(wiring.sessions(), wiring.uploads(), utc_now)
    service.audio_upload_complete(key, tools=tools, ingest=wiring.ingest())
