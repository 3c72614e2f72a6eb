"""Pure decisions about measurements: what a person may set, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from unplugd.domain import measurement
from unplugd.kernel.errors import Invalid, NotFound
from unplugd.measurement.model import FIELDS, LISTS, Edit, Edits

MAX_ITEMS = 5000  # of a list: two chords, or eight notes, for each second of ten minutes
MAX_FAULTS = 20  # that one answer names
MAX_LABEL = 40
MAX_BODY_BYTES = 1 << 20
MIN_METER, MAX_METER = 1, 16
MAX_BEAT = 1_000_000
MAX_RANGE_LU = 100.0
MAX_CENTS = 100.0
# A root with sharps or flats, and one of the qualities that the chord lane shows; N: no chord.
CHORD_PATTERN = r"N|[A-G][#b]?(:(maj|min|7|maj7|min7|dim|aug|sus2|sus4))?"
_TAIL_S = 1.0  # a last chord or section may end a little behind the last sample


def known(measure: str) -> str:
    """`measure`, if it is one. `NotFound` else: it is part of the address."""
    if measure not in measurement.MEASURES:
        raise NotFound("There is no such measure. There are " + ", ".join(measurement.MEASURES) + ".")
    return measure


def change(measure: str, value: Any, lock: Any, *, duration_s: float) -> tuple[dict[str, Any], bool]:
    """The fields of `measure` that a person sets, and whether they are locked (they are, if `lock` is not given).

    `duration_s`: no time may be later than the song's end. `Invalid` names every fault, or the first MAX_FAULTS."""
    reader = _Reader(duration_s + _TAIL_S)
    if lock is not None and not isinstance(lock, bool):
        reader.fault("lock", "must be true or false")
    fields = {measure: value} if measure in LISTS else value
    if value is None:
        reader.fault("value", "is required")
    elif not isinstance(fields, Mapping):
        reader.fault("value", "must be an object")
    else:
        reader.read(measure, fields)
    reader.done()
    return dict(fields), lock is not False


def with_change(
    edits: Edits, measure: str, fields: Mapping[str, Any], *, locked: bool, over: str | None
) -> Edits:
    """`edits` with these fields of a measure set; its other fields stay. `over`: when the song was last measured."""
    new = {name: Edit(value, locked, None if locked else over) for name, value in fields.items()}
    return {**edits, measure: {**edits.get(measure, {}), **new}}


def without(edits: Edits, measure: str) -> Edits:
    """`edits` without those of one measure."""
    return {name: fields for name, fields in edits.items() if name != measure}


