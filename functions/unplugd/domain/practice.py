"""Guess The Track: a person's cards, the log of their answers, and the days on which they practise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from unplugd.domain.scheduling import Answer, Name, State

DAY_STARTS = time(4)  # by the wall clock: who practises at one in the night does so on the day before
NEW_A_DAY = 10
REVIEWS_A_DAY = 200
# The parts of a clip that sounded, as bits of `mask`, in the order in which the ladder adds them.
STEM_BITS = {"drums": 1, "bass": 2, "other": 4, "vocals": 8}
ALL_STEMS = 63  # with two bits for stems that a model adds, such as guitar and piano
MAX_HINTS = 2  # hints in words
_VOICE = STEM_BITS["vocals"]


class Kind(StrEnum):
    """What an entry of the log is."""

    GRADE = "grade"
    UNDO = "undo"


@dataclass(frozen=True)
class Settings:
    """How a person practises. `time_zone` is an IANA name."""

    scheduler: Name = "sm2"
    time_zone: str = "UTC"
    new_a_day: int = NEW_A_DAY
    reviews_a_day: int = REVIEWS_A_DAY

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Review:
    """An entry of the log. Times are ISO 8601 in UTC, `day` is the practice day where the person was."""

    song_id: str
    review_id: str
    kind: Kind
    reviewed_at: str
    day: date
    grade: int = 0
    latency_ms: int = 0
    hints: int = 0  # hints in words that were shown
    mask: int = 0  # the stems that sounded
    undoes: str | None = None
    answer: str | None = None  # the card as it was answered then, as JSON
    counted_as: str | None = None  # what it counted as on its day: `new`, `reviews`, or nothing

    @property
    def counted(self) -> int:
        """The grade that counts: the one that was given, and no more than the hints leave."""
        return min(self.grade, ceiling(self.mask, self.hints))

    @property
    def entry(self) -> Answer:
        """The entry as schedulers read it."""
        return Answer(self.review_id, self.reviewed_at, self.day, self.counted, self.undoes)


@dataclass(frozen=True)
class Card:
    """A song as a card. `version` counts the changes of its row."""

    user_id: str
    song_id: str
    version: int
    created_at: str
    scheduler: Name = "sm2"  # the one that made `state`
    state: State = field(default_factory=State)
    suspended: bool = False
    buried_until: date | None = None

    @property
    def is_new(self) -> bool:
        """Whether it was never answered."""
        return self.state.due is None

    @property
    def due_key(self) -> str | None:
        """Its place in the index of what is due: new cards, then by day; None for a card that is not asked."""
        if self.suspended:
            return None
        day = self.state.asked_from
        if self.buried_until:
            day = max(day or self.buried_until, self.buried_until)
        return due_key(day) if day else f"{NEW}{self.song_id}"

    def folded(self, state: State, scheduler: Name) -> Card:
        """The card with what its log says."""
        return replace(self, state=state, scheduler=scheduler, version=self.version + 1)


Counts = Sequence[tuple[date, str, int]]  # the day, `new` or `reviews`, how many to add

NEW, DUE = "0#", "1#"


def due_key(day: date) -> str:
    """The key of what is due on a day. Fixed width, so that text order is time order."""
    return f"{DUE}{day.isoformat()}"


def ceiling(mask: int, hints: int) -> int:
    """The best grade that the hints leave: 5 for drums alone, 4 with more stems, 3 with the voice; one less for each
    hint in words."""
    best = 3 if mask & _VOICE else 4 if mask & ~STEM_BITS["drums"] else 5
    return max(0, best - hints)


def practice_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day that a moment belongs to for a person in `zone`."""
    local = moment.astimezone(zone)
    return local.date() if local.time() >= DAY_STARTS else local.date() - timedelta(days=1)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a practice day begins (UTC)."""
    return datetime.combine(day, DAY_STARTS, tzinfo=zone).astimezone(UTC)
