"""Every path through statemachines/processing.asl.json, run on the local stack from the deployed templates."""

from __future__ import annotations

import pytest

from tests.workflows.studio import Studio

pytestmark = pytest.mark.stack

SPOT, ON_DEMAND = "FARGATE_SPOT", "FARGATE"
GOOD_END = ["mark_completed", "send_notification", "cleanup_upload"]


def test_a_song_runs_through(studio: Studio) -> None:
    run = studio.run({}, {"language": "de", "attempt": 2})

    who = {"userId": "user-1", "songId": run.song_id}
    prefix = f"output/user-1/{run.song_id}/"
    assert run.status == "SUCCEEDED"
    assert run.names() == GOOD_END
    assert run.event("mark_completed") == {
        **who,
        "attempt": 2,
        "outputPrefix": prefix,
        "lyricsFailed": None,
        "onDemandTasks": 0,
    }
    assert run.event("send_notification") == {**who, "attempt": 2}
    assert run.event("cleanup_upload") == {**who, "key": f"uploads/user-1/{run.song_id}/mix.wav"}

    demucs, whisper = run.tasks
    shared = {
        "USER_ID": "user-1",
        "SONG_ID": run.song_id,
        "ATTEMPT": "2",
        "OUTPUT_BUCKET": "unplugd-dev-output-000000000000",
        "OUTPUT_PREFIX": prefix,
        "PROGRESS_FUNCTION": "unplugd-dev-send-progress",
        "CORRELATION_ID": f"{run.song_id}-1",  # the execution's name
    }
    assert (demucs.stage, demucs.provider) == ("demucs", SPOT)
    assert demucs.environment == {
        **shared,
        "UPLOADS_BUCKET": "unplugd-dev-uploads-000000000000",
        "UPLOAD_KEY": f"uploads/user-1/{run.song_id}/mix.wav",
        "MODEL": "preview",
        "PART": "",
        "PARTS": "",
        "MEASURE_ONLY": "",
    }
    assert (whisper.stage, whisper.provider) == ("whisper", SPOT)
    assert whisper.environment == {**shared, "LYRICS_MODEL": "base", "LANGUAGE": "de", "TEXT_KEY": ""}


def test_a_song_of_unknown_language_is_left_to_whisper(studio: Studio) -> None:
    """An instrumental is one of these: whisper ends well, and what it found is in lyrics.json."""
    run = studio.run({}, {"language": None})

    assert run.status == "SUCCEEDED"
    assert run.tasks[1].environment["LANGUAGE"] == ""
    assert run.event("mark_completed")["lyricsFailed"] is None


def test_a_retry_of_the_lyrics_separates_nothing(studio: Studio) -> None:
    run = studio.run({}, {"lyricsOnly": True, "attempt": 2, "textKey": "output/a/b/lyrics/person-1-x.json"})

    assert run.status == "SUCCEEDED"
    assert run.tasks[0].environment["TEXT_KEY"] == "output/a/b/lyrics/person-1-x.json"
    assert run.stages() == ["whisper"]
    assert run.names() == GOOD_END


def test_a_song_that_is_only_measured_runs_one_task(studio: Studio) -> None:
    run = studio.run({}, {"measureOnly": True, "attempt": 3, "durationSec": 600})

    assert run.status == "SUCCEEDED"
    (task,) = run.tasks
    assert (task.stage, task.provider) == ("demucs", SPOT)
    assert (task.environment["MEASURE_ONLY"], task.environment["ATTEMPT"]) == ("true", "3")
    assert run.names() == GOOD_END
    assert run.event("mark_completed")["lyricsFailed"] is None


def test_measuring_that_spot_interrupts_runs_again(studio: Studio) -> None:
    run = studio.run({"demucs": [143, 137, 0]}, {"measureOnly": True})

    assert run.status == "SUCCEEDED"
    assert [task.environment["MEASURE_ONLY"] for task in run.tasks] == ["true"] * 3
    assert run.names() == GOOD_END


