"""The S3 edge: each object of a notification goes to the use case; a malformed one is logged and skipped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from unplugd.kernel.log import logger


@dataclass(frozen=True)
class NewObject:
    """An object that has arrived. `key` is decoded (events carry it form-encoded)."""

    bucket: str
    key: str
    size_bytes: int


def handler(use: Callable[[NewObject], None]) -> Callable[[dict[str, Any], Any], None]:
    """Make `use` a Lambda handler for ObjectCreated events. What it raises is raised on: S3's event is then retried,
    and at last lands in the dead-letter queue."""

    @functools.wraps(use)
    def handle(event: dict[str, Any], _context: Any) -> None:
        log = logger()
        for record in event.get("Records") or []:
            try:
                found = record["s3"]
                new = NewObject(
                    found["bucket"]["name"],
                    unquote_plus(found["object"]["key"], errors="strict"),
                    int(found["object"].get("size", 0)),
                )
            except (KeyError, TypeError, ValueError):
                log.warning("skipped a malformed S3 record", extra={"record_keys": sorted(record)[:10]})
                continue
            log.set_correlation_id(new.key)
            use(new)

    return handle
