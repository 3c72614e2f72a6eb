"""Look at an uploaded file: what it is, how long, how loud, what its tags say.

The file is a stranger's, so it is read by a child process (`python -m unplugd.uploads.probe FILE`) under limits of
time and memory. Whatever a hostile file does to a decoder, it does there; the parent sees an unreadable file."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unplugd.edge.fields import printable
from unplugd.kernel import settings
from unplugd.uploads.model import Fault, Probe

TAG_BYTES = 512 * 1024**2  # a 50 MB cover, three times over; a packed tag may want any amount
CPU_SECONDS = 60  # ten minutes of any format decode in under five here
MEMORY_BYTES = 1536 * 1024**2  # address space, of which FFmpeg's libraries map a few hundred MB
MAX_SECONDS = 600.0
# Headers lie, and decoders add or drop some frames: a file that decodes to less than this share of what its header
# promises was cut off. This limit and the next ones are at least as strict as ml.audio.decode's: what is accepted
# here must not fail there (tests/unit/uploads/test_same_verdict.py).
COMPLETE_SHARE = 0.98
BAD_SHARE = 0.01  # of the packets may fail to decode: players skip over such scratches too
LOUDEST = 1000.0  # +60 dBFS: beyond it the numbers are damage, not sound
MAX_CHANNELS = 8
MAX_RATE = 768_000  # no format of ours goes higher, and no memory holds the filter from 2 GHz to 44.1 kHz
# What programs write that stream a WAV and do not know its size: about the most that a signed field holds (eSpeak and
# SoX: 0x7FFFF000), or all ones. No upload is that long.
WAV_SIZES_UNKNOWN = (range(0x7FFF_F000, 0x8000_0001), range(0xFFFF_FF00, 0x1_0000_0000))
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


class _Unreadable(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


# The demuxer is chosen by the file's first bytes, never by FFmpeg's own guess: its list holds playlists and other
# formats that open further files.
_DEMUXERS = {"mp3": "mp3", "wav": "wav", "m4a": "mov", "flac": "flac", "ogg": "ogg"}
_CODECS = {
    "mp3": ("mp3", "mp3float"),
    "wav": (
        *("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"),
        *("pcm_alaw", "pcm_mulaw"),
    ),
    "m4a": ("aac", "alac"),
    "flac": ("flac",),
    "ogg": ("vorbis", "opus", "libopus", "flac"),
}


def sniff(head: bytes) -> str | None:
    """The format by a file's first bytes; None for what we do not take."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2,)):
        return "mp3"
    return None


def _decode(path: Path, kind: str) -> tuple[str, float, float]:
    """Decode it all: (codec name, seconds, peak). Stops early only past the longest song we take."""
    import av

    # Only our decoders: FFmpeg would otherwise unpack each cover, which may be small on disk and huge unpacked.
    options = {"codec_whitelist": ",".join(_CODECS[kind])}
    with av.open(str(path), format=_DEMUXERS[kind], options=options, metadata_errors="replace") as container:
        pictures = [
            s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic
        ]
        if pictures or len(container.streams.audio) != 1:
            raise _Unreadable("unsupported")
        stream = container.streams.audio[0]
        if stream.codec_context is None or stream.codec_context.name not in _CODECS[kind]:
            raise _Unreadable("unsupported")  # None: a codec FFmpeg lacks, or a copy protection
        if stream.codec_context.layout.nb_channels > MAX_CHANNELS:
            raise _Unreadable("channels")
        if stream.codec_context.sample_rate > MAX_RATE:
            raise _Unreadable("unsupported")
        promised = _promised_s(path, kind, stream)
        if promised > MAX_SECONDS:
            raise _Unreadable("too_long")
        seconds, peak = _listen(container, stream)
    if not seconds or (promised and seconds < promised * COMPLETE_SHARE - 0.1):
        raise _Unreadable("corrupt")
    return stream.codec_context.name, seconds, peak


