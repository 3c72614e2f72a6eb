"""A person's edits over any sequence of measurements."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from unplugd.measurement import rules, view
from unplugd.measurement.model import LISTS, from_document, to_document

SONG_S = 100.0
TIME = st.integers(0, 99)
KEY = st.fixed_dictionaries(
    {"tonic": st.sampled_from("CDEFGAB"), "mode": st.sampled_from(["major", "minor"])}
)
BPM = st.integers(40, 200)
BEATS = st.fixed_dictionaries(
    {},
    optional={
        "anchors": st.builds(lambda t, bpm: [{"t": t, "beat": 0, "bpm": bpm}], TIME, BPM),
        "meter": st.integers(2, 7),
        "downbeats": st.lists(TIME, max_size=5, unique=True).map(sorted),
    },
).filter(bool)
SECTIONS = st.builds(
    lambda end, label: [{"start": 0, "end": end, "label": label}], st.integers(1, 99), st.sampled_from("ABC")
)
LEVEL = st.fixed_dictionaries({"integrated": st.integers(-60, 0)})
VALUES = {"key": KEY, "beats": BEATS, "sections": SECTIONS, "loudness": LEVEL}
EDIT = st.sampled_from(sorted(VALUES)).flatmap(
    lambda measure: st.tuples(st.just("edit"), st.just(measure), VALUES[measure], st.booleans())
)
MEASUREMENT = st.tuples(st.just("measure"), st.fixed_dictionaries({}, optional=VALUES))
BACK = st.tuples(st.just("back"), st.sampled_from(sorted(VALUES)))


def fields_of(measure: str, value: Any) -> dict[str, Any]:
    return {measure: value} if measure in LISTS else dict(value)


@settings(max_examples=1000)
@given(st.lists(st.one_of(EDIT, MEASUREMENT, MEASUREMENT, BACK), max_size=12))
def test_random_new_measurements_overwrite_no_edit(steps: list[Any]) -> None:
    """After each step a locked field is what the person said last, an unlocked one until the next measurement, and the
    row's figures are those of the shown values."""
    edits: Any = {}
    document: dict[str, Any] = {}
    measured_at = "0"
    said: dict[tuple[str, str], tuple[Any, bool]] = {}
    for number, step in enumerate(steps):
        if step[0] == "measure":
            document, measured_at = step[1], str(number + 1)
            said = {place: one for place, one in said.items() if one[1]}
        elif step[0] == "back":
            edits = rules.without(edits, step[1])
            said = {place: one for place, one in said.items() if place[0] != step[1]}
        else:
            _, measure, value, lock = step
            fields, locked = rules.change(measure, value, lock, duration_s=SONG_S)
            edits = rules.with_change(edits, measure, fields, locked=locked, over=measured_at)
            said |= {(measure, name): (one, lock) for name, one in fields_of(measure, value).items()}
        edits = from_document(to_document(edits, number))
        shown = view.measures(document, edits, measured_at)
        for (measure, name), (value, _) in said.items():
            assert fields_of(measure, shown[measure]["value"])[name] == value
        listed = {(measure, name) for measure, one in shown.items() if one for name in one["edited"]}
        assert listed == set(said)
        for measure, one in shown.items():
            machine = {} if measure not in document else fields_of(measure, document[measure])
            for name, value in fields_of(measure, one["value"]).items() if one else ():
                assert (measure, name) in said or machine[name] == value
        row = view.figures(document, edits, measured_at)
        key = shown["key"] and shown["key"]["value"]
        name = row["own_music_key"] or row["music_key"]
        assert name == (f"{key['tonic']} {key['mode']}" if key else None)
        level = shown["loudness"] and shown["loudness"]["value"].get("integrated")
        own = row["own_loudness_lufs"]
        assert (row["loudness_lufs"] if own is None else own) == level
