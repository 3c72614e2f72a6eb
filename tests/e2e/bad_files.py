"""Files that people and attackers upload, made from nothing: good ones in odd clothes, broken ones, hostile ones.

Each maker returns the file's bytes. PCM ones are a steady 440 Hz tone, so nothing is silent by accident."""

from __future__ import annotations

import io
import itertools
import struct
import tempfile
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 44_100
Samples = NDArray[np.float64]


def tone(seconds: float, rate: int = RATE, channels: int = 2) -> Samples:
    """(frames, channels), half of full scale."""
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave[:, None], (1, channels))


# --- WAV, by hand, so that every field can lie --------------------------------------------------------------------


def pcm(samples: Samples, bits: int = 16) -> bytes:
    """Little-endian integers, as a WAV holds them (8 bits are unsigned)."""
    if bits == 8:
        return bytes((samples * 127 + 128).astype(np.uint8).tobytes())
    scaled = (samples * (2.0 ** (bits - 1) - 1)).astype("<i8")
    return bytes(scaled.view(np.uint8).reshape(-1, 8)[:, : bits // 8].tobytes())


def chunk(name: bytes, body: bytes, *, size: int | None = None) -> bytes:
    """A RIFF chunk, padded to even; `size` is what its header says."""
    return name + struct.pack("<I", len(body) if size is None else size) + body + bytes(len(body) % 2)


def wav(
    data: bytes,
    *,
    rate: int = RATE,
    channels: int = 2,
    bits: int = 16,
    tag: int = 1,
    extra: bytes = b"",
    before: bytes = b"",
    after: bytes = b"",
    data_size: int | None = None,
    riff_size: int | None = None,
    byte_rate: int | None = None,
) -> bytes:
    """A WAV around `data`. `extra` extends the fmt chunk; `before` and `after` are whole chunks."""
    align = channels * bits // 8
    fmt = struct.pack(
        "<HHIIHH", tag, channels, rate, rate * align if byte_rate is None else byte_rate, align, bits
    )
    body = chunk(b"fmt ", fmt + extra) + before + chunk(b"data", data, size=data_size) + after
    size = len(body) + 4 if riff_size is None else riff_size
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + body


def tone_wav(
    seconds: float = 1.0, rate: int = RATE, channels: int = 2, bits: int = 16, **false_fields: Any
) -> bytes:
    """The tone as an integer WAV."""
    return wav(
        pcm(tone(seconds, rate, channels), bits), rate=rate, channels=channels, bits=bits, **false_fields
    )


def float_wav(samples: Samples, rate: int = RATE) -> bytes:
    """A 32-bit float WAV."""
    with np.errstate(over="ignore"):
        return wav(samples.astype("<f4").tobytes(), rate=rate, channels=samples.shape[1], bits=32, tag=3)


def extensible(seconds: float, channels: int, mask: int, rate: int = RATE) -> bytes:
    """WAVE_FORMAT_EXTENSIBLE, as programs write it for more than two channels or 16 bits."""
    pcm_guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    extra = struct.pack("<HHI", 22, 16, mask) + pcm_guid
    return wav(pcm(tone(seconds, rate, channels)), rate=rate, channels=channels, tag=0xFFFE, extra=extra)


# --- what FFmpeg encodes ------------------------------------------------------------------------------------------


def encoded(
    container: str,
    codec: str,
    samples: Samples | None = None,
    *,
    rate: int = RATE,
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """The samples (one second of the tone) in another format."""
    samples = tone(1.0, rate) if samples is None else samples
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # on disk: to put an MP4's index first, FFmpeg reads it again
        path = Path(folder, "made")
        _encode(path, container, codec, samples, rate, layout, tags or {}, options or {})
        return path.read_bytes()


def _encode(
    path: Path,
    container: str,
    codec: str,
    samples: Samples,
    rate: int,
    layout: str,
    tags: dict[str, str],
    options: dict[str, str],
) -> None:
    with av.open(str(path), "w", format=container, options=options) as out:
        out.metadata.update(tags)
        stream: Any = out.add_stream(codec, rate=rate)
        stream.layout = layout
        stream.codec_context.open()
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, layout, rate, frame_size=context.frame_size or 4096)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T, np.float32), format="fltp", layout=layout
        )
        frame.sample_rate = rate
        for piece in itertools.chain(resampler.resample(frame), resampler.resample(None)):
            out.mux(stream.encode(piece))
        # FLAC's last packet is empty and only corrects its header, which ogg and MP4 have no place for.
        out.mux([packet for packet in stream.encode(None) if packet.size or container == "flac"])


