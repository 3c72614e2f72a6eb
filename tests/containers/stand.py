"""What the stage tests share: a song, its environment, a fake separator and a recorder of progress."""

import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutagen.flac import FLAC

from ml.analysis import measure_song
from ml.lyrics import read_tag_lyrics, write_lyrics
from ml.lyrics.engines import resolve
from ml.separation import SeparationResult, merge_parts, separate_part
from ml.separation.embedded import STEMS
from task import shell
from task.demucs_stage import DemucsStage
from task.measure_stage import MeasureStage
from task.objects import identify
from task.whisper_stage import WhisperStage

UPLOADS, OUTPUT = "test-uploads", "test-output"
PREFIX = "output/user-1/song-1/"
KEY = "uploads/user-1/song-1/my song.flac"
TEXT = "Hold me now my love\nNever let me go"
RATE = 44_100

COMMON = {
    "USER_ID": "user-1",
    "SONG_ID": "song-1",
    "ATTEMPT": "1",
    "OUTPUT_BUCKET": OUTPUT,
    "OUTPUT_PREFIX": PREFIX,
    "PROGRESS_FUNCTION": "unplugd-test-send-progress",
    "CORRELATION_ID": "correlation-1",
}
DEMUCS = {**COMMON, "UPLOADS_BUCKET": UPLOADS, "UPLOAD_KEY": KEY, "MODEL": "auto"}
WHISPER = {**COMMON, "LYRICS_MODEL": "auto", "LANGUAGE": "en", "TEXT_KEY": ""}


def write_song(path: Path, *, lyrics: str | None = TEXT, duration_s: float = 2.5) -> Path:
    """A stereo FLAC: a tone left and right that stops for a moment, with lyrics in its tags."""
    t = np.arange(round(duration_s * RATE)) / RATE
    tone = 0.4 * np.sin(2 * np.pi * 330 * t) * ((t > 0.2) & ((t < 1.0) | (t > 1.5)))
    soundfile.write(path, np.column_stack((tone, tone)), RATE)
    if lyrics:
        file = FLAC(path)
        file["LYRICS"] = lyrics
        file.save()
    return path


def separate(
    source: Path,
    out: Path,
    *,
    progress: Callable[[float], None],
    stems: tuple[str, ...] = STEMS,
    **_more: Any,
) -> SeparationResult:
    """A separator that shares the mix out in equal parts."""
    mix, rate = soundfile.read(source, always_2d=True)
    files = []
    for i, stem in enumerate(stems):
        soundfile.write(out / f"{stem}.wav", mix / len(stems), rate, subtype="PCM_16")
        (out / f"{stem}.m4a").write_bytes(b"stream of " + stem.encode())
        files += [f"{stem}.wav", f"{stem}.m4a"]
        progress((i + 1) / len(stems))
    (out / "peaks.json").write_text(json.dumps({"version": 2}))
    source_sha256 = identify(source).sha256
    return SeparationResult(
        "fake", "quarter", "1", "0" * 64, 0.1, 1.0, float("-inf"), source_sha256, len(mix), rate,
        stems, (*files, "peaks.json"),
    )  # fmt: skip


@dataclass
class Progress:
    """A Lambda client that records what it is invoked with, and when, or fails every time."""

    fault: Exception | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def invoke(self, **call: Any) -> None:
        if self.fault:
            raise self.fault
        self.at.append(time.monotonic())
        self.calls.append({**call, "Payload": json.loads(call["Payload"])})


@dataclass
class Stand:
    """One song in one pair of buckets, and the means to run stages on it in this process."""

    s3: Any
    root: Path
    progress: Progress = field(default_factory=Progress)
    separations: int = 0
    transcriptions: int = 0
    separate: Callable[..., SeparationResult] = separate
    measure: Callable[..., dict[str, Any]] | None = None
    logs: list[dict[str, Any]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def put_song(self, **song: Any) -> None:
        self.s3.upload_file(str(write_song(self.root / "song.flac", **song)), UPLOADS, KEY)

    def demucs(self, **changes: str) -> int:
        def counted(*args: Any, **kwargs: Any) -> SeparationResult:
            self.separations += 1
            return self.separate(*args, **kwargs)

        stage = DemucsStage(counted, separate_part, merge_parts, read_tag_lyrics, self.measure)
        return self.run(stage, {**DEMUCS, **changes})

    def measuring(self, measure: Callable[..., Any] = measure_song, **changes: str) -> int:
        return self.run(MeasureStage(measure), {**COMMON, **changes})

    def whisper(self, **changes: str) -> int:
        def counted(*args: Any, **kwargs: Any) -> dict[str, Any]:
            self.transcriptions += 1
            return write_lyrics(*args, **kwargs)

        return self.run(WhisperStage(counted, resolve), {**WHISPER, **changes})

    def run(self, stage: shell.Stage, environ: dict[str, str]) -> int:
        out = io.StringIO()
        work = self.root / "work"
        work.mkdir(exist_ok=True)
        try:
            return shell.run(
                stage,
                environ,
                stop=self.stop,
                out=out,
                make_client=lambda service: self.s3 if service == "s3" else self.progress,
                work_root=work,
            )
        finally:
            self.logs = [json.loads(line) for line in out.getvalue().splitlines()]
            assert list(work.iterdir()) == [], "the work folder was left behind"

    def names(self) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=OUTPUT, Prefix=PREFIX).get("Contents", [])
        return {entry["Key"].removeprefix(PREFIX) for entry in listed}

    def versions(self) -> dict[str, tuple[Any, str]]:
        listed = self.s3.list_objects_v2(Bucket=OUTPUT, Prefix=PREFIX)["Contents"]
        return {entry["Key"]: (entry["LastModified"], entry["ETag"]) for entry in listed}

    def read(self, name: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=OUTPUT, Key=PREFIX + name)["Body"].read())

    def put(self, name: str, body: bytes, **more: Any) -> None:
        self.s3.put_object(Bucket=OUTPUT, Key=PREFIX + name, Body=body, **more)

    def messages(self, level: str) -> list[str]:
        return [line["message"] for line in self.logs if line.get("level") == level]
