"""Songs that are measured again and again, after their owner changed what was measured: which changes are lost?

The use cases are the product's own, over a table and a bucket in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from unplugd.domain import files
from unplugd.domain.measure_queue import Outcome, Row
from unplugd.domain.song import Song, Status
from unplugd.kernel.clock import to_iso
from unplugd.measurement import service as measuring
from unplugd.measurement.model import FIELDS
from unplugd.processing import service as processing

OWNER = "11111111-1111-4111-8111-111111111111"
SONGS = 50
STEMS = ("drums", "bass", "other", "vocals")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = count(1)


class _Bucket:
    """Objects in memory."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[str, Any]] = {}

    def read_json(self, key: str) -> dict[str, Any] | None:
        return self._objects.get(key)

    def write_json(self, key: str, document: Mapping[str, Any]) -> None:
        self._objects[key] = dict(document)

    def names(self, prefix: str) -> Iterator[str]:
        return iter([key for key in self._objects if key.startswith(prefix)])

    def delete(self, key: str) -> None:
        self._objects.pop(key, None)


class _Songs:
    """Rows in memory."""

    def __init__(self) -> None:
        self._rows: dict[str, Song] = {}

    def put(self, song: Song) -> None:
        self._rows[song.song_id] = song

    def get(self, user_id: str, song_id: str) -> Song | None:
        return self._rows.get(song_id)

    def save_edits(self, song: Song, *, seen: Song, now: str) -> Song | None:
        self.put(song)
        return song

    def mark_completed(self, song: Song, *, facts: Mapping[str, Any], now: str) -> Song | None:
        self.put(replace(song, **facts, status=Status.COMPLETED))
        return self.get(song.user_id, song.song_id)

    def mark_failed(self, song: Song, **_: Any) -> Song | None:
        raise AssertionError("no song fails here")

    def record_progress(self, song: Song, **_: Any) -> Song | None:
        raise AssertionError("nothing reports progress here")


class _Asked:
    """The measure queue: no request is waiting in it."""

    def of_subject(self, user_id: str, subject: str, source: str) -> Sequence[Row]:
        return []

    def settle(self, row: Row, outcome: Outcome, *, now: datetime, jitter: float) -> Row | None:
        raise AssertionError("there is no row")


def overwritten(remeasures: int, chance: random.Random) -> int:
    """After how many of so many new measurements a person's locked value was not shown, or not in the song's row."""
    songs, bucket = _Songs(), _Bucket()
    ids = [f"01J9ZQ4X5V8K2M3N4P5Q6R7{n:03d}" for n in range(SONGS)]
    edits: dict[str, dict[str, dict[str, Any]]] = {song_id: {} for song_id in ids}
    for song_id in ids:
        _song(songs, bucket, song_id)
        _measure(songs, bucket, song_id, chance)
    lost = 0
    for _ in range(remeasures):
        song_id = chance.choice(ids)
        if chance.random() < 0.5:
            _edit(songs, bucket, song_id, edits[song_id], chance)
        _measure(songs, bucket, song_id, chance)
        lost += not _kept(songs, bucket, song_id, edits[song_id])
    return lost


def _song(songs: _Songs, bucket: _Bucket, song_id: str) -> None:
    at = to_iso(_BEGAN)
    songs.put(
        Song(
            user_id=OWNER,
            song_id=song_id,
            status=Status.PROCESSING,
            uploaded_at=at,
            updated_at=at,
            s3_key=files.upload_key(OWNER, song_id, "song.mp3"),
            attempt=1,
            started_at=at,
            duration_sec=200.0,
        )
    )
    names = [f"{stem}.wav" for stem in STEMS] + ["peaks.json"]
    prefix = files.output_prefix(OWNER, song_id)
    bucket.write_json(f"{prefix}{files.LYRICS}", {"instrumental": True, "segments": []})
    bucket.write_json(
        f"{prefix}{files.MANIFEST}",
        {
            "version": 1,
            "source": {"sha256": "00", "frames": 8_820_000, "sampleRate": 44_100},
            "separation": {"engine": "dsp", "model": "preview"},
            "lyrics": {"engine": "embedded", "model": "embedded"},
            "files": {name: {"sha256": "00", "bytes": 1} for name in names},
        },
    )


def _now() -> datetime:
    return _BEGAN + timedelta(minutes=next(_numbers))


def _measure(songs: _Songs, bucket: _Bucket, song_id: str, chance: random.Random) -> None:
    """What a run writes, and its completion."""
    song = songs.get(OWNER, song_id)
    assert song
    songs.put(replace(song, status=Status.PROCESSING))
    found = {name: value for measure in FIELDS for name, value in [(measure, _random(measure, chance))]}
    bucket.write_json(files.measurements_key(OWNER, song_id), {"version": "1", **found})
    done = processing.mark_completed(
        OWNER, song_id, 1, lyrics_failed=None, songs=songs, objects=bucket, asked=_Asked(), now=_now()
    )
    assert done.measured_at


def _random(measure: str, chance: random.Random) -> Any:
    """A measure as a machine, or a person, may give it."""
    span = {"start": round(chance.uniform(0, 50), 2), "end": round(chance.uniform(60, 150), 2)}
    values: dict[str, Any] = {
        "beats": {
            "anchors": [{"t": 0.5, "beat": 0, "bpm": float(chance.randint(50, 200))}],
            "downbeats": [round(chance.uniform(0, 5), 2), round(chance.uniform(6, 9), 2)],
            "meter": chance.randint(2, 7),
        },
        "key": {"tonic": chance.choice("CDEFGAB"), "mode": chance.choice(("major", "minor"))},
        "chords": [{**span, "label": chance.choice(("C", "A:min", "G:7", "N"))}],
        "sections": [{**span, "label": f"part {chance.randint(1, 999)}"}],
        "loudness": {
            "integrated": round(chance.uniform(-30, -5), 1),
            "range": round(chance.uniform(0, 20), 1),
            "truePeak": round(chance.uniform(-6, 1), 1),
        },
        "melody": {"notes": [{**span, "midi": chance.randint(40, 80), "cents": chance.randint(-50, 50)}]},
    }
    return values[measure]


def _edit(
    songs: _Songs, bucket: _Bucket, song_id: str, mine: dict[str, dict[str, Any]], chance: random.Random
) -> None:
    measure = chance.choice(list(FIELDS))
    value = _random(measure, chance)
    if isinstance(value, dict) and measure != "key":  # some of its fields: each is locked by itself
        value = dict(chance.sample(sorted(value.items()), chance.randint(1, len(value))))
    measuring.put_measurement(
        song_id,
        measure,
        value,
        True,
        owner=OWNER,
        songs=songs,
        results=bucket,
        now=_now(),
        new_id=lambda: f"edit-{next(_numbers)}",
    )
    fields = value if isinstance(value, dict) else {measure: value}
    mine.setdefault(measure, {}).update(fields)


def _kept(songs: _Songs, bucket: _Bucket, song_id: str, mine: Mapping[str, Mapping[str, Any]]) -> bool:
    shown = measuring.get_measurements(song_id, owner=OWNER, songs=songs, results=bucket)["measures"]
    for measure, fields in mine.items():
        value = shown[measure]["value"]
        if any((value if name == measure else value[name]) != wanted for name, wanted in fields.items()):
            return False
    song = songs.get(OWNER, song_id)
    loud = mine.get("loudness", {}).get("integrated")
    key = mine.get("key")
    return (
        song is not None
        and (loud is None or song.own_loudness_lufs == loud)
        and (key is None or song.own_music_key == f"{key['tonic']} {key['mode']}")
    )
