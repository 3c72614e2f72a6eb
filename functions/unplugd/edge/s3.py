"""The S3 edge: an object that has arrived goes to the use case; a malformed event is logged and skipped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unplugd.domain.files import parse_upload_key
from unplugd.kernel.log import invocation_logger


@dataclass(frozen=True)
class NewObject:
    """An object that has arrived."""

    bucket: str
    key: str
    size_bytes: int


def handler(use: Callable[[NewObject], None]) -> Callable[[dict[str, Any], Any], None]:
    """Make `use` a Lambda handler for S3's "Object Created" events on EventBridge.

    What `use` raises is raised on: the event is then retried, and at last lands in the dead-letter queue.
    """

    @functools.wraps(use)
    def handle(event: dict[str, Any], context: Any) -> None:
        log = invocation_logger(context)
        try:
            detail = event["detail"]
            new = NewObject(
                str(detail["bucket"]["name"]),
                str(detail["object"]["key"]),
                int(detail["object"].get("size", 0)),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            log.warning("skipped a malformed S3 event", extra={"event_keys": sorted(event)[:10]})
            return
        # Never the key: its last part is the file's name, which is private.
        upload = parse_upload_key(new.key)
        log.set_correlation_id(upload.song_id if upload else None)
        use(new)

    return handle
