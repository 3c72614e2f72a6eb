"""What songs and machines may be: odd lengths and levels, a stop anywhere, a full disk, two runs at once."""

import errno
import shutil
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import ml
from ml.audio import BadAudio
from ml.separation import Part, separate_file, separate_part
from ml.separation.embedded import STEMS
from tests.ml.separation.filters import SEGMENT, STRIDE, Filters
from tests.ml.signals import RATE, noise, song, write_wav


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stems_of(folder: Path) -> Any:
    return np.stack([soundfile.read(folder / f"{stem}.wav", dtype="int16")[0].astype(int) for stem in STEMS])


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros((RATE, 2), np.float32), id="silence"),
        pytest.param(np.full((RATE, 2), -0.7, np.float32), id="dc"),
        pytest.param(noise(RATE) + np.float32(0.5), id="noise on dc"),
        pytest.param(song(0.5) * 20, id="far over full scale"),
        pytest.param(np.sign(noise(RATE)), id="clipped"),
        pytest.param(song(0.5)[:, :1], id="mono"),
        pytest.param(song(0.5)[:, :1].repeat(2, axis=1), id="mono as stereo"),
        pytest.param(song(0.5) * np.float32([0, 1]), id="one ear"),
        pytest.param(song(0.5)[:, :1] * np.float32([1, -1]), id="one channel inverted"),
        pytest.param(noise(RATE)[:1], id="1 sample"),
        pytest.param(noise(RATE)[:2], id="2 samples"),
        pytest.param(song(0.3), id="0.3 s"),
        pytest.param(np.pad(noise(9000), ((30_000, 60_000), (0, 0))), id="mostly silence"),
        *[
            pytest.param(noise(4 * STRIDE + away), id=f"4 strides and {away}")
            for away in (-1, 0, 1, SEGMENT - STRIDE - 1, SEGMENT - STRIDE, SEGMENT - STRIDE + 1)
        ],
    ],
)
def test_every_song_gives_whole_stems(tmp_path: Path, filters: Filters, samples: Any) -> None:
    source = write_wav(tmp_path / "song.wav", samples)
    made = separate_file(source, tmp_path / "out", model="filters")
    stems = stems_of(tmp_path / "out")
    assert stems.shape == (4, len(samples), 2) and made.frames == len(samples)
    assert 0 < made.gain <= 1 and np.isfinite(made.residual_db)
    assert np.abs(stems).max() < 32_768
    silent = np.ptp(samples, axis=0).max() == 0
    assert (np.abs(stems).max() < 10) == silent and (filters.calls == []) == silent


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e6])
@pytest.mark.parametrize("at", [0, 70_000])
def test_samples_that_are_no_sound_are_refused(tmp_path: Path, filters: Filters, bad: float, at: int) -> None:
    samples = noise(80_000)
    samples[at, 1] = bad
    source = write_wav(tmp_path / "song.wav", samples)
    with pytest.raises(BadAudio, match="NaN, infinite or far beyond full scale"):
        separate_file(source, tmp_path / "out", model="filters", checkpoints=tmp_path / "kept")
    assert list((tmp_path / "out").iterdir()) == list((tmp_path / "kept").iterdir()) == []
    assert filters.calls == []


def test_a_stop_at_any_report_of_progress_leaves_nothing(tmp_path: Path, filters: Filters) -> None:
    source = write_wav(tmp_path / "song.wav", noise(20_000))
    seen: list[float] = []
    separate_file(source, tmp_path / "whole", model="filters", progress=seen.append)
    assert seen == sorted(seen) and (seen[0], seen[-1]) == (0.0, 1.0)
    shutil.rmtree(tmp_path / "whole")
    for last in range(1, len(set(seen))):
        stop = threading.Event()
        steps: set[float] = set()

        def report(
            fraction: float, steps: set[float] = steps, stop: threading.Event = stop, last: int = last
        ) -> None:
            steps.add(fraction)
            if len(steps) == last:
                stop.set()

        with pytest.raises(ml.Stopped):
            separate_file(source, tmp_path / "out", model="filters", progress=report, stop=stop)
        assert list((tmp_path / "out").iterdir()) == []
        assert filters.loaded == 0


def test_progress_is_the_share_of_the_work(tmp_path: Path, filters: Filters) -> None:
    """26 segments of five seconds of work each; compared with that, decoding and writing take no time."""
    at: list[float] = []
    now = [0.0]

    def report(fraction: float) -> None:
        now[0] = fraction

    filters.at_segment = lambda _halt: at.append(now[0])
    source = write_wav(tmp_path / "song.wav", noise(25_000))
    separate_file(source, tmp_path / "out", model="filters", progress=report)
    np.testing.assert_allclose(at, np.arange(26) / 26, atol=0.01)


