"""Structured logs and metrics on stdout, one JSON object a line."""

import json
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

NAMESPACE = "Unplugd"
"""CloudWatch namespace of the metrics."""


class Log:
    """Writes lines `{timestamp, level, message, …}` with the fields it was bound to (the song, the stage)."""

    def __init__(
        self, out: TextIO, now: Callable[[], float], fields: Mapping[str, Any] | None = None
    ) -> None:
        self._out = out
        self._now = now
        self._fields = dict(fields or {})

    def bind(self, **fields: Any) -> "Log":
        """A log that adds `fields` to each line."""
        return Log(self._out, self._now, {**self._fields, **fields})

    def info(self, message: str, **fields: Any) -> None:
        """Something a reader of one song's log wants to see."""
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: Any) -> None:
        """Something was wrong and was dealt with."""
        self._write("WARNING", message, fields)

    def error(self, message: str, **fields: Any) -> None:
        """The stage ends because of this."""
        self._write("ERROR", message, fields)

    def seconds(self, name: str, value: float, *, dimension: str, **fields: Any) -> None:
        """One data point of metric `name` in seconds, as a CloudWatch EMF line; its dimensions are the
        fields `service` and `dimension`."""
        record = {**self._fields, **fields, name: round(value, 3)}
        record["_aws"] = {
            "Timestamp": int(self._now() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["service", dimension]],
                    "Metrics": [{"Name": name, "Unit": "Seconds"}],
                }
            ],
        }
        self._line(record)

    def _write(self, level: str, message: str, fields: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds")
        self._line({"timestamp": at, "level": level, "message": message, **self._fields, **fields})

    def _line(self, record: Mapping[str, Any]) -> None:
        # One write, newline included: the progress thread logs too, and lines must not interleave.
        self._out.write(json.dumps(record, default=str, ensure_ascii=False) + "\n")
        self._out.flush()


def describe(error: BaseException, *, trace: bool = False) -> dict[str, Any]:
    """The fields that name `error`: its class, its message and, for unexpected faults, where it occurred."""
    fields: dict[str, Any] = {"errorType": type(error).__name__, "error": str(error)}
    if trace:
        fields["trace"] = "".join(traceback.format_exception(error))[-8_000:]
    return fields
