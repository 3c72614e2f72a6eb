"""The `unplugd` command as a person runs it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from cli.client.download import sha256
from cli.session import free_port

pytestmark = pytest.mark.stack

FILES = {f"{stem}.wav" for stem in ("drums", "bass", "other", "vocals")} | {
    "lyrics.json",
    "peaks.json",
    "manifest.json",
}
LAST_LINE = r"COMPLETED (?P<song>[0-9A-HJKMNP-TV-Z]{26}) in (?P<seconds>\d+) s -> (?P<folder>.+)"


def unplugd(*words, **options):
    """Run the command to its end."""
    command = [sys.executable, "-m", "cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, **options)


def living(data):
    """Processes of a data folder's stack: its launcher, and every process whose working directory is the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                names = (entry / "cmdline").read_bytes().decode(errors="replace") + str(
                    (entry / "cwd").readlink()
                )
            except OSError:
                continue
            if str(data) in names:
                found.append(int(entry.name))
    return found


def test_demo_starts_its_own_stack_and_leaves_nothing_running(tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    ran = unplugd("demo", "--data", data, "--out", out)
    assert ran.returncode == 0, ran.stderr
    last = re.fullmatch(LAST_LINE, ran.stdout.splitlines()[-1])
    assert last, ran.stdout
    assert last["folder"] == str(out)
    assert "the built-in separator" in ran.stdout
    assert {path.name for path in out.iterdir()} == FILES
    manifest = json.loads((out / "manifest.json").read_text())
    for name in FILES - {"manifest.json"}:
        assert sha256(out / name) == manifest["files"][name]["sha256"]
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "user.json").stat().st_mode & 0o777 == 0o600
    assert not (data / "session.json").exists()
    assert living(data) == []


@pytest.fixture
def tones(tmp_path):
    """Three seconds of two tones: a song that is soon done."""
    song = tmp_path / "tones.wav"
    seconds = np.arange(3 * 44_100) / 44_100
    soundfile.write(song, 0.3 * np.sin(2 * np.pi * np.outer(seconds, (220, 330))), 44_100)
    return song


def test_two_demos_that_start_at_once_share_a_stack(tones, tmp_path):
    def demo(name):
        return unplugd("demo", tones, "--data", tmp_path / "data", "--out", tmp_path / name)

    with ThreadPoolExecutor() as both:
        for ran in both.map(demo, ("one", "two")):
            assert ran.returncode == 0, ran.stderr
            assert re.fullmatch(LAST_LINE, ran.stdout.splitlines()[-1])
    assert living(tmp_path / "data") == []


def test_demo_uses_the_stack_that_runs(stack, tones, tmp_path):
    ran = unplugd("demo", "--song", tones, "--data", stack.data_dir, "--out", tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    assert f"Using the stack that runs at {stack.url}" in ran.stdout
    assert re.fullmatch(LAST_LINE, ran.stdout.splitlines()[-1])
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert "No lyrics" in ran.stdout


def test_a_song_that_fails_ends_with_its_sentence(stack, tmp_path):
    fake = tmp_path / "notes.mp3"
    fake.write_text("This is not music.\n" * 400)
    ran = unplugd("process", fake, "--data", stack.data_dir, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert re.fullmatch(r"[A-Z][^{}<>\n]+\.\n", ran.stderr), ran.stderr
    assert "COMPLETED" not in ran.stdout
    assert not (tmp_path / "out").exists()


def test_a_second_up_and_a_reset_are_refused_while_it_runs(stack):
    second = unplugd("up", "--data", stack.data_dir)
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.startswith(f"The stack runs already at {stack.url}")
    reset = unplugd("reset", "--yes", "--data", stack.data_dir)
    assert reset.returncode == 1
    assert reset.stderr == "The stack is running. Stop it first (Ctrl-C where it was started).\n"
    assert (stack.data_dir / "session.json").exists()


def test_up_serves_the_page_until_ctrl_c_and_reset_forgets(tmp_path):
    data, dist = tmp_path / "data", tmp_path / "dist"
    dist.mkdir()
    (dist / "index.html").write_text("the app")
    port = free_port(data)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        web_port = probe.getsockname()[1]
    command = [sys.executable, "-u", "-m", "cli", "up", "--data", str(data), "--port", str(port)]
    command += ["--web-port", str(web_port), "--web-dist", str(dist)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background passes on an ignored SIGINT; a terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it touches no lock
    )
    try:
        assert process.stdout is not None
        output = []
        for line in process.stdout:
            output.append(line)
            if line.startswith("Ready."):
                break
        shown = "".join(output)
        assert f"http://127.0.0.1:{port}/" in shown
        assert f"ws://127.0.0.1:{port}/" in shown
        who = json.loads((data / "user.json").read_text())
        assert who["password"] in shown
        link = re.search(rf"http://localhost:{web_port}/#start=(\S+)", shown)
        assert link, shown
        page = f"http://localhost:{web_port}"
        http = httpx.Client(timeout=60)
        assert http.get(page).text == "the app"
        config = http.get(f"{page}/config.json").json()
        # The API answers the page's origin, and the stack lets it in.
        asked = http.get(f"{config['apiUrl']}/songs", headers={"Origin": page})
        assert asked.headers["Access-Control-Allow-Origin"] == page
        exchanged = http.post(f"{page}/local-start", json={"code": link[1]}, headers={"Origin": page})
        assert exchanged.json() == who
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does
        _, errors = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "Stopped."
    assert "Traceback" not in errors
    assert living(data) == []
    assert unplugd("reset", "--yes", "--data", data).returncode == 0
    assert not data.exists()