def test_measuring_that_fails_is_told(studio: Studio) -> None:
    run = studio.run({"demucs": [75]}, {"measureOnly": True})

    assert run.status == "FAILED"
    assert [task.provider for task in run.tasks] == [SPOT, SPOT, SPOT, ON_DEMAND]
    assert run.names() == ["mark_failed"]
    assert run.event("mark_failed")["stage"] == "RunDemucs"


def test_a_song_that_cannot_be_measured_is_tried_once(studio: Studio) -> None:
    run = studio.run({"demucs": [65]}, {"measureOnly": True})

    assert (run.status, run.stages(), run.names()) == ("FAILED", ["demucs"], ["mark_failed"])


def test_measuring_that_is_cancelled_stops_its_task(studio: Studio) -> None:
    execution = studio.start({"demucs": ["hang"]}, {"measureOnly": True})
    studio.wait_for_tasks(execution, 1)
    studio.stop(execution)

    assert studio.finish(execution).status == "ABORTED"
    assert studio.wait_until_stopped(execution) == 1


def test_lyrics_that_fail_keep_the_stems(studio: Studio) -> None:
    run = studio.run({"whisper": [75]})

    assert run.status == "SUCCEEDED"
    assert run.stages() == ["demucs", "whisper", "whisper", "whisper", "whisper"]
    assert [task.provider for task in run.tasks[1:]] == [SPOT, SPOT, SPOT, ON_DEMAND]
    assert run.names() == GOOD_END
    failed = run.event("mark_completed")["lyricsFailed"]
    assert failed["error"] == "States.TaskFailed"
    assert '"ExitCode": 75' in failed["cause"]


def test_vocals_that_whisper_cannot_use_are_tried_once(studio: Studio) -> None:
    run = studio.run({"whisper": [65]})

    assert run.status == "SUCCEEDED"
    assert run.stages() == ["demucs", "whisper"]
    assert run.event("mark_completed")["lyricsFailed"]["error"] == "States.TaskFailed"


def test_lyrics_may_succeed_at_a_later_try(studio: Studio) -> None:
    run = studio.run({"whisper": [1, 0]})

    assert run.status == "SUCCEEDED"
    assert run.stages() == ["demucs", "whisper", "whisper"]
    assert run.event("mark_completed")["lyricsFailed"] is None


@pytest.fixture(scope="module")
def shared_out(studio: Studio) -> str:
    """A machine that shares a song out over three tasks, however short it is."""
    return studio.machine("shared-out", {"$number('1')": "3", "durationSec / 60": "durationSec * 60"})


def test_a_long_song_is_shared_out_and_put_together(studio: Studio, shared_out: str) -> None:
    run = studio.run({}, {"durationSec": 100}, machine=shared_out)

    assert run.status == "SUCCEEDED"
    assert run.stages() == ["demucs"] * 4 + ["whisper"]
    parts = [(task.environment["PART"], task.environment["PARTS"]) for task in run.tasks[:4]]
    assert sorted(parts[:3]) == [("1", "3"), ("2", "3"), ("3", "3")]
    assert parts[3] == ("merge", "3")
    first = run.tasks[0].environment
    assert first | {"PART": "merge"} == run.tasks[3].environment | {"PARTS": "3"}
    assert run.names() == GOOD_END


def test_a_song_is_not_cut_shorter_than_a_minute(studio: Studio) -> None:
    machine = studio.machine("three", {"$number('1')": "3"})
    runs = [studio.start({}, {"durationSec": seconds}, machine=machine) for seconds in (119.9, 120, 600)]
    ended = [studio.finish(run) for run in runs]
    assert [studio.causes(run) for run in runs] == [[], [], []]
    assert [len(run.tasks) for run in ended] == [1 + 1, 2 + 1 + 1, 3 + 1 + 1]


