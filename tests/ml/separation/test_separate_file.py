"""The front door: files in, files out, for every kind of song a person may bring."""

import json
import threading
import time
import tracemalloc

import numpy as np
import pytest
import soundfile

import ml
from ml.audio import BadAudio, stream
from ml.audio.decode import decode
from ml.separation import ModelUnavailable, separate_file
from ml.separation.embedded import STEMS
from tests.ml.separation.filters import Filters
from tests.ml.signals import RATE, noise, song, write_encoded, write_wav

HOP = 1024
CHUNK = 384 * HOP


def stems_of(out):
    return {name: soundfile.read(out / f"{name}.wav", dtype="int16")[0].astype(np.int32) for name in STEMS}


def separated(tmp_path, samples, rate=RATE, **options):
    """The result, the 16-bit stems and the decoded mix."""
    source = write_wav(tmp_path / "song.wav", samples, rate)
    result = separate_file(source, tmp_path / "out", **options)
    return result, stems_of(tmp_path / "out"), np.concatenate(list(decode(source)))


def test_a_song_gets_the_stems_that_its_model_lists(tmp_path, monkeypatch):
    names = ("vocals", "piano", "drums", "guitar", "bass", "other")
    Filters().pose_as_preview(monkeypatch, members=1, stems=names)
    result = separate_file(write_wav(tmp_path / "song.wav", song(1.0)), tmp_path / "out", model="preview")
    assert result.stems == names
    assert result.files[:6] == tuple(f"{name}.wav" for name in names)
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(result.files)
    assert list(json.loads((tmp_path / "out/peaks.json").read_text())["stems"]) == list(names)
    stems = [soundfile.read(tmp_path / f"out/{name}.wav")[0] for name in names]
    mix = np.concatenate(list(decode(tmp_path / "song.wav"))) * result.gain
    residual = 10 * np.log10(((sum(stems) - mix) ** 2).sum() / (mix**2).sum())
    assert result.residual_db == pytest.approx(residual, abs=0.01)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(song(4.0), id="song"),
        pytest.param(song(4.0) * 6, id="over full scale"),
        pytest.param(np.sign(noise(RATE)) * np.float32(1), id="square at full scale"),
        pytest.param(np.zeros((RATE, 2), np.float32), id="silence"),
        pytest.param(np.full((RATE, 2), 0.5, np.float32), id="dc"),
        pytest.param(song(2.0)[:, :1], id="mono"),
        pytest.param(song(2.0)[:, :1].repeat(2, 1), id="mono as stereo"),
        pytest.param(song(2.0) * np.float32([1, 0]), id="one ear"),
        pytest.param(song(2.0) * 1e-5, id="nearly silent"),
        pytest.param(song(1.0)[:1], id="one sample"),
        pytest.param(song(0.3), id="0.3 s"),
    ],
)
def test_stems_add_up_share_one_gain_and_keep_the_length(tmp_path, samples):
    result, stems, mix = separated(tmp_path, samples)
    assert result.frames == len(mix) == len(samples)
    assert all(len(stem) == len(mix) for stem in stems.values())
    assert 0 < result.gain <= 1
    whole = np.rint(mix * (result.gain * 32_768))
    assert np.abs(sum(stems.values()) - whole).max() <= 2
    assert max(np.abs(stem).max() for stem in stems.values()) < 32_768
    if np.abs(mix).max() < 0.5:
        assert result.gain == 1.0


@pytest.mark.parametrize("frames", [HOP - 1, HOP, HOP + 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_lengths_around_the_grid_are_exact(tmp_path, frames):
    samples = np.tile(song(2.0), (5, 1))[:frames]
    result, stems, mix = separated(tmp_path, samples)
    assert result.frames == frames
    np.testing.assert_array_equal(sum(stems.values()), np.rint(mix * (result.gain * 32_768)))


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (96_000, 2), (48_000, 6)])
def test_other_rates_and_channels(tmp_path, rate, channels):
    frames = rate + 7
    result, stems, mix = separated(tmp_path, noise(frames, channels), rate)
    assert result.frames == round(frames * RATE / rate) == len(mix)
    assert np.abs(sum(stems.values()) - np.rint(mix * (result.gain * 32_768))).max() <= 2


def test_the_residual_is_what_the_files_say(tmp_path):
    result, stems, mix = separated(tmp_path, song(3.0))
    meant = mix.astype(float) * result.gain
    off = sum(stems.values()) / 32_768 - meant
    assert result.residual_db == pytest.approx(10 * np.log10(np.sum(off**2) / np.sum(meant**2)), abs=1e-6)
    assert result.residual_db < -75


