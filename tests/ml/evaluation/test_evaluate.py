"""Stems against the true ones: figures known beforehand, museval's own, and folders that cannot be compared."""

import math
from pathlib import Path

import numpy as np
import pytest

from ml.audio import BadAudio
from ml.evaluation import BadSongs, SongScore, evaluate, evaluate_model
from ml.separation.embedded import STEMS
from tests.ml.evaluation.songs import Stems, poor_stems, true_stems, write
from tests.ml.signals import RATE, noise, write_encoded, write_wav

# museval 0.4.1's metrics.bss_eval(references, estimates, window=44100, hop=44100) on true_stems() and poor_stems(),
# median of the windows that are not NaN; the same to eight digits with filters_len 1, 32 and 512.
MUSEVAL = {"drums": 16.30176084, "bass": 19.85204973, "other": 4.17273723, "vocals": 16.11906803}


@pytest.fixture(scope="module")
def true() -> Stems:
    return true_stems()


def score(tmp_path: Path, true: Stems, made: Stems) -> SongScore:
    [song] = evaluate(write(tmp_path / "true", true), write(tmp_path / "made", made))
    return song


def with_vocals(true: Stems, vocals: np.ndarray) -> Stems:
    return {**true, "vocals": vocals.astype(np.float32)}


def test_the_medians_are_musevals(tmp_path: Path, true: Stems) -> None:
    song = score(tmp_path, true, poor_stems(true))
    assert song.windows == 2  # the vocals rest in the second of three; the last is no whole one
    assert {name: stem.sdr_median for name, stem in song.stems.items()} == pytest.approx(MUSEVAL, abs=1e-5)


def test_noise_20_db_below_is_20_db(tmp_path: Path, true: Stems) -> None:
    voice = true["vocals"].astype(np.float64)
    wrong = noise(len(voice)).astype(np.float64)
    wrong -= voice * (wrong * voice).sum() / (voice**2).sum()  # nothing of the voice is in it
    wrong *= 0.1 * math.sqrt((voice**2).sum() / (wrong**2).sum())
    stem = score(tmp_path, true, with_vocals(true, voice + wrong)).stems["vocals"]
    assert stem.sdr == pytest.approx(20, abs=1e-3)
    assert stem.si_sdr == pytest.approx(20, abs=1e-3)


def test_half_as_loud_is_6_db_and_for_si_sdr_perfect(tmp_path: Path, true: Stems) -> None:
    stem = score(tmp_path, true, with_vocals(true, 0.5 * true["vocals"])).stems["vocals"]
    assert stem.sdr == pytest.approx(20 * math.log10(2), abs=1e-6)
    assert stem.sdr_median == pytest.approx(20 * math.log10(2), abs=1e-6)
    assert stem.si_sdr is not None and stem.si_sdr > 120


def test_a_perfect_estimate_has_no_error(tmp_path: Path, true: Stems) -> None:
    song = score(tmp_path, true, true)
    for name, stem in song.stems.items():
        energy = float((true[name].astype(np.float64) ** 2).sum())
        assert stem.sdr == pytest.approx(
            10 * math.log10((energy + 1e-7) / 1e-7)
        )  # the challenge's ε bounds it
        assert stem.si_sdr == stem.sdr_median == math.inf
        assert stem.bleed is not None and stem.bleed < -200


def test_the_mix_as_an_estimate_is_where_nothing_is_won(tmp_path: Path, true: Stems) -> None:
    mix = np.sum(list(true.values()), axis=0)
    for stem in score(tmp_path, true, dict.fromkeys(STEMS, mix)).stems.values():
        assert stem.sdr == pytest.approx(stem.sdr_of_mix, abs=1e-4)
        assert stem.bleed == pytest.approx(0, abs=1e-4)


def test_bleed_is_what_the_others_are_turned_down_to(tmp_path: Path, true: Stems) -> None:
    others = true["drums"] + true["bass"] + true["other"]
    stem = score(tmp_path, true, with_vocals(true, 0.7 * true["vocals"] + 0.01 * others)).stems["vocals"]
    assert stem.bleed == pytest.approx(-40, abs=1e-3)


def test_a_silent_reference_has_a_leakage_and_nothing_else(tmp_path: Path, true: Stems) -> None:
    instrumental = {name: samples for name, samples in true.items() if name != "vocals"}
    mix = np.sum(list(instrumental.values()), axis=0)
    missing = score(tmp_path / "missing", instrumental, with_vocals(true, 0.01 * mix))
    silent = score(tmp_path / "silent", with_vocals(true, 0 * mix), with_vocals(true, 0.01 * mix))
    for song in (missing, silent):
        stem = song.stems["vocals"]
        assert stem.leakage == pytest.approx(-40, abs=1e-4)
        assert (stem.sdr, stem.sdr_median, stem.si_sdr, stem.sdr_of_mix) == (None, None, None, None)
        assert song.stems["drums"].leakage is None
        assert song.windows == 3  # the vocals' silence takes none away
    assert missing.stems == silent.stems