def test_a_part_that_is_lost_runs_again_alone(studio: Studio, shared_out: str) -> None:
    run = studio.run({"demucs-2": [137, 143, 0]}, {"durationSec": 100}, machine=shared_out)

    assert run.status == "SUCCEEDED"
    parts = [task.environment["PART"] for task in run.tasks if task.stage == "demucs"]
    assert sorted(parts) == ["1", "2", "2", "2", "3", "merge"]


def test_a_part_that_fails_for_good_fails_the_song(studio: Studio, shared_out: str) -> None:
    run = studio.run({"demucs-2": [75]}, {"durationSec": 100}, machine=shared_out)

    assert run.status == "FAILED"
    second = [task.provider for task in run.tasks if task.environment["PART"] == "2"]
    assert second == [SPOT, SPOT, SPOT, ON_DEMAND]
    assert sorted(task.environment["PART"] for task in run.tasks) == ["1", "2", "2", "2", "2", "3"]
    failure = run.event("mark_failed")
    assert (failure["stage"], failure["error"]) == ("RunDemucs", "States.TaskFailed")
    assert '"ExitCode": 75' in failure["cause"]


def test_a_bad_song_is_refused_by_each_part_once(studio: Studio, shared_out: str) -> None:
    run = studio.run(
        {"demucs-1": [65], "demucs-2": [65], "demucs-3": [65]}, {"durationSec": 100}, machine=shared_out
    )

    assert run.status == "FAILED"
    assert run.stages() == ["demucs"] * 3
    assert '"ExitCode": 65' in run.event("mark_failed")["cause"]


def test_cancelling_stops_every_part(studio: Studio, shared_out: str) -> None:
    hang = {f"demucs-{part}": ["hang"] for part in (1, 2, 3)}
    execution = studio.start(hang, {"durationSec": 100}, machine=shared_out)
    studio.wait_for_tasks(execution, 3)
    studio.stop(execution)
    run = studio.finish(execution)

    assert run.status == "ABORTED"
    assert run.names() == []
    assert studio.wait_until_stopped(execution) == 3


def test_a_bad_input_is_separated_once(studio: Studio) -> None:
    run = studio.run({"demucs": [65]})

    assert run.status == "FAILED"
    assert run.stages() == ["demucs"]
    assert run.names() == ["mark_failed"]
    failure = run.event("mark_failed")
    assert (failure["stage"], failure["error"]) == ("RunDemucs", "States.TaskFailed")
    assert '"ExitCode": 65' in failure["cause"]
    assert failure["outputPrefix"] == f"output/user-1/{run.song_id}/"
    assert (run.error, run.cause) == (failure["error"], failure["cause"])


def test_a_temporary_fault_is_tried_again(studio: Studio) -> None:
    run = studio.run({"demucs": [75, 143, 0]})

    assert run.status == "SUCCEEDED"
    assert run.stages() == ["demucs", "demucs", "demucs", "whisper"]
    assert [task.provider for task in run.tasks] == [SPOT, SPOT, SPOT, SPOT]


def test_the_last_try_is_on_demand(studio: Studio) -> None:
    saved = studio.run({"demucs": [75, 75, 75, 0]})
    assert saved.status == "SUCCEEDED"
    assert [task.provider for task in saved.tasks] == [SPOT, SPOT, SPOT, ON_DEMAND, SPOT]
    assert saved.event("mark_completed")["onDemandTasks"] == 1

    lost = studio.run({"demucs": [75]})
    assert lost.status == "FAILED"
    assert [task.provider for task in lost.tasks] == [SPOT, SPOT, SPOT, ON_DEMAND]
    assert lost.names() == ["mark_failed"]
    assert lost.event("mark_failed")["stage"] == "RunDemucs"


def test_a_stage_that_hangs_is_stopped(studio: Studio) -> None:
    impatient = studio.machine("impatient", {"[1800,": "[1,", "6 * $": "0 * $"})
    run = studio.run({"demucs": ["hang"]}, machine=impatient)

    assert run.status == "FAILED"
    assert run.stages() == ["demucs"] * 4
    assert run.event("mark_failed")["error"] == "States.Timeout"


