"""Move a data folder's stored addresses to the port that this start uses.

Services store URLs of the stack: a queue's URL is its key, a function's environment has the queue's and the WebSocket's
URL, a CloudFormation stack has them in its outputs and parameters. With another port each of them would lead nowhere,
and the songs would wait in the queue for ever. So before anything is loaded, the old port is replaced everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from local.datadir import write_private

_HOST = r"(?<![\w-])((?:[\w-]+\.)*localhost|127\.0\.0\.1)"
# Paths that only the stack serves: they show which ports were the stack's, also where an earlier move was cut short.
_OWN_PATH = r"/(?:\d{12}/|_aws/execute-api/|unplugd-local-artifacts/)"
_OWN_ADDRESS = re.compile(rf"{_HOST}:(\d+)(?={_OWN_PATH})")
# What users wrote, not what was deployed: items and log lines stay as they are.
_USER_DATA = frozenset({"dynamodb", "cloudwatch_logs", "cloudwatch"})
# The same for messages in a queue, whose checksum is stored with them.
_MESSAGES = "messages"


def move(state: Path, port: int, remembered: int | None) -> int:
    """Rewrite the addresses in the saved state to `port`; return how many files changed.

    Each file is replaced as a whole, and a second run has the same result, so a kill in between does no harm.

    Args:
        state: the folder of the saved state, one JSON file for each service.
        port: the port of this start.
        remembered: the port of the last start, if there was one.
    """
    files = [file for file in sorted(state.glob("*.json")) if file.stem not in _USER_DATA]
    if not _is_stale(files, port, remembered):
        return 0
    texts = {file: file.read_text() for file in files}
    old = {number for text in texts.values() for number in _ports(text)} | {str(remembered or port)}
    old.discard(str(port))
    if not old:
        return 0
    address = re.compile(rf"{_HOST}:(?:{'|'.join(sorted(old))})(?!\d)")
    changed = 0
    for file, text in texts.items():
        if not address.search(text):
            continue
        moved = _rewrite(json.loads(text), lambda value: address.sub(rf"\1:{port}", value))
        write_private(file, json.dumps(moved))
        changed += 1
    return changed


def _is_stale(files: list[Path], port: int, remembered: int | None) -> bool:
    """Whether the last start had another port, or the queues (the smallest file with addresses) say so."""
    if remembered not in (None, port):
        return True
    queues = next((file for file in files if file.stem == "sqs"), None)
    return queues is not None and any(number != str(port) for number in _ports(queues.read_text()))


def _ports(text: str) -> Iterator[str]:
    return (match[2] for match in _OWN_ADDRESS.finditer(text))


def _rewrite(value: Any, change: Callable[[str], str]) -> Any:
    """Apply `change` to every string of a JSON value, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_rewrite(item, change) for item in value]
    if isinstance(value, dict):
        return {
            change(key): item if key == _MESSAGES else _rewrite(item, change) for key, item in value.items()
        }
    return value
