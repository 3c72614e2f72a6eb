"""PUT /songs/{songId}/measurements/{measure}."""

import random
from typing import Any

import pytest

from tests.cloud import OWNER, SONG, STRANGER, Cloud, event
from tests.handlers.measurement.conftest import DONE, MEASURED
from unplugd.domain.files import edits_prefix
from unplugd.domain.song import Status

A_MINOR = {"tonic": "A", "mode": "minor"}


def value_of(measure: str, ask: Any) -> Any:
    return ask("get_measurements")[1]["measures"][measure]["value"]


def edits_files(cloud: Cloud) -> list[str]:
    return [key for key in cloud.keys("OUTPUT_BUCKET") if key.startswith(edits_prefix(OWNER, SONG))]


def test_a_key_is_set_locked_and_shown_in_the_row(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any
) -> None:
    put_song(**DONE)
    put_measured()
    status, answer = ask("put_measurement", value=A_MINOR)
    expected = {"value": A_MINOR, "edited": ["mode", "tonic"], "locked": ["mode", "tonic"]}
    assert (status, answer) == (200, {"songId": SONG, "measure": "key", "measured": expected})
    assert ask("get_measurements")[1]["measures"]["key"] == expected
    row = cloud.row() or {}
    assert (row["ownMusicKey"], row["musicKey"], row["seq"]) == ("A minor", "C minor", 0)
    assert "ownTempoBpm" not in row
    assert (float(row["keyConfidence"]), float(row["tempoConfidence"])) == (0.8, 0.9)  # of what is under it


def test_the_engines_spelling_of_a_key_is_taken(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any
) -> None:
    put_song(**DONE)
    put_measured()
    assert ask("put_measurement", value={"tonic": "D#", "mode": "minor"})[0] == 200
    assert (cloud.row() or {})["ownMusicKey"] == "Eb minor"


