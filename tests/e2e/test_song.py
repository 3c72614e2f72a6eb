"""The shipped song through the real stack: what its owner is sent, gets and keeps, and what no other person sees."""

import csv
import json
import re
import time

import numpy as np
import pytest
import soundfile

from cli.client.download import sha256
from cli.client.errors import ClientError
from cli.commands import DEMO_SONG
from ml.audio.decode import decode

pytestmark = pytest.mark.stack

STEMS = ("drums", "bass", "other", "vocals")
WORDS_CSV = DEMO_SONG.with_name("words.csv")


def test_the_socket_sent_every_message_in_order(finished):
    messages = [message for message in finished.owner.heard if message["songId"] == finished.song_id]
    # The mix is made next to the stems: its message comes at any time, and at most once.
    assert len([m for m in messages if m["type"] == "MIX_READY"]) <= 1
    kinds = [message["type"] for message in messages if message["type"] != "MIX_READY"]
    assert re.fullmatch(r"QUEUED PROCESSING_STARTED( PROGRESS)+ COMPLETED", " ".join(kinds))
    seqs = [message["seq"] for message in messages]
    assert seqs == sorted(set(seqs))
    progress = [(m["stage"], m["progress"]) for m in messages if m["type"] == "PROGRESS"]
    assert [cloud for cloud, _ in progress] == sorted(cloud for cloud, _ in progress)  # demucs, then whisper
    demucs = [percent for cloud, percent in progress if cloud == "demucs"]
    assert demucs == sorted(demucs)
    assert 0 <= demucs[0] < demucs[-1] <= 100


def test_the_finished_song_is_described(finished):
    song = finished.song
    assert (song["status"], song["title"], song["artist"]) == (
        "COMPLETED",
        "One More Time",
        "Unplugd Demo Band",
    )
    assert song["lyricsStatus"] == "READY"
    assert song["durationSec"] == pytest.approx(38.4, abs=0.1)
    assert (song["errorCode"], song["errorMessage"]) == (None, None)
    assert song["attempt"] == 1


def test_every_downloaded_file_is_what_the_manifest_says(finished):
    listed = finished.manifest["files"]
    files = {path.name for path in finished.folder.iterdir()} - {"manifest.json"}
    assert files >= {*(f"{stem}.wav" for stem in STEMS), "peaks.json", "lyrics.json"}
    assert files <= set(listed)
    for name in files:
        path = finished.folder / name
        assert (sha256(path), path.stat().st_size) == (listed[name]["sha256"], listed[name]["bytes"])
    assert finished.manifest["source"]["sha256"] == sha256(DEMO_SONG)


def test_the_stems_add_up_to_the_mix(finished):
    mix = np.concatenate(list(decode(DEMO_SONG))).astype(np.float64)
    stems = []
    for stem in STEMS:
        samples, rate = soundfile.read(finished.folder / f"{stem}.wav", dtype="int16")
        assert rate == 44_100
        stems.append(samples.astype(np.int32))
    assert {len(stem) for stem in stems} == {len(mix)}
    assert finished.manifest["source"]["frames"] == len(mix)
    meant = mix * finished.manifest["separation"]["gain"] * 32768
    assert np.abs(np.sum(stems, axis=0) - meant).max() <= 2


def test_no_stem_is_empty_and_the_voice_is_in_the_vocals(finished):
    """Where a line is sung the vocal stem is louder than in the rests between the lines."""
    vocals, rate = soundfile.read(finished.folder / "vocals.wav")
    energy = (vocals**2).mean(axis=1)
    with WORDS_CSV.open() as file:
        sung = [(float(row["start"]), float(row["end"])) for row in csv.DictReader(file)]
    mask = np.zeros(len(energy), dtype=bool)
    for start, end in sung:
        mask[int(start * rate) : int(end * rate)] = True
    inside = slice(0, int(36 * rate))  # the last seconds fade out
    assert energy[inside][mask[inside]].mean() > 2 * energy[inside][~mask[inside]].mean()
    for stem in STEMS:
        samples, _ = soundfile.read(finished.folder / f"{stem}.wav")
        assert np.sqrt((samples**2).mean()) > 0.001


def test_the_lyrics_are_the_tags_words_on_a_growing_clock(finished):
    document = json.loads((finished.folder / "lyrics.json").read_text())
    with WORDS_CSV.open() as file:
        truth = [row["word"] for row in csv.DictReader(file)]
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert [word["word"].strip() for word in words] == truth
    times = [moment for word in words for moment in (word["start"], word["end"])]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= finished.song["durationSec"]
    assert document["instrumental"] is False


def test_the_peaks_cover_the_song(finished):
    peaks = json.loads((finished.folder / "peaks.json").read_text())
    frames = finished.manifest["source"]["frames"]
    assert set(peaks["stems"]) == set(STEMS)
    for values in peaks["stems"].values():
        assert len(values) == 2 * -(-frames // peaks["samplesPerPeak"])
        assert all(-128 <= value <= 127 for value in values)


def test_the_original_is_gone(finished, admin):
    s3 = admin("s3")
    bucket = finished.owner.session.outputs["UploadsBucketName"]
    deadline = time.monotonic() + 600  # the clean-up is the state behind the COMPLETED message

    def kept() -> list[str]:  # of this song: other tests' uploads may be on their way
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="uploads/")
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return [key for key in keys if finished.song_id in key]

    while kept():
        assert time.monotonic() < deadline, "the original is still in the uploads bucket"
        time.sleep(0.1)


def test_another_person_sees_nothing_of_it(finished, visitor):
    other = visitor("bob")
    with pytest.raises(ClientError) as foreign:
        other.library.get(finished.song_id)
    with pytest.raises(ClientError) as missing:
        other.library.get("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert (foreign.value.status, str(foreign.value)) == (missing.value.status, str(missing.value))
    assert foreign.value.status == 404
    with pytest.raises(ClientError) as deleting:
        other.library.delete(finished.song_id)
    assert deleting.value.status == 404
    assert other.library.list()["data"] == []
    assert [song["songId"] for song in finished.owner.library.list()["data"]] == [finished.song_id]


def test_text_named_mp3_fails_with_a_sentence(visitor, tmp_path):
    fake = tmp_path / "notes.mp3"
    fake.write_text("This is not music.\n" * 400)
    carol = visitor("carol")
    song_id, events = carol.send(fake)
    assert [event.kind for event in events] == ["FAILED"]
    song = carol.library.get(song_id)
    assert (song["status"], song["errorCode"]) == ("FAILED", "UNSUPPORTED_FORMAT")
    assert song["errorMessage"] == events[0].details["message"]
    assert re.fullmatch(r"[A-Z][^{}<>]+\.", song["errorMessage"])
