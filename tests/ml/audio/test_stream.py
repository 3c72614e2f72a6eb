"""The stream's byte layout: frames where the formula says, each on its own, windows equal to the whole."""

import io

import av
import numpy as np
import pytest

from ml.audio import stream
from tests.ml.signals import RATE, snr_db, song


def to_int16(samples):
    return np.rint(samples * 32_767).clip(-32_768, 32_767).astype(np.int16)


def write(path, samples, step=65_536):
    with stream.StreamWriter(path) as writer:
        for start in range(0, len(samples), step):
            writer.feed(samples[start : start + step])
    return path.read_bytes()


def decoded(data):
    """As a browser decodes it: every frame, nothing trimmed."""
    with av.open(io.BytesIO(data), format="mp3") as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).T


def headers(data):
    """(offset, 4-byte header) of each frame, walked by the headers themselves (ISO 11172-3, 2.4.1.3)."""
    found, at = [], 0
    while at < len(data):
        header = int.from_bytes(data[at : at + 4], "big")
        assert header >> 20 == 0xFFF
        found.append((at, header))
        at += 144 * stream.BITS_PER_SECOND // RATE + (header >> 9 & 1)
    assert at == len(data)
    return found


@pytest.mark.parametrize("samples", [1, 1151, 1152, 1153, 13_230, 5 * RATE + 3])
def test_offsets_and_count_follow_the_formula(tmp_path, samples):
    data = write(tmp_path / "a.mp3", to_int16(song(6.0))[:samples])
    offsets = [offset for offset, _ in headers(data)]
    assert offsets == [stream.frame_offset(k) for k in range(stream.frame_count(samples))]
    assert stream.frame_offset(len(offsets)) == len(data)


def test_no_frame_needs_the_one_before(tmp_path):
    data = write(tmp_path / "a.mp3", to_int16(song(4.0)))
    for offset, header in headers(data):
        side_info = offset + (4 if header >> 16 & 1 else 6)  # two bytes of CRC where the protection bit is 0
        main_data_begin = data[side_info] << 1 | data[side_info + 1] >> 7
        assert main_data_begin == 0
    assert b"Xing" not in data
    assert b"Info" not in data
    assert not data.startswith(b"ID3")


def test_every_stems_stream_is_1105_samples_behind_the_wav(tmp_path):
    for seed in range(3):
        samples = song(3.0, seed)
        heard = decoded(write(tmp_path / "a.mp3", to_int16(samples)))
        right = snr_db(samples, heard[stream.DELAY_SAMPLES :])
        assert right > 10
        for wrong in (-1, 1):
            assert snr_db(samples, heard[stream.DELAY_SAMPLES + wrong :]) < right


def test_a_window_is_the_slice_of_the_whole(tmp_path):
    samples = to_int16(song(12.0))
    data = write(tmp_path / "a.mp3", samples)
    heard = decoded(data)
    spans = [
        (0, 1),
        (0, RATE),
        (RATE, 6 * RATE),
        (6 * RATE, len(samples)),
        (len(samples) - 9, len(samples)),
        (5, 6),
    ]
    spans += [(k * 1152 + d, k * 1152 + d + 50_000) for k in (40, 111) for d in (46, 47, 48)]
    for start, stop in spans:
        window = stream.byte_window(start, stop)
        part = decoded(data[window.first_byte : window.last_byte + 1])[window.skip :][: stop - start]
        shift = stream.DELAY_SAMPLES
        np.testing.assert_array_equal(part, heard[start + shift : stop + shift])


def test_every_sample_of_the_wav_is_in_the_stream(tmp_path):
    for samples in (1, 46, 47, 48, 1152, 30_000):
        data = write(tmp_path / "a.mp3", to_int16(song(1.0))[:samples])
        assert len(decoded(data)) >= samples + stream.DELAY_SAMPLES


def test_how_it_is_fed_changes_nothing(tmp_path):
    samples = to_int16(song(1.0))
    assert write(tmp_path / "a.mp3", samples) == write(tmp_path / "b.mp3", samples, step=1000)
