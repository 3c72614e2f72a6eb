"""The encodings weighed for the stems, each with what a player needs to cut it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE, stream

Samples = NDArray[np.int16]
WINDOW_S = 6.0


@dataclass(frozen=True)
class Encoded:
    """One encoded file. `starts[i]` = (byte, sample) where unit i begins; the last entry is the end."""

    name: str
    data: bytes
    header_bytes: int
    starts: list[tuple[int, int]]
    encode_cpu_s: float

    def plan(self, url: str) -> dict[str, object]:
        """What the page receives: everything but the bytes."""
        plan = asdict(self)
        del plan["data"]
        return plan | {"url": url, "bytes": len(self.data), "window_s": WINDOW_S}


def encode_all(samples: Samples) -> list[Encoded]:
    """Every candidate, from (frames, 2) int16 at 44.1 kHz."""
    mp3 = {"write_xing": "0", "id3v2_version": "0", "write_id3v1": "0"}
    lame = {"compression_level": "7"}
    return [
        _measure("mp3-128 (chosen)", _chosen, samples, _mp3_starts),
        _measure(
            "mp3-128 reservoir",
            _ffmpeg("libmp3lame", "s16p", 128_000, "mp3", mp3, lame),
            samples,
            _mp3_starts,
        ),
        _measure(
            "aac-96 adts", _ffmpeg("aac", "fltp", 96_000, "adts", {}, {"aac_pns": "0"}), samples, _adts_starts
        ),
        _measure(
            "aac-128 adts",
            _ffmpeg("aac", "fltp", 128_000, "adts", {}, {"aac_pns": "0"}),
            samples,
            _adts_starts,
        ),
        _measure(
            "opus-96 webm",
            _ffmpeg("libopus", "s16", 96_000, "webm", {"cluster_time_limit": "500"}, {}, rate=48_000),
            samples,
            _webm_starts,
        ),
        _measure("flac-16", _ffmpeg("flac", "s16", 0, "flac", {}, {}), samples, _flac_starts),
    ]


def _measure(
    name: str,
    write: Callable[[Samples, Path], None],
    samples: Samples,
    cut: Callable[[bytes], tuple[int, list[tuple[int, int]]]],
) -> Encoded:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stem"
        began = time.process_time()
        write(samples, path)
        spent = time.process_time() - began
        data = path.read_bytes()
    header, starts = cut(data)
    return Encoded(name, data, header, starts, spent)


def _chosen(samples: Samples, path: Path) -> None:
    with stream.StreamWriter(path) as writer:
        writer.feed(samples)


def _ffmpeg(
    codec: str,
    sample_format: str,
    bit_rate: int,
    container: str,
    container_options: dict[str, str],
    options: dict[str, str],
    rate: int = SAMPLE_RATE,
) -> Callable[[Samples, Path], None]:
    def write(samples: Samples, path: Path) -> None:
        with av.open(f"file:{path}", "w", format=container, options=container_options) as out:
            encoder: Any = out.add_stream(codec, rate=rate, options=options)
            encoder.codec_context.layout = "stereo"
            encoder.codec_context.format = sample_format
            if bit_rate:
                encoder.codec_context.bit_rate = bit_rate
            for start in range(0, len(samples), SAMPLE_RATE):
                part = np.ascontiguousarray(samples[start : start + SAMPLE_RATE].T)
                frame = av.AudioFrame.from_ndarray(part, "s16p", "stereo")
                frame.sample_rate, frame.pts = SAMPLE_RATE, start
                out.mux(encoder.encode(frame))
            out.mux(encoder.encode(None))

    return write


def _mp3_starts(data: bytes) -> tuple[int, list[tuple[int, int]]]:
    """By the headers (ISO 11172-3, 2.4.1.3), not by our formula: the page then tests real frame bounds."""
    starts: list[tuple[int, int]] = []
    at = 0
    while at < len(data):
        starts.append((at, len(starts) * 1152))
        at += 144 * 128_000 // SAMPLE_RATE + (data[at + 2] >> 1 & 1)
    return 0, [*starts, (at, len(starts) * 1152)]


def _adts_starts(data: bytes) -> tuple[int, list[tuple[int, int]]]:
    """ADTS: 13 bits of frame length (ISO 13818-7, 6.2)."""
    starts: list[tuple[int, int]] = []
    at = 0
    while at < len(data):
        starts.append((at, len(starts) * 1024))
        at += (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    return 0, [*starts, (at, len(starts) * 1024)]


def _webm_starts(data: bytes) -> tuple[int, list[tuple[int, int]]]:
    """Clusters (EBML ID 1F43B675) and their timecodes in milliseconds (ID E7)."""
    starts, at = [], data.find(b"\x1f\x43\xb6\x75")
    header = at
    while at >= 0:
        code = data.index(b"\xe7", at + 5)
        size = data[code + 1] & 0x7F
        ms = int.from_bytes(data[code + 2 : code + 2 + size], "big")
        starts.append((at, round(ms * SAMPLE_RATE / 1000)))
        at = data.find(b"\x1f\x43\xb6\x75", at + 4)
    cues = data.find(b"\x1c\x53\xbb\x6b", starts[-1][0])
    end = cues if cues > 0 else len(data)
    return header, [*starts, (end, starts[-1][1] + SAMPLE_RATE // 2)]


def _flac_starts(data: bytes) -> tuple[int, list[tuple[int, int]]]:
    """Packets as FFmpeg's parser finds them: FLAC frames carry no length."""
    with tempfile.NamedTemporaryFile(suffix=".flac") as file:
        file.write(data)
        file.flush()
        with av.open(file.name) as container:
            packets = [bytes(p) for p in container.demux(audio=0) if p.size]
            blocks = container.streams.audio[0].codec_context.frame_size or 4608
    at = header = len(data) - sum(map(len, packets))
    starts: list[tuple[int, int]] = []
    for packet in packets:
        starts.append((at, len(starts) * blocks))
        at += len(packet)
    return header, [*starts, (at, len(starts) * blocks)]
