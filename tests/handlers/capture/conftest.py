"""What the tests of recordings share: sound in windows, and the calls in the order in which a client makes them."""

from __future__ import annotations

import io
import json
import logging
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.cloud import CHOSEN, OWNER, Cloud, event
from unplugd.domain.files import window_key

RATE = 44_100
MINUTE = 60 * RATE


def tone(frames: int, *, seed: int = 0, width: int = 2, channels: int = 1) -> bytes:
    """Noise as little-endian PCM, the same for the same seed."""
    return np.random.default_rng(seed).integers(0, 256, frames * width * channels, np.uint8).tobytes()


def wav(pcm: bytes, *, rate: int = RATE, width: int = 2, channels: int = 1) -> bytes:
    """PCM as a WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm)
    return made.getvalue()


@dataclass
class Studio:
    """A person's recordings, and the functions that were started for them."""

    cloud: Cloud
    started: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)  # functions that cannot be started

    def ask(self, name: str, session_id: str = "", **changes: Any) -> tuple[int, dict[str, Any]]:
        """Call a function of the REST API; the status and the answer."""
        trigger = event("capture", name)
        if trigger["pathParameters"] and session_id:
            trigger["pathParameters"]["sessionId"] = session_id
        for part in ("body", "queryStringParameters", "pathParameters"):
            if part in changes:
                trigger[part] = changes[part]
        if "json" in changes:
            trigger["body"] = json.dumps(changes["json"])
        if owner := changes.get("owner"):
            trigger["requestContext"]["authorizer"]["claims"]["sub"] = owner
        answer = self.cloud.call("capture", name, trigger)
        return answer["statusCode"], json.loads(answer["body"])

    def open(self, **fields: Any) -> str:
        """A new session's id."""
        body = {"captureMode": "audio_only", "sampleRate": RATE, "channels": 1, "sampleFormat": "s16"}
        status, made = self.ask("create_session", json=body | fields)
        assert status == 201, made
        return str(made["sessionId"])

    def put(self, session_id: str, index: int, content: bytes, kind: str = "audio", **how: Any) -> str:
        """A window's file as a browser's PUT leaves it; its key."""
        key = window_key(OWNER, session_id, index, kind)
        self.cloud.s3.put_object(Bucket=CHOSEN["UPLOADS_BUCKET"], Key=key, Body=content, **how)
        return key

    def arrive(self, key: str, kind: str = "audio") -> None:
        """The event of a file that arrived."""
        name = f"{kind}_upload_complete"
        trigger = event("capture", name)
        trigger["detail"]["object"]["key"] = key
        self.cloud.call("capture", name, trigger)

    def send(self, session_id: str, index: int, content: bytes, kind: str = "audio", **how: Any) -> str:
        """A file and its event."""
        key = self.put(session_id, index, content, kind, **how)
        self.arrive(key, kind)
        return key

    def run(self) -> list[str]:
        """Run the functions that were started, and those that they start; their names."""
        ran = []
        while self.started:
            ran.append(self.run_one())
        return ran

    def run_one(self) -> str:
        """Run the function that was started first; its name."""
        function, payload = self.started.pop(0)
        name = function.removeprefix("unplugd-test-").replace("-", "_")
        self.cloud.call("capture", name, payload)
        return name

    def row(self, session_id: str, owner: str = OWNER) -> dict[str, Any] | None:
        """A session's row in DynamoDB's own form."""
        key = {"userId": {"S": owner}, "sessionId": {"S": session_id}}
        row: dict[str, Any] | None = self.cloud.db.get_item(TableName=CHOSEN["SESSIONS_TABLE"], Key=key).get(
            "Item"
        )
        return row

    def change(self, session_id: str, **values: Any) -> None:
        """Write attributes of a row as another version of the code might; None removes one."""
        row = self.row(session_id)
        assert row
        for name, value in values.items():
            row.pop(name, None)
            if value is not None:
                row[name] = value
        self.cloud.db.put_item(TableName=CHOSEN["SESSIONS_TABLE"], Item=row)

    def windows(self, session_id: str, attribute: str) -> list[int]:
        """A number set of a row."""
        row = self.row(session_id) or {}
        return sorted(int(number) for number in row.get(attribute, {}).get("NS", []))

    def json(self, key: str) -> Any:
        """A JSON document of the output bucket."""
        return json.loads(self.cloud.s3.get_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=key)["Body"].read())


@pytest.fixture
def studio(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, sent: Any) -> Iterator[Studio]:
    made = Studio(cloud)

    def start(self: Any, payload: dict[str, Any]) -> None:
        if self._function in made.broken:
            raise PermissionError(self._function)
        # As Lambda would see it: JSON, and a role that allows it.
        cloud.check(cloud.running_function, "lambda", "Invoke", {})
        made.started.append((self._function, json.loads(json.dumps(payload))))

    monkeypatch.setattr("unplugd.aws.functions.Invoker.__call__", start)
    yield made


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The messages that the functions log."""
    messages: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        messages.append(record.getMessage())
        return True

    log = logging.getLogger(CHOSEN["POWERTOOLS_SERVICE_NAME"])
    log.addFilter(keep)
    yield messages
    log.removeFilter(keep)
