"""Folders that two runs share: a wait is reported, a stop ends every wait, and nothing is left behind."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

import ml
from ml.separation import separate_file
from ml.separation.folders import aside, locked, move
from tests.ml.separation.filters import Filters
from tests.ml.signals import noise, write_wav


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", noise(20_000))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@contextmanager
def running(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """`work` in a thread, which has ended, and well, when the block has."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive() and faults == []


def test_stems_may_go_where_another_run_has_its_checkpoints(
    tmp_path: Path, filters: Filters, source: Path
) -> None:
    ended: list[bool] = []

    def start_second_run(_halt: threading.Event) -> None:
        if not ended:
            ended.append(False)
            other = threading.Thread(target=separate_file, args=(source, tmp_path / "kept"), daemon=True)
            other.start()
            other.join(20)
            ended.append(not other.is_alive())

    filters.at_segment = start_second_run
    made = separate_file(source, tmp_path / "out", model="filters", checkpoints=tmp_path / "kept")
    assert ended == [False, True]
    assert names(tmp_path / "out") == set(made.files) < names(tmp_path / "kept")


def test_a_run_waiting_to_move_its_files_can_be_stopped(
    tmp_path: Path, filters: Filters, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, stop, moving, go_on = tmp_path / "out", threading.Event(), threading.Event(), threading.Event()
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if target.parent == out and not go_on.is_set():
            moving.set()
            assert go_on.wait(60)
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    said: list[str] = []

    def warn(line: str) -> None:
        said.append(line)
        stop.set()

    def second() -> None:
        with pytest.raises(ml.Stopped):
            separate_file(source, out, model="filters", warn=warn, stop=stop)

    try:
        with running(lambda: separate_file(source, out, model="preview")):
            assert moving.wait(60)
            with running(second) as waiting:
                waiting.join(20)
                assert not waiting.is_alive()
            go_on.set()
    finally:
        go_on.set()
    assert said == [f"Another separation is moving its files into {out}. This one waits until it has."]
    assert len(names(out)) == 9 and not any(name.startswith(".") for name in names(out))


def test_many_at_once_lose_no_room_and_mix_no_files(tmp_path: Path) -> None:
    """Rooms are made, swept and moved in by all at once."""
    out, files = tmp_path / "out", ("a", "b", "c")

    def work(number: int) -> None:
        for turn in range(40):
            with aside(out) as room:
                for name in files:
                    (room / name).write_text(f"{number} {turn}")
                move(room, out, files, tick=lambda: None, warn=print)

    with ExitStack() as together:
        for number in range(4):
            together.enter_context(running(partial(work, number)))
    assert names(out) == set(files)
    assert len({(out / name).read_text() for name in files}) == 1


def test_what_killed_runs_left_goes(tmp_path: Path) -> None:
    for name in ("dead", "gate"):
        (tmp_path / f".separating-{name}").mkdir()
    (tmp_path / ".separating-notes").write_text("a file of somebody's")
    with aside(tmp_path) as room:
        assert names(tmp_path) == {room.name, ".separating-notes"}
        (tmp_path / ".separating-gate").mkdir()
        (room / "a").write_text("")
        move(room, tmp_path, ["a"], tick=lambda: None, warn=print)
    assert names(tmp_path) == {".separating-notes", "a"}


@pytest.mark.parametrize("made_again", [False, True])
def test_a_folder_that_went_before_it_was_locked_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_again: bool
) -> None:
    """Its holder removed it between our opening and our locking; another run that made it again may have its lock."""
    folder, real = tmp_path / "folder", fcntl.flock
    folder.mkdir()

    def flock(handle: int, how: int) -> None:
        folder.rmdir()
        if made_again:
            folder.mkdir()
        real(handle, how)

    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", flock)
        with locked(folder) as ours:
            assert not ours
    folder.mkdir(exist_ok=True)
    with locked(folder) as ours, locked(folder) as theirs:
        assert ours and not theirs
