"""S3 ObjectCreated: check that the file is a song, then put it in the queue."""

import tempfile
from pathlib import Path

from unplugd import wiring
from unplugd.edge import s3
from unplugd.kernel.clock import utc_now
from unplugd.uploads import service
from unplugd.uploads.probe import probe


@s3.handler
def handler(new: s3.NewObject) -> None:
    with tempfile.TemporaryDirectory() as work:
        service.validate_upload(
            new.key,
            new.size_bytes,
            work=Path(work),
            probe=probe,
            songs=wiring.songs(),
            objects=wiring.uploads(),
            queue=wiring.wake_queue(),
            accepted=wiring.accepted_uploads(),
            push=wiring.push,
            quotas=wiring.quotas(),
            clock=utc_now,
        )
