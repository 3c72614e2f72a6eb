"""What becomes of a song when something around it breaks, on the real stack. The chaos run breaks many more things."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cli.client.library import Library
from cli.client.realtime import Listener
from cli.redrive import redrive
from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.stack

Admin = Callable[[str], Any]


def until(true: Callable[[], Any], what: str, seconds: float = 600.0) -> Any:
    """Wait for `true()`, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds:.0f} s"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a voice-like tone: quick to separate."""
    t = np.arange(6 * 44_100) / 44_100
    tone = 0.4 * np.sin(2 * np.pi * 220 * t) * (1 + 0.3 * np.sin(2 * np.pi * 5 * t))
    path = tmp_path_factory.mktemp("tune") / "tune.wav"
    soundfile.write(path, np.stack([tone, tone], axis=1).astype(np.float32), 44_100, subtype="PCM_16")
    return path


def upload(library: Library, path: Path) -> str:
    ticket = library.announce(path, "audio/wav")
    library.upload(ticket, path)
    return ticket.song_id


def test_an_aborted_execution_is_recovered_and_reported(
    visitor: Callable[[str], Visitor], admin: Admin, tune: Path
) -> None:
    person = visitor("patient")
    url = person.session.outputs["WebSocketUrl"]
    listener = Listener(url, person.token, person.library.get, heard=person.heard.append)
    listener.connect()
    try:
        song_id = upload(person.library, tune)
        until(lambda: person.library.get(song_id)["status"] == "PROCESSING", "the start")
        machine = person.session.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        admin("stepfunctions").stop_execution(executionArn=f"{machine}:{song_id}-1")
        assert list(listener.follow(song_id))[-1].kind == "COMPLETED"
    finally:
        listener.close()
    song = person.library.get(song_id)
    assert (song["status"], song["attempt"], song["errorCode"]) == ("COMPLETED", 2, None)
    heard = [message for message in person.heard if message["songId"] == song_id]
    seqs = [message["seq"] for message in heard]
    assert seqs == sorted(set(seqs))
    kinds = [message["type"] for message in heard if message["type"] not in ("PROGRESS", "MIX_READY")]
    assert kinds == ["QUEUED", "PROCESSING_STARTED", "QUEUED", "PROCESSING_STARTED", "COMPLETED"]


@pytest.fixture
def broken_validator(admin: Admin) -> Iterator[Callable[[], None]]:
    """A validator that has lost its table's name, and is not tried again; the fixture's value mends it."""
    functions, name = admin("lambda"), "unplugd-dev-validate-upload"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    config = functions.get_function_event_invoke_config(FunctionName=name, Qualifier="$LATEST")

    def put(variables: dict[str, str], tries: int) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        functions.put_function_event_invoke_config(
            FunctionName=name,
            Qualifier="$LATEST",
            MaximumRetryAttempts=tries,
            DestinationConfig=config["DestinationConfig"],
        )

    put({key: value for key, value in variables.items() if key != "SONGS_TABLE"}, 0)
    yield lambda: put(variables, config["MaximumRetryAttempts"])
    put(variables, config["MaximumRetryAttempts"])


def test_an_unchecked_upload_waits_as_a_dead_letter_for_redrive(
    visitor: Callable[[str], Visitor], admin: Admin, tune: Path, broken_validator: Callable[[], None]
) -> None:
    person, sqs = visitor("unlucky"), admin("sqs")
    song_id = upload(person.library, tune)
    queue = sqs.get_queue_url(QueueName="unplugd-dev-validate-upload-dlq")["QueueUrl"]

    def depth() -> int:
        got = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        return int(got["Attributes"]["ApproximateNumberOfMessages"])

    until(depth, "the dead letter")
    assert person.library.get(song_id)["status"] == "PENDING_UPLOAD"

    broken_validator()
    outcomes = {one.queue: (one.sent, one.kept) for one in redrive(sqs, admin("lambda"), "unplugd-dev")}
    assert set(outcomes) == {
        f"unplugd-dev-{name}-dlq"
        for name in ("wake", "rule", "validate-upload", "capture", "details", "send-progress")
    }
    assert outcomes["unplugd-dev-validate-upload-dlq"] == (1, ())
    until(lambda: person.library.get(song_id)["status"] == "COMPLETED", "completion")
    assert depth() == 0