def _promised_s(path: Path, kind: str, stream: Any) -> float:
    """The length that the header states, in seconds; 0 where it states none. An mp3 does in a Xing, Info or VBRI tag
    only (without one FFmpeg guesses from the first frame's bit rate, and guesses wrong for variable rates)."""
    if not stream.duration or not stream.time_base:
        return 0.0
    told = float(stream.duration * stream.time_base)
    if kind != "mp3":
        return told
    from mutagen.mp3 import BitrateMode, HeaderNotFoundError, MPEGInfo

    try:
        with path.open("rb") as file:
            info = MPEGInfo(file)
    except HeaderNotFoundError:
        return 0.0
    # Of two joined files FFmpeg guesses the whole; and only FFmpeg leaves out the encoder's delay.
    return 0.0 if info.bitrate_mode == BitrateMode.UNKNOWN else min(told, float(info.length))


def _is_cut_wav(path: Path) -> bool:
    """Whether a WAV's data chunk promises clearly more than is there (FFmpeg believes the file's length instead).
    Recorders that cannot know the size write 0 or one of WAV_SIZES_UNKNOWN."""
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return False  # RF64: its sizes lie elsewhere
        while len(header := file.read(8)) == 8:
            size = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                there = path.stat().st_size - file.tell()
                known = not any(size in sizes for sizes in WAV_SIZES_UNKNOWN)
                return known and there < size * COMPLETE_SHARE
            file.seek(size + size % 2, os.SEEK_CUR)
    return False


def _listen(container: Any, stream: Any) -> tuple[float, float]:
    """Seconds and peak of all that decodes. A stray bad packet (a tag amid the frames, a scratch) is no verdict."""
    import av
    import numpy as np

    seconds, peak, packets, bad = 0.0, 0.0, 0, 0
    made_for, resampler = None, None
    for packet in container.demux(stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            bad += 1
            continue
        for frame in frames:
            seconds += frame.samples / frame.sample_rate
            if seconds > MAX_SECONDS:
                raise _Unreadable("too_long")
            kind = (frame.format.name, frame.layout.nb_channels, frame.layout.name, frame.sample_rate)
            if kind != made_for:  # the next song of a chained ogg may differ
                # Packed: PyAV reads past the end of eight planes.
                made_for, resampler = kind, av.AudioResampler(format="flt")
            for flat in resampler.resample(frame) if resampler else ():
                loudest = float(np.abs(flat.to_ndarray()).max(initial=0.0))
                if not loudest < LOUDEST:  # so that NaN fails too
                    raise _Unreadable("corrupt")
                peak = max(peak, loudest)
    if bad > max(2, packets * BAD_SHARE):
        raise _Unreadable("corrupt")
    return seconds, peak


def _tags(path: Path) -> dict[str, str | None]:
    """Title and artist; a broken tag is no reason to refuse a song."""
    import mutagen

    try:
        with _room(TAG_BYTES):
            tags = mutagen.File(path, easy=True) or {}
    except MemoryError:  # unpacks to more than any song needs, and whoever reads it later may have no limit
        raise
    except Exception:
        return {}
    found = {}
    # mutagen has no easy names for the ID3 chunk of a WAV: there the frames answer to their own.
    for name, frame in (("title", "TIT2"), ("artist", "TPE1")):
        values = tags.get(name) or tags.get(frame) or [""]
        found[name] = printable(str(values[0]))[:MAX_TAG] or None
    return found


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

    kind = sniff(_head(path))
    if kind is None:
        return {"fault": "unsupported"}
    try:
        if kind == "wav" and _is_cut_wav(path):
            return {"fault": "corrupt"}
        codec, seconds, peak = _decode(path, kind)
        tags = _tags(path)
    except _Unreadable as error:
        return {"fault": error.fault}
    except (av.FFmpegError, mutagen.MutagenError, MemoryError, OSError, ValueError):
        return {"fault": "corrupt"}
    return {
        "format": "opus" if "opus" in codec else kind,
        "duration_s": round(seconds, 3),
        "peak": round(peak, 6),
        **tags,
    }


def _head(path: Path) -> bytes:
    """The bytes that say what a file is: its first ones, or those of a FLAC that some tagger put an ID3 tag before."""
    with path.open("rb") as file:
        head = file.read(16)
        if head[:3] != b"ID3":
            return head
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        file.seek(10 + size)
        behind = file.read(16)
    return behind if behind[:4] == b"fLaC" else head


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]))))
