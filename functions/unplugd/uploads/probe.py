"""Look at an uploaded file: what it is, how long, how loud, what its tags say.

The file is a stranger's, so it is read by a child process (`python -m unplugd.uploads.probe FILE`) under limits of
time and memory. A hostile file can only harm that process; the parent sees an unreadable file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import audiofile
from audiofile import COMPLETE_SHARE, LOUDEST_UPLOAD, MAX_CHANNELS, MAX_RATE, MAX_SECONDS, tags
from audiofile.reading import Unreadable, frames, wav_share
from unplugd.edge.fields import printable
from unplugd.kernel import settings
from unplugd.uploads.model import Probe

TAG_BYTES = 512 * 1024**2  # a 50 MB cover, three times over; a packed tag may want any amount
CPU_SECONDS = 60  # ten minutes of any format decode in under five here
MEMORY_BYTES = 1536 * 1024**2  # address space, of which FFmpeg's libraries map a few hundred MB
MAX_TAG = 200
COMMAND = ("-m", "unplugd.uploads.probe")


def probe(path: Path) -> Probe:
    """What `path` is. Never raises for the file's sake: a file that cannot be read in time and memory is `corrupt`."""
    child = {**settings.child_environment(), "PYTHONPATH": ":".join(filter(None, sys.path))}
    command = [sys.executable, *COMMAND, str(path)]
    try:
        done = subprocess.run(command, env=child, capture_output=True, timeout=CPU_SECONDS * 1.5, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        return Probe(fault="corrupt")
    try:
        return Probe(**json.loads(done.stdout))
    except (ValueError, TypeError):
        if done.returncode == 1 and (b"ImportError" in done.stderr or b"ModuleNotFoundError" in done.stderr):
            raise RuntimeError(f"the prober cannot start: {done.stderr[-300:]!r}") from None
        return Probe(fault="corrupt")


# --- in the child -----------------------------------------------------------------------------------------------------


def _decode(path: Path, form: audiofile.Format) -> tuple[str, float, float, str]:
    """Decode it all: (codec name, seconds, peak, SHA-256 of the sound). Stops early only past the longest song we
    take."""
    import av
    import numpy as np

    codec = ""

    def check(_container: Any, stream: Any, promised_s: float) -> None:
        nonlocal codec
        codec = stream.codec_context.name
        if stream.codec_context.sample_rate > MAX_RATE:
            raise Unreadable("unsupported")
        if stream.codec_context.layout.nb_channels > MAX_CHANNELS:
            raise Unreadable("channels")
        if promised_s > MAX_SECONDS:
            raise Unreadable("too_long")

    seconds, peak = 0.0, 0.0
    made_for, resampler = None, None
    sound = hashlib.sha256()
    for frame in frames(path, form, check):
        seconds += frame.samples / frame.sample_rate
        if seconds > MAX_SECONDS:
            raise Unreadable("too_long")
        kind = (frame.format.name, frame.layout.nb_channels, frame.layout.name, frame.sample_rate)
        if kind != made_for:  # the next song of a chained ogg may differ
            # Packed: PyAV reads past the end of eight planes.
            made_for, resampler = kind, av.AudioResampler(format="flt")
            sound.update(f"{frame.layout.nb_channels} channels at {frame.sample_rate} Hz".encode())
        for flat in resampler.resample(frame) if resampler else ():
            samples = np.ascontiguousarray(flat.to_ndarray())
            sound.update(samples.data)
            loudest = float(np.abs(samples).max(initial=0.0))
            if not loudest < LOUDEST_UPLOAD:  # so that NaN fails too
                raise Unreadable("corrupt")
            peak = max(peak, loudest)
    if not seconds:
        raise Unreadable("corrupt")
    return codec, seconds, peak, sound.hexdigest()


def _tags(path: Path) -> dict[str, str | None]:
    """Title, artist, album and ISRC; a broken tag is no reason to refuse a song."""
    try:
        with _room(TAG_BYTES):
            found = tags.read(path)
    except MemoryError:  # unpacks to more than any song needs, and later readers may have no limit
        raise
    except Exception:
        return {}
    named = {"title": found.title, "artist": found.artist, "album": found.album, "isrc": found.isrc}
    return {name: printable(value or "")[:MAX_TAG].strip() or None for name, value in named.items()}


@contextlib.contextmanager
def _room(more_bytes: int) -> Iterator[None]:
    """Let this process grow by so much and no more (where the kernel tells its size)."""
    import resource

    size = Path("/proc/self/statm")
    if not size.exists():
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    now = int(size.read_text().split()[0]) * resource.getpagesize()
    limits = [now + more_bytes, *(limit for limit in before if limit != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def look(path: Path) -> dict[str, Any]:
    """The fields of `Probe` for a file."""
    import av
    import mutagen

    form = audiofile.format_of(path)
    if form is None:
        return {"fault": "unsupported"}
    try:
        if form.name == "wav" and wav_share(path) * COMPLETE_SHARE > 1:  # before a minute of decoding
            return {"fault": "corrupt"}
        codec, seconds, peak, sound = _decode(path, form)
        named = _tags(path)
    except Unreadable as error:
        return {"fault": error.reason}
    except (av.FFmpegError, mutagen.MutagenError, MemoryError, OSError, ValueError):
        return {"fault": "corrupt"}
    return {
        "format": "opus" if "opus" in codec else form.name,
        "duration_s": round(seconds, 3),
        "peak": round(peak, 6),
        "sound_sha256": sound,
        **named,
    }


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]))))