def test_an_estimate_of_nothing(tmp_path: Path, true: Stems) -> None:
    stem = score(tmp_path, true, with_vocals(true, 0 * true["vocals"])).stems["vocals"]
    assert stem.sdr == pytest.approx(0, abs=1e-9)
    assert stem.si_sdr == stem.bleed == -math.inf
    assert stem.sdr_median is None  # museval counts no window in which an estimate is silent


def test_a_song_of_silence_has_no_figures(tmp_path: Path, true: Stems) -> None:
    silence = {name: 0 * samples for name, samples in true.items()}
    for stem in score(tmp_path, silence, true).stems.values():
        assert set(vars(stem).values()) == {None}


def test_a_song_under_a_second_is_one_window(tmp_path: Path) -> None:
    short = true_stems(0.3)
    song = score(tmp_path, short, poor_stems(short))
    assert song.windows == 1
    for stem in song.stems.values():
        assert stem.sdr_median == pytest.approx(stem.sdr, abs=1e-3)


def test_a_few_extra_frames_are_left_out_with_a_note(tmp_path: Path, true: Stems) -> None:
    longer = {name: np.pad(samples, ((0, 1105), (0, 0))) for name, samples in poor_stems(true).items()}
    song = score(tmp_path, true, longer)
    assert song.notes == ("The files differ in length by 1105 frames; the first 149940 are compared.",)
    assert song.stems == score(tmp_path / "alike", true, poor_stems(true)).stems


def test_another_rate_is_noted(tmp_path: Path, true: Stems) -> None:
    made = write(tmp_path / "made", true)
    write_wav(made / "bass.wav", noise(round(3.4 * 48_000)), rate=48_000)
    [song] = evaluate(write(tmp_path / "true", true), made)
    assert song.notes == ("Files of 48000 Hz are compared at 44100 Hz.",)


def test_wav_is_taken_before_mp3_and_flac_is_read(tmp_path: Path, true: Stems) -> None:
    made = write(tmp_path / "made", true)
    write_wav(made / "drums.mp3", noise(RATE))  # never looked at
    (made / "bass.wav").unlink()
    write_encoded(made / "bass.flac", true["bass"], "flac")
    [song] = evaluate(write(tmp_path / "true", true), made)
    assert song.stems["drums"].si_sdr == math.inf
    assert song.stems["bass"].sdr is not None and song.stems["bass"].sdr > 60  # 16 bits


def test_folders_of_songs_are_paired_by_name(tmp_path: Path, true: Stems) -> None:
    for name in ("b side", "a side"):
        write(tmp_path / "true" / name, true)
        write(tmp_path / "made" / name, poor_stems(true))
    (tmp_path / "true" / "notes").mkdir()
    calls: list[str] = []
    songs = evaluate(tmp_path / "true", tmp_path / "made", progress=calls.append)
    assert [song.name for song in songs] == calls == ["a side", "b side"]
    assert songs[0].stems == songs[1].stems


def test_a_model_is_given_the_mix_and_its_gain_is_undone(tmp_path: Path, true: Stems) -> None:
    """Four times as loud, the stems must be turned down to fit their files; that is no fault of the separation."""
    for name, level in (("as loud", 1), ("louder", 4)):
        write(tmp_path / name, {stem: np.float32(level) * samples for stem, samples in true.items()})
    calls: list[tuple[str, float]] = []
    quiet, loud = evaluate_model(tmp_path, "preview", progress=lambda name, done: calls.append((name, done)))
    assert ("as loud", 1.0) in calls and calls[-1] == ("louder", 1.0)
    for stem in STEMS:
        assert loud.stems[stem].sdr == pytest.approx(quiet.stems[stem].sdr, abs=0.3)


def test_a_mix_in_the_stems_folder_is_what_is_separated(tmp_path: Path, true: Stems) -> None:
    folder = write(tmp_path / "true", true)
    write_wav(folder / "mixture.wav", np.zeros_like(true["drums"]))
    [song] = evaluate_model(folder, "preview")
    assert song.stems["bass"].sdr == pytest.approx(0, abs=1e-6)


def never_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    def separate(*_: object, **__: object) -> None:
        pytest.fail("it was separated before it was refused")

    monkeypatch.setattr("ml.evaluation.separated.separate_file", separate)