def _no_room(studio: Studio, family: str, *, interval_s: float = 0.01) -> str:
    """A machine whose RunDemucs is refused. The local ECS has room for all, so a task definition that is not there
    replaces it, which ECS refuses under another name."""
    return studio.machine(
        family,
        {
            "task-definition/unplugd-dev-demucs:1": f"task-definition/{family}:1",
            "ECS.AmazonECSException": "ECS.ClientException",
        },
        interval_s=interval_s,
    )


def test_room_that_comes_late_is_waited_for(studio: Studio) -> None:
    execution = studio.start({}, machine=_no_room(studio, "late-room", interval_s=0.1))
    studio.wait_for_fault(execution)
    studio.copy_task_definition("unplugd-dev-demucs", "late-room")
    run = studio.finish(execution)

    assert run.status == "SUCCEEDED"
    assert run.faults
    assert run.stages() == ["demucs", "whisper"]


def test_room_that_never_comes_fails_the_song(studio: Studio) -> None:
    run = studio.run({}, machine=_no_room(studio, "no-room"))

    assert run.status == "FAILED"
    # One call and five retries on Spot, then straight to on demand, which gets its own six.
    assert run.faults == ["ECS.ClientException"] * 12
    assert run.tasks == []
    assert run.names() == ["mark_failed"]


def test_completion_survives_a_passing_fault(studio: Studio) -> None:
    run = studio.run({"mark_completed": ["Transient", None]})

    assert run.status == "SUCCEEDED"
    assert run.names() == ["mark_completed", *GOOD_END]


@pytest.mark.parametrize(("fault", "calls"), [("Transient", 7), ("Invalid", 1)])
def test_completion_that_cannot_be_fails_the_song(studio: Studio, fault: str, calls: int) -> None:
    run = studio.run({"mark_completed": [fault]})

    assert run.status == "FAILED"
    assert run.names() == ["mark_completed"] * calls + ["mark_failed"]
    failure = run.event("mark_failed")
    assert (failure["stage"], failure["error"]) == ("MarkCompleted", fault)
    assert "as planned" in failure["cause"]
    assert run.error == fault


def test_a_lost_notification_is_no_failure(studio: Studio) -> None:
    run = studio.run({"send_notification": ["Transient"]})

    assert run.status == "SUCCEEDED"
    assert run.names() == ["mark_completed", *["send_notification"] * 4, "cleanup_upload"]


def test_an_original_left_behind_is_no_failure(studio: Studio) -> None:
    run = studio.run({"cleanup_upload": ["AnyError"]})

    assert run.status == "SUCCEEDED"
    assert run.names() == GOOD_END


def test_telling_of_a_failure_is_tried_again(studio: Studio) -> None:
    run = studio.run({"demucs": [65], "mark_failed": ["KeyError", None]})

    assert run.status == "FAILED"
    assert run.names() == ["mark_failed", "mark_failed"]


def test_a_failure_that_cannot_be_written_keeps_its_first_cause(studio: Studio) -> None:
    less_patient = studio.machine("untold", {'"MaxAttempts": 10': '"MaxAttempts": 2'})
    run = studio.run({"demucs": [65], "mark_failed": ["Conflict"]}, machine=less_patient)

    assert run.status == "FAILED"
    assert run.names() == ["mark_failed"] * 3
    assert run.error == "States.TaskFailed"


@pytest.mark.parametrize("given", [{"key": ...}, {"durationSec": "180"}, {"attempt": None}])
def test_an_input_that_no_state_could_use_is_refused(studio: Studio, given: dict[str, object]) -> None:
    run = studio.run({}, given)

    assert run.status == "FAILED"
    assert run.tasks == []
    assert run.error == "InvalidInput"
    assert run.names() == ["mark_failed"]
    assert run.event("mark_failed")["stage"] == "ValidateInput"
