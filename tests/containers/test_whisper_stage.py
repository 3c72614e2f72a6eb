"""The whisper stage on a fake S3: lyrics.json always exists, and the manifest of the stems grows."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from ml import Stopped
from ml.lyrics.document import instrumental
from ml.lyrics.engines import resolve
from task import outcomes
from task.objects import Objects
from task.whisper_stage import WhisperStage
from tests.containers.stand import OUTPUT, PREFIX, TEXT, WHISPER, Stand
from unplugd.lyrics.layers import MAX_STORED_BYTES

pytestmark = pytest.mark.usefixtures("aws_keys")


@pytest.fixture
def separated(stand: Stand) -> Stand:
    stand.put_song()
    assert stand.demucs() == outcomes.DONE
    return stand


def test_supplied_words_are_timed_and_the_manifest_is_extended(separated: Stand) -> None:
    before = separated.read("manifest.json")
    assert separated.whisper() == outcomes.DONE
    lyrics = separated.read("lyrics.json")
    assert [segment["text"] for segment in lyrics["segments"]] == TEXT.split("\n")
    assert lyrics["language"] == "en"
    assert (
        separated.s3.head_object(Bucket=OUTPUT, Key=PREFIX + "lyrics.json")["ContentType"]
        == "application/json"
    )

    after = separated.read("manifest.json")
    made, stored = after.pop("lyrics"), after["files"].pop("lyrics.json")
    before.pop("lyrics")
    assert after == before
    assert stored["bytes"] > 0
    assert made.pop("seconds") >= 0
    assert made == {
        "engine": "embedded",
        "engineVersion": "4",
        "model": "auto",
        "requestedLanguage": "en",
        "textKey": None,
        "inputs": {name: before["files"][name]["sha256"] for name in ("vocals.wav", "tags.json")},
        "status": "READY",
        "reason": None,
        "language": "en",
        "source": "supplied",
        "estimated": True,
        "engineModel": None,
        "files": ["lyrics.json"],
    }


def test_a_second_run_returns_at_once(separated: Stand) -> None:
    assert separated.whisper() == outcomes.DONE
    before = separated.versions()
    assert separated.whisper(ATTEMPT="2") == outcomes.DONE
    assert separated.transcriptions == 1
    assert separated.versions() == before


@pytest.mark.parametrize("changes", [{"LANGUAGE": ""}, {"LYRICS_MODEL": "embedded"}])
def test_other_wishes_mean_other_lyrics(separated: Stand, changes: dict[str, str]) -> None:
    assert separated.whisper() == outcomes.DONE
    assert separated.whisper(**changes) == outcomes.DONE
    assert separated.transcriptions == 2


def test_altered_lyrics_are_written_again(separated: Stand) -> None:
    assert separated.whisper() == outcomes.DONE
    separated.put("lyrics.json", b"{}", Metadata={"sha256": "1" * 64})
    assert separated.whisper() == outcomes.DONE
    assert separated.read("lyrics.json")["segments"]


PERSON = PREFIX + "lyrics/person-3.json"
WORDS = {
    "version": 3,
    "textVersion": 3,
    "source": "supplied",
    "timed": "none",
    "segments": [
        {"text": "Somebody else's words"},
        {"text": "—", "stanza": True},
        {"text": "in three lines"},
    ],
}


def put_words(stand: Stand, content: object = WORDS) -> None:
    stand.s3.put_object(Bucket=OUTPUT, Key=PERSON, Body=json.dumps(content).encode())


def test_a_persons_words_replace_the_tags_and_ours_are_kept(separated: Stand) -> None:
    assert separated.whisper() == outcomes.DONE
    ours = separated.read("lyrics.json")
    assert ours["textVersion"] is None
    put_words(separated)
    assert separated.whisper(TEXT_KEY=PERSON) == outcomes.DONE
    theirs = separated.read("lyrics.json")
    assert [segment["text"] for segment in theirs["segments"]] == [s["text"] for s in WORDS["segments"]]
    assert (theirs["source"], theirs["textVersion"]) == ("supplied", 3)
    assert separated.read("lyrics.transcribed.json") == ours
    # Done means done for these words; and theirs are never kept as ours.
    assert separated.whisper(TEXT_KEY=PERSON) == outcomes.DONE
    assert separated.transcriptions == 2
    assert separated.whisper(TEXT_KEY=PERSON, LANGUAGE="") == outcomes.DONE
    assert separated.read("lyrics.transcribed.json") == ours


@pytest.mark.parametrize("content", [None, {}, {"segments": [{}], "textVersion": 1}, [1]])
def test_unreadable_words_are_logged_and_the_tags_are_used(separated: Stand, content: object) -> None:
    if content is not None:
        put_words(separated, content)
    assert separated.whisper(TEXT_KEY=PERSON) == outcomes.DONE
    lyrics = separated.read("lyrics.json")
    assert [segment["text"] for segment in lyrics["segments"]] == TEXT.split("\n")
    assert lyrics["textVersion"] is None
    assert separated.messages("ERROR" if content is not None else "WARNING")
    assert "lyrics.transcribed.json" not in separated.names()


def test_what_was_heard_before_a_stop_is_used_then_removed(separated: Stand) -> None:
    seen: list[set[str]] = []

    def write(*_args: object, partial: Path, progress: Callable[[float], None], **_more: object) -> dict:
        seen.append({path.name for path in partial.iterdir()})
        (partial / f"{len(seen)}.json").write_text("[]")
        progress(0.5)
        if len(seen) == 1:
            raise Stopped
        return instrumental()

    stage = WhisperStage(write, resolve)
    assert separated.run(stage, WHISPER) == outcomes.STOPPED
    assert "checkpoints/lyrics/1.json" in separated.names()
    assert separated.run(stage, WHISPER) == outcomes.DONE
    assert seen == [set(), {"1.json"}]
    assert not any(name.startswith("checkpoints/") for name in separated.names())


def heard_band(stand: Stand) -> tuple[int, list[str]]:
    """How a run ends whose transcriber asks for every other stem, and which it got."""
    got: list[str] = []

    def write(vocals: Path, *, band: Iterable[Path], **_more: object) -> dict:
        for stem in band:
            # One at a time: ten minutes of six stems are half a gigabyte.
            assert {path.name for path in stem.parent.glob("*.wav")} == {vocals.name, stem.name}
            got.append(stem.name)
        return instrumental()

    return stand.run(WhisperStage(write, resolve), WHISPER), got


def test_the_other_stems_are_fetched_one_at_a_time(separated: Stand) -> None:
    assert heard_band(separated) == (outcomes.DONE, ["drums.wav", "bass.wav", "other.wav"])


def test_a_stem_that_is_missing_costs_no_lyrics(separated: Stand) -> None:
    separated.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "bass.wav")
    assert heard_band(separated) == (outcomes.DONE, ["drums.wav", "other.wav"])
    assert "A stem is missing; the words are heard without it" in separated.messages("WARNING")


def test_a_stem_other_than_listed_is_a_temporary_fault(separated: Stand) -> None:
    separated.put("bass.wav", b"RIFFnothing")
    assert heard_band(separated)[0] == outcomes.TEMPORARY


def test_no_words_is_a_lyrics_failure_that_is_tried_again(stand: Stand) -> None:
    stand.put_song(lyrics=None)
    assert stand.demucs() == stand.whisper() == outcomes.DONE
    lyrics = stand.read("lyrics.json")
    assert lyrics["status"] == stand.read("manifest.json")["lyrics"]["status"] == "FAILED"
    assert lyrics["reason"] == stand.read("manifest.json")["lyrics"]["reason"]
    assert stand.whisper() == outcomes.DONE
    assert stand.transcriptions == 2


def test_a_model_that_is_not_here_is_a_lyrics_failure_too(separated: Stand) -> None:
    assert separated.whisper(LYRICS_MODEL="base") == outcomes.DONE
    assert "available: auto, embedded" in separated.read("lyrics.json")["reason"]
    assert separated.read("manifest.json")["lyrics"]["engine"] is None


TIMED = {
    "text": "Hold me now",
    "words": [
        {"word": "Hold", "start": 0.3, "end": 0.5},
        {"word": "me", "start": 0.5, "end": 0.7},
        {"word": "now", "start": 1.6, "end": 2.0},
    ],
}


def test_words_with_their_own_times_need_no_model(separated: Stand) -> None:
    put_words(separated, WORDS | {"segments": [TIMED]})
    assert separated.whisper(TEXT_KEY=PERSON, LYRICS_MODEL="base") == outcomes.DONE
    lyrics = separated.read("lyrics.json")
    (segment,) = lyrics["segments"]
    assert [{name: word[name] for name in ("word", "start", "end")} for word in segment["words"]] == TIMED[
        "words"
    ]
    assert (lyrics["engine"], lyrics["textVersion"], lyrics["estimated"]) == ("embedded", 3, False)
    made = separated.read("manifest.json")["lyrics"]
    assert (made["status"], made["engine"], made["model"]) == ("READY", "embedded", "base")
    before = separated.versions()
    assert separated.whisper(TEXT_KEY=PERSON, LYRICS_MODEL="base") == outcomes.DONE
    assert separated.versions() == before


def test_words_of_which_some_have_no_times_need_the_model(separated: Stand) -> None:
    put_words(separated, WORDS | {"segments": [TIMED, {"text": "Never let me go"}]})
    assert separated.whisper(TEXT_KEY=PERSON, LYRICS_MODEL="base") == outcomes.DONE
    assert separated.read("lyrics.json")["status"] == "FAILED"


def test_unreadable_vocals_are_bad_input_without_a_model_too(separated: Stand) -> None:
    separated.put("vocals.wav", b"RIFFnothing")
    separated.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "manifest.json")
    put_words(separated, WORDS | {"segments": [TIMED]})
    assert separated.whisper(TEXT_KEY=PERSON, LYRICS_MODEL="base") == outcomes.BAD_INPUT
    assert separated.read("lyrics.json")["status"] == "FAILED"


def test_the_largest_words_that_are_stored_are_read_to_their_end(stand: Stand) -> None:
    stand.s3.put_object(Bucket=OUTPUT, Key=PERSON, Body=b" " * MAX_STORED_BYTES)
    assert len(Objects(stand.s3, stand.stop).read(OUTPUT, PERSON)) == MAX_STORED_BYTES


@pytest.mark.parametrize("damage", ["torn", "gone", "lyrics alone"])
def test_a_manifest_that_lost_the_stems_lists_them_again(separated: Stand, damage: str) -> None:
    """A song that is complete loses its stems to every client that checks what it downloads, else."""
    assert separated.whisper() == outcomes.DONE
    good = separated.read("manifest.json")
    if damage == "gone":
        separated.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "manifest.json")
    else:
        files = {"lyrics.json": good["files"]["lyrics.json"]}
        alone = json.dumps(good | {"source": None, "separation": None, "files": files}).encode()
        separated.put("manifest.json", alone[: 40 if damage == "torn" else None])
    put_words(separated)
    assert separated.whisper(TEXT_KEY=PERSON) == outcomes.DONE
    made = separated.read("manifest.json")
    lyrics = good["files"].pop("lyrics.json"), made["files"].pop("lyrics.json")
    assert lyrics[0] != lyrics[1]
    assert made["files"] == good["files"]
    assert made["lyrics"]["inputs"] == good["lyrics"]["inputs"]
    # What is listed again counts: the next run finds its work done.
    assert separated.whisper(TEXT_KEY=PERSON) == outcomes.DONE
    assert separated.transcriptions == 2


def test_lyrics_without_listed_stems_are_not_done(separated: Stand) -> None:
    assert separated.whisper() == outcomes.DONE
    good = separated.read("manifest.json")
    lyrics = good["lyrics"] | {"inputs": {"vocals.wav": None, "tags.json": None}}
    files = {"lyrics.json": good["files"]["lyrics.json"]}
    separated.put("manifest.json", json.dumps(good | {"lyrics": lyrics, "files": files}).encode())
    assert separated.whisper() == outcomes.DONE
    assert set(separated.read("manifest.json")["files"]) == set(good["files"])


@pytest.mark.parametrize("tags", [None, b"{", b"[]", b'{"lyrics": 3}'])
def test_unreadable_tags_are_no_words_and_are_logged(separated: Stand, tags: bytes | None) -> None:
    if tags is None:
        separated.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "tags.json")
    else:
        separated.put("tags.json", tags)
    assert separated.whisper() == outcomes.DONE
    assert separated.read("lyrics.json")["status"] == "FAILED"
    assert "The tags of the original are missing or unreadable" in separated.messages("WARNING")


def test_no_vocals_is_bad_input(stand: Stand) -> None:
    assert stand.whisper() == outcomes.BAD_INPUT
    assert stand.read("failure.json")["errorCode"] == "STEMS_MISSING"


def test_vocals_that_cannot_be_read_still_leave_a_lyrics_file(separated: Stand) -> None:
    separated.put("vocals.wav", b"RIFFnothing")
    separated.s3.delete_object(Bucket=OUTPUT, Key=PREFIX + "manifest.json")
    assert separated.whisper() == outcomes.BAD_INPUT
    assert separated.read("lyrics.json")["status"] == "FAILED"
    assert separated.read("failure.json")["stage"] == "whisper"


def test_vocals_other_than_listed_are_a_temporary_fault(separated: Stand) -> None:
    separated.put("vocals.wav", b"RIFFnothing")
    assert separated.whisper() == outcomes.TEMPORARY


def test_a_corrupt_manifest_does_not_cost_the_lyrics(separated: Stand) -> None:
    separated.put("manifest.json", b"{")
    assert separated.whisper() == outcomes.DONE
    manifest = separated.read("manifest.json")
    assert (manifest["separation"], manifest["lyrics"]["status"]) == (None, "READY")
    # Such a manifest proves nothing of the stems, so the next separation is a real one.
    assert separated.demucs() == outcomes.DONE
    assert separated.separations == 2
