"""Every supported file comes out as 44.1 kHz stereo float32, frame-exact, or is refused in plain words."""

import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from ml.audio import BadAudio
from ml.audio.decode import BLOCK_FRAMES, decode
from tests.ml.signals import RATE, noise, snr_db, song, write_encoded, write_wav


def whole(path: Path) -> np.ndarray:
    return np.concatenate(list(decode(path)))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_wav_of_any_width_is_exact(tmp_path, subtype, channels):
    path = write_wav(tmp_path / "a.wav", noise(5000, channels), subtype=subtype)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(whole(path), np.broadcast_to(expected, (5000, 2)))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 32000, 48000, 88200, 96000, 192000, 12345])
@pytest.mark.parametrize("frames", [5, 1001, 30011])
def test_pcm_of_any_rate_keeps_its_length(tmp_path, rate, frames):
    path = write_wav(tmp_path / "a.wav", noise(frames, 1), rate, "PCM_16")
    assert len(whole(path)) == round(frames * RATE / rate)


@pytest.mark.parametrize("rate", [22050, 48000, 96000])
def test_resampling_moves_nothing(tmp_path, rate):
    click = np.zeros((rate, 2), np.float32)
    click[rate // 2] = 0.9
    assert np.argmax(whole(write_wav(tmp_path / "a.wav", click, rate))[:, 0]) == RATE // 2


def test_resampling_keeps_the_sound(tmp_path):
    seconds = np.arange(96_000) / 96_000
    tone = np.sin(2 * np.pi * 1000 * seconds)[:, None].repeat(2, 1).astype(np.float32) * 0.5
    expected = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)[:, None].repeat(2, 1) * 0.5
    got = whole(write_wav(tmp_path / "a.wav", tone, 96_000))
    assert snr_db(expected[500:-500], got[500:-500]) > 60


def test_blocks_are_even(tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(2 * BLOCK_FRAMES + 7))
    blocks = list(decode(path))
    assert [len(block) for block in blocks] == [BLOCK_FRAMES, BLOCK_FRAMES, 7]
    assert all(block.dtype == np.float32 for block in blocks)


def test_five_one_folds_down_after_bs775(tmp_path):
    gains = {0: (1, 0), 1: (0, 1), 2: (0.7071, 0.7071), 3: (0, 0), 4: (0.7071, 0), 5: (0, 0.7071)}
    for channel, expected in gains.items():
        six = np.zeros((100, 6), np.float32)
        six[:, channel] = 0.5
        got = whole(write_wav(tmp_path / "a.wav", six))
        np.testing.assert_allclose(got[50], np.array(expected) * 0.5, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "at_least"),
    [
        ("a.mp3", "libmp3lame", RATE, 15),
        ("a.m4a", "aac", RATE, 15),
        ("a.flac", "flac", RATE, 60),
        ("a.ogg", "vorbis", RATE, 10),
        ("a.opus", "libopus", 48_000, 10),
    ],
)
def test_compressed_files_line_up_with_what_went_in(tmp_path, name, codec, rate, at_least):
    sound = song(3.0) * np.float32(0.5)  # clear of clipping, which flac would do and floats do not
    got = whole(write_encoded(tmp_path / name, sound, codec, rate))
    assert snr_db(sound, got) > at_least  # one sample of shift would cost tens of dB on the hits
    assert abs(len(got) - len(sound)) <= (0 if name in {"a.flac", "a.mp3"} else 2048)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_number_is_refused(tmp_path, bad):
    samples = noise(70_000)
    samples[65_600, 1] = bad
    with pytest.raises(BadAudio, match="not sound"):
        whole(write_wav(tmp_path / "a.wav", samples))


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", None), ("a.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.m4a", "aac")]
)
def test_a_file_cut_off_is_refused(tmp_path, name, codec):
    path = tmp_path / name
    sound = song(6.0)
    write_encoded(path, sound, codec) if codec else write_wav(path, sound, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadAudio, match=r"cut off|cannot be decoded|not an mp3"):
        whole(path)


def piped_wav(path, size, frames=5000):
    """A WAV whose RIFF and data chunks both say that they are of this size."""
    write_wav(path, noise(frames), subtype="PCM_16")
    data = bytearray(path.read_bytes())
    for at in (4, data.index(b"data") + 4):
        data[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    return path


# eSpeak writes 0x7ffff000 for the data and 0x7ffff024 for the RIFF chunk.
@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFF024, 0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_has_no_length_and_is_taken(tmp_path, size):
    assert len(whole(piped_wav(tmp_path / "a.wav", size))) == 5000


@pytest.mark.parametrize("size", [0x7FFFEFFF, 0x80000001, 0xFFFFFEFF])
def test_other_sizes_are_believed(tmp_path, size):
    with pytest.raises(BadAudio, match="cut off"):
        whole(piped_wav(tmp_path / "a.wav", size))


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.m4a", "a.flac", "a.ogg"])
@pytest.mark.parametrize(
    "content",
    [b"These are words, not sound.\n" * 2000, bytes(range(256)) * 300, b"\0" * 50_000, b"RIFF", b"ID3"],
    ids=["text", "bytes", "zeros", "riff", "id3"],
)
def test_what_is_not_audio_is_refused(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadAudio, match=r"Export it again|holds no sound"):
        whole(path)


def test_an_empty_file_and_a_header_alone_hold_no_sound(tmp_path):
    (tmp_path / "empty.mp3").write_bytes(b"")
    header = write_wav(tmp_path / "header.wav", noise(0), subtype="PCM_16")
    for path in (tmp_path / "empty.mp3", header):
        with pytest.raises(BadAudio):
            whole(path)


def test_a_playlist_opens_nothing(tmp_path):
    inner = write_wav(tmp_path / "secret.wav", noise(5000))
    playlist = tmp_path / "a.mp3"
    playlist.write_text(f"ffconcat version 1.0\nfile {inner.name}\n")
    with pytest.raises(BadAudio):
        whole(playlist)


def test_a_long_tag_is_no_hindrance(tmp_path):
    path = tmp_path / "a.mp3"
    write_encoded(path, song(1.0), "libmp3lame")
    junk = b"ID3\x03\x00\x00\x00\x00\x08\x00" + b"\0" * 1024  # a tag of padding, then the sound
    path.write_bytes(junk + path.read_bytes())
    assert abs(len(whole(path)) - RATE) < 2400


def test_a_missing_file_is_the_callers_fault(tmp_path):
    with pytest.raises(FileNotFoundError):
        whole(tmp_path / "none.wav")


def test_memory_does_not_grow_with_the_song(tmp_path):
    path = write_encoded(
        tmp_path / "a.flac", np.tile(song(5.0), (24, 1)), "flac"
    )  # two minutes: 42 MB decoded
    tracemalloc.start()
    frames = sum(len(block) for block in decode(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames == 120 * RATE
    assert peak < 8_000_000


def test_the_wheel_carries_the_codecs_we_count_on():
    for codec in ("libmp3lame", "aac", "libopus", "flac"):
        assert av.Codec(codec, "w").name == codec
