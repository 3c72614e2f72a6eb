"""Sending to a WebSocket connection through the API's management endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Sockets:
    """The connections that API Gateway holds open."""

    def __init__(self, client: Any) -> None:
        self._api = client

    def send(self, connection_id: str, message: Mapping[str, Any]) -> None:
        """Send one JSON frame. Raises whatever botocore raises: to the caller any failure means the same."""
        self._api.post_to_connection(
            ConnectionId=connection_id, Data=json.dumps(message, ensure_ascii=False).encode()
        )