def test_silence_gives_silence_and_finite_figures(tmp_path):
    result, stems, _ = separated(tmp_path, np.zeros((5000, 2), np.float32))
    assert not any(stem.any() for stem in stems.values())
    assert (result.gain, result.residual_db) == (1.0, -144.0)


def test_all_files_are_there_and_nothing_else(tmp_path):
    result, stems, _ = separated(tmp_path, song(2.0))
    out = tmp_path / "out"
    expected = {f"{stem}{suffix}" for stem in STEMS for suffix in (".wav", ".mp3")} | {"peaks.json"}
    assert {path.name for path in out.iterdir()} == expected == set(result.files)
    info = soundfile.info(out / "drums.wav")
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 2, "PCM_16")
    peaks = json.loads((out / "peaks.json").read_text())
    assert list(peaks["stems"]) == list(STEMS)
    pairs = -(-result.frames // peaks["samplesPerPeak"])
    assert all(len(values) == 2 * pairs for values in peaks["stems"].values())
    for name, stem in stems.items():
        assert max(peaks["stems"][name]) == max(0, stem.max() // 256)
        assert (out / f"{name}.mp3").stat().st_size == stream.frame_offset(stream.frame_count(result.frames))


def test_the_result_names_engine_and_source(tmp_path):
    result, _, _ = separated(tmp_path, song(0.5), model="preview")
    assert (result.engine, result.model, result.sample_rate) == ("embedded", "preview", RATE)
    assert len(result.source_sha256) == 64
    assert result.seconds > 0


def test_a_compressed_song_keeps_the_decoded_length(tmp_path):
    source = write_encoded(tmp_path / "song.mp3", song(3.0), "libmp3lame")
    result = separate_file(source, tmp_path / "out")
    assert result.frames == sum(len(block) for block in decode(source))
    assert soundfile.info(tmp_path / "out" / "bass.wav").frames == result.frames


def test_the_caller_may_ask_for_what_is_not_there(tmp_path):
    source = write_wav(tmp_path / "song.wav", song(0.5))
    with pytest.raises(ModelUnavailable, match=r"htdemucs_ft.*auto, preview"):
        separate_file(source, tmp_path / "out", model="htdemucs_ft")
    assert not (tmp_path / "out").exists()


def test_progress_grows_from_nothing_to_all(tmp_path):
    seen = []
    separated(tmp_path, np.tile(song(5.0), (2, 1)), progress=seen.append)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    assert len(seen) > 12


def test_a_bad_file_leaves_nothing_behind(tmp_path):
    samples = noise(200_000)
    samples[150_000] = np.nan
    source = write_wav(tmp_path / "song.wav", samples)
    with pytest.raises(BadAudio):
        separate_file(source, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("when", [0.0, 0.02, 0.2, 0.6, 0.9])
def test_stop_is_honoured_soon_and_leaves_nothing_behind(tmp_path, when):
    stop = threading.Event()
    asked = []

    def watch(fraction):
        if fraction >= when and not stop.is_set():
            stop.set()
            asked.append(time.monotonic())

    source = write_wav(tmp_path / "song.wav", np.tile(song(5.0), (4, 1)), subtype="PCM_16")
    with pytest.raises(ml.Stopped):
        separate_file(source, tmp_path / "out", progress=watch, stop=stop)
    assert time.monotonic() - asked[0] < 5  # about 1 s on an idle machine
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_earlier_files_survive_a_failure_and_not_a_success(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "bass.wav").write_bytes(b"old")
    (out / "tags.json").write_bytes(b"{}")
    (tmp_path / "bad.wav").write_bytes(b"no sound at all" * 100)
    with pytest.raises(BadAudio):
        separate_file(tmp_path / "bad.wav", out)
    assert (out / "bass.wav").read_bytes() == b"old"
    separated(tmp_path, song(0.5))
    assert (out / "bass.wav").read_bytes() != b"old"
    assert (out / "tags.json").read_bytes() == b"{}"


def test_memory_does_not_grow_with_the_song(tmp_path, monkeypatch):
    filters = Filters()
    filters.pose_as_preview(monkeypatch)

    def peak_of(repeats):
        source = write_wav(tmp_path / "song.wav", np.tile(song(5.0), (repeats, 1)), subtype="PCM_16")
        tracemalloc.start()
        separate_file(source, tmp_path / "out")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    short = peak_of(1)  # 5 s fill a stretch and every block
    assert peak_of(4) < short + 2_000_000  # 15 s more are 26 MB if stems and mix were kept
    assert filters.most_loaded == 1 and filters.loaded == 0
