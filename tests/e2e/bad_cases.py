"""What people and attackers send, and what the contract says they get: the rows of docs/bad-input.md."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from tests.e2e import bad_files as files
from unplugd.kernel.clock import to_iso, utc_now

MIB = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that is announced truthfully, sent, and judged. `code` None: it becomes a song."""

    name: str
    make: Callable[[], bytes]
    code: str | None = None
    file_name: str = "song.mp3"
    content_type: str = "audio/mpeg"
    title: str | None = None  # as shown, where that is the point
    frames: int | None = None  # of each stem, where the format says exactly how many there are
    by_hand: bool = False  # put by the administrator: no presigned link would take it


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@functools.cache
def _spike(value: float) -> bytes:
    samples = files.tone(1.0)
    samples[22_050] = value
    return files.float_wav(samples)


def _cover() -> bytes:
    noise = np.random.default_rng(0).bytes(40 * MIB)
    return files.id3(files.artwork(b"\x89PNG\r\n\x1a\n" + noise)) + files.bare_mp3()


def _frames(count: int) -> bytes:
    return files.id3(*[files.id3_frame(b"TXXX", b"\x03a\0b")] * count) + files.bare_mp3()


REFUSED = (
    Upload("text renamed .mp3", lambda: b"This is not music.\n" * 400, "UNSUPPORTED_FORMAT"),
    Upload("zero bytes, past the API", lambda: b"", "UNSUPPORTED_FORMAT", by_hand=True),
    Upload("mp3, cut in half", lambda: _cut(files.mp3(3.0)), "CORRUPT_AUDIO"),
    Upload("flac, cut in half", lambda: _cut(files.flac(3.0)), "CORRUPT_AUDIO"),
    Upload("m4a, cut in half (index last)", lambda: _cut(files.m4a(3.0)), "CORRUPT_AUDIO"),
    Upload(
        "m4a, cut in half (index first)",
        lambda: _cut(files.m4a(3.0, options={"movflags": "faststart"})),
        "CORRUPT_AUDIO",
    ),
    Upload("wav, cut in half", lambda: _cut(files.tone_wav(3.0, 8_000, 1)), "CORRUPT_AUDIO"),
    Upload("ogg, cut in half (one page left)", lambda: _cut(files.vorbis(3.0)), "CORRUPT_AUDIO"),
    Upload("video, renamed .m4a", files.video, "UNSUPPORTED_FORMAT"),
    Upload("video in Matroska", lambda: files.video("matroska"), "UNSUPPORTED_FORMAT"),
    Upload(
        "601 s", lambda: files.encoded("flac", "flac", files.tone(601.0, 8_000, 1), rate=8_000), "TOO_LONG"
    ),
    Upload("51 MiB, past the API", lambda: bytes(51 * MIB), "TOO_LARGE", by_hand=True),
    Upload("0.3 s", lambda: files.tone_wav(0.3), "TOO_SHORT"),
    Upload("silence", lambda: files.wav(bytes(176_400)), "SILENT_AUDIO"),
    Upload("NaN in a float wav", lambda: _spike(float("nan")), "CORRUPT_AUDIO"),
    Upload("infinity in a float wav", lambda: _spike(float("inf")), "CORRUPT_AUDIO"),
    Upload("1e30 in a float wav", lambda: _spike(1e30), "CORRUPT_AUDIO"),
    Upload("10 h of silence in 61 kB of flac", lambda: files.silent_flac(10.0), "TOO_LONG"),
    Upload(
        "the same, without a length in its header", lambda: files.silent_flac(10.0, says=False), "TOO_LONG"
    ),
    Upload("wav, with a length that is too large", lambda: files.tone_wav(data_size=10**6), "CORRUPT_AUDIO"),
    Upload(
        "flac, with a length that is too large",
        lambda: files.with_flac_total(files.flac(), 99_999),
        "CORRUPT_AUDIO",
    ),
    Upload(
        "mp3, with a length in its Xing tag that is too large",
        lambda: files.xing_mp3(1.0, claims_frames=100, flags=9),
        "CORRUPT_AUDIO",
    ),
    Upload("wav of nine channels", lambda: files.tone_wav(channels=9), "UNSUPPORTED_FORMAT"),
    Upload(
        "wav of 2 GHz",
        lambda: files.wav(bytes(MIB), rate=2**31 - 1, channels=1, bits=8),
        "UNSUPPORTED_FORMAT",
    ),
    Upload("wav of ADPCM", lambda: files.encoded("wav", "adpcm_ms"), "UNSUPPORTED_FORMAT"),
    Upload("AIFF renamed .wav", lambda: files.encoded("aiff", "pcm_s16be"), "UNSUPPORTED_FORMAT"),
    Upload("raw AAC renamed .m4a", lambda: files.encoded("adts", "aac"), "UNSUPPORTED_FORMAT"),
    Upload("zip renamed .mp3", lambda: b"PK\x03\x04" + bytes(1000), "UNSUPPORTED_FORMAT"),
    Upload(
        "50,000 nested boxes in an m4a",
        lambda: files.into_moov(files.m4a(), files.nested(b"udta", 50_000)),
        "CORRUPT_AUDIO",
    ),
    Upload("m4a whose sound is in another file", lambda: files.elsewhere(b"/etc/passwd"), "CORRUPT_AUDIO"),
    Upload("playlist renamed .mp3", lambda: b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "UNSUPPORTED_FORMAT"),
)

