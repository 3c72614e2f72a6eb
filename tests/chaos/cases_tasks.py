"""Stage tasks that are killed, run out of something, or cannot go on."""

from __future__ import annotations

from tests.chaos.case import Case, case, cases
from tests.chaos.people import Guest
from tests.chaos.world import World, wait_for, write_song

_WORDS = {"term": "SIGTERM (Spot)", "kill": "SIGKILL", "oom": "out of memory (137)"}


def _ends_early(stage: str, how: str, percent: int) -> Case:
    def run(world: World, guest: Guest) -> None:
        song = guest.send(**{stage: [f"{how}@{percent}", "ok"]})
        guest.wait(song, "COMPLETED", "FAILED")
        assert world.count(song, stage, "begin") == 2, "the task was not ended, or not run again"

    return Case(f"{stage}-{how}-{percent}", f"{stage} task, {percent} %: {_WORDS[how]}", run)


cases(_ends_early("demucs", how, percent) for how in _WORDS for percent in (10, 50, 90))
cases(_ends_early("whisper", how, 50) for how in _WORDS)


def _out_of_disk(stage: str) -> Case:
    def run(world: World, guest: Guest) -> None:
        song = guest.send(**{stage: ["full@50", "ok"]})
        guest.wait(song, "COMPLETED", "FAILED")
        assert world.count(song, stage, "begin") == 2, "the disk was not full, or the task not run again"

    return Case(f"{stage}-disk-full", f"{stage} task, 50 %: no space left on device", run)


cases(_out_of_disk(stage) for stage in ("demucs", "whisper"))


@case("demucs-disk-always-full", "demucs task: no space left on device at each try")
def disk_always_full(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["full@50"])
    guest.expects(song, "FAILED")
    failed = guest.wait(song, "FAILED")
    assert failed["errorMessage"], "a failure without a reason"
    assert world.count(song, "demucs", "begin") == 4


@case("demucs-memory-error", "demucs task: an allocation fails")
def memory_error(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["memory", "ok"])
    guest.wait(song, "COMPLETED", "FAILED")


@case("demucs-three-faults", "demucs task: three tries on Spot fail, the one on demand does not")
def three_faults(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["exit:1", "kill@10", "term@50", "ok"])
    guest.wait(song, "COMPLETED", "FAILED")
    assert world.count(song, "demucs", "begin") == 4


@case("demucs-bad-input", "demucs task: exit code 65, which is judged after exactly one run")
def bad_input(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["bad"])
    guest.expects(song, "FAILED")
    failed = guest.wait(song, "FAILED")
    assert failed["errorCode"] == "CORRUPT_AUDIO", failed
    assert world.count(song, "demucs", "begin") == 1, "bad input was tried again"


@case("demucs-always-failing", "demucs task: each try fails; a retry by the person then works")
def always_failing(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["exit:1", "exit:1", "exit:1", "exit:1", "ok"])
    guest.wait(song, "FAILED")
    assert guest.call("POST", f"/songs/{song}/retry")[0] == 202
    guest.wait(song, "COMPLETED")
    assert world.count(song, "demucs", "begin") == 5


@case(
    "whisper-always-failing",
    "whisper task: each try fails; the stems are kept, and a retry writes the lyrics",
)
def whisper_always_failing(world: World, guest: Guest) -> None:
    song = guest.send(whisper=["exit:1", "exit:1", "exit:1", "exit:1", "ok"])
    guest.deaf = True  # it is COMPLETED twice, rightly: without lyrics, then with them, as the person asks
    guest.completed_by[song] = 2
    done = guest.wait(song, "COMPLETED", "FAILED")
    assert (done["status"], done["lyricsStatus"]) == ("COMPLETED", "FAILED")
    assert guest.call("POST", f"/songs/{song}/retry")[0] == 202
    wait_for(
        lambda: guest.library.get(song)["lyricsStatus"] not in ("QUEUED", "PROCESSING"), 30, "the lyrics"
    )
    assert guest.library.get(song)["lyricsStatus"] == "INSTRUMENTAL"
    assert world.count(song, "demucs") == 1, "a lyrics retry separated again"


@case("model-not-here", "demucs task: the weights asked for are not here, and no hub can be reached for them")
def model_not_here(world: World, guest: Guest) -> None:
    song = guest.send(demucs=["model"])
    guest.expects(song, "FAILED")
    failed = guest.wait(song, "FAILED")
    assert failed["errorCode"] == "MODEL_UNAVAILABLE", failed
    assert world.count(song, "demucs", "begin") == 1, (
        "a model that is not here was looked for again and again"
    )


@case("checkpoint-corrupt", "demucs task: killed, and its checkpoints damaged before the retry", settle_s=90)
def corrupt_checkpoint(world: World, guest: Guest) -> None:
    song_file = write_song(world.folder / "long.wav", seconds=45)
    stems = []
    for plan in (["real"], ["real-kill@70", "exit:1", "exit:1", "exit:1", "real"]):
        ticket = guest.announce(file=song_file, demucs=plan)
        song = guest.put(ticket, song_file)
        guest.wait(song, "COMPLETED", "FAILED", within_s=90)
        if len(plan) > 1:
            assert _damage(world, f"output/{guest.user_id}/{song}/checkpoints/") > 0, (
                "there was no checkpoint to damage"
            )
            assert guest.call("POST", f"/songs/{song}/retry")[0] == 202
            guest.wait(song, "COMPLETED", within_s=90)
        stems.append(
            {name: _etag(world, f"output/{guest.user_id}/{song}/{name}.wav") for name in ("drums", "vocals")}
        )
    assert stems[0] == stems[1], "a damaged checkpoint is in the stems"


def _damage(world: World, prefix: str) -> int:
    storage, bucket = world.client("s3"), world.outputs["OutputBucketName"]
    keys = world.keys("Output", prefix)
    for key in keys:
        body = storage.get_object(Bucket=bucket, Key=key)["Body"].read()
        middle = len(body) * 3 // 4 // 4 * 4
        storage.put_object(Bucket=bucket, Key=key, Body=body[:middle] + bytes(4000) + body[middle + 4000 :])
    return len(keys)


def _etag(world: World, key: str) -> str:
    return str(world.client("s3").head_object(Bucket=world.outputs["OutputBucketName"], Key=key)["ETag"])
