"""Reading a JSON body field by field, so that a caller learns of every fault in one answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from unplugd.kernel.errors import AppError, Invalid

# Control characters, and the direction overrides that can make a title lie about itself.
UNPRINTABLE = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_UNPRINTABLE = re.compile(rf"[{UNPRINTABLE}\ud800-\udfff]")


Item = TypeVar("Item")


def printable(text: str) -> str:
    """A text as it is kept: NFC-normalised, trimmed, without what cannot be seen and can mislead."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", text)).strip()


class Fields:
    """The fields of one request body. Ask for each, then call `done()`, which raises with all that was wrong."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._asked: set[str] = set()
        self._faults: list[dict[str, str]] = []

    @property
    def is_empty(self) -> bool:
        """Whether the caller sent no field."""
        return not self._body

    def has(self, name: str) -> bool:
        """Whether the caller sent this field, if only as null."""
        return name in self._body

    def text(self, name: str, *, max_length: int, required: bool = False) -> str | None:
        """A string, NFC-normalised and trimmed; None when absent, null or blank (a fault when required).

        `max_length` counts what was sent, so that the limit is the one a schema states, and what is kept."""
        value = self._take(name)
        if value is None:
            self._absent(name, required)
            return None
        if not isinstance(value, str):
            self._fault(name, "must be a string")
            return None
        text = printable(value[: max_length + 1])  # composing a long run of marks takes its length squared
        if max(len(value), len(text)) > max_length:
            self._fault(name, f"must have at most {max_length} characters")
            return None
        if not text:
            self._absent(name, required)
        return text or None

    def as_sent(self, name: str) -> Any:
        """The value as it is, None when absent: for what a room reads and refuses by itself."""
        return self._take(name)

    def pattern(self, name: str, expression: str, *, says: str) -> str | None:
        """A string that matches `expression` wholly; `says` describes it to the caller."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            self._fault(name, says)
            return None
        return value

    def choice(self, name: str, options: Collection[str], *, default: str) -> str:
        """One of `options`; `default` when absent or null."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str) or value not in options:
            self._fault(name, "must be one of " + ", ".join(sorted(options)))
            return default
        return value

    def integer(self, name: str, *, at_least: int) -> int:
        """A required whole number. A JSON true is not 1, but 1.0 is: JSON has one kind of number."""
        value = self._take(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None:
            self._absent(name, required=True)
            return at_least
        if not isinstance(value, int) or isinstance(value, bool):
            self._fault(name, "must be a whole number")
            return at_least
        if value < at_least:
            self._fault(name, f"must be at least {at_least}")
            return at_least
        return value

    def number_within(self, name: str, at_least: int, at_most: int) -> int | None:
        """A whole number from `at_least` to `at_most`; None when absent or null."""
        if self._take(name) is None:
            return None
        value = self.integer(name, at_least=at_least)
        if value > at_most:
            self._fault(name, f"must be at most {at_most}")
        return value

    def objects(self, name: str, read: Callable[[Fields], Item], *, at_most: int) -> list[Item | AppError]:
        """A required list of 1 to `at_most` JSON objects, each read by `read`; the error of one that is wrong takes its
        place, and the others count."""
        value = self._take(name)
        if not isinstance(value, list) or not 1 <= len(value) <= at_most:
            self._fault(name, f"must be a list of 1 to {at_most} objects")
            return []
        return [_read(one, read) for one in value]

    def done(self) -> None:
        """Raise `Invalid` when a field was wrong, missing, or not one we know."""
        for name in self._body:
            if name not in self._asked:
                self._faults.append({"field": str(name)[:100], "problem": "is not a known field"})
        if self._faults:
            first = self._faults[0]
            raise Invalid(f"{first['field']} {first['problem']}", details=self._faults)

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._body.get(name)

    def _absent(self, name: str, required: bool) -> None:
        if required:
            self._fault(name, "is required")

    def _fault(self, name: str, problem: str) -> None:
        self._faults.append({"field": name, "problem": problem})


def _read(value: Any, read: Callable[[Fields], Item]) -> Item | AppError:
    if not isinstance(value, dict):
        return Invalid("This must be a JSON object.")
    fields = Fields(value)
    try:
        item = read(fields)
        fields.done()
    except AppError as error:
        return error
    return item
