"""The stage tasks as their images start them: the images' files, variables and entry point, in processes."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import soundfile

from ml.separation.embedded import STEMS
from tests.containers.image import Image
from tests.containers.stand import COMMON, DEMUCS, KEY, OUTPUT, PREFIX, TEXT, UPLOADS, WHISPER, Stand

OWN = {"demucs": DEMUCS, "whisper": WHISPER}


def start(image: Image, tmp: Path, environ: dict[str, str], endpoint: str = "http://127.0.0.1:1") -> Any:
    """The task as a process whose temporary folder is `tmp`/tmp; stdout and stderr are pipes."""
    (tmp / "tmp").mkdir(exist_ok=True)
    bare = {
        "PATH": os.environ["PATH"],
        **image.variables,
        "HOME": str(tmp),
        "TMPDIR": str(tmp / "tmp"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.Popen(
        image.command,
        env={**bare, **environ},
        cwd=tmp,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: Any, tmp: Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and log lines of a task, once it is over and has been seen to leave nothing behind."""
    out, err = process.communicate(timeout=240)
    assert err == ""
    assert list((tmp / "tmp").iterdir()) == []
    return process.returncode, [json.loads(line) for line in out.splitlines()]


def run(image: Image, stage: str, stand: Stand, endpoint: str) -> list[dict[str, Any]]:
    code, logs = end(start(image, stand.root, OWN[stage], endpoint), stand.root)
    assert code == 0, logs
    return logs


def test_a_song_goes_through_both_tasks_and_is_not_done_twice(
    images: dict[str, Image], server: Stand, endpoint: str
) -> None:
    server.put_song()
    run(images["demucs"], "demucs", server, endpoint)
    logs = run(images["whisper"], "whisper", server, endpoint)

    manifest = server.read("manifest.json")
    assert set(manifest["files"]) == server.names() - {"manifest.json"}
    assert {f"{stem}.wav" for stem in STEMS} | {"peaks.json", "tags.json", "lyrics.json"} < server.names()
    lyrics = server.read("lyrics.json")
    assert [segment["text"] for segment in lyrics["segments"]] == TEXT.split("\n")
    server.s3.download_file(OUTPUT, PREFIX + "vocals.wav", str(server.root / "vocals.wav"))
    assert soundfile.info(server.root / "vocals.wav").frames == manifest["source"]["frames"]
    # There is no such function here: each message fails, and the song does not mind.
    assert {line["errorType"] for line in logs if line.get("level") == "WARNING"} == {
        "ResourceNotFoundException"
    }

    before = server.versions()
    for stage in OWN:
        messages = [line.get("message") for line in run(images[stage], stage, server, endpoint)]
        assert "Already done: outputs and manifest are in place" in messages
    assert server.versions() == before


def test_the_demucs_image_measures_a_finished_song(
    images: dict[str, Image], server: Stand, endpoint: str
) -> None:
    server.put_song()
    run(images["demucs"], "demucs", server, endpoint)
    server.put("manifest.json", json.dumps(without_measurements(server.read("manifest.json"))).encode())
    server.s3.delete_object(Bucket=OUTPUT, Key=f"{PREFIX}measurements.json")
    server.s3.delete_object(Bucket=UPLOADS, Key=KEY)
    before = server.versions()

    code, logs = end(
        start(images["demucs"], server.root, {**COMMON, "MEASURE_ONLY": "true"}, endpoint), server.root
    )
    assert code == 0, logs
    assert "error" not in server.read("measurements.json")["loudness"]
    after = server.versions()
    assert {key for key in after if after[key] != before.get(key)} == {
        f"{PREFIX}measurements.json",
        f"{PREFIX}manifest.json",
    }


def without_measurements(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a song from before songs were measured."""
    del manifest["files"]["measurements.json"]
    return manifest


def test_a_file_that_is_no_audio_is_65_with_a_reason(
    images: dict[str, Image], server: Stand, endpoint: str
) -> None:
    server.s3.put_object(Bucket=UPLOADS, Key=KEY, Body=b"not audio" * 500)
    code, _logs = end(start(images["demucs"], server.root, DEMUCS, endpoint), server.root)
    assert code == 65
    reason = server.read("failure.json")
    assert (reason["stage"], reason["attempt"], reason["errorCode"]) == ("demucs", 1, "CORRUPT_AUDIO")
    assert reason["message"].endswith(".")
    assert server.names() == {"failure.json"}


def test_sigterm_in_the_middle_of_a_separation_is_143(
    images: dict[str, Image], server: Stand, endpoint: str
) -> None:
    server.put_song(duration_s=40.0)
    process = start(images["demucs"], server.root, DEMUCS, endpoint)
    deadline = time.monotonic() + 120
    while not list((server.root / "tmp").glob("unplugd-*/out/*/*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    code, logs = end(process, server.root)
    assert (code, logs[-1]["exitCode"]) == (143, 143)
    assert all(name.startswith("checkpoints/") for name in server.names())


@pytest.mark.parametrize("stage", OWN)
def test_missing_variables_are_one_message_and_exit_1(
    images: dict[str, Image], stage: str, tmp_path: Path
) -> None:
    code, logs = end(start(images[stage], tmp_path, {"SONG_ID": "song-1"}), tmp_path)
    assert code == 1
    (line,) = logs
    assert line["level"] == "ERROR"
    required = set(OWN[stage]) - {"SONG_ID", "LANGUAGE", "TEXT_KEY"}
    assert set(line["message"].removeprefix("missing environment variables: ").split(", ")) == required


@pytest.mark.parametrize("stage", OWN)
def test_s3_down_is_temporary(images: dict[str, Image], stage: str, tmp_path: Path) -> None:
    code, logs = end(start(images[stage], tmp_path, OWN[stage]), tmp_path)
    assert code == 75
    (fault,) = [line for line in logs if line["level"] == "ERROR"]
    assert (fault["errorType"], fault["songId"], fault["stage"]) == (
        "EndpointConnectionError",
        "song-1",
        stage,
    )


class SlowS3(BaseHTTPRequestHandler):
    """Knows no manifest, and gives every other object at a trickle: a task on it is always in mid-download."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        if self._head():
            try:
                for _ in range(400):
                    self.wfile.write(bytes(32 << 10))
                    time.sleep(0.02)
            except OSError:
                self.close_connection = True

    def _head(self) -> bool:
        there = "manifest.json" not in self.path
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(400 * (32 << 10)) if there else "0")
        self.send_header("ETag", '"1"')
        self.end_headers()
        return there

    def log_message(self, *args: Any) -> None:
        """Nothing: the test's output is its own."""


@pytest.fixture
def slow_s3() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowS3)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("stage", OWN)
def test_sigterm_in_the_middle_is_143_and_leaves_nothing(
    images: dict[str, Image], stage: str, tmp_path: Path, slow_s3: str
) -> None:
    process = start(images[stage], tmp_path, OWN[stage], slow_s3)
    deadline = time.monotonic() + 120
    # The transfer writes to a temporary name first, so any file in the work folder will do.
    while not list((tmp_path / "tmp").glob("unplugd-*/*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, logs = end(process, tmp_path)
    assert code == 143
    assert time.monotonic() - began < 5
    assert logs[-1]["exitCode"] == 143