def full(*_args: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def system_error(*_args: object, **_named: object) -> None:
    raise soundfile.LibsndfileError(2)


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("soundfile.SoundFile.write", system_error),
        ("soundfile.SoundFile.close", system_error),
        ("ml.audio.stream.StreamWriter.feed", full),
        ("ml.separation.checkpoints.Path.replace", full),
        ("ml.separation.job.residual_db", full),
    ],
)
def test_a_full_disk_is_one_error_and_leaves_the_old_files(
    tmp_path: Path, filters: Filters, monkeypatch: pytest.MonkeyPatch, where: str, fault: Any
) -> None:
    source = write_wav(tmp_path / "song.wav", noise(20_000))
    separate_file(source, tmp_path / "out", model="filters")
    before = contents(tmp_path / "out")
    usage, calls = shutil.disk_usage, []

    def filling(path: Path) -> Any:
        calls.append(path)
        return usage(path)._replace(free=1 << 30 if len(calls) == 1 else 0)

    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", filling)
        patch.setattr(where, fault)
        with pytest.raises(OSError, match="No space left on device") as error:
            separate_file(source, tmp_path / "out", model="preview")
    assert error.value.errno == errno.ENOSPC
    assert contents(tmp_path / "out") == before


def test_too_little_disk_is_an_error_before_the_work(
    tmp_path: Path, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(path)._replace(free=1000))
    source = write_wav(tmp_path / "song.wav", noise(20_000))
    with pytest.raises(OSError, match="The disk is full: 1 MiB are needed, 0 MiB are free") as error:
        separate_file(source, tmp_path / "out", model="filters")
    assert error.value.errno == errno.ENOSPC and filters.calls == []


@pytest.mark.parametrize("full", ["out", "kept"])
@pytest.mark.parametrize("part", [None, Part(1, 1)])
def test_each_disk_is_asked_for_what_goes_to_it(
    tmp_path: Path, filters: Filters, monkeypatch: pytest.MonkeyPatch, full: str, part: Part | None
) -> None:
    """Checkpoints on a disk of their own: 48 MiB of stretches there; here 17 MiB of files, or a copy of the former."""
    usage, free = shutil.disk_usage, {"out": 60 << 20, "kept": 60 << 20}

    def disk(path: Path) -> str:
        return "kept" if path.is_relative_to(tmp_path / "kept") else "out"

    def work(_halt: threading.Event) -> None:
        raise MemoryError

    monkeypatch.setattr("ml.separation.job.disk_of", disk)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(path)._replace(free=free[disk(path)]))
    source = write_wav(tmp_path / "song.wav", noise(20 * RATE))
    run: Any = partial(separate_part, part=part) if part else separate_file
    run = partial(run, source, tmp_path / "out", model="filters", checkpoints=tmp_path / "kept")
    filters.at_segment = work
    with pytest.raises(MemoryError):  # it begins, though 60 MiB would not be enough for both
        run()
    free[full] = 10 << 20
    with pytest.raises(OSError, match=rf"MiB are needed, 10 MiB are free in {tmp_path / full}$") as error:
        run()
    assert error.value.errno == errno.ENOSPC


def test_two_runs_in_one_folder_each_end_whole(
    tmp_path: Path, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two songs at once into one folder: the files are all of one of them."""
    sources = [write_wav(tmp_path / f"{name}.wav", noise(20_000 + name, seed=name)) for name in (1, 2)]
    alone = []
    for source in sources:
        separate_file(source, tmp_path / source.stem, model="filters")
        alone.append(contents(tmp_path / source.stem))
    for _ in range(4):
        together = threading.Barrier(2)
        faults: list[BaseException] = []

        def run(
            source: Path, together: threading.Barrier = together, faults: list[BaseException] = faults
        ) -> None:
            try:
                together.wait(30)
                separate_file(source, tmp_path / "out", model="filters")
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=run, args=(source,)) for source in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert faults == []
        assert contents(tmp_path / "out") in alone


def test_what_a_killed_run_left_goes_and_what_lives_stays(tmp_path: Path, filters: Filters) -> None:
    dead = tmp_path / "out" / ".separating-dead"
    dead.mkdir(parents=True)
    (dead / "mix.f32").write_bytes(bytes(800))
    alive: list[bool] = []

    def another(_halt: threading.Event) -> None:
        if not alive:
            alive.append(True)
            separate_file(source, tmp_path / "out", model="preview")
            alive.append(any((tmp_path / "out").glob(".separating-*")))

    filters.at_segment = another
    source = write_wav(tmp_path / "song.wav", noise(20_000))
    made = separate_file(source, tmp_path / "out", model="filters")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(made.files)
    assert alive == [True, True]