ACCEPTED = (
    Upload(
        "wav, mono, 8 kHz, with a unicode file name",
        lambda: files.tone_wav(1.0, 8_000, 1),
        file_name="Ünïcode 歌 🎵.wav",
        content_type="audio/wav",
        frames=44_100,
        title="Ünïcode 歌 🎵",
    ),
    Upload(
        "wav, 24 bits, 96 kHz, with a path for a file name",
        lambda: files.tone_wav(1.0, 96_000, 2, 24),
        file_name="../../etc/passwd\\..\\song.wav",
        content_type="audio/x-wav",
        frames=44_100,
        title="song",
    ),
    Upload(
        "wav, float, with a 10 kB file name",
        lambda: files.float_wav(files.tone(1.0)),
        file_name="x" * 10_000 + ".wav",
        content_type="audio/wav",
        frames=44_100,
        title="x" * 200,
    ),
    Upload(
        "wav, 5.1, with a right-to-left file name",
        lambda: files.extensible(1.0, 6, 0x3F),
        file_name="שיר \u202evaw.wav",
        content_type="audio/wav",
        frames=44_100,
        title="שיר vaw",
    ),
    Upload("mp3 without any tags", files.bare_mp3, title="song"),
    Upload("mp3 with a 40 MB cover", _cover, title="song"),
    Upload("mp3 with 10,000 ID3 frames", lambda: _frames(10_000), title="song"),
)


@dataclass(frozen=True)
class Call:
    """One HTTP request to the API of somebody signed in (who may call at all: test_who_may.py)."""

    name: str
    status: int
    error: str
    method: str = "POST"
    path: str = "/songs/upload-url"
    body: bytes | None = None
    content_type: str = "application/json"


GOOD: dict[str, Any] = {"filename": "song.mp3", "contentType": "audio/mpeg", "sizeBytes": 1234}


