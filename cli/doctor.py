"""`unplugd doctor`: what this machine has, what that means for a song, and what would make it better."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from cli import session as sessions

State = Literal["ok", "note", "broken"]
REPO = Path(__file__).resolve().parents[1]
MINISTACK = "1.5.33"  # patched from outside, so no other will do
_SIGNS: dict[State, str] = {"ok": "ok", "note": "note", "broken": "BROKEN"}
_NEED_BYTES, _WISH_BYTES = 500 * 1024**2, 5 * 1024**3
_SONG_BYTES = 120 * 1024**2  # a 3-minute song's stems


@dataclass(frozen=True)
class Check:
    """One thing looked at. `broken` is essential and makes the exit code 1; a `note` comes with advice."""

    name: str
    state: State
    detail: str
    advice: str | None = None


def run(data: Path | None, *, as_json: bool) -> int:
    """Print every check; 0 unless something essential is broken."""
    checks = examine(sessions.data_folder(data))
    broken = any(check.state == "broken" for check in checks)
    if as_json:
        print(json.dumps({"ok": not broken, "checks": [asdict(check) for check in checks]}, indent=1))
        return int(broken)
    for check in checks:
        print(f"{_SIGNS[check.state]:>6}  {check.name:<12} {check.detail}")
        if check.advice:
            print(f"{'':>22}-> {check.advice}")
    print("Something essential is missing." if broken else "A song can be processed here.")
    return int(broken)


def examine(root: Path) -> list[Check]:
    """Every check, in the order a person would ask."""
    looks: Iterable[tuple[str, Callable[[], Check]]] = (
        ("python", python),
        ("stack", stack_packages),
        ("audio", audio_libraries),
        ("separation", separation),
        ("lyrics", lyrics),
        ("weights", weights),
        ("data", lambda: data_folder(root)),
        ("disk", lambda: disk(root)),
        ("port", lambda: port(root)),
        ("node", node),
        ("templates", without_effect),
    )
    return [_guarded(name, look) for name, look in looks]


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    """A doctor must not fall ill at the bedside: a check that fails is a finding."""
    try:
        return look()
    except Exception as error:
        return Check(name, "broken", f"could not be examined: {type(error).__name__}: {error}")


def python() -> Check:
    """The interpreter."""
    running = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("python", "ok", f"{running}, {os.cpu_count()} cores")
    return Check("python", "broken", running, "Use Python 3.11, 3.12 or 3.13.")


def stack_packages() -> Check:
    """What the local stack is made of."""
    missing = [name for name in ("samtranslator", "awscli", "websockets", "boto3") if not find_spec(name)]
    try:
        have = version("ministack")
    except PackageNotFoundError:
        have = None
    if missing or have != MINISTACK:
        lacks = [*missing, *([] if have == MINISTACK else [f"ministack=={MINISTACK}"])]
        installed = "" if have in (None, MINISTACK) else f"; ministack {have} is here"
        return Check(
            "stack", "broken", f"missing: {', '.join(lacks)}{installed}", "pip install -e '.[local,audio]'"
        )
    return Check("stack", "ok", f"ministack {have}, no Docker needed")


def audio_libraries() -> Check:
    """FFmpeg's libraries (in the PyAV wheel) and libsndfile."""
    import av
    import soundfile

    decoders = [
        name for name in ("mp3float", "aac", "flac", "vorbis", "opus", "pcm_s16le") if not _codec(name, "r")
    ]
    ffmpeg = ".".join(map(str, av.library_versions["libavcodec"]))
    if decoders:
        return Check(
            "audio",
            "broken",
            f"FFmpeg (libavcodec {ffmpeg}) cannot read: {', '.join(decoders)}",
            "Use PyAV's wheel.",
        )
    return Check(
        "audio", "ok", f"FFmpeg (libavcodec {ffmpeg}), libsndfile {soundfile.__libsndfile_version__}"
    )


def _codec(name: str, mode: Literal["r", "w"]) -> bool:
    import av

    try:
        av.codec.Codec(name, mode)
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def separation() -> Check:
    """Which separators can run, and which of them "auto" is: asked of the core itself."""
    from cli.models import model_folder
    from ml.separation import registry

    folder = model_folder()
    best, here = registry.choose(folder), registry.present(folder)
    if best != registry.DEFAULT:
        others = ", ".join([*(name for name in here if name != best), registry.DEFAULT])
        return Check("separation", "ok", f"auto is {best}; also {others}")
    why = "Demucs separates far better: make models"
    if here:
        why = f"The weights of {', '.join(here)} are here, its packages are not: make models"
    return Check("separation", "note", "auto is preview, the built-in separator", why)


