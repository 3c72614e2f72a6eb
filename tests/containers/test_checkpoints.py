"""A demucs task that is stopped, killed or divided: what is in S3 then, and what the next run does with it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ml.separation import separate_file
from task import outcomes
from task.checkpoints import TAG
from task.demucs_stage import PARTS
from task.objects import Objects
from tests.containers.stand import OUTPUT, PREFIX, Stand, write_song
from tests.ml.separation.filters import Filters

SEGMENTS = 37 + 36 + 35  # of a song of 2.5 s
UNDER = "checkpoints/"


@pytest.fixture
def filters(monkeypatch: pytest.MonkeyPatch) -> Filters:
    made = Filters()
    made.pose_as_preview(monkeypatch)
    return made


@pytest.fixture
def song(stand: Stand, filters: Filters) -> Iterator[Stand]:
    """The stand with a song, and the true engine on filters."""
    stand.put_song()
    stand.separate = separate_file
    yield stand
    filters.at_segment = lambda _halt: None


def checkpoints(stand: Stand) -> list[str]:
    return sorted(name for name in stand.names() if name.startswith(UNDER))


def stop_at(segment: int, stand: Stand, filters: Filters) -> None:
    """SIGTERM comes while that segment is in work."""

    def at_segment(halt: threading.Event) -> None:
        if len(filters.calls) == segment:
            stand.stop.set()
            assert halt.wait(30)

    filters.at_segment = at_segment


def stems(stand: Stand) -> dict[str, Any]:
    return {
        name: stand.s3.get_object(Bucket=OUTPUT, Key=PREFIX + name)["Body"].read()
        for name in sorted(stand.names())
        if name.endswith((".wav", ".mp3", "peaks.json"))
    }


def test_a_run_after_sigterm_continues_and_makes_the_same_files(song: Stand, filters: Filters) -> None:
    assert song.demucs() == outcomes.DONE
    expected = stems(song)
    assert len(expected) == 9 and checkpoints(song) == []
    for name in song.names():
        song.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + name)
    assert len(filters.calls) == SEGMENTS
    filters.calls.clear()

    stop_at(50, song, filters)
    assert song.demucs() == outcomes.STOPPED
    assert song.messages("WARNING") == ["Stopped on request"]
    # 37 segments of the first member in stretches of three, then 13 of the second: four stretches and one begun.
    assert len(checkpoints(song)) == 13 + 4
    assert song.names() == set(checkpoints(song))

    song.stop.clear()
    filters.calls.clear()
    filters.at_segment = lambda _halt: None
    song.progress.calls.clear()
    assert song.demucs(ATTEMPT="2") == outcomes.DONE
    assert len(filters.calls) == SEGMENTS - 37 - 4 * 3
    assert stems(song) == expected
    assert checkpoints(song) == []
    assert song.progress.calls[0]["Payload"]["progress"] > 40


def test_checkpoints_carry_the_tag_that_expires_them(song: Stand, filters: Filters) -> None:
    stop_at(5, song, filters)
    assert song.demucs() == outcomes.STOPPED
    (name,) = checkpoints(song)
    tags = song.s3.get_object_tagging(Bucket=OUTPUT, Key=PREFIX + name)["TagSet"]
    assert [f"{tag['Key']}={tag['Value']}" for tag in tags] == [TAG]


def test_damaged_and_foreign_checkpoints_are_not_used_and_go_too(song: Stand, filters: Filters) -> None:
    stop_at(12, song, filters)
    assert song.demucs() == outcomes.STOPPED
    first, second, *_ = names = checkpoints(song)
    song.put(first, b"nonsense")
    song.put(second, song.s3.get_object(Bucket=OUTPUT, Key=PREFIX + names[2])["Body"].read())
    song.put(f"{UNDER}notes.txt", b"not a checkpoint at all")
    song.stop.clear()
    filters.at_segment = lambda _halt: None
    filters.calls.clear()
    assert song.demucs() == outcomes.DONE
    assert len(filters.calls) == SEGMENTS - 12 + 6
    assert sum("is not used and its work done again" in line for line in song.messages("WARNING")) == 2
    assert checkpoints(song) == []


def test_checkpoints_made_again_replace_the_unfit_ones(
    song: Stand, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update the names in S3 are the old ones; interrupted again, the task must not begin at zero for ever."""
    stop_at(50, song, filters)
    assert song.demucs() == outcomes.STOPPED
    filters.pose_as_preview(monkeypatch, version="2")
    for segment in (50, 32):
        song.stop.clear()
        filters.calls.clear()
        stop_at(segment, song, filters)
        assert song.demucs() == outcomes.STOPPED
    song.stop.clear()
    filters.calls.clear()
    filters.at_segment = lambda _halt: None
    assert song.demucs() == outcomes.DONE
    assert len(filters.calls) == SEGMENTS - 37 - 36 - 2 * 3
    assert song.messages("WARNING") == []


