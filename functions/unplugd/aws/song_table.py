"""The songs table. Every change of a song's state is one named conditional write: an event that arrives twice, late or
out of order fails its condition and changes nothing (the method then answers None)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import EllipsisType
from typing import Any

from unplugd.aws.matching import matching
from unplugd.aws.queue_index import RUNS, WAITS, QueueIndex, queue_key, waits_in
from unplugd.aws.rows import from_row, from_rows, plain_row, search_text, text, to_attribute
from unplugd.aws.table import Table, attr, equal, key
from unplugd.domain.finding import Figures
from unplugd.domain.job import LEFT_QUEUE, NEXT_ATTEMPT, Kind, kind_of
from unplugd.domain.names import name_key
from unplugd.domain.song import Song, Status
from unplugd.domain.states import JobState
from unplugd.domain.unreadable import UnreadableSong
from unplugd.kernel.errors import Transient

# A text filter reads past what it does not show. One call reads at most this many rows, then hands out a cursor.
MAX_ROWS_SEARCHED = 1000
ROWS_A_QUERY = 100


class SongTable:
    """Rows of `{app}-{env}-songs`."""

    def __init__(self, client: Any, table: str) -> None:
        self._db = client
        self._name = table
        self._table = Table(client, table, "userId", "songId")

    # --- reading ------------------------------------------------------------------------------------------

    def get(self, user_id: str, song_id: str) -> Song | None:
        """The song as it is now (a consistent read), or None. Raises `Unreadable` when its row cannot be read."""
        row = self._table.get(user_id, song_id, doing="read the song")
        return from_row(row) if row else None

    def find(self, user_id: str, song_ids: Sequence[str]) -> list[Song | UnreadableSong]:
        """Those of up to 100 songs of a person that exist, in no order."""
        keys = [(user_id, song_id) for song_id in song_ids]
        return from_rows(self._table.get_all(keys, doing="read your songs"))

    def page(
        self, owner: str, *, status: Status | None, after: str | None, limit: int
    ) -> Sequence[Song | UnreadableSong]:
        """Up to `limit` songs of `owner`, newest first, after song `after`, by one Query."""
        page = next(self._newest_first(owner, status, after, limit))
        return from_rows(page["Items"])

    def search(
        self,
        owner: str,
        *,
        status: Status | None,
        q: str | None,
        figures: Figures,
        after: str | None,
        limit: int,
    ) -> tuple[Sequence[Song | UnreadableSong], str | None]:
        """Like `page`, of the songs whose title or artist contain `q` and that have these figures; and the song behind
        which more may follow.

        Reads at most MAX_ROWS_SEARCHED rows, so there may be fewer songs than `limit`, or none, and yet more to come.
        """
        pages = self._newest_first(owner, status, after, ROWS_A_QUERY, only=matching(q, figures))
        matches: list[Song | UnreadableSong] = []
        last: str | None = None
        for page in islice(pages, MAX_ROWS_SEARCHED // ROWS_A_QUERY):
            matches += from_rows(page["Items"])
            if len(matches) > limit:
                return matches[:limit], matches[limit - 1].song_id
            more = page.get("LastEvaluatedKey")
            last = more["songId"]["S"] if more else None
        return matches, last

    def _newest_first(
        self, owner: str, status: Status | None, after: str | None, limit: int, *, only: Any = None
    ) -> Iterator[dict[str, Any]]:
        """The pages of the owner's songs, of `limit` rows each; with `status` by its index."""
        condition = key("userId").eq(owner)
        start = {"userId": owner, "songId": after} if after else None
        if status:
            condition &= key("statusSongId").begins_with(f"{status}#")
            start = start and {**start, "statusSongId": f"{status}#{after}"}
        return self._table.pages(
            condition,
            index="StatusIndex" if status else None,
            only=only,
            after=start,
            Limit=limit,
            ScanIndexForward=False,
            doing="read your library",
        )

    def queue_position_of(self, song: Song) -> int:
        """A song's place in the queue, also before it joins; 1 is next."""
        return QueueIndex(self._db, self._name).place(song)

    def same_sound(self, owner: str, sound_sha256: str, *, but: str) -> str | None:
        """The id of the newest song of `owner` with this sound, other than `but`, that is complete or on its way.

        Reads the whole library, 128 read units a megabyte: an index would be written with each song and read as
        rarely."""
        pages = self._table.pages(
            key("userId").eq(owner),
            only=attr("soundSha256").eq(sound_sha256)
            & attr("status").is_in([Status.COMPLETED, Status.PROCESSING, Status.QUEUED]),
            ProjectionExpression="songId",
            ScanIndexForward=False,
            doing="read your library",
        )
        found = (text(row["songId"]) for page in pages for row in page["Items"])
        return next((song_id for song_id in found if song_id != but), None)

    def named(self, owner: str, file_name: str, *, limit: int) -> Sequence[Song | UnreadableSong]:
        """The songs of `owner` whose file has this name (`domain.names.name_key`), newest first."""
        condition = key("userId").eq(owner) & key("nameKey").eq(name_key(file_name))
        doing = "look for the file name"
        page = next(
            self._table.pages(condition, index="NameIndex", Limit=limit, ScanIndexForward=False, doing=doing)
        )
        found = self.find(owner, [text(row["songId"]) for row in page["Items"]])
        return sorted(found, key=lambda song: song.song_id, reverse=True)

    # --- a song's life, one write a transition ----------------------------------------------------------------

    def create_pending(self, song: Song) -> None:
        """A new row. The id is fresh, so an existing row means a clash that must not overwrite."""
        if not self._table.put_if_absent(plain_row(song), doing="start the upload"):
            raise Transient("Could not start the upload just now. Please try again.")

    def announce_file(self, song: Song, changes: Mapping[str, Any], *, now: str) -> Song | None:
        """Give a pending song the file that its owner now announces: name, type, size, key and `ttl`."""
        when = {"status": Status.PENDING_UPLOAD, "s3_key": song.s3_key}
        return self._change(song, dict(changes), now=now, when=when, counts=False)

    def extend_upload(self, song: Song, *, ttl: int) -> bool:
        """Let a pending upload's row live until `ttl` (Unix seconds). False when its file was checked, or it is
        gone, or never expires (words from a person keep it)."""
        changed = self._change(
            song,
            {"ttl": ttl},
            now=song.updated_at,
            when={"status": Status.PENDING_UPLOAD},
            also=attr("ttl").exists(),
            counts=False,
        )
        return changed is not None

    def mark_queued(self, song: Song, *, seen: Song) -> Song | None:
        """PENDING_UPLOAD → QUEUED, with the validator's results, the time and the position that `song` has.

        The row no longer expires. Title and artist must still be those of `seen`, and the announced file too: a person
        may have changed them."""
        changes = {
            "status": Status.QUEUED,
            "queued_at": song.queued_at,
            "attempt": 1,
            "title": song.title,
            "artist": song.artist,
            "album": song.album,
            "isrc": song.isrc,
            "duration_sec": song.duration_sec,
            "original_format": song.original_format,
            "file_size_bytes": song.file_size_bytes,
            "sound_sha256": song.sound_sha256,
            "same_as": song.same_as,
            "queue_position": song.queue_position,
            "ttl": None,
        }
        when = {name: getattr(seen, name) for name in ("title", "artist", "album", "s3_key")}
        when["status"] = Status.PENDING_UPLOAD
        now = song.queued_at or ""
        return self._change(song, changes, now=now, when=when, queue=(WAITS, now))

    def mark_rejected(self, song: Song, *, code: str, message: str, now: str) -> Song | None:
        """PENDING_UPLOAD → FAILED: the validator's verdict."""
        changes = {"status": Status.FAILED, "error_code": code, "error_message": message, "ttl": None}
        when = {"status": Status.PENDING_UPLOAD, "s3_key": song.s3_key}
        return self._change(song, changes, now=now, when=when)

    def mark_mix(self, song: Song, *, now: str) -> Song | None:
        """The whole song can be played. Not a step of its life; None when it is gone, or has another file."""
        return self._change(song, {"mix_at": now}, now=now, when={"s3_key": song.s3_key})

    def mark_queued_again(self, song: Song, *, kind: Kind) -> Song | None:
        """The next attempt, a job of `kind`, joins the queue at the time that `song` has. The state of such jobs must
        still be as in `song`."""
        now = song.queued_at or ""
        queue = (waits_in(kind), now)
        return self._change(song, kind.queued(song, now), now=now, when=kind.when(song), queue=queue)

    def mark_processing(self, song: Song, *, execution_arn: str, now: str) -> Song | None:
        """QUEUED → PROCESSING for this attempt."""
        kind = kind_of(song)
        changes = {**NEXT_ATTEMPT, **kind.to(JobState.RUNNING), **kind.at_start(song)}
        changes |= {"started_at": now, "execution_arn": execution_arn}
        return self._change(song, changes, now=now, when=kind.when(song, JobState.QUEUED), queue=(RUNS, now))

    def mark_back_in_queue(self, song: Song, *, now: str, attempt: int, place: int | None) -> Song | None:
        """PROCESSING → QUEUED: the execution is known not to run. The job keeps its rank; `place` is the one that its
        owner is notified of, or was. A new `attempt` counts as a recovery, the same one (nothing was started) does
        not."""
        kind = kind_of(song)
        since = song.queued_at or now
        changes = {**NEXT_ATTEMPT, **kind.to(JobState.QUEUED)}
        changes |= {"attempt": attempt, "queued_at": since, "queue_position": place}
        changes["recoveries"] = song.recoveries + (attempt - song.attempt)
        when = kind.when(song, JobState.RUNNING) | {"execution_arn": song.execution_arn}
        return self._change(song, changes, now=now, when=when, queue=(waits_in(kind), since))

    def mark_cancelled(self, song: Song, *, now: str) -> Song | None:
        """QUEUED or PROCESSING → CANCELLED, for the attempt that was seen. Only for kinds that can be cancelled."""
        kind = kind_of(song)
        assert kind.at_cancel
        changes = {"stage": None, "stage_started_at": None, "progress": None, **kind.at_cancel(song)}
        return self._change(song, {**changes, **LEFT_QUEUE}, now=now, when=kind.when(song), queue=None)

    def record_progress(
        self, song: Song, *, stage: str, progress: int, now: str, parts: str | None = None
    ) -> Song | None:
        """Store how far a stage is and allot the next `seq`. The row's stage must still be as in `song`, and within one
        stage progress only grows. `parts`: the same of each of its parts, which must still be as in `song`."""
        changes: dict[str, Any] = {"stage": stage, "progress": progress}
        when = kind_of(song).when(song, JobState.RUNNING) | {"stage": song.stage}
        if song.stage != stage:
            changes["stage_started_at"] = now
        newer = None if song.stage != stage else attr("progress").not_exists() | attr("progress").lt(progress)
        if parts is not None:
            changes["part_progress"] = parts
            when["part_progress"] = song.part_progress
        return self._change(song, changes, now=now, when=when, also=newer)

    def mark_completed(self, song: Song, *, facts: Mapping[str, Any], now: str) -> Song | None:
        """The job of this attempt has ended well, with `facts`; every error field goes."""
        kind = kind_of(song)
        changes = {
            **kind.at_completion(now),
            "stage": None,
            "stage_started_at": None,
            "progress": 100,
            "error_code": None,
            "error_message": None,
            **facts,
        }
        return self._change(song, changes, now=now, when=kind.when(song, JobState.RUNNING), queue=None)

    def mark_failed(self, song: Song, *, code: str, message: str, now: str) -> Song | None:
        """The job of this attempt has failed for good."""
        kind = kind_of(song)
        when = kind.when(song, JobState.RUNNING)
        return self._change(song, kind.at_failure(code, message), now=now, when=when, queue=None)

    # --- a person's own changes -------------------------------------------------------------------------------

    def update_details(self, song: Song, changes: Mapping[str, Any], *, now: str) -> Song | None:
        """Set what a person says (None clears). Not a step of the song's life: `seq` stays. What is searched is
        made of title and artist together, so both must still be those of `song`; None where they are not."""
        named = "title" in changes or "artist" in changes
        when = {"title": song.title, "artist": song.artist} if named else {}
        return self._change(song, dict(changes), now=now, when=when, counts=False)

    # --- how --------------------------------------------------------------------------------------------------

    def _change(
        self,
        song: Song,
        changes: dict[str, Any],
        *,
        now: str,
        when: Mapping[str, Any],
        also: Any = None,
        queue: tuple[str, str] | EllipsisType | None = ...,
        counts: bool = True,
    ) -> Song | None:
        """One conditional update. `when`: field → the value it must have (None: it has none); `also`: one more
        condition. `queue`: (WAITS or RUNS, since when), None to leave the queue, not given to change nothing there.
        `counts`: whether `seq` grows."""
        stored: dict[str, Any] = {to_attribute(name): value for name, value in changes.items()}
        stored["updatedAt"] = now
        if "status" in changes:
            stored["statusSongId"] = f"{changes['status']}#{song.song_id}"
        if not isinstance(queue, EllipsisType):
            stored["line"] = queue[0] if queue else None
            stored["lineKey"] = queue_key(queue[1], song.song_id) if queue else None
        searched = {name: changes[name] for name in ("title", "artist", "file_title") if name in changes}
        if searched:
            after = dataclasses.replace(song, **searched)
            stored["searchText"] = search_text(f"{after.shown_title or ''} {after.artist or ''}") or None
        if "file_name" in changes:
            stored["nameKey"] = name_key(changes["file_name"])
        expected = equal({to_attribute(name): value for name, value in when.items()})
        if expected is not None and also is not None:
            expected &= also
        row = self._table.change(
            song.user_id,
            song.song_id,
            changes=stored,
            add={"seq": 1} if counts else None,
            when=expected if expected is not None else also,
            doing="save the song",
        )
        return from_row(row) if row else None