def mp3(seconds: float = 1.0, **more: Any) -> bytes:
    """Constant rate, with FFmpeg's own Xing tag and ID3."""
    return encoded("mp3", "libmp3lame", tone(seconds), **more)


def flac(seconds: float = 1.0, **more: Any) -> bytes:
    return encoded("flac", "flac", tone(seconds), **more)


def m4a(seconds: float = 1.0, codec: str = "aac", **more: Any) -> bytes:
    """As FFmpeg writes it: the index (moov) at the end."""
    return encoded("ipod", codec, tone(seconds), **more)


def opus(seconds: float = 1.0) -> bytes:
    return encoded("ogg", "libopus", tone(seconds, 48_000), rate=48_000)


def vorbis(seconds: float = 1.0, rate: int = RATE) -> bytes:
    """libsndfile's: FFmpeg's own encoder for it is experimental."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, tone(seconds, rate), rate, format="OGG", subtype="VORBIS")
    return file.getvalue()


def video(container: str = "mp4") -> bytes:
    """A picture that moves, with sound."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        picture: Any = out.add_stream("mpeg4", rate=25)
        picture.width = picture.height = 32
        sound: Any = out.add_stream("aac", rate=RATE)
        sound.layout = "stereo"
        for shade in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), shade, np.uint8), format="rgb24")
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for _ in range(43):
            heard = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
            heard.sample_rate = RATE
            out.mux(sound.encode(heard))
        out.mux(sound.encode(None))
    return file.getvalue()


def two_tracks() -> bytes:
    """Two songs side by side in one ogg: one song's pages, then those of its twin under another serial number."""
    first = pages(vorbis())
    second = [with_serial(page, 77) for page in pages(vorbis())]
    return b"".join([first[0], second[0], *first[1:], *second[1:]])


def pages(data: bytes) -> list[bytes]:
    """An ogg file's pages."""
    starts = [at for at in range(len(data)) if data.startswith(b"OggS\0", at)]
    return [data[a:b] for a, b in itertools.pairwise([*starts, len(data)])]


def with_serial(page: bytes, serial: int) -> bytes:
    """The same page of another stream."""
    bare = page[:14] + struct.pack("<I", serial) + page[18:22] + bytes(4) + page[26:]
    return bare[:22] + struct.pack("<I", crc(bare, 32, 0x04C11DB7)) + bare[26:]


# --- bytes in between ---------------------------------------------------------------------------------------------


def syncsafe(number: int) -> bytes:
    """28 bits in four bytes, as ID3 sizes are."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def id3(*frames: bytes, padding: int = 0) -> bytes:
    """An ID3v2.4 tag."""
    body = b"".join(frames) + bytes(padding)
    return b"ID3\x04\x00\x00" + syncsafe(len(body)) + body


def id3_with_footer(padding: int = 0) -> bytes:
    """An ID3v2.4 tag that is repeated at its end as "3DI" (flag 0x10)."""
    size = syncsafe(padding)
    return b"ID3\x04\x00\x10" + size + bytes(padding) + b"3DI\x04\x00\x10" + size


def id3_frame(name: bytes, body: bytes, flags: bytes = b"\0\0") -> bytes:
    return name + syncsafe(len(body)) + flags + body


def id3_bomb(mib: int) -> bytes:
    """A frame that is small on disk and huge in memory: zlib, as ID3v2.4 allows. A single block is packed
    once and repeated; the checksum of zeros alone is known."""
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = b"\x03\x00" + struct.pack(">HH", (mib << 20) % 65_521, 1)
    packed = head + block * (mib - 1) + end
    return id3_frame(b"TXXX", syncsafe(min(mib << 20, (1 << 28) - 1)) + packed, b"\x00\x09")


def bare_mp3(seconds: float = 1.0) -> bytes:
    """Frames only: no ID3, no Xing."""
    return mp3(seconds, options={"write_xing": "0", "id3v2_version": "0"})


def xing_mp3(seconds: float, *, claims_frames: int, flags: int = 1) -> bytes:
    """A Xing tag without LAME's extension, and what it claims."""
    frames = bare_mp3(seconds)
    tag = bytearray(len_of_frame(frames))
    tag[:4] = frames[:4]
    tag[36:48] = b"Xing" + struct.pack(">II", flags, claims_frames)
    return bytes(tag) + frames


def len_of_frame(data: bytes) -> int:
    """Bytes of the MPEG-1 layer III frame that starts here."""
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    return 144_000 * rates[data[2] >> 4] // RATE + (data[2] >> 1 & 1)


