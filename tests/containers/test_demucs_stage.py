"""The demucs stage on a fake S3: what it stores, when it has nothing to do, and how it fails."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ml.audio import BadAudio
from ml.separation import ModelUnavailable
from ml.separation.embedded import STEMS
from task import outcomes
from task.objects import identify
from tests.containers import stand as stand_module
from tests.containers.stand import KEY, OUTPUT, PREFIX, TEXT, UPLOADS, Stand, separate, write_song

FILES = {f"{stem}.{kind}" for stem in STEMS for kind in ("wav", "m4a")} | {"peaks.json", "tags.json"}


@pytest.fixture
def done(stand: Stand) -> Stand:
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    return stand


def test_results_are_stored_with_their_types_and_checksums(done: Stand) -> None:
    assert done.names() == FILES | {"manifest.json"}
    assert done.read("tags.json") == {"lyrics": TEXT}
    listed = done.read("manifest.json")["files"]
    assert set(listed) == FILES
    types = {".wav": "audio/wav", ".m4a": "audio/mp4", ".json": "application/json"}
    for name in FILES:
        head = done.s3.head_object(Bucket=OUTPUT, Key=PREFIX + name)
        assert head["ContentType"] == types[Path(name).suffix]
        assert {"sha256": head["Metadata"]["sha256"], "bytes": head["ContentLength"]} == listed[name]


def test_the_manifest_says_what_was_made_of_what(done: Stand) -> None:
    manifest = done.read("manifest.json")
    song = identify(write_song(done.root / "again.flac"))
    assert manifest["version"] == 1
    assert manifest["source"] == {"sha256": song.sha256, "frames": 110_250, "sampleRate": 44_100}
    assert manifest["lyrics"] is None
    made = manifest["separation"]
    assert made.pop("files")
    assert made == {
        "engine": "fake",
        "model": "quarter",
        "requestedModel": "auto",
        "modelVersion": "1",
        "modelSha256": "0" * 64,
        "precision": "f32",
        "seconds": 0.1,
        "gain": 1.0,
        "residualDb": None,  # nothing was left over: minus infinity dB
        "stems": list(STEMS),
    }


def test_the_manifest_is_written_last(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.put_song()
    order: list[str] = []
    stand.s3.meta.events.register(
        "before-call.s3.PutObject", lambda params, **_: order.append(params["url_path"])
    )
    assert stand.demucs() == outcomes.DONE
    assert order[-1].endswith("manifest.json")
    assert len(order) == len(FILES) + 1


def test_a_second_run_returns_at_once_even_without_the_original(done: Stand) -> None:
    before = done.versions()
    done.s3.delete_object(Bucket=UPLOADS, Key=KEY)
    assert done.demucs(ATTEMPT="2") == outcomes.DONE
    assert done.separations == 1
    assert done.versions() == before
    assert "Already done: outputs and manifest are in place" in done.messages("INFO")
    assert done.progress.calls[-1]["Payload"]["progress"] == 100


def edit(done: Stand, change: Any) -> None:
    manifest = done.read("manifest.json")
    change(manifest)
    done.put("manifest.json", json.dumps(manifest).encode())


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b"[]", b'{"version": 9}', b'{"version": 1, "files": {"a": 1}}', b'{"version": 1}',
     b'{"version": 1, "files": {}, "separation": 3}', b'{"version": 1, "files": {}}',
     b'{"version": 1, "files": {"a": {"sha256": "x", "bytes": true}}}'],
)  # fmt: skip
def test_a_corrupt_or_foreign_manifest_means_separating_again(done: Stand, body: bytes) -> None:
    done.put("manifest.json", body)
    assert done.demucs() == outcomes.DONE
    assert done.separations == 2
    assert set(done.read("manifest.json")["files"]) == FILES


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["files"]["drums.wav"].update(sha256="1" * 64),
        lambda m: m["files"]["drums.wav"].update(bytes=1),
        lambda m: m["files"].pop("bass.m4a"),
        lambda m: m["separation"].pop("modelSha256"),
        lambda m: m["separation"].update(files="all"),
        lambda m: m["separation"].update(requestedModel="preview"),
        lambda m: m.update(separation=None),
    ],
)
def test_a_manifest_unlike_the_stored_files_means_redoing(done: Stand, change: Any) -> None:
    edit(done, change)
    assert done.demucs() == outcomes.DONE
    assert done.separations == 2


def test_six_stems_are_listed_and_all_of_them_count(stand: Stand) -> None:
    six = (*STEMS, "guitar", "piano")
    stand.put_song()
    stand.separate = partial(separate, stems=six)
    assert stand.demucs() == outcomes.DONE
    manifest = stand.read("manifest.json")
    assert manifest["separation"]["stems"] == list(six)
    assert {f"{stem}.wav" for stem in six} < set(manifest["files"])
    assert stand.demucs(ATTEMPT="2") == outcomes.DONE
    assert stand.separations == 1
    stand.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "piano.wav")
    assert stand.demucs(ATTEMPT="3") == outcomes.DONE
    assert stand.separations == 2


def test_an_older_manifest_says_its_stems_by_its_wavs(done: Stand) -> None:
    manifest = done.read("manifest.json")
    del manifest["separation"]["stems"]
    done.put("manifest.json", json.dumps(manifest).encode())
    assert done.demucs(ATTEMPT="2") == outcomes.DONE
    assert done.separations == 1
    done.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "bass.wav")
    assert done.demucs(ATTEMPT="3") == outcomes.DONE
    assert done.separations == 2


def test_a_lost_or_replaced_output_means_redoing(done: Stand) -> None:
    done.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "vocals.wav")
    assert done.demucs() == outcomes.DONE
    done.put("vocals.wav", b"something else", Metadata={"sha256": "2" * 64})
    assert done.demucs() == outcomes.DONE
    assert done.separations == 3
    assert any("missing or altered" in message for message in done.messages("WARNING"))


def failing(error: Exception) -> Any:
    def separate(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    return separate


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (BadAudio("The file holds no audio."), "CORRUPT_AUDIO", outcomes.BAD_INPUT),
        (ModelUnavailable("No such model; available: auto."), "MODEL_UNAVAILABLE", outcomes.BAD_INPUT),
    ],
)
def test_a_song_at_fault_is_65_with_a_readable_reason(
    stand: Stand, error: Exception, code: str, exit_code: int
) -> None:
    stand.put_song()
    stand.separate = failing(error)
    assert stand.demucs(ATTEMPT="3") == exit_code
    assert stand.read("failure.json") == {
        "stage": "demucs",
        "attempt": 3,
        "errorCode": code,
        "message": str(error),
    }
    assert "manifest.json" not in stand.names()
    (line,) = [line for line in stand.logs if line.get("level") == "ERROR"]
    assert (line["errorType"], line["songId"], line["stage"]) == ("BadInput", "song-1", "demucs")

    stand.separate = stand_module.separate
    assert stand.demucs() == outcomes.DONE
    assert "failure.json" not in stand.names()


def test_a_missing_original_is_the_songs_fault(stand: Stand) -> None:
    assert stand.demucs() == outcomes.BAD_INPUT
    assert stand.read("failure.json")["errorCode"] == "ORIGINAL_MISSING"


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (EndpointConnectionError(endpoint_url="http://s3"), outcomes.TEMPORARY),
        (OSError(28, "No space left on device"), outcomes.TEMPORARY),
        (MemoryError(), outcomes.TEMPORARY),
        (ZeroDivisionError("by zero"), outcomes.UNKNOWN),
    ],
)
def test_other_faults_are_distinguished_and_named(stand: Stand, error: Exception, exit_code: int) -> None:
    stand.put_song()
    stand.separate = failing(error)
    assert stand.demucs() == exit_code
    (line,) = [line for line in stand.logs if line.get("level") == "ERROR"]
    assert line["errorType"] == type(error).__name__
    assert "failure.json" not in stand.names()
    assert stand.logs[-1]["exitCode"] == exit_code


def test_too_little_disk_is_found_before_the_download(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.put_song()
    usage = __import__("shutil").disk_usage
    monkeypatch.setattr("task.shell.shutil.disk_usage", lambda path: usage(path)._replace(free=5 << 20))
    assert stand.demucs() == outcomes.TEMPORARY
    assert stand.separations == 0


def test_a_stop_reaches_the_separator_and_is_143(stand: Stand) -> None:
    stand.put_song()

    def separate(*args: Any, stop: Any, **kwargs: Any) -> Any:
        stand.stop.set()
        assert stop.is_set()
        return stand_module.separate(*args, stop=stop, **kwargs)

    stand.separate = separate
    assert stand.demucs() == outcomes.STOPPED
    assert stand.names() == set()


def test_a_new_separation_forgets_the_lyrics_of_the_old(done: Stand) -> None:
    assert done.whisper() == outcomes.DONE
    assert done.demucs() == outcomes.DONE
    assert done.read("manifest.json")["lyrics"]["status"] == "READY"
    assert done.demucs(MODEL="preview") == outcomes.DONE
    manifest = done.read("manifest.json")
    assert manifest["lyrics"] is None
    assert "lyrics.json" not in manifest["files"]


def test_an_unknown_kind_of_file_is_never_stored_without_a_type(stand: Stand) -> None:
    stand.put_song()

    def separate(source: Path, out: Path, **kwargs: Any) -> Any:
        result = stand_module.separate(source, out, **kwargs)
        (out / "extra.xyz").write_bytes(b"?")
        return replace(result, files=(*result.files, "extra.xyz"))

    stand.separate = separate
    assert stand.demucs() == outcomes.UNKNOWN