def _with(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def _announce(name: str, error: str = "invalid_request", status: int = 400, **changes: Any) -> Call:
    return Call(name, status, error, body=_with(**changes))


def _measure(name: str, measure: str, value: Any, status: int = 400, error: str = "invalid_request") -> Call:
    path = f"/songs/01ARZ3NDEKTSV4RRFFQ69G5FAV/measurements/{measure}"
    return Call(name, status, error, "PUT", path, json.dumps({"value": value}).encode())


def _job(name: str, scope: Any, **more: Any) -> Call:
    body = json.dumps({"scope": scope, "source": "current", **more}).encode()
    return Call(name, 400, "invalid_request", path="/measurement-jobs", body=body)


def _window(name: str, index: str, **body: Any) -> Call:
    path = f"/sessions/01ARZ3NDEKTSV4RRFFQ69G5FAV/audio?windowIndex={index}"
    return Call(name, 400, "invalid_request", "POST", path, json.dumps(body).encode())


def _grade(name: str, status: int = 400, error: str = "invalid_request", **changes: Any) -> Call:
    body = {"songId": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "reviewId": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "grade": 4}
    body |= {"reviewedAt": to_iso(utc_now()), **changes}
    return Call(name, status, error, "POST", "/practice/grade", json.dumps(body).encode())


def _practice(name: str, **body: Any) -> Call:
    return Call(name, 400, "invalid_request", "PUT", "/practice/settings", json.dumps(body).encode())


def _sheet(name: str, text: str, status: int = 400, error: str = "invalid_request") -> Call:
    return Call(name, status, error, "POST", "/practice/reviews", json.dumps({"csv": text}).encode())


def _list(name: str, query: str) -> Call:
    error = "bad_cursor" if query.startswith("cursor") else "invalid_request"
    return Call(name, 400, error, "GET", f"/songs?{query}")


def _bulk(name: str, path: str, files: Any) -> Call:
    return Call(name, 400, "invalid_request", path=path, body=json.dumps({"files": files}).encode())


_A_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nsound\r\n'


def _form(
    name: str, body: bytes, status: int = 400, error: str = "invalid_form", boundary: str = "x"
) -> Call:
    kind = f"multipart/form-data; boundary={boundary}" if boundary else "multipart/form-data"
    return Call(name, status, error, "POST", "/songs/upload", body, kind)


CALLS = (
    _announce("51 MiB requested", "too_large", 413, sizeBytes=51 * MIB),
    _announce("zero bytes requested", sizeBytes=0),
    _announce("a video requested", "unsupported_type", 415, contentType="video/mp4"),
    Call("no body", 400, "invalid_json"),
    Call("broken JSON", 400, "invalid_json", body=b'{"filename": "song.mp3", '),
    Call("JSON that is not an object", 400, "invalid_json", body=b"[1, 2]"),
    Call("NaN in JSON", 400, "invalid_json", body=b'{"sizeBytes": NaN}'),
    Call("bytes that are not text", 400, "invalid_json", body=b'{"filename": "\xff\xfe"}'),
    Call("30,000 nested lists", 400, "invalid_json", body=b"[" * 30_000),
    Call("a number of 5,000 digits", 400, "invalid_json", body=b'{"sizeBytes": ' + b"9" * 5_000 + b"}"),
    Call("a body of 1 MB", 413, "too_large", body=_with(title="x" * MIB)),
    _announce("an unknown field", userId="someone"),
    _announce("an unknown field that is not text", **{"\ud800": 1}),
    _announce("a number for a name", filename=7),
    _announce("a list for a title", title=["a"]),
    _announce("text for a size", sizeBytes="1234"),
    _announce("a fraction for a size", sizeBytes=12.5),
    _announce("true for a size", sizeBytes=True),
    _announce("a negative size", sizeBytes=-1),
    _announce("an unknown model", model="mdx"),
    _announce("an invalid language", language="English!"),
    _announce("a title of 201 characters", title="x" * 201),
    _announce("a file name of 17 kB", filename="x" * 17_000),
    _list("an invalid cursor", "cursor=rubbish"),
    _list("a cursor of bytes", "cursor=%00%ff%fe"),
    _list("a cursor of 4 kB", "cursor=" + "A" * 4096),
    _list("an unknown status", "status=DONE"),
    _list("a limit of 0", "limit=0"),
    _list("a limit of 101", "limit=101"),
    _list("a limit that is not a number", "limit=ten"),
    _list("a tempo that is not a number", "bpm=fast"),
    _list("a range that goes down", "bpm=130-120"),
    _list("a filter by a key that is none", "key=H%20minor"),
    _list("a length in words", "length=long"),
    _list("an unknown query field", "page=2"),
    _measure("an unknown measure", "mood", {}, 404, "not_found"),
    _measure("a measure without its value", "key", None),
    _measure("a key that is none", "key", {"tonic": "H", "mode": "minor"}),
    _measure("a tempo of 1,000", "beats", {"anchors": [{"t": 0, "beat": 0, "bpm": 1000}]}),
    _measure("chords that overlap", "chords", [{"start": 0, "end": 2, "label": "C"}] * 2),
    _measure("a list for the loudness", "loudness", []),
    _job("a job without a scope", None),
    _job("a job with two scopes", {"album": "A", "library": True}),
    _job("a job of an unknown source", {"library": True}, source="radio"),
    _job("a job of 101 songs", {"songIds": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"] * 101}),
    _job("a job of codes that are none", {"isrcs": ["USRC17607839", "7"]}, source="historical"),
    _job("a job of an unknown album", {"album": "x"}),
    _job("a job of an unknown measure", {"library": True}, measures=["mood"]),
    Call("a job that is none", 404, "not_found", "GET", "/jobs/not-a-job"),
    _window("a window index of 600", "600", sizeBytes=1000),
    _window("a window index with a sign", "%2B7", sizeBytes=1000),
    _window("a window index in other digits", "%D9%A3", sizeBytes=1000),
    _window("a window of 11 MiB", "0", sizeBytes=11 * MIB),
    _window("true for a window's size", "0", sizeBytes=True),
    _window("a checksum that is none", "0", sizeBytes=1000, sha256="abc"),
    Call(
        "a recording at 8 kHz",
        400,
        "invalid_request",
        "POST",
        "/sessions",
        b'{"sampleRate": 8000, "channels": 1}',
    ),
    Call("a list of recordings from nowhere", 400, "bad_cursor", "GET", "/sessions?cursor=x"),
    _grade("a grade of a song that is none", 404, "not_found"),
    _grade("true for a grade", grade=True),
    _grade("3.0 for a grade", grade=3.0),
    _grade("text for a grade", grade="4"),
    _grade("a grade of 6", grade=6),
    _grade("an answer of long ago", reviewedAt="2020-01-01T00:00:00Z"),
    _grade("an answer of tomorrow", reviewedAt=to_iso(utc_now() + timedelta(days=1))),
    _grade("an answer without a time zone", reviewedAt="2026-01-31T08:15:00"),
    _grade("an answer's id that is none", reviewId="../../1"),
    _grade("three hints in words", hints=3),
    _practice("an unknown scheduler", scheduler="sm18"),
    _practice("a time zone that is a path", timeZone="../../etc/passwd"),
    _practice("a time zone on Mars", timeZone="Mars/Olympus"),
    _practice("half a card a day", newPerDay=0.5),
    Call("a practice session of 101 cards", 400, "invalid_request", "GET", "/practice/due?limit=101"),
    _sheet("a CSV without its columns", "a,b"),
    _sheet("a CSV of 2 MB", "x" * 2 * MIB, 413, "too_large"),
    _bulk("26 files announced", "/songs/upload-urls", [GOOD] * 26),
    _bulk("no file announced", "/songs/upload-urls", []),
    _bulk("text for a list of files", "/songs/import", "all"),
    Call(
        "a placeholder without a title",
        400,
        "invalid_request",
        path="/songs/placeholder",
        body=b'{"title": ""}',
    ),
    Call(
        "a placeholder that says too much",
        400,
        "invalid_request",
        path="/songs/placeholder",
        body=b'{"x": 1}',
    ),
    Call("a look-up of no name", 400, "invalid_request", "GET", "/songs/lookup?fileName=%00"),
    Call(
        "a look-up of a name of no song",
        404,
        "not_found",
        "GET",
        "/songs/lookup?fileName=..%2F..%2Fetc%2Fpasswd",
    ),
    Call("links from nowhere", 400, "bad_cursor", "GET", "/songs/download-urls?cursor=x"),
    _form("a form without a boundary", _A_PART + b"--x--\r\n", boundary=""),
    _form("a form with another boundary", _A_PART + b"--x--\r\n", boundary="y"),
    _form("a form that is cut off", _A_PART),
    _form("a form with two files", _A_PART * 2 + b"--x--\r\n"),
    _form("a form without a file", b"--x--\r\n"),
    _form("a form whose file has no name", _A_PART.replace(b'; filename="a.mp3"', b"") + b"--x--\r\n"),
    _form(
        "a form of 5 MiB",
        _A_PART.replace(b"sound", bytes(5 * MIB)) + b"--x--\r\n",
        413,
        "too_large",
    ),
    Call("JSON in place of a form", 415, "unsupported_type", path="/songs/upload", body=b"{}"),
    Call("an invalid id", 404, "not_found", "GET", "/songs/not-a-song"),
)
