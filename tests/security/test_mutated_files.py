"""Good files with damage strewn over them: the validator gives a verdict on each, within its limits.

MUTATIONS is how many (`make security`: 500). The same seed makes the same files."""

from __future__ import annotations

import os
import random
import resource
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.e2e import bad_files as files
from unplugd.uploads.probe import probe

COUNT = int(os.environ.get("MUTATIONS", "40"))
FAULTS = {None, "unsupported", "corrupt", "too_long", "silent"}


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """One to thirty damages: bytes changed, removed, doubled, inserted, or the file's end cut off."""
    body = bytearray(data)
    for _ in range(chance.randint(1, 30)):
        at = chance.randrange(len(body)) if chance.random() < 0.5 else chance.randrange(min(len(body), 400))
        size = chance.randint(1, 64)
        kind = chance.randrange(5)
        if kind == 0:
            body[at : at + size] = chance.randbytes(len(body[at : at + size]))
        elif kind == 1:
            del body[at : at + size]
        elif kind == 2:
            body[at:at] = body[at : at + size]
        elif kind == 3:
            body[at : at + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0"])
        elif len(body) > 1000 and chance.random() < 0.2:
            del body[chance.randrange(500, len(body)) :]
        if len(body) < 64:
            return bytes(body)
    return bytes(body)


def test_the_validator_survives_every_one(tmp_path: Path) -> None:
    # In a process of its own, whose children are the probes and no other test's.
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        found, largest_kib = alone.submit(_probe_all, tmp_path).result()
    assert [one for one in found if one.fault not in FAULTS] == []
    assert all(one.duration_s is not None and one.duration_s >= 0 for one in found if one.fault is None)
    assert len(found) == COUNT
    # Some are still songs, and some are not: the damage is neither nothing nor everything.
    assert len({one.fault for one in found}) > 1
    # Of all children, the largest: it may have what `probe` allows it and no more.
    assert 0 < largest_kib < 1024 * 1024


def _probe_all(folder: Path) -> tuple[list[Any], int]:
    good = [
        files.tone_wav(),
        files.mp3(),
        files.flac(),
        files.m4a(),
        files.opus(),
        files.vorbis(),
        files.bare_mp3(),
    ]
    chance = random.Random(20260131)
    found = []
    for number in range(COUNT):
        path = folder / "upload"
        path.write_bytes(_mutated(good[number % len(good)], chance))
        found.append(probe(path))
    return found, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
