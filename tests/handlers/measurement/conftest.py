"""What the tests of measurements share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud import CHOSEN, OWNER, SONG, Cloud, event
from tests.handlers.processing.conftest import results as results
from unplugd.domain.files import measurements_key
from unplugd.domain.song import Status

MEASURED: dict[str, Any] = {
    "version": "1",
    "beats": {
        "anchors": [{"t": 0.5, "beat": 0, "bpm": 150.0}, {"t": 20.5, "beat": 50, "bpm": 148.0}],
        "downbeats": [0.5, 2.1],
        "meter": 4,
        "candidates": [75.0, 150.0, 300.0],
        "confidence": 0.9,
    },
    "key": {"tonic": "C", "mode": "minor", "confidence": 0.8, "second": {"tonic": "Eb", "mode": "major"}},
    "chords": [{"start": 0.5, "end": 2.1, "label": "C:min"}],
    "sections": [{"start": 0.0, "end": 20.0, "label": "A"}],
    "loudness": {"integrated": -9.3, "range": 4.1, "truePeak": -0.2},
    "melody": {
        "notes": [{"start": 1.0, "end": 1.5, "midi": 60, "cents": 4}],
        "curve": {"step": 0.016, "midi": [None, 60.04]},
    },
}
DONE: dict[str, Any] = {
    "status": Status.COMPLETED,
    "attempt": 1,
    "duration_sec": 38.4,
    "measured_at": "2026-01-31T08:20:00.000Z",
    "tempo_bpm": 150.0,
    "music_key": "C minor",
    "loudness_lufs": -9.3,
}


@pytest.fixture
def put_measured(cloud: Cloud) -> Any:
    """Store what the machine measured."""

    def put(document: Any = MEASURED) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        cloud.s3.put_object(Bucket=CHOSEN["OUTPUT_BUCKET"], Key=measurements_key(OWNER, SONG), Body=body)

    return put


@pytest.fixture
def ask(cloud: Cloud) -> Any:
    """Call a function of the room; the status and the answer."""

    def call(name: str, measure: str = "key", **body: Any) -> tuple[int, dict[str, Any]]:
        trigger = event("measurement", name)
        if "measure" in trigger["pathParameters"]:
            trigger["pathParameters"]["measure"] = measure
        if body:
            trigger["body"] = json.dumps(body)
        answer = cloud.call("measurement", name, trigger)
        return answer["statusCode"], json.loads(answer["body"])

    return call


@pytest.fixture
def measure_again(cloud: Cloud, put_measured: Any, results: Any) -> Any:
    """What a new separation of the same song does: it writes the file, and its completion the row."""

    def measure(document: Any) -> None:
        put_measured(document)
        results({"instrumental": True, "segments": []})
        cloud.db.update_item(
            TableName=CHOSEN["SONGS_TABLE"],
            Key={"userId": {"S": OWNER}, "songId": {"S": SONG}},
            UpdateExpression="SET #status = :running",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":running": {"S": "PROCESSING"}},
        )
        cloud.call("processing", "mark_completed", event("processing", "mark_completed"))

    return measure
