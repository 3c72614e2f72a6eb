"""Files made to cost as much as possible, and what looking at one costs: `python -m tests.e2e.hostile` measures all."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.e2e import bad_files as files

MIB = 1024 * 1024

# Runs the validator's own child as its only child, so that the largest child is the one we mean.
_MEASURE = """
import json, resource, sys
from pathlib import Path
from unplugd.uploads.probe import probe
found = probe(Path(sys.argv[1]))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([found.fault, used.ru_utime + used.ru_stime, used.ru_maxrss, int(own)]))
"""


@dataclass(frozen=True)
class Cost:
    """What one look cost: the verdict, the child's processor time and peak memory, the parent's peak memory."""

    fault: str | None
    cpu_s: float
    child_mib: float
    parent_mib: float
    wall_s: float


def cost(path: Path) -> Cost:
    """Look at a file as the validator does."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        check=True,
        timeout=450,
    )
    fault, cpu_s, child_kib, parent_kib = json.loads(done.stdout)
    return Cost(fault, cpu_s, child_kib / 1024, parent_kib / 1024, time.monotonic() - began)


def _noise(size: int) -> bytes:
    return np.random.default_rng(0).bytes(size)


def _comments(count: int) -> bytes:
    """A FLAC with that many tags."""
    data = files.flac()
    body = bytes(4) + count.to_bytes(4, "little") + b"\x06\0\0\0A=abcd" * count
    return (
        b"fLaC\0"
        + data[5:42]
        + b"\x84"
        + len(body).to_bytes(3, "big")
        + body
        + data[data.index(b"\xff\xf8") :]
    )


def _pages(count: int) -> bytes:
    """An ogg with that many empty pages in between."""
    pages = files.pages(files.vorbis())
    serial = int.from_bytes(pages[0][14:18], "little")
    empty = files.with_serial(b"OggS\0\0" + b"\xff" * 8 + bytes(12) + b"\0", serial)
    return b"".join([*pages[:2], empty * count, *pages[2:]])


# Too slow to measure with every run: mutagen's time grows with the square of their number.
SLOW = {
    "a million ID3 frames",
    "a million Vorbis comments",
    "a million empty chunks in a wav",
    "six million empty chunks in a wav",
}
Maker = Callable[[], bytes]
# name: (verdict, maker). None: it is a song all the same.
FILES: dict[str, tuple[str | None, Maker]] = {
    "a cover of 40 MB": (None, lambda: files.id3(files.artwork(_noise(40 * MIB))) + files.bare_mp3()),
    "a cover of 32,000 × 32,000 pixels in 125 kB": (
        None,
        lambda: files.id3(files.artwork(files.png(32_000, 32_000))) + files.bare_mp3(),
    ),
    "a million ID3 frames": (
        "corrupt",
        lambda: files.id3(files.id3_frame(b"TXXX", b"\x03a\0b") * 1_000_000) + files.bare_mp3(),
    ),
    "1.5 million ID3 tags, one after the other": (None, lambda: files.id3() * 1_500_000 + files.bare_mp3()),
    "a million Vorbis comments": ("corrupt", lambda: _comments(1_000_000)),
    "an ID3 frame of 1 GiB, packed in a wav": (
        "corrupt",
        lambda: files.tone_wav(after=files.chunk(b"id3 ", files.id3(files.id3_bomb(1024)))),
    ),
    "an ID3 frame of 4 GiB, packed in an mp3": (
        "corrupt",
        lambda: files.id3(files.id3_bomb(4096)) + files.bare_mp3(),
    ),
    "a million empty chunks in a wav": (
        None,
        lambda: files.tone_wav(before=files.chunk(b"junk", b"") * 1_000_000),
    ),
    "six million empty chunks in a wav": (
        "corrupt",
        lambda: files.tone_wav(before=files.chunk(b"junk", b"") * 6_000_000),
    ),
    "700,000 mp3 frames of 72 bytes": ("too_long", lambda: (b"\xff\xe3\x18\xc4" + bytes(68)) * 700_000),
    "a million empty ogg pages": (None, lambda: _pages(1_000_000)),
    "10 h of silence in 61 kB of flac": ("too_long", lambda: files.silent_flac(10.0)),
    "the same, without a length in its header": ("too_long", lambda: files.silent_flac(10.0, says=False)),
    "50,000 nested boxes in an m4a": (
        "corrupt",
        lambda: files.into_moov(files.m4a(), files.nested(b"udta", 50_000)),
    ),
    "a million sibling boxes in an m4a": (
        None,
        lambda: files.into_moov(files.m4a(), files.atom(b"udta", files.atom(b"free") * 1_000_000)),
    ),
    "an m4a in an m4a": (None, lambda: files.m4a() + files.atom(b"mdat", files.m4a())),
}


def main() -> None:
    """Print the table."""
    sys.stdout.write("| file | size | verdict | processor | memory |\n|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "upload")
        for name, (_, make) in FILES.items():
            path.write_bytes(make())
            got = cost(path)
            size = path.stat().st_size
            sys.stdout.write(
                f"| {name} | {size / MIB:.1f} MiB | {got.fault or 'accepted'} "
                f"| {got.cpu_s:.1f} s | {got.child_mib:.0f} MiB |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
