"""Stopped, killed or damaged at any point: the next run goes on, and its files are those of an unbroken one."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import ml
from ml.separation import InUse, separate_file
from ml.separation.checkpoints import SUFFIX
from tests.ml.separation.filters import Filters
from tests.ml.signals import noise, write_wav

REPO = Path(__file__).resolve().parents[3]
FRAMES = 40_000  # 14 + 13 + 13 segments, of three a stretch: 5 + 5 + 5 stretches
SEGMENTS, STRETCHES = 40, 15


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", noise(FRAMES))


@pytest.fixture
def unbroken(source: Path, tmp_path: Path, filters: Filters) -> dict[str, bytes]:
    """The files of a run without checkpoints."""
    separate_file(source, tmp_path / "unbroken", model="filters")
    assert len(filters.calls) == SEGMENTS
    filters.calls.clear()
    return contents(tmp_path / "unbroken")


def stretches(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stopped_at(segment: int, source: Path, tmp_path: Path, filters: Filters) -> None:
    """Run with checkpoints until `segment` segments are done."""
    stop = threading.Event()

    def count(halt: threading.Event) -> None:
        if len(filters.calls) == segment:
            stop.set()
            halt.wait(30)
            raise ml.Stopped

    filters.at_segment = count
    with pytest.raises(ml.Stopped):
        separate_file(source, tmp_path / "out", model="filters", checkpoints=tmp_path / "kept", stop=stop)
    filters.at_segment = lambda _stop: None
    assert list((tmp_path / "out").iterdir()) == []


def resumed(source: Path, tmp_path: Path, **more: object) -> dict[str, bytes]:
    separate_file(source, tmp_path / "out", model="filters", checkpoints=tmp_path / "kept", **more)  # type: ignore[arg-type]
    return contents(tmp_path / "out")


@pytest.mark.parametrize("segment", [0, 1, 3, 13, 14, 15, 27, 39])
def test_stopped_and_resumed_is_unbroken(
    unbroken: dict[str, bytes], source: Path, tmp_path: Path, filters: Filters, segment: int
) -> None:
    stopped_at(segment, source, tmp_path, filters)
    lost = len(filters.calls)
    kept = stretches(tmp_path / "kept")
    assert all(name.endswith(SUFFIX) for name in kept)
    filters.calls.clear()
    assert resumed(source, tmp_path) == unbroken
    assert len(stretches(tmp_path / "kept")) == STRETCHES
    lost -= SEGMENTS - len(filters.calls)
    assert 0 <= lost < 3  # no more than the stretch at work


def test_stopped_at_every_stretch_in_turn(
    unbroken: dict[str, bytes], source: Path, tmp_path: Path, filters: Filters
) -> None:
    for stop in range(1, STRETCHES):
        filters.calls.clear()
        stopped_at(3 if stop % 5 else 2, source, tmp_path, filters)
        assert len(stretches(tmp_path / "kept")) == stop
    filters.calls.clear()
    assert resumed(source, tmp_path) == unbroken
    assert len(filters.calls) <= 3


CHILD = """
import os, signal, sys
from pathlib import Path
from ml.separation import registry, separate_file
from tests.ml.separation.filters import Filters
source, folder, how, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
done = 0
def die(*_):
    global done
    done += 1
    if done > count:
        os.kill(os.getpid(), signal.SIGKILL)
filters = Filters(at_segment=die) if how == "segment" else Filters()
if how != "segment":
    real = getattr(os, how)
    setattr(os, how, lambda *a: (die(), real(*a))[1])