def with_flac_total(data: bytes, total: int) -> bytes:
    """The same FLAC, claiming `total` samples (36 bits at the end of STREAMINFO's first 18 bytes)."""
    changed = bytearray(data)
    changed[21] = changed[21] & 0xF0 | total >> 32
    changed[22:26] = struct.pack(">I", total & 0xFFFFFFFF)
    return bytes(changed)


def silent_flac(hours: float, *, says: bool = True) -> bytes:
    """Constant blocks of 65,535 samples at 8 kHz: an hour is some 7 kB."""
    empty = encoded("flac", "flac", np.zeros((1, 1)), rate=8_000)
    info = bytearray(empty[8:42])
    info[:4] = struct.pack(">HH", 65_535, 65_535)
    info[4:10] = bytes(6)
    info[18:] = bytes(16)  # no checksum of the sound
    count = int(hours * 3600 * 8_000 / 65_535)
    blocks = b"".join(_silent_block(number) for number in range(count))
    made = b"fLaC\x80\0\0\x22" + bytes(info) + blocks
    return with_flac_total(made, count * 65_535 if says else 0)


def _silent_block(number: int) -> bytes:
    """A FLAC frame: fixed size 65,535 (16 bits at the end), 8 kHz, mono, 16 bits, one constant subframe of zero."""
    head = b"\xff\xf8\x74\x08" + _utf8(number) + struct.pack(">H", 65_534)
    head += bytes([crc(head, 8, 0x07)])
    frame = head + b"\0\0\0"
    return frame + struct.pack(">H", crc(frame, 16, 0x8005))


def _utf8(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def crc(data: bytes, bits: int, polynomial: int) -> int:
    value, top, mask = 0, 1 << (bits - 1), (1 << bits) - 1
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value


def atom(name: bytes, *parts: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def into_moov(data: bytes, addition: bytes) -> bytes:
    """An MP4 whose moov is last, with one box more in it."""
    at = data.rindex(b"moov") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    assert at + size == len(data)
    return data[:at] + struct.pack(">I", size + len(addition)) + data[at + 4 :] + addition


def nested(name: bytes, depth: int, inside: bytes = b"") -> bytes:
    """A box in a box in a box; a list of headers, as joining at each depth would take for ever."""
    heads = [struct.pack(">I", 8 * left + len(inside)) + name for left in range(depth, 0, -1)]
    return b"".join(heads) + inside


def png(width: int, height: int) -> bytes:
    """A black one-bit picture: huge once it is unpacked."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def artwork(picture: bytes, kind: bytes = b"image/png") -> bytes:
    """An ID3 frame with a cover."""
    return id3_frame(b"APIC", b"\0" + kind + b"\0\x03\0" + picture)


def audiobook() -> bytes:
    """An m4b: chapters (a text track) and a cover."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.m4b")
        with av.open(str(path), "w", format="ipod") as out:
            out.set_chapters(
                [
                    {
                        "id": n,
                        "start": n * 500,
                        "end": n * 500 + 500,
                        "time_base": Fraction(1, 1000),
                        "metadata": {"title": f"Chapter {n}"},
                    }
                    for n in range(2)
                ]
            )
            sound: Any = out.add_stream("aac", rate=RATE)
            sound.layout = "stereo"
            samples = np.ascontiguousarray(tone(1.0).T, np.float32)
            frame = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
            frame.sample_rate = RATE
            for piece in av.AudioResampler("fltp", "stereo", RATE, frame_size=1024).resample(frame):
                out.mux(sound.encode(piece))
            out.mux(sound.encode(None))
        import mutagen.mp4

        book = mutagen.mp4.MP4(path)
        book["covr"] = [mutagen.mp4.MP4Cover(png(64, 64), mutagen.mp4.MP4Cover.FORMAT_PNG)]
        book.save()
        return path.read_bytes()


def elsewhere(path: bytes) -> bytes:
    """An m4a that names another file of the machine as its sound."""
    data = m4a()
    inside = b"\0\0\0\x0curl \0\0\0\x01"  # flags 1: here
    outside = atom(b"url ", bytes(4), b"file://" + path + b"\0")
    at = data.index(inside)
    grown = len(outside) - len(inside)
    changed = bytearray(data[:at] + outside + data[at + len(inside) :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        size_at = changed.rindex(name, 0, at) - 4
        size = struct.unpack(">I", changed[size_at : size_at + 4])[0]
        changed[size_at : size_at + 4] = struct.pack(">I", size + grown)
    sound = changed.index(b"mdat") + 4  # and not in this one
    size = struct.unpack(">I", changed[sound - 8 : sound - 4])[0]
    changed[sound : sound + size - 8] = bytes(size - 8)
    return bytes(changed)
