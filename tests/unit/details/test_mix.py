"""The mix: a stream that is laid out as those of the stems, on the same clock."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from ml.audio.decode import decode
from ml.audio.stream import DELAY_SAMPLES, FRAME_SAMPLES
from unplugd.details import mix
from unplugd.kernel.children import ChildFailed

SECONDS = 3


def song(path: Path, rate: int, channels: int = 2) -> Path:
    """Noise that has no period, so that a shift of one sample shows."""
    noise = np.random.default_rng(7).standard_normal((rate * SECONDS, channels))
    smooth = np.apply_along_axis(lambda one: np.convolve(one, np.ones(8) / 8, "same"), 0, noise)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((smooth * 9000).astype("<i2").tobytes())
    return path


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).T


@pytest.mark.parametrize("rate", [44_100, 48_000, 8_000])
def test_it_is_on_the_clock_of_the_stems(tmp_path: Path, rate: int) -> None:
    source, target = song(tmp_path / "a.wav", rate), tmp_path / "mix.mp3"
    mix.encode(source, target)
    stems = np.concatenate(list(decode(source)))
    heard = decoded(target)
    some = stems[20_000:80_000, 0]
    shifts = range(DELAY_SAMPLES - 40, DELAY_SAMPLES + 40)
    found = max(shifts, key=lambda shift: float(some @ heard[20_000 + shift : 80_000 + shift, 0]))
    assert found == DELAY_SAMPLES


def test_its_frames_are_where_the_player_looks_for_them(tmp_path: Path) -> None:
    source, target = song(tmp_path / "a.wav", 44_100), tmp_path / "mix.mp3"
    mix.encode(source, target)
    data = target.read_bytes()
    slots, rest = divmod(FRAME_SAMPLES // 8 * mix.BITS_PER_SECOND, mix.SAMPLE_RATE)
    count = -(-SECONDS * 44_100 // FRAME_SAMPLES) + 1
    starts = [0, *(slots * k + -(-rest * (k - 1) // 44_100) for k in range(1, count + 1))]
    assert starts[-1] == len(data)
    assert {data[start : start + 2] for start in starts[:-1]} == {b"\xff\xfb"}
    assert data[2] >> 4 == 14  # 320 kbit/s


@pytest.mark.parametrize("channels", [1, 6, 8])
def test_any_number_of_channels_becomes_stereo(tmp_path: Path, channels: int) -> None:
    target = tmp_path / "mix.mp3"
    mix.encode(song(tmp_path / "a.wav", 8_000, channels), target)
    assert decoded(target).shape[1] == 2


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    source = song(tmp_path / "a.wav", 48_000)
    for name in ("one", "two"):
        mix.encode(source, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_child_writes_the_mix(tmp_path: Path) -> None:
    mix.transcode(song(tmp_path / "a.wav", 44_100), tmp_path / "mix.mp3")
    assert (tmp_path / "mix.mp3").stat().st_size > 100_000


def test_a_file_that_is_no_song_harms_the_child_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(io.BytesIO(b"no song").read() * 100)
    with pytest.raises(ChildFailed):
        mix.transcode(tmp_path / "a", tmp_path / "mix.mp3")
