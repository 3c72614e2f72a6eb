"""What a function loads before its first call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
PROBE = f"""
import socket, sys

sys.path.insert(0, {str(FUNCTIONS)!r})

def refuse(*_args, **_kwargs):
    raise AssertionError("a socket was opened while importing")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
import unplugd.songs.handlers.get_song
from unplugd.aws.clients import client
print(client.cache_info().currsize, "boto3" in sys.modules, "aws_lambda_powertools" in sys.modules)
"""
# As the template and Lambda itself set them.
FUNCTION = {
    "SONGS_TABLE": "songs",
    "OUTPUT_BUCKET": "output",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


def loaded(**environment: str) -> str:
    """Import a handler in a fresh interpreter: the number of clients, and whether boto3 and powertools are loaded."""
    run = subprocess.run(
        [sys.executable, "-I", "-c", PROBE], env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_a_lambda_worker_makes_its_clients_at_init() -> None:
    assert loaded(AWS_LAMBDA_FUNCTION_NAME="get-song", **FUNCTION) == "2 True True"


def test_elsewhere_an_import_loads_nothing() -> None:
    assert loaded(**FUNCTION) == "0 False False"


def imported(handler: str) -> set[str]:
    """The modules that importing a handler loads elsewhere than on Lambda."""
    code = f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r}); import {handler}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-c", code], env=FUNCTION, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_a_handler_imports_no_adapter_of_others() -> None:
    modules = imported("unplugd.uploads.handlers.create_upload")
    others = {
        "connections",
        "executions",
        "lyrics_rows",
        "people",
        "slots",
        "sockets",
        "tokens",
        "tombstones",
    }
    assert not {f"unplugd.aws.{name}" for name in others} & modules


def test_reading_lyrics_loads_no_file_format() -> None:
    modules = imported("unplugd.lyrics.handlers.get_lyrics")
    assert "lyricsfile.model" in modules
    assert not {"lyricsfile.registry", "lyricsfile.lrc", "lyricsfile.ass"} & modules
