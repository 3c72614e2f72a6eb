"""The runner's arithmetic and its manners, on filters instead of networks."""

import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ml
from ml.separation.embedded import STEMS
from ml.separation.engine import Member
from ml.separation.runner import Scale, measure
from ml.separation.segments import Grid, cut
from tests.ml.separation.filters import SEGMENT, STRIDE, Filter, Filters, Song, estimate
from tests.ml.signals import noise, snr_db


def plainly(members: int, samples: Any) -> Any:
    """What the runner should give, in float64 and all at once, (4, frames, 2)."""
    log = Filters()
    mono = samples.mean(axis=1, dtype=np.float64)
    mean, deviation = mono.mean(), mono.std(ddof=1)
    heard = ((samples - np.float32(mean)) / np.float32(deviation)).T
    frames = len(samples)
    total, weights = np.zeros((4, 2, frames)), np.zeros((4, 1, 1))
    for number, member in enumerate(log.separator(members).members):
        ramp = np.concatenate(
            (np.arange(1, member.segment // 2 + 1), np.arange((member.segment + 1) // 2, 0, -1))
        )
        sums, triangles = np.zeros((len(member.stems), 2, frames)), np.zeros(frames)
        for start in range(0, frames, member.stride):
            length = min(member.segment, frames - start)
            short = member.window(length) - length
            first = start - short // 2
            padded = np.pad(heard, ((0, 0), (member.segment, member.segment)))
            window = padded[:, first + member.segment : first + member.segment + length + short]
            out = Filter(log, "", len(member.stems), number).run(window, threading.Event())
            out = out[..., short // 2 : short // 2 + length]
            sums[..., start : start + length] += out * ramp[:length]
            triangles[start : start + length] += ramp[:length]
        for row, (stem, weight) in enumerate(zip(member.stems, member.weights, strict=True)):
            total[STEMS.index(stem)] += weight * sums[row] / triangles
            weights[STEMS.index(stem)] += weight
    return ((total / weights) * deviation + mean).transpose(0, 2, 1)


@pytest.mark.parametrize(
    "frames",
    [2, 300, STRIDE - 1, STRIDE, STRIDE + 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * STRIDE, 5 * STRIDE + 1,
     4 * STRIDE + SEGMENT, 44_100],
)  # fmt: skip
def test_it_is_the_overlap_add_of_weighted_members(tmp_path: Path, frames: int) -> None:
    samples = noise(frames) + np.float32(0.02)
    made = estimate(Filters().separator(3), Song(samples), tmp_path)
    assert made.shape == (4, frames, 2) and made.dtype == np.float32
    assert snr_db(plainly(3, samples), made) > 120


@pytest.mark.parametrize("level", [0.0, 0.3, 999.0])
@pytest.mark.parametrize("frames", [1, 13_230])
def test_silence_and_constants_load_no_network(tmp_path: Path, level: float, frames: int) -> None:
    filters = Filters()
    made = estimate(filters.separator(), Song(np.full((frames, 2), level)), tmp_path)
    assert made.shape == (4, frames, 2)
    assert not made.any() and filters.calls == []


def test_a_quiet_song_on_a_large_constant_is_heard() -> None:
    song = 900 + noise(200_000, level=1.0).astype(np.float64)
    scale = measure(Song(song), lambda: None)
    mono = song.astype(np.float32).mean(axis=1, dtype=np.float64)
    assert scale.mean == pytest.approx(mono.mean(), rel=1e-12)
    assert scale.deviation == pytest.approx(mono.std(ddof=1), rel=1e-9)
    assert not Scale(0.0, 1e-6).is_silence


@pytest.mark.parametrize("facts", [{}, {"normalised": False, "level": 0.1}])
def test_an_inverted_song_is_heard_upright(tmp_path: Path, facts: dict[str, Any]) -> None:
    samples = noise(2 * SEGMENT)[:, :1].repeat(2, axis=1) * np.float32([1, 0.8])
    filters, flip = Filters(), np.float32([1, -1])
    upright = estimate(filters.separator(**facts), Song(samples), tmp_path / "upright")
    made = estimate(filters.separator(**facts), Song(samples * flip), tmp_path / "inverted")
    np.testing.assert_allclose(made * flip, upright, atol=1e-6)


@pytest.mark.parametrize(("signs", "inverted"), [([1, 1], False), ([1, -1], True), ([0, 1], False)])
def test_only_opposite_channels_count_as_inverted(signs: list[int], inverted: bool) -> None:
    scale = measure(Song(noise(30_000)[:, :1] * np.float32(signs)), lambda: None)
    assert (scale.inverted, scale.is_silence) == (inverted, False)
    wide = measure(Song(noise(30_000)), lambda: None)
    assert not wide.inverted


def test_networks_hear_a_soft_song_at_their_level(tmp_path: Path) -> None:
    samples = noise(2 * SEGMENT)
    separator = Filters().separator(1, normalised=False, level=0.1)
    loud = estimate(separator, Song(samples), tmp_path / "loud")
    soft = estimate(separator, Song(samples * np.float32(0.01)), tmp_path / "soft")
    np.testing.assert_allclose(soft * 100, loud, atol=1e-5)


def test_what_is_not_normalised_is_heard_as_it_is(tmp_path: Path) -> None:
    made = estimate(Filters().separator(1, normalised=False), Song(np.full((SEGMENT, 2), 0.5)), tmp_path)
    middle = made[:, SEGMENT // 2]
    kernels = Filter(Filters(), "", 4, 0).kernels
    np.testing.assert_allclose(middle[:, 0], kernels.sum(axis=1) * 0.5 / 1.5, rtol=1e-5)


def test_members_come_one_after_the_other(tmp_path: Path) -> None:
    filters = Filters()
    estimate(filters.separator(3), Song(noise(30_000)), tmp_path)
    assert filters.most_loaded == 1 and filters.loaded == 0
    assert filters.calls == sorted(filters.calls) and len(filters.calls) == 10 + 10 + 10


def test_memory_does_not_grow_with_the_song(tmp_path: Path) -> None:
    separator = Filters().separator(3)

    def peak_of(frames: int) -> int:
        mix = Song(noise(frames))
        tracemalloc.start()
        estimate(separator, mix, tmp_path / str(frames), read=False)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_of(400_000) < peak_of(100_000) + 1_000_000  # the four stems more would be 9.6 MB


def test_a_fault_in_a_network_comes_out_and_leaves_no_thread(tmp_path: Path) -> None:
    filters = Filters(at_segment=lambda _stop: int("no number"))
    with pytest.raises(ValueError, match="no number"):
        estimate(filters.separator(), Song(noise(9000)), tmp_path)
    assert filters.loaded == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("separate")]


def test_a_stop_reaches_a_network_that_takes_forever(tmp_path: Path) -> None:
    stop = threading.Event()
    seen: list[bool] = []

    def forever(halt: threading.Event) -> None:
        stop.set()
        seen.append(halt.wait(30))
        raise ml.Stopped

    filters = Filters(at_segment=forever)
    with pytest.raises(ml.Stopped):
        estimate(filters.separator(), Song(noise(9000)), tmp_path, stop=stop)
    assert seen == [True] and filters.loaded == 0


def test_a_progress_call_that_fails_stops_the_network_too(tmp_path: Path) -> None:
    halted: list[bool] = []
    filters = Filters(at_segment=lambda halt: halted.append(halt.wait(30)))

    def broken(_fraction: float) -> None:
        if filters.loaded:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        estimate(filters.separator(), Song(noise(9000)), tmp_path, progress=broken)
    assert halted == [True]


@pytest.mark.parametrize("length", [1, 2, 777, SEGMENT - 1, SEGMENT])
@pytest.mark.parametrize("window", [SEGMENT, SEGMENT + 8, 0])
def test_a_window_is_the_songs_own_samples_then_zeros(length: int, window: int) -> None:
    frames = 3 * STRIDE + length
    mix = Song(noise(frames))
    member = Member(
        "one", STEMS, (1.0,) * 4, SEGMENT, STRIDE, 1.0, Filters, lambda n: max(n, window) if window else n
    )
    samples, before, after, offset = cut(mix, member, 3)
    whole = np.pad(samples, ((0, 0), (before, after)))
    surplus = max(length, window) - length if window else 0
    assert whole.shape == (2, length + surplus) and offset == surplus // 2
    expected = np.zeros_like(whole)
    for place in range(whole.shape[1]):
        at = 3 * STRIDE - offset + place
        if 0 <= at < frames:
            expected[:, place] = mix.samples[at]
    np.testing.assert_array_equal(whole, expected)


def test_the_weights_of_a_grid_are_those_of_its_segments() -> None:
    grid = Grid("one", STEMS, (1.0,) * 4, SEGMENT, STRIDE, 4 * STRIDE + 10)
    whole = grid.weight(0, grid.frames)
    assert whole.min() > 0
    for start, end in ((0, 1), (STRIDE - 1, STRIDE + 1), (STRIDE, SEGMENT), (5000, grid.frames)):
        np.testing.assert_array_equal(grid.weight(start, end), whole[start:end])


def test_members_that_overlap_three_times_are_refused() -> None:
    with pytest.raises(ValueError, match="stride of 49"):
        Member("one", STEMS, (1.0,) * 4, 100, 49, 1.0, Filters)