registry.MODELS["filters"] = lambda _precision: filters.separator(3)
separate_file(source, folder / "out", model="filters", checkpoints=folder / "kept")
"""


@pytest.mark.parametrize(("how", "count"), [("segment", 7), ("fsync", 0), ("fsync", 6), ("fsync", 14)])
def test_killed_and_resumed_is_unbroken(
    unbroken: dict[str, bytes], source: Path, tmp_path: Path, how: str, count: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", CHILD, str(source), str(tmp_path), how, str(count)],
        cwd=REPO, env={**os.environ, "PYTHONPATH": os.pathsep.join((str(REPO), str(REPO / "functions")))}, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert list((tmp_path / "out").glob(".separating-*"))  # the killed process could not clean up
    # What was half-written has another name, so that it is taken for nothing; `clear` knows it for ours.
    drafts = [path.name for path in (tmp_path / "kept").iterdir() if not path.name.endswith(SUFFIX)]
    assert len(drafts) == (how == "fsync") and all(name.endswith(f"{SUFFIX}.tmp") for name in drafts)
    assert len(list((tmp_path / "kept").glob(f"*{SUFFIX}"))) == (2 if how == "segment" else count)
    assert resumed(source, tmp_path) == unbroken  # and of the killed run's room nothing is left


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def with_header(raw: bytes, **changes: object) -> bytes:
    magic, line, payload = raw.split(b"\n", 2)
    return b"\n".join((magic, json.dumps({**json.loads(line), **changes}).encode(), payload))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda raw: b"", "it is damaged or no checkpoint"),
        (lambda raw: raw[:100], "it is damaged or no checkpoint"),
        (lambda raw: b"RIFF" + raw, "it is damaged or no checkpoint"),
        (lambda raw: raw[:-8], "it is damaged"),
        (lambda raw: raw + b"\0" * 8, "it is damaged"),
        (lambda raw: flipped(raw, len(raw) - 1), "it is damaged"),
        (lambda raw: flipped(raw, 2000), "it is damaged"),
        (lambda raw: with_header(raw, recipe=3), "it is damaged or no checkpoint"),
        (lambda raw: with_header(raw, recipe={}), "it was made with another source_sha256"),
        (lambda raw: with_header(raw, segments=[0, 4]), "it holds other segments than its name says"),
        (lambda raw: with_header(raw, member="filter-2"), "it holds other segments than its name says"),
    ],
)
def test_a_damaged_checkpoint_is_said_and_made_again(
    unbroken: dict[str, bytes], source: Path, tmp_path: Path, filters: Filters, damage: object, says: str
) -> None:
    assert resumed(source, tmp_path) == unbroken
    path = tmp_path / "kept" / f"filter-0-00000-00003{SUFFIX}"
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    filters.calls.clear()
    said: list[str] = []
    assert resumed(source, tmp_path, warn=said.append) == unbroken
    assert filters.calls == ["filter-0"] * 3
    assert said == [f"The checkpoint {path.name} is not used and its work done again: {says}"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"model": "another"}, "model"), ({"version": "2"}, "version"), ({"sha256": "e" * 64}, "sha256"),
        ({"precision": "bf16"}, "precision"), ({"engine": "torch"}, "engine"), ({"normalised": False}, "normalised"),
        ({"level": 0.2}, "level"),
    ],
)  # fmt: skip
def test_another_models_checkpoints_are_not_used(
    unbroken: dict[str, bytes], source: Path, tmp_path: Path, filters: Filters,
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], what: str,
) -> None:  # fmt: skip
    with monkeypatch.context() as patch:
        other = Filters()
        patch.setattr(
            "ml.separation.registry.MODELS",
            {"filters": lambda _precision: other.separator(3, seed=9, **changes)},
        )
        resumed(source, tmp_path)
    said: list[str] = []
    assert resumed(source, tmp_path, warn=said.append) == unbroken
    assert len(filters.calls) == SEGMENTS
    assert len(said) == STRETCHES and all(f"another {what}" in line for line in said)


def test_another_songs_checkpoints_are_not_used(
    unbroken: dict[str, bytes], source: Path, tmp_path: Path, filters: Filters
) -> None:
    other = write_wav(tmp_path / "other.wav", noise(FRAMES, seed=3))
    resumed(other, tmp_path)
    filters.calls.clear()
    assert resumed(source, tmp_path) == unbroken
    assert len(filters.calls) == SEGMENTS


def test_progress_goes_on_where_it_was(source: Path, tmp_path: Path, filters: Filters) -> None:
    stopped_at(30, source, tmp_path, filters)
    seen: list[float] = []
    resumed(source, tmp_path, progress=seen.append)
    assert seen[0] > 0.7
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_a_folder_of_checkpoints_is_one_runs(source: Path, tmp_path: Path, filters: Filters) -> None:
    refused: list[str] = []

    def second(_halt: threading.Event) -> None:
        if not refused:
            with pytest.raises(InUse) as fault:
                separate_file(source, tmp_path / "2", model="preview", checkpoints=tmp_path / "kept")
            refused.append(str(fault.value))

    filters.at_segment = second
    resumed(source, tmp_path)
    assert refused == [
        f"Another separation is using the checkpoints in {tmp_path / 'kept'}. Give each its own folder."
    ]
    resumed(source, tmp_path)  # free again


def test_a_full_disk_is_one_error_and_leaves_whole_checkpoints(
    unbroken: dict[str, bytes],
    source: Path,
    tmp_path: Path,
    filters: Filters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        resumed(source, tmp_path)
    assert len(stretches(tmp_path / "kept")) == 3
    assert all(name.endswith(SUFFIX) for name in stretches(tmp_path / "kept"))
    assert list((tmp_path / "out").iterdir()) == [] and filters.loaded == 0
    assert resumed(source, tmp_path) == unbroken
