"""Sending to a WebSocket connection through the API's management endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unplugd.aws.clients import is_code
from unplugd.kernel.errors import NotFound


class Sockets:
    """The connections that API Gateway holds open."""

    def __init__(self, client: Any) -> None:
        self._api = client

    def send(self, connection_id: str, message: Mapping[str, Any]) -> None:
        """Send one JSON frame. Raises `NotFound` if the connection is gone, else the error of botocore."""
        try:
            self._api.post_to_connection(
                ConnectionId=connection_id, Data=json.dumps(message, ensure_ascii=False).encode()
            )
        except Exception as error:
            if is_code(error, "GoneException"):
                raise NotFound("This connection has gone.") from error
            raise

    def close(self, connection_id: str) -> None:
        """Close the connection. Raises the error of botocore, also if the connection is gone."""
        self._api.delete_connection(ConnectionId=connection_id)