def lyrics() -> Check:
    """Which lyrics engines can run, and which of them "auto" is."""
    from cli.models import model_folder
    from ml.lyrics import engines, whisper

    folder = model_folder()
    best, here = engines.choose(folder), engines.present(folder)
    if best not in engines.ENGINES:
        others = ", ".join([*(name for name in here if name != best), *engines.ENGINES])
        detail = f"auto is Whisper {best} (faster-whisper {version('faster-whisper')}); also {others}"
        return Check("lyrics", "ok", detail)
    why = "Whisper hears the words and their times: make models"
    if here and not whisper.is_installed():
        why = f"The weights of {', '.join(here)} are here, its packages are not: make models"
    detail = "auto is embedded: times the words that a song's tags carry; it cannot hear words"
    return Check("lyrics", "note", detail, why)


def weights() -> Check:
    """The weights on this machine and how far each was proved. Their hashes are checked when they are loaded."""
    from cli.models import describe, model_folder
    from ml.models.store import ModelStore

    folder = model_folder()
    models = ModelStore(folder).list()
    if not models:
        return Check(
            "weights", "note", f"none in {folder}", "make models fetches them, or unplugd models --from DIR"
        )
    return Check("weights", "ok", "; ".join(" ".join(describe(model).split()) for model in models))


def data_folder(root: Path) -> Check:
    """Where the library is, and who can read it."""
    if not root.exists():
        parent = next(p for p in root.parents if p.exists())
        if not os.access(parent, os.W_OK):
            return Check(
                "data", "broken", f"{root} cannot be made", "Choose another with --data or UNPLUGD_DATA."
            )
        return Check("data", "ok", f"{root} (made by the first start)")
    mode = stat.S_IMODE(root.stat().st_mode)
    if not os.access(root, os.W_OK):
        return Check(
            "data", "broken", f"{root} cannot be written to", "Choose another with --data or UNPLUGD_DATA."
        )
    if mode & 0o077:
        return Check("data", "note", f"{root} can be read by others (mode {mode:o})", f"chmod 700 {root}")
    return Check("data", "ok", f"{root} (only you can read it)")


def disk(root: Path) -> Check:
    """Room for songs."""
    free = shutil.disk_usage(next(p for p in (root, *root.parents) if p.exists())).free
    detail = f"{free / 1024**3:.1f} GB free, about {free // _SONG_BYTES} songs of 3 minutes"
    if free < _NEED_BYTES:
        return Check("disk", "broken", detail, "Free at least 0.5 GB.")
    if free < _WISH_BYTES:
        return Check("disk", "note", detail, "Stems are large: delete songs you no longer need.")
    return Check("disk", "ok", detail)


def port(root: Path) -> Check:
    """Whether the stack can have its port."""
    running = sessions.find(root)
    if running is not None:
        return Check("port", "ok", f"the stack runs at {running.url}")
    wanted = sessions.remembered_port(root) or sessions.DEFAULT_PORT
    if sessions.port_is_free(wanted):
        return Check("port", "ok", f"{wanted} is free")
    return Check(
        "port", "note", f"{wanted} is taken by another program", "unplugd up --port N takes another one."
    )


def node() -> Check:
    """Node, by which the web app's page is built and tested; songs do without."""
    path = shutil.which("node")
    if path is None:
        return Check(
            "node",
            "note",
            "not here; songs do not need it",
            "The app's page is built with it: install Node 20.19 or newer.",
        )
    ran = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    return Check("node", "ok", ran.stdout.strip() or "does not tell its version")


def without_effect() -> Check:
    """Resources of our templates that the local stack accepts and ignores."""
    from local.workarounds.types_without_effect import EFFECTLESS

    used: set[str] = set()
    for template in [REPO / "template.yaml", *sorted((REPO / "templates").glob("*.yaml"))]:
        if template.is_file():
            used.update(re.findall(r"^\s+Type:\s*['\"]?(AWS::[\w:]+)", template.read_text(), re.MULTILINE))
    if not used:
        return Check("templates", "broken", "no templates found", "Run from a checkout of the repository.")
    ignored = sorted(used & set(EFFECTLESS))  # accepted and not made
    if not ignored:
        return Check(
            "templates", "ok", f"{len(used)} resource types; docs/local.md says what each leaves out here"
        )
    return Check(
        "templates",
        "note",
        f"without effect on this machine: {', '.join(ignored)}",
        "They matter on AWS only.",
    )
