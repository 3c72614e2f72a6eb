"""What every run has in common: settings, progress, logs, metrics, stopping."""

import io
import json
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from cli.journey import STAGES
from task import log, outcomes, settings, stopping
from task.demucs_stage import DemucsStage
from task.measure_stage import MeasureStage
from task.progress import Mailbox, Reporter
from task.whisper_stage import WhisperStage
from tests.containers import stand as stand_module
from tests.containers.stand import DEMUCS, Stand


def test_missing_variables_are_named_all_at_once(stand: Stand) -> None:
    with pytest.raises(settings.BadSettings) as caught:
        settings.read({"SONG_ID": " "}, own=("MODEL",), optional=("LANGUAGE",))
    assert str(caught.value) == (
        "missing environment variables: USER_ID, SONG_ID, ATTEMPT, OUTPUT_BUCKET, OUTPUT_PREFIX, "
        "PROGRESS_FUNCTION, CORRELATION_ID, MODEL"
    )


def test_variables_that_cannot_be_meant_are_named(stand: Stand) -> None:
    assert stand.demucs(ATTEMPT="two", OUTPUT_PREFIX="output/user-1/song-1", MODEL="") == outcomes.UNKNOWN
    assert stand.messages("ERROR") == [
        "missing environment variables: MODEL; ATTEMPT is not a whole number; OUTPUT_PREFIX does not end with /"
    ]


def test_every_line_names_the_song_and_the_stage(stand: Stand) -> None:
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    for line in stand.logs:
        assert {k: line[k] for k in ("songId", "userId", "stage", "attempt", "correlationId")} == {
            "songId": "song-1",
            "userId": "user-1",
            "stage": "demucs",
            "attempt": 1,
            "correlationId": "correlation-1",
        }
    (metric,) = [line for line in stand.logs if "_aws" in line]
    assert metric["StageSeconds"] >= 0
    assert metric["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Unplugd",
            "Dimensions": [["service", "stage"]],
            "Metrics": [{"Name": "StageSeconds", "Unit": "Seconds"}],
        }
    ]


def test_an_s3_fault_is_temporary(stand: Stand) -> None:
    stand.s3.delete_bucket(Bucket=stand_module.OUTPUT)
    assert stand.demucs() == outcomes.TEMPORARY
    assert [line["errorType"] for line in stand.logs if line.get("level") == "ERROR"] == ["NoSuchBucket"]


def test_the_last_progress_message_is_100_in_the_agreed_shape(stand: Stand) -> None:
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    assert stand.progress.calls[-1] == {
        "FunctionName": DEMUCS["PROGRESS_FUNCTION"],
        "InvocationType": "Event",
        "Payload": {
            "userId": "user-1",
            "songId": "song-1",
            "attempt": 1,
            "stage": "demucs",
            "progress": 100,
            "message": "Done",
        },
    }


class Clock:
    """Half a second passes each time the sender looks."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def test_progress_messages_are_two_seconds_apart() -> None:
    clock = Clock()
    sent: list[tuple[float, int]] = []
    reporter = Reporter(lambda percent, _: sent.append((clock.now, percent)), pytest.fail, clock=clock)
    while len(sent) < 4:
        reporter.report(10 * (len(sent) + 1), "working")
    reporter.close()
    times, percents = zip(*sent, strict=True)
    assert all(later - sooner >= 2.0 for sooner, later in pairwise((0.5, *times)))
    assert list(percents) == sorted(set(percents))


def test_progress_that_fails_is_logged_and_never_fails_the_song(stand: Stand) -> None:
    stand.put_song()
    stand.progress.fault = ConnectionRefusedError("refused")
    assert stand.demucs() == outcomes.DONE
    # One on a quiet machine; a slow run has more to say.
    warnings = [line for line in stand.logs if line.get("level") == "WARNING"]
    assert {(line["message"], line["errorType"], line["songId"]) for line in warnings} == {
        ("A progress message was not sent", "ConnectionRefusedError", "song-1")
    }


def test_hung_progress_delays_the_song_by_two_seconds_at_most() -> None:
    release = threading.Event()
    reporter = Reporter(
        lambda percent, message: release.wait(30) and None, lambda error: None, interval_s=0.01
    )
    reporter.report(10, "working")
    time.sleep(0.05)
    began = time.monotonic()
    reporter.report(20, "working")
    assert time.monotonic() - began < 0.1
    reporter.finish("Done", wait_s=0.2)
    reporter.close()
    release.set()
    assert time.monotonic() - began < 1.0


class TestMailbox:
    """The rate limit, by a clock of our own."""

    def test_the_newest_message_leaves_every_two_seconds(self) -> None:
        box = Mailbox(now=0.0)
        box.put(1, "a")
        assert box.take(0.5) == (None, 1.5)
        box.put(5, "a")
        assert box.take(2.0) == ((5, "a"), None)
        box.put(6, "a")
        box.put(7, "a")
        assert box.take(2.25) == (None, 1.75)
        assert box.take(4.0) == ((7, "a"), None)
        assert box.take(9.0) == (None, None)

    def test_equal_and_falling_messages_are_dropped(self) -> None:
        box = Mailbox(now=0.0)
        box.put(40, "a")
        assert box.take(2.0)[0] == (40, "a")
        box.put(40, "a")
        assert box.take(5.0) == (None, None)
        box.put(30, "a")
        assert box.take(5.0) == (None, None)

    def test_a_short_stage_sends_its_last_message_at_once(self) -> None:
        box = Mailbox(now=0.0)
        box.put(50, "a")
        box.put(100, "Done", final=True)
        assert not box.ended
        assert box.take(0.1) == ((100, "Done"), None)
        box.put(100, "more")
        assert box.ended
        assert box.take(99.0) == (None, None)

    def test_a_dropped_message_never_leaves_but_a_final_one_stays(self) -> None:
        box = Mailbox(now=0.0)
        box.put(50, "a")
        box.drop()
        assert box.take(5.0) == (None, None)
        box.put(100, "Done", final=True)
        box.drop()
        assert box.take(5.0)[0] == (100, "Done")


def test_a_stage_that_does_not_stop_is_left_and_its_folder_goes(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "deep").mkdir(parents=True)
    stop, finished, left = threading.Event(), threading.Event(), threading.Event()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        left.set()

    stopping.watch(stop, finished, work, grace_s=0.05, leave=leave)
    stop.set()
    assert left.wait(5)
    assert codes == [outcomes.STOPPED]
    assert not work.exists()


def test_log_lines_are_json_for_all_values() -> None:
    out = io.StringIO()
    lines = log.Log(out, lambda: 0.0).bind(songId="é")
    lines.info("line\nbreak", path=Path("a"), error=ValueError("x"))
    assert json.loads(out.getvalue()) == {
        "timestamp": "1970-01-01T00:00:00.000+00:00",
        "level": "INFO",
        "message": "line\nbreak",
        "songId": "é",
        "path": "a",
        "error": "x",
    }


def test_the_stages_names_and_labels_are_the_commands_too() -> None:
    assert {stage.name: stage.message for stage in (DemucsStage, WhisperStage, MeasureStage)} == STAGES
