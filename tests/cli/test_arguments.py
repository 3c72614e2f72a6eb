"""The command line: refusals come before anything is started, as one sentence, with the right exit code."""

import http.client
import os
import signal
import socket
import struct
import threading
import time

import pytest

from cli import commands, main
from cli.client.errors import ClientError
from cli.songfile import MAX_BYTES, check


@pytest.fixture(autouse=True)
def nothing_may_start(monkeypatch):
    """A refusal that comes too late would start a stack: fail loudly instead."""

    def refuse(*_args, **_options):
        raise AssertionError("a stack was started")

    monkeypatch.setattr("cli.session.use", refuse)
    monkeypatch.setattr("cli.session.start", refuse)
    monkeypatch.delenv("UNPLUGD_DEBUG", raising=False)


def message(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.rstrip("\n")


@pytest.mark.parametrize("words", [["demo", "--song"], ["demo"], ["process"]])
def test_a_missing_file(words, capsys, tmp_path):
    assert main([*words, str(tmp_path / "nowhere.mp3")]) == 1
    assert message(capsys) == f"There is no file {tmp_path}/nowhere.mp3."


def test_a_folder(capsys, tmp_path):
    assert main(["demo", "--song", str(tmp_path)]) == 1
    assert message(capsys) == f"{tmp_path} is a folder. Name one song file in it."


def test_an_unsupported_type(capsys, tmp_path):
    (tmp_path / "notes.txt").write_text("la")
    assert main(["process", str(tmp_path / "notes.txt")]) == 1
    assert message(capsys) == "notes.txt is not a type Unplugd takes. Use mp3, wav, m4a, flac, ogg or opus."


def test_an_empty_file(capsys, tmp_path):
    (tmp_path / "song.mp3").touch()
    assert main(["process", str(tmp_path / "song.mp3")]) == 1
    assert message(capsys) == "song.mp3 is empty."


def test_a_file_over_the_limit(capsys, tmp_path):
    song = tmp_path / "long.wav"
    with song.open("wb") as file:
        file.write(b"R")
        file.truncate(MAX_BYTES + 1)
    assert main(["process", str(song)]) == 1
    assert message(capsys).startswith("long.wav has 50.0 MB; at most 50 MB can be taken.")
    with song.open("r+b") as file:
        file.truncate(MAX_BYTES)
    assert check(song).content_type == "audio/wav"


def test_results_cannot_go_into_a_file(capsys, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert main(["demo", "--out", str(tmp_path / "out" / "deeper")]) == 1
    assert (
        message(capsys)
        == f"{tmp_path}/out is a file, so {tmp_path}/out/deeper cannot be a folder for the results."
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none(port, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["up", "--port", port])
    assert ended.value.code == 2


def test_no_word_at_all_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage: unplugd" in capsys.readouterr().err


def test_reset_leaves_a_strangers_folder_alone(capsys, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["reset", "--yes", "--data", str(tmp_path)]) == 1
    assert message(capsys) == f"{tmp_path} is not a data folder of Unplugd, so it was left as it is."
    assert (tmp_path / "thesis.txt").exists()


def test_reset_asks_first(capsys, tmp_path, monkeypatch):
    data = tmp_path / "data"
    (data / "run").mkdir(parents=True)
    monkeypatch.setattr("builtins.input", lambda _question: "")
    assert main(["reset", "--data", str(data)]) == 1
    assert message(capsys) == "Nothing was deleted."
    monkeypatch.setattr("builtins.input", lambda _question: "y")
    assert main(["reset", "--data", str(data)]) == 0
    assert not data.exists()


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ClientError("The song is too long."), 1, "The song is too long."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (PermissionError(13, "Permission denied", "/x"), 1, "The system refused /x: Permission denied."),
        (KeyError("k"), 1, "Something unexpected went wrong (KeyError: 'k'); UNPLUGD_DEBUG=1 shows where."),
    ],
)
def test_every_fault_is_one_sentence(error, code, sentence, capsys, monkeypatch):
    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr(commands, "process", fail)
    assert main(["demo"]) == code
    assert message(capsys) == sentence


def test_debugging_shows_where(monkeypatch):
    def fail(*_args, **_options):
        raise ClientError("no")

    monkeypatch.setattr(commands, "process", fail)
    monkeypatch.setenv("UNPLUGD_DEBUG", "1")
    with pytest.raises(ClientError):
        main(["demo"])


def test_demo_takes_a_song_either_way_and_ours_by_default(monkeypatch):
    asked = []
    monkeypatch.setattr(
        commands,
        "process",
        lambda song, out, *_, lyrics_model: asked.append((song.name, str(out), lyrics_model)),
    )
    main(["demo"])
    main(["demo", "a.mp3", "--out", "here"])
    main(["demo", "--song", "b.mp3", "--lyrics-model", "small"])
    assert asked == [("song.mp3", "out/demo", None), ("a.mp3", "here", None), ("b.mp3", "out/demo", "small")]


def test_terminating_is_like_ctrl_c(capsys, monkeypatch):
    monkeypatch.setattr(commands, "process", lambda *_, **__: signal.raise_signal(signal.SIGTERM))
    assert main(["demo"]) == 130
    assert message(capsys) == "Stopped."


@pytest.mark.parametrize("error", [None, ClientError("no"), KeyboardInterrupt()])
def test_the_callers_signal_handler_is_given_back(error, monkeypatch):
    def run(*_args, **_options):
        assert signal.getsignal(signal.SIGTERM) is not before
        if error:
            raise error

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(commands, "process", run)
    main(["demo"])
    assert signal.getsignal(signal.SIGTERM) is before


def test_docs_on_a_taken_port_shows_no_address(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["docs", "--port", str(port)]) == 1
    assert message(capsys).startswith(f"Port {port} on 127.0.0.1 cannot be used")


def test_docs_are_served_where_it_says(capsys):
    """The page is there when its address is printed; SIGTERM ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asked = []

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            try:
                connection.request("GET", "/api.html")
                break
            except ConnectionRefusedError:
                connection.close()
        asked.append(connection.getresponse().status)
        os.kill(os.getpid(), signal.SIGTERM)

    visitor = threading.Thread(target=ask)
    visitor.start()
    assert main(["docs", "--port", str(port)]) == 130
    visitor.join()
    assert asked == [200]
    assert capsys.readouterr().out == f"http://127.0.0.1:{port}/api.html\n"


def test_a_visitor_who_hangs_up_shows_no_traceback(capsys, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gone = threading.Event()

    def send_late(_source, out):
        gone.wait()
        for _ in range(50):
            out.write(b"x" * 65_536)

    def hang_up():
        while True:
            visitor = socket.socket()
            try:
                visitor.connect(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                visitor.close()
        visitor.sendall(b"GET /openapi.json HTTP/1.0\r\n\r\n")
        visitor.recv(100)
        # Closed by a reset: the server's next write fails.
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        visitor.close()
        gone.set()
        while any("process_request_thread" in thread.name for thread in threading.enumerate()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("http.server.shutil.copyfileobj", send_late)
    visitor = threading.Thread(target=hang_up)
    visitor.start()
    assert main(["docs", "--port", str(port)]) == 130
    visitor.join()
    assert capsys.readouterr().err == "Stopped.\n"


def test_separate_writes_stems_without_a_stack(capsys, tmp_path):
    import numpy as np
    import soundfile

    song = tmp_path / "tones.wav"
    seconds = np.arange(44_100) / 44_100
    soundfile.write(song, 0.3 * np.sin(2 * np.pi * np.outer(seconds, (220, 330))), 44_100)
    assert main(["separate", str(song), "-o", str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[-1].endswith(f"-> {tmp_path / 'out'}")
    assert {f"{stem}.wav" for stem in ("drums", "bass", "other", "vocals")} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_separate_says_what_is_wrong_with_a_file(capsys, tmp_path):
    (tmp_path / "notes.mp3").write_text("This is not music.\n" * 100)
    assert main(["separate", str(tmp_path / "notes.mp3"), "-o", str(tmp_path / "out")]) == 1
    _, err = capsys.readouterr()
    assert err.startswith("This file is not ")


@pytest.fixture
def tones(tmp_path):
    import numpy as np
    import soundfile

    song = tmp_path / "tones.wav"
    soundfile.write(song, 0.3 * np.sin(np.outer(np.arange(30_000) / 50, (1, 1.5))), 44_100)
    return song


def test_parts_made_apart_merge_into_the_single_runs_files(tones, tmp_path):
    def files(name):
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    assert main(["separate", str(tones), "-o", str(tmp_path / "whole"), "--model", "preview"]) == 0
    parts = []
    for part in ("1/2", "2/2"):
        assert main(["separate", str(tones), "-o", str(tmp_path), "--model", "preview", "--part", part]) == 0
        parts.append(str(tmp_path / f"part-{part.replace('/', '-of-')}"))
    assert main(["merge", str(tones), *parts, "-o", str(tmp_path / "merged")]) == 0
    assert files("merged") == files("whole")


def test_merge_says_which_part_is_missing(tones, capsys, tmp_path):
    command = ["separate", str(tones), "-o", str(tmp_path), "--model", "preview", "--part", "2/3"]
    assert main(command) == 0
    capsys.readouterr()
    assert main(["merge", str(tones), str(tmp_path / "part-2-of-3"), "-o", str(tmp_path / "out")]) == 1
    assert message(capsys) == "Of 3 parts these are missing: 1, 3."
    assert main(["merge", str(tones), str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert message(capsys) == f"{tmp_path} is not a part: it has no part.json."


def test_checkpoints_are_gone_when_the_stems_are_there(tones, tmp_path):
    kept = tmp_path / "kept"
    command = ["separate", str(tones), "-o", str(tmp_path / "out"), "--checkpoints", str(kept)]
    assert main([*command, "--model", "preview"]) == 0
    assert not kept.exists()


@pytest.mark.parametrize(("option", "value"), [("--part", "3/2"), ("--part", "half"), ("--precision", "f16")])
def test_what_no_part_or_precision_is_named_so(option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["separate", "a.wav", "-o", "out", option, value])
    assert ended.value.code == 2
    assert f"argument {option}: " in capsys.readouterr().err


def test_up_refuses_a_taken_port_or_a_folder_without_a_page(capsys, tmp_path, monkeypatch):
    data = str(tmp_path / "data")
    assert main(["up", "--data", data, "--web-dist", str(tmp_path)]) == 1
    assert message(capsys) == f"{tmp_path} holds no built page (no index.html)."
    (tmp_path / "index.html").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["up", "--data", data, "--web-dist", str(tmp_path), "--web-port", str(port)]) == 1
        assert message(capsys).startswith(
            f"Port {port} on 127.0.0.1, where the page should be, cannot be used"
        )


def test_the_command_offers_the_apis_models() -> None:
    from cli.arguments import LYRICS_MODELS, MODELS
    from unplugd.domain import song

    assert set(LYRICS_MODELS) == song.LYRICS_MODELS
    assert set(MODELS) <= set(song.MODELS)