def test_fields_that_are_not_sent_stay(put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured()
    ask("put_measurement", "beats", value={"meter": 3})
    ask("put_measurement", "beats", value={"downbeats": [0.9]}, lock=False)
    measured = ask("get_measurements")[1]["measures"]["beats"]
    assert measured["value"] == MEASURED["beats"] | {"meter": 3, "downbeats": [0.9]}
    assert (measured["edited"], measured["locked"]) == (["downbeats", "meter"], ["meter"])


def test_half_the_tempo_is_the_rows_tempo(cloud: Cloud, put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured()
    half = [{"t": 0.5, "beat": 0, "bpm": 75}]
    assert ask("put_measurement", "beats", value={"anchors": half})[0] == 200
    assert float((cloud.row() or {})["ownTempoBpm"]) == 75.0
    shown = value_of("beats", ask)
    assert shown["anchors"] == half
    assert not {"candidates", "confidence"} & shown.keys()  # of the machine's own grid


def test_a_new_measurement_leaves_locked_edits(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any, measure_again: Any
) -> None:
    put_song(**DONE)
    put_measured()
    ask("put_measurement", value=A_MINOR)
    ask("put_measurement", "sections", value=[{"start": 0, "end": 9, "label": "Verse"}], lock=False)
    new = MEASURED | {
        "key": {"tonic": "G", "mode": "major", "confidence": 0.9},
        "sections": [{"start": 0, "end": 5, "label": "B"}],
    }
    measure_again(new)
    row = cloud.row() or {}
    assert (row["ownMusicKey"], row["musicKey"]) == ("A minor", "G major")
    measures = ask("get_measurements")[1]["measures"]
    assert measures["key"]["value"] == A_MINOR
    assert measures["sections"] == {"value": new["sections"], "edited": [], "locked": []}


@pytest.mark.slow
def test_random_new_measurements_overwrite_no_edit(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any, measure_again: Any
) -> None:
    """Edits and measurements in any order; after each the person's last locked value of each measure is shown. The
    thousand of tests/unit/measurement need no AWS."""
    rng = random.Random(15)
    put_song(**DONE)
    put_measured()
    said: dict[str, Any] = {}
    for _ in range(60):
        if rng.random() < 0.4:
            measure = rng.choice(["key", "chords", "loudness"])
            said[measure] = {
                "key": {"tonic": rng.choice("CDEFGAB"), "mode": rng.choice(["major", "minor"])},
                "chords": [{"start": 0, "end": rng.randint(1, 30), "label": "G:7"}],
                "loudness": {"integrated": -rng.random() * 20, "range": 3.0, "truePeak": -1.0},
            }[measure]
            assert ask("put_measurement", measure, value=said[measure])[0] == 200
        else:
            tonic = rng.choice("CDEFGAB")
            random_key = {"tonic": tonic, "mode": "major", "confidence": rng.random()}
            level = {"integrated": -rng.random() * 30}
            measure_again(MEASURED | {"key": random_key, "chords": [], "loudness": level})
        for measure, value in said.items():
            assert value_of(measure, ask) == value
    row = cloud.row() or {}
    assert row["ownMusicKey"] == f"{said['key']['tonic']} {said['key']['mode']}"


def test_old_versions_are_removed(cloud: Cloud, put_song: Any, put_measured: Any, ask: Any) -> None:
    put_song(**DONE)
    put_measured()
    for meter in (2, 3, 4, 5, 6):
        ask("put_measurement", "beats", value={"meter": meter})
    assert len(edits_files(cloud)) == 3
    assert value_of("beats", ask)["meter"] == 6
    ask("put_measurement", "beats", value={"meter": 6})  # the same again writes nothing
    assert (cloud.row() or {})["editsVersion"] == 5


@pytest.mark.parametrize("lost", ["before-send.dynamodb.UpdateItem", "before-send.s3.PutObject"])
def test_a_lost_answer_changes_nothing_twice(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any, lost: str
) -> None:
    put_song(**DONE)
    put_measured()
    cloud.lost_answers.append(lost)
    assert ask("put_measurement", value=A_MINOR)[0] == 200
    assert value_of("key", ask) == A_MINOR
    assert len(edits_files(cloud)) == 1


def test_two_changes_at_once_both_count(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another tab saves between the read and the write: the change is made again over what it saved."""
    from unplugd.aws.measurement_rows import MeasurementRows

    put_song(**DONE)
    put_measured()
    save = MeasurementRows.save_edits

    def second(self: MeasurementRows, song: Any, **given: Any) -> Any:
        monkeypatch.setattr(MeasurementRows, "save_edits", save)
        ask("put_measurement", "beats", value={"meter": 3})
        return save(self, song, **given)

    monkeypatch.setattr(MeasurementRows, "save_edits", second)
    assert ask("put_measurement", value=A_MINOR)[0] == 200
    assert (value_of("key", ask), value_of("beats", ask)["meter"]) == (A_MINOR, 3)
    assert len(edits_files(cloud)) == 2


@pytest.mark.parametrize(
    ("measure", "value", "field"),
    [
        ("key", None, "value"),
        ("key", {}, "value"),
        ("key", {"tonic": "A"}, "value"),
        ("key", {"tonic": "H", "mode": "minor"}, "value.tonic"),
        ("key", {"tonic": "A", "mode": "dorian"}, "value.mode"),
        ("key", A_MINOR | {"confidence": 1}, "value.confidence"),
        ("key", ["A", "minor"], "value"),
        ("beats", {"meter": 2.5}, "value.meter"),
        ("beats", {"meter": True}, "value.meter"),
        ("beats", {"meter": 0}, "value.meter"),
        ("beats", {"anchors": []}, "value.anchors"),
        ("beats", {"anchors": [{"t": 1, "beat": 0}]}, "value.anchors.0.bpm"),
        ("beats", {"anchors": [{"t": 1, "beat": 0, "bpm": 19}]}, "value.anchors.0.bpm"),
        ("beats", {"anchors": [{"t": 40, "beat": 0, "bpm": 99}]}, "value.anchors.0.t"),
        ("beats", {"anchors": [{"t": 1, "beat": 0, "bpm": 99}] * 2}, "value.anchors"),
        ("beats", {"anchors": [7]}, "value.anchors.0"),
        ("beats", {"downbeats": [2, 1]}, "value.downbeats"),
        ("beats", {"downbeats": ["1"]}, "value.downbeats.0"),
        ("beats", {"downbeats": [0.001 * i for i in range(5001)]}, "value.downbeats"),
        ("chords", {"chords": []}, "value"),
        ("chords", [{"start": 0, "end": 1, "label": "H"}], "value.0.label"),
        ("chords", [{"start": 1, "end": 1, "label": "C"}], "value.0.end"),
        ("chords", [{"start": 0, "end": 2, "label": "C"}, {"start": 1, "end": 3, "label": "C"}], "value"),
        ("sections", [{"start": 0, "end": 1, "label": "  "}], "value.0.label"),
        ("sections", [{"start": 0, "end": 1, "label": "x\u202e"}], "value.0.label"),
        ("loudness", {"integrated": 1e9}, "value.integrated"),
        ("loudness", {"peak": 1}, "value.peak"),
        ("melody", {"notes": [{"start": 0, "end": 1, "midi": 128}]}, "value.notes.0.midi"),
        ("melody", {"notes": "la"}, "value.notes"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    cloud: Cloud, put_song: Any, put_measured: Any, ask: Any, measure: str, value: Any, field: str
) -> None:
    put_song(**DONE)
    put_measured()
    before = cloud.row()
    status, answer = ask("put_measurement", measure, value=value)
    assert (status, answer["details"][0]["field"]) == (400, field)
    assert (cloud.row(), edits_files(cloud)) == (before, [])


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_no_endless_number_is_taken(cloud: Cloud, put_song: Any, number: str) -> None:
    put_song(**DONE)
    trigger = event("measurement", "put_measurement")
    trigger["pathParameters"]["measure"] = "loudness"
    trigger["body"] = f'{{"value": {{"integrated": {number}}}}}'
    assert cloud.call("measurement", "put_measurement", trigger)["statusCode"] == 400


def test_a_lock_is_true_or_false(put_song: Any, ask: Any) -> None:
    put_song(**DONE)
    status, answer = ask("put_measurement", value=A_MINOR, lock="yes")
    assert (status, answer["details"][0]["field"]) == (400, "lock")


def test_an_unknown_measure_is_not_there(put_song: Any, ask: Any) -> None:
    put_song(**DONE)
    assert ask("put_measurement", "mood", value=A_MINOR)[0] == 404


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.COMPLETED])
def test_only_a_complete_song_can_be_changed(put_song: Any, ask: Any, status: Status) -> None:
    put_song(status=status, queued_at="2026-01-31T08:15:00.000Z", started_at="2026-01-31T08:15:00.000Z")
    assert ask("put_measurement", value=A_MINOR)[0] == 409


def test_another_persons_song_is_not_changed(cloud: Cloud, put_song: Any, ask: Any) -> None:
    put_song(**DONE, user_id=STRANGER)
    before = cloud.row(owner=STRANGER)
    assert ask("put_measurement", value=A_MINOR)[0] == 404
    assert (cloud.row(owner=STRANGER), edits_files(cloud)) == (before, [])
