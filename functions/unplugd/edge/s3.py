"""The S3 edge: an object that has arrived goes to the use case; a malformed event is logged and skipped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

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


def keys_handler(use: Callable[[str], None]) -> Callable[[dict[str, Any], Any], None]:
    """Make `use` a Lambda handler for the keys of objects that arrived: of EventBridge, one an event, or of a bucket's
    own notifications, whose records spell keys URL-encoded.

    A malformed event or record is logged and skipped. Every record is seen to; what `use` raised first is raised at the
    end, so that the event is tried again. What was done then is done twice."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], context: Any) -> None:
        log = invocation_logger(context)
        fault: Exception | None = None
        for key in _keys(event):
            if key is None:
                log.warning("skipped a malformed S3 event", extra={"event_keys": sorted(event)[:10]})
                continue
            try:
                use(key)
            except Exception as error:
                log.exception("an upload was not noted")
                fault = fault or error
        if fault:
            raise fault

    return handle


def _keys(event: dict[str, Any]) -> list[str | None]:
    records = event.get("Records")
    if isinstance(records, list):
        return [_key(record, "s3") for record in records]
    return [_key(event, "detail")]


def _key(record: Any, part: str) -> str | None:
    try:
        key = record[part]["object"]["key"]
    except (KeyError, TypeError):
        return None
    if not isinstance(key, str):
        return None
    return unquote_plus(key) if part == "s3" else key