def test_what_was_fetched_and_fits_is_not_stored_once_more(
    song: Stand, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(12, song, filters)
    assert song.demucs() == outcomes.STOPPED
    uploads: list[str] = []
    real = Objects.upload

    def upload(self: Objects, bucket: str, key: str, source: Path, tag: str = "") -> Any:
        if tag:
            uploads.append(source.name)
        return real(self, bucket, key, source, tag)

    monkeypatch.setattr(Objects, "upload", upload)
    before = {name.removeprefix(UNDER) for name in checkpoints(song)}
    song.stop.clear()
    filters.at_segment = lambda _halt: None
    assert song.demucs() == outcomes.DONE
    assert len(uploads) == len(set(uploads)) == 37 - 4 and not before & set(uploads)


def test_a_checkpoint_that_cannot_be_stored_is_skipped(
    song: Stand, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Objects.upload

    def upload(self: Objects, bucket: str, key: str, source: Path, tag: str = "") -> Any:
        if tag:
            raise EndpointConnectionError(endpoint_url="http://s3")
        return real(self, bucket, key, source, tag)

    monkeypatch.setattr(Objects, "upload", upload)
    assert song.demucs() == outcomes.DONE
    assert "A checkpoint was not stored" in song.messages("WARNING")
    assert checkpoints(song) == []


def test_a_fault_keeps_what_was_finished(song: Stand, filters: Filters) -> None:
    def fail(_halt: threading.Event) -> None:
        if len(filters.calls) == 10:
            raise MemoryError

    filters.at_segment = fail
    assert song.demucs() == outcomes.TEMPORARY
    assert len(checkpoints(song)) == 3


def test_separate_parts_merge_into_the_files_of_a_single_run(
    song: Stand, filters: Filters, tmp_path: Path
) -> None:
    stop_at(20, song, filters)
    assert song.demucs(PART="1", PARTS="2") == outcomes.STOPPED
    song.stop.clear()
    filters.at_segment = lambda _halt: None
    for part in ("1", "2"):
        assert song.demucs(PART=part, PARTS="2") == outcomes.DONE
    said = song.progress.calls[-1]["Payload"]
    assert (said["part"], said["parts"], said["progress"]) == ("2", "2", 100)
    assert "manifest.json" not in song.names()
    assert {name.split("/")[2] for name in song.names() if name.startswith(PARTS)} == {
        "part-1-of-2",
        "part-2-of-2",
    }
    made = len(filters.calls)
    assert made <= SEGMENTS + 3

    assert song.demucs(PART="merge", PARTS="2") == outcomes.DONE
    assert len(filters.calls) == made
    assert song.separations == 0
    assert song.read("manifest.json")["separation"]["requestedModel"] == "auto"
    assert checkpoints(song) == []  # the parts have served too
    separate_file(write_song(tmp_path / "song.flac"), tmp_path / "whole")
    whole = {made.name: made.read_bytes() for made in (tmp_path / "whole").iterdir()}
    merged = stems(song)
    assert {name: merged[name] for name in whole} == whole


def test_a_lost_or_damaged_part_costs_time_and_not_the_song(song: Stand, filters: Filters) -> None:
    for part in ("1", "2"):
        assert song.demucs(PART=part, PARTS="2") == outcomes.DONE
    song.put(f"{PARTS}part-2-of-2/part.json", b"{")
    assert song.demucs(PART="merge", PARTS="2") == outcomes.DONE
    assert "The parts cannot be used, so the whole song is separated here" in song.messages("WARNING")
    assert song.separations == 1
    assert checkpoints(song) == []


def test_parts_that_are_there_already_are_not_made_again(song: Stand, filters: Filters) -> None:
    """A person tries a song again of which another part had failed."""
    assert song.demucs(PART="1", PARTS="2") == outcomes.DONE
    made = len(filters.calls)
    assert song.demucs(PART="1", PARTS="2", ATTEMPT="2") == outcomes.DONE
    assert len(filters.calls) == made


def test_a_part_that_cannot_be_is_a_fault_of_the_settings(song: Stand) -> None:
    assert song.demucs(PART="3", PARTS="2") == outcomes.UNKNOWN
    assert song.demucs(PARTS="2") == outcomes.UNKNOWN
    assert song.demucs(PART="merge") == outcomes.UNKNOWN
    assert song.names() == set()
