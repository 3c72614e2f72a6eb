"""The Makefile is a list of targets: short, and each one that people call has a line of help."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
# Parts of `make check` and `make test-web`, which their lines of help list.
PARTS = {"lint", "types", "imports", "templates", "asl", "web-check", "web-unit"}


def make(*words: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    # Run by make itself, a test must not hand its parent's options on.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | variables
    return subprocess.run(["make", *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_the_makefile_is_a_short_list_of_targets() -> None:
    assert len(MAKEFILE.splitlines()) <= 120


def test_help_lists_every_target() -> None:
    shown = set(re.findall(r"^  ([a-z-]+) ", make("help").stdout, re.MULTILINE))
    assert shown == set(TARGETS) - PARTS


def test_an_unknown_setup_is_one_sentence() -> None:
    asked = subprocess.run([ROOT / "scripts/setup", "nothing"], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (1, "scripts/setup: no set-up is called 'nothing'\n")


@pytest.mark.parametrize("song", ["my song.mp3", "it costs $5.mp3", "a 'quoted' \"name\".mp3"])
def test_a_file_name_reaches_the_command_as_it_is(song: str, tmp_path: Path) -> None:
    clone = tmp_path / "a clone for $x"
    for name, text in {
        "Makefile": MAKEFILE,
        "scripts/setup": "#!/bin/sh\n",
        ".venv/bin/python": '#!/bin/sh\nprintf "%s\\n" "$@"\n',
    }.items():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(text)
        (clone / name).chmod(0o755)
    asked = make("demo", cwd=clone, SONG=song, OUT="the $folder")
    assert asked.stdout.splitlines() == ["-m", "cli", "demo", f"--song={song}", "--out", "the $folder"]


def test_a_wrong_python_is_named(tmp_path: Path) -> None:
    old = tmp_path / "my python"
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Python 3.8.1' && exit 0\nexit 1\n")
    old.chmod(0o755)
    scripts = tmp_path / "clone/scripts"
    scripts.mkdir(parents=True)
    (scripts / "setup").write_text((ROOT / "scripts/setup").read_text())
    (scripts / "setup").chmod(0o755)
    env = {**os.environ, "PYTHON": str(old)}
    asked = subprocess.run([scripts / "setup", "dev"], env=env, capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    assert asked.stderr.startswith(f"Unplugd needs Python 3.11, 3.12 or 3.13; '{old}' is: Python 3.8.1\n")