def test_stems_unlike_the_mix_in_length_are_refused_at_once(
    tmp_path: Path, true: Stems, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_separated(monkeypatch)
    folder = write(tmp_path / "stems", {**true, "bass": true["bass"][: 3 * RATE]})
    with pytest.raises(BadSongs, match=r"bass\.wav lasts 3\.00 s and .*\.wav 3\.40 s"):
        evaluate_model(folder, "preview")
    folder = write(tmp_path / "mixed", true)
    write_wav(folder / "mix.wav", noise(3 * RATE))
    with pytest.raises(BadSongs, match=r"mix\.wav lasts 3\.00 s and .*\.wav 3\.40 s"):
        evaluate_model(folder, "preview")


def test_a_damaged_mix_is_named_before_anything_is_separated(
    tmp_path: Path, true: Stems, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_separated(monkeypatch)
    folder = write(tmp_path / "true", true)
    (folder / "mix.wav").write_text("no sound")
    with pytest.raises(BadSongs, match=r"mix\.wav: This file is not"):
        evaluate_model(folder, "preview")


def test_a_mix_that_cannot_be_separated_is_named(
    tmp_path: Path, true: Stems, monkeypatch: pytest.MonkeyPatch
) -> None:
    def separate(*_: object, **__: object) -> None:
        raise BadAudio("This file is damaged.")

    monkeypatch.setattr("ml.evaluation.separated.separate_file", separate)
    folder = write(tmp_path / "true", true)
    with pytest.raises(BadSongs, match=r"true: This file is damaged"):
        evaluate_model(folder, "preview")
    write_wav(folder / "mix.wav", true["bass"])
    with pytest.raises(BadSongs, match=r"mix\.wav: This file is damaged"):
        evaluate_model(folder, "preview")


def test_a_song_at_fault_costs_the_others_nothing(tmp_path: Path, true: Stems) -> None:
    short = {name: samples[:RATE] for name, samples in true.items()}
    for name in ("a", "b", "c", "d"):
        write(tmp_path / "true" / name, short)
        write(tmp_path / "made" / name, short)
    for folder in ("true", "made"):
        (tmp_path / folder / "b" / "drums.wav").write_text("no sound")
    (tmp_path / "true" / "d" / "mix.wav").write_text("no sound")
    with pytest.raises(BadSongs, match=r"b/drums\.wav: This file is not") as caught:
        evaluate(tmp_path / "true", tmp_path / "made")
    assert [song.name for song in caught.value.scores] == ["a", "c", "d"]
    with pytest.raises(BadSongs, match=r"b/drums\.wav: This .*d/mix\.wav: This file is not") as caught:
        evaluate_model(tmp_path / "true", "preview")
    assert [song.name for song in caught.value.scores] == ["a", "c"]
    assert caught.value.scores[0].stems["bass"].sdr is not None


def test_a_stem_that_only_our_decoder_reads_has_a_rate_too(tmp_path: Path, true: Stems) -> None:
    made = write(tmp_path / "made", true)
    for stem, rate in (("drums", RATE), ("bass", 48_000)):
        write_encoded(tmp_path / f"{stem}.m4a", true[stem], "aac", rate)
        (tmp_path / f"{stem}.m4a").replace(made / f"{stem}.wav")
    [song] = evaluate(write(tmp_path / "true", true), made)
    assert "Files of 48000 Hz are compared at 44100 Hz." in song.notes
    assert not any("44100 and" in note for note in song.notes)
    assert song.stems["drums"].sdr is not None


def test_a_missing_estimate_is_named(tmp_path: Path, true: Stems) -> None:
    made = write(tmp_path / "made", true)
    (made / "bass.wav").unlink()
    (made / "vocals.wav").unlink()
    with pytest.raises(BadSongs, match="made has no bass and no vocals"):
        evaluate(write(tmp_path / "true", true), made)


def test_two_songs_are_not_compared(tmp_path: Path, true: Stems) -> None:
    made = write(tmp_path / "made", true)
    write_wav(made / "other.wav", noise(2 * RATE))
    with pytest.raises(BadSongs, match=r"other\.wav lasts 2\.00 s and .* 3\.40 s"):
        evaluate(write(tmp_path / "true", true), made)


def test_a_file_that_is_no_sound_is_named(tmp_path: Path, true: Stems) -> None:
    made = write(tmp_path / "made", true)
    (made / "other.wav").write_text("no sound")
    with pytest.raises(BadSongs, match=r"other\.wav: This file is not"):
        evaluate(write(tmp_path / "true", true), made)


def test_folders_without_stems_are_refused(tmp_path: Path, true: Stems) -> None:
    folder = write(tmp_path / "true", true)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadSongs, match="holds no stems"):
        evaluate(tmp_path / "empty", folder)
    with pytest.raises(BadSongs, match="is not a folder"):
        evaluate(folder, tmp_path / "nowhere")
    with pytest.raises(BadSongs, match="is not a folder"):
        evaluate_model(tmp_path / "nowhere", "preview")
