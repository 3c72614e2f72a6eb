"""Decode an audio file to its end, and say why where that cannot be done. FFmpeg (PyAV) does the work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from audiofile import BAD_SHARE, COMPLETE_SHARE, COMPLETE_SLACK_S, MAX_RATE, Format, Place, place_of

Reason = Literal["unsupported", "video", "channels", "corrupt", "too_long"]

_UNKNOWN_SIZES = (range(0x7FFF_F000, 0x8000_0001), range(0xFFFF_FF00, 0x1_0000_0000))
"""Sizes in the headers of WAVs that were written to a pipe: about the most that a signed field holds (eSpeak and SoX:
0x7FFFF000), or all ones. Some programs write 0."""


class Unreadable(Exception):
    """The file is not one we take."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class Damaged(Unreadable):
    """Many packets do not decode. `mostly_sound`: most of them do."""

    def __init__(self, *, mostly_sound: bool) -> None:
        super().__init__("corrupt")
        self.mostly_sound = mostly_sound


class CutOff(Unreadable):
    """The header states more seconds than there are."""

    def __init__(self, promised_s: float, decoded_s: float) -> None:
        super().__init__("corrupt")
        self.promised_s = promised_s
        self.decoded_s = decoded_s


MAX_STILLS = 4
"""Pictures that any song may have as a track. A longer song may have one for each second: slides, not a film."""

Check = Callable[[Any, Any, float], None]
"""Gets the av container, its audio stream and the seconds that the header states; raises Unreadable."""


def frames(path: Path, form: Format, check: Check = lambda *_: None) -> Iterator[Any]:
    """Every decoded av.AudioFrame of the file's first audio stream: of a `.stem.m4a` that is the mix, and players take
    the first as well. Still pictures are passed over; a film is no song.

    A few packets that do not decode are skipped, as players do. `check` is called before the first frame. Raises
    Unreadable (also Damaged or CutOff, after the last frame), av.FFmpegError.
    """
    import av

    seconds, packets, bad, pictures = 0.0, 0, 0, 0
    place = place_of(path) or Place(form, 0)
    # Only our decoders: FFmpeg would otherwise unpack each cover, which may be small on disk and huge unpacked.
    options = {"codec_whitelist": ",".join(form.codecs), "skip_initial_bytes": str(place.start)}
    with av.open(
        f"file:{path}", format=form.demuxer, options=options, metadata_errors="replace"
    ) as container:
        stream = next(iter(container.streams.audio), None)
        # None: a codec FFmpeg lacks, or a copy protection.
        if stream is None or stream.codec_context is None or stream.codec_context.name not in form.codecs:
            raise Unreadable("unsupported")
        promised = promised_seconds(path, form, stream)
        check(container, stream, promised)
        seen = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        for packet in container.demux(stream, *seen):
            if packet.stream is not stream:
                pictures += packet.size > 0
                continue
            packets += 1
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                bad += 1
                continue
            for frame in decoded:
                if frame.sample_rate > MAX_RATE:
                    raise Unreadable("unsupported")
                seconds += frame.samples / frame.sample_rate
                yield frame
    if pictures > max(MAX_STILLS, seconds):
        raise Unreadable("video")
    if bad > max(2, packets * BAD_SHARE):
        raise Damaged(mostly_sound=packets > 2 * bad)
    if form.name == "wav" and (share := wav_share(path)) * COMPLETE_SHARE > 1:
        raise CutOff(seconds * share, seconds)
    if seconds < promised * COMPLETE_SHARE - COMPLETE_SLACK_S:
        raise CutOff(promised, seconds)


def promised_seconds(path: Path, form: Format, stream: Any) -> float:
    """The length that the header states (s); 0 where it states none.

    An mp3 does so only in a Xing, Info or VBRI tag: without one FFmpeg divides the file's size by the first frame's bit
    rate, which is wrong for variable rates. An ogg has no such field: FFmpeg takes the last page's place, and a
    recording of a broadcast begins hours after zero.
    """
    if form.name == "ogg" or not stream.duration or not stream.time_base:
        return 0.0
    stated = float(stream.duration * stream.time_base)
    if form.name != "mp3":
        return stated
    from mutagen.mp3 import BitrateMode, HeaderNotFoundError, MPEGInfo

    try:
        with path.open("rb") as file:
            info = MPEGInfo(file)
    except HeaderNotFoundError:
        return 0.0
    # For two joined files FFmpeg guesses the length of both; and only FFmpeg leaves out the encoder's delay.
    return 0.0 if info.bitrate_mode == BitrateMode.UNKNOWN else min(stated, float(info.length))


def wav_share(path: Path) -> float:
    """How many times its own bytes a WAV's data chunk promises; 1 where it promises no more, or does not know.

    FFmpeg believes the file's length instead. By bytes, since the fields for rate, block and bytes a second may
    contradict each other. RIFF: chunks of id, size as u32 little-endian, padded to even length.
    """
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":  # RF64 and RIFX: their sizes are elsewhere
            return 1.0
        while len(header := file.read(8)) == 8:
            size = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                present = path.stat().st_size - file.tell()
                known = not any(size in sizes for sizes in _UNKNOWN_SIZES)
                return max(1.0, size / present) if present > 0 and known else 1.0
            file.seek(size + size % 2, os.SEEK_CUR)
    return 1.0
