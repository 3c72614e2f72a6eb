"""Calling another function of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unplugd.aws.clients import passing_faults


class Invoker:
    """A function of ours that is started and not waited for."""

    def __init__(self, client: Any, function: str) -> None:
        self._lambda = client
        self._function = function

    def __call__(self, payload: Mapping[str, Any]) -> None:
        """Start it with `payload`. Lambda keeps the call and tries it again; to start it twice must do no harm."""
        with passing_faults("start the next step"):
            self._lambda.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=json.dumps(payload).encode()
            )


class AcceptedUploads:
    """The functions that look further into an upload once it was accepted."""

    def __init__(self, client: Any, *functions: str) -> None:
        self._each = [Invoker(client, function) for function in functions]

    def __call__(self, user_id: str, song_id: str) -> None:
        """Start each of them for a song; to start one twice does no harm."""
        for start in self._each:
            start({"userId": user_id, "songId": song_id})


class UploadEvents:
    """S3's events about uploads, repeated to the function that handles them."""

    def __init__(self, client: Any, function: str, bucket: str) -> None:
        self._lambda = client
        self._function = function
        self._bucket = bucket

    def repeat(self, key: str, size_bytes: int) -> None:
        """Announce an object to the validator as EventBridge would, asynchronously."""
        arrived = {"bucket": {"name": self._bucket}, "object": {"key": key, "size": size_bytes}}
        event = {"source": "aws.s3", "detail-type": "Object Created", "detail": arrived}
        with passing_faults("check the upload"):
            self._lambda.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event).encode()
            )
