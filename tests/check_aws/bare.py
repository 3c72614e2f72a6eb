"""The functions in a bare Python 3.12, with their layers and what Lambda brings, and nothing else of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from tests.infra.templates import ROOT, resources

_LAMBDA_BRINGS = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
_MOST_BYTES = 262_144_000  # of a function with its layers, unpacked
_IMPORT = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
_READS_SOUND = ("av", "mutagen", "numpy")


class Missing(Exception):
    """Something to prove it with is not here, or the proof failed."""


def _run(*words: str | Path, **variables: str) -> None:
    ended = subprocess.run(
        words, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **variables}
    )
    if ended.returncode:
        raise Missing("\n".join((ended.stdout + ended.stderr).splitlines()[-8:]))


def _python() -> str:
    found = shutil.which("python3.12")
    if not found or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        raise Missing("There is no python3.12 here that runs, the version of the functions.")
    return found


def _layer(name: str, folder: Path) -> Path:
    """Install a layer as `sam build` does: its wheels for Lambda's machines."""
    target = folder / name
    platforms = [f"--platform=manylinux_2_{version}_x86_64" for version in (28, 17)]
    _run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.12",
        "--implementation=cp", "--platform=manylinux2014_x86_64", *platforms, "--target", target,
        "-r", ROOT / "layers" / name / "requirements.txt", HOME=os.environ.get("HOME", "/"),
    )  # fmt: skip
    return target


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def prove() -> str:
    """Import every handler with the layers that its template gives it. Raises `Missing`."""
    python = _python()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        brings = folder / "lambda"
        brings.mkdir()
        for name in _LAMBDA_BRINGS:
            source = Path(sysconfig.get_paths()["purelib"]) / name
            if source.is_dir():
                shutil.copytree(source, brings / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, brings)
        runtime, audio = _layer("runtime", folder), _layer("audio", folder)
        functions = resources("AWS::Serverless::Function")
        sizes = []
        for with_audio in (False, True):
            names = [
                str(one.properties["Handler"]).removesuffix(".handler")
                for one in functions
                if ("Layers" in one.properties) == with_audio
            ]
            names += _READS_SOUND if with_audio else ()
            # SAM joins a function's own layers with those that its template shares.
            places = [ROOT / "functions", runtime, *([audio] if with_audio else []), brings]
            _run(
                python, "-S", "-B", "-c", _IMPORT, *names,
                PYTHONPATH=os.pathsep.join(map(str, places)), AWS_DEFAULT_REGION="us-east-1",
            )  # fmt: skip
            sizes.append(sum(_size(place) for place in places[:-1]))
        if sizes[1] > _MOST_BYTES:
            raise Missing(
                f"The largest function has {sizes[1]:,} bytes unpacked; Lambda takes {_MOST_BYTES:,}."
            )
        return f"{len(functions)} functions, the largest {sizes[1] / 1e6:.0f} of {_MOST_BYTES / 1e6:.0f} MB"
