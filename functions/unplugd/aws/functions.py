"""Calling another function of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from unplugd.aws.clients import passing_faults


class UploadEvents:
    """S3's notifications of uploads, said again to the function that hears them."""

    def __init__(self, client: Any, function: str, bucket: str) -> None:
        self._lambda = client
        self._function = function
        self._bucket = bucket

    def repeat(self, key: str, size_bytes: int) -> None:
        """Tell the validator of an object as S3 would, asynchronously."""
        found = {
            "bucket": {"name": self._bucket},
            "object": {"key": quote_plus(key, safe="/"), "size": size_bytes},
        }
        event = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": found}]}
        with passing_faults("check the upload"):
            self._lambda.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event).encode()
            )