class _Reader:
    """What a person sent, and what is wrong with it."""

    def __init__(self, last_s: float) -> None:
        self._last_s = last_s
        self._faults: list[dict[str, str]] = []

    def fault(self, name: str, problem: str) -> None:
        if len(self._faults) < MAX_FAULTS:
            self._faults.append({"field": name[:100], "problem": problem})

    def done(self) -> None:
        if self._faults:
            first = self._faults[0]
            raise Invalid(f"{first['field']} {first['problem']}", details=self._faults)

    def read(self, measure: str, fields: Mapping[str, Any]) -> None:
        if not fields:
            self.fault("value", "must have one of " + ", ".join(FIELDS[measure]))
        for name in fields:
            if name not in FIELDS[measure]:
                self.fault(f"value.{name}", "is not a known field")
        if measure == "key" and not {"tonic", "mode"} <= fields.keys():
            self.fault("value", "must have both tonic and mode")
        for name in FIELDS[measure]:
            if name in fields:
                place = "value" if measure in LISTS else f"value.{name}"
                _READERS[name](self, place, fields[name])

    # --- the fields -------------------------------------------------------------------------------------------

    def anchors(self, place: str, value: Any) -> None:
        def anchor(at: str, one: Mapping[str, Any]) -> None:
            self.within(f"{at}.t", one.get("t"), 0, self._last_s)
            self.within(f"{at}.beat", one.get("beat"), 0, MAX_BEAT)
            self.within(f"{at}.bpm", one.get("bpm"), measurement.MIN_BPM, measurement.MAX_BPM)

        self._objects(place, value, ("t", "beat", "bpm"), anchor, at_least=1)
        self._grows(place, value, "t")
        self._grows(place, value, "beat")

    def downbeats(self, place: str, value: Any) -> None:
        if not self._list(place, value):
            return
        for i, one in enumerate(value):
            self.within(f"{place}.{i}", one, 0, self._last_s)
        if not self._faults and any(b <= a for a, b in pairwise(value)):
            self.fault(place, "must grow")

    def meter(self, place: str, value: Any) -> None:
        number = measurement.number(value, MIN_METER, MAX_METER)
        if number is None or not number.is_integer():
            self.fault(place, f"must be a whole number from {MIN_METER} to {MAX_METER}")

    def tonic(self, place: str, value: Any) -> None:
        self._choice(place, value, measurement.SPELLINGS)

    def mode(self, place: str, value: Any) -> None:
        self._choice(place, value, measurement.MODES)

    def chords(self, place: str, value: Any) -> None:
        def label(at: str, one: Any) -> None:
            if not isinstance(one, str) or not re.fullmatch(CHORD_PATTERN, one):
                self.fault(at, "must be N, or a chord such as C, A:min or G:7")

        self._spans(place, value, label)

    def sections(self, place: str, value: Any) -> None:
        def label(at: str, one: Any) -> None:
            if not isinstance(one, str) or not one.strip() or len(one) > MAX_LABEL or not one.isprintable():
                self.fault(at, f"must be a name of at most {MAX_LABEL} characters")

        self._spans(place, value, label)

    def integrated(self, place: str, value: Any) -> None:
        self.within(place, value, measurement.MIN_LUFS, measurement.MAX_LUFS)

    def range(self, place: str, value: Any) -> None:
        self.within(place, value, 0, MAX_RANGE_LU)

    def true_peak(self, place: str, value: Any) -> None:
        self.within(place, value, measurement.MIN_LUFS, measurement.MAX_LUFS)

    def notes(self, place: str, value: Any) -> None:
        def note(at: str, one: Mapping[str, Any]) -> None:
            self._span(at, one)
            self.within(f"{at}.midi", one.get("midi"), 0, 127)
            self.within(f"{at}.cents", one.get("cents", 0), -MAX_CENTS, MAX_CENTS)

        self._objects(place, value, ("start", "end", "midi", "cents"), note)
        self._follow(place, value)

    # --- their parts ------------------------------------------------------------------------------------------

    def within(self, at: str, value: Any, at_least: float, at_most: float) -> None:
        if measurement.number(value, at_least, at_most) is None:
            self.fault(at, f"must be a number from {at_least:g} to {at_most:g}")

    def _choice(self, at: str, value: Any, options: tuple[str, ...]) -> None:
        if not isinstance(value, str) or value not in options:
            self.fault(at, "must be one of " + ", ".join(options))

    def _list(self, at: str, value: Any, at_least: int = 0) -> bool:
        if isinstance(value, list) and at_least <= len(value) <= MAX_ITEMS:
            return True
        self.fault(at, f"must be a list of {at_least} to {MAX_ITEMS}")
        return False

    def _objects(
        self,
        at: str,
        value: Any,
        names: tuple[str, ...],
        check: Callable[[str, Mapping[str, Any]], None],
        at_least: int = 0,
    ) -> None:
        if not self._list(at, value, at_least):
            return
        for i, one in enumerate(value):
            if not isinstance(one, Mapping):
                self.fault(f"{at}.{i}", "must be an object")
                continue
            for name in one.keys() - set(names):
                self.fault(f"{at}.{i}.{name}", "is not a known field")
            check(f"{at}.{i}", one)

    def _spans(self, at: str, value: Any, label: Callable[[str, Any], None]) -> None:
        def span(where: str, one: Mapping[str, Any]) -> None:
            self._span(where, one)
            label(f"{where}.label", one.get("label"))

        self._objects(at, value, ("start", "end", "label"), span)
        self._follow(at, value)

    def _span(self, at: str, one: Mapping[str, Any]) -> None:
        self.within(f"{at}.start", one.get("start"), 0, self._last_s)
        self.within(f"{at}.end", one.get("end"), 0, self._last_s)
        if not self._faults and one["end"] <= one["start"]:
            self.fault(f"{at}.end", "must be later than start")

    def _grows(self, at: str, value: Any, name: str) -> None:
        if not self._faults and any(b[name] <= a[name] for a, b in pairwise(value)):
            self.fault(at, f"must grow in {name}")

    def _follow(self, at: str, value: Any) -> None:
        if not self._faults and any(b["start"] < a["end"] for a, b in pairwise(value)):
            self.fault(at, "must not overlap")


_READERS: Mapping[str, Callable[[_Reader, str, Any], None]] = {
    "anchors": _Reader.anchors,
    "downbeats": _Reader.downbeats,
    "meter": _Reader.meter,
    "tonic": _Reader.tonic,
    "mode": _Reader.mode,
    "chords": _Reader.chords,
    "sections": _Reader.sections,
    "integrated": _Reader.integrated,
    "range": _Reader.range,
    "truePeak": _Reader.true_peak,
    "notes": _Reader.notes,
}
