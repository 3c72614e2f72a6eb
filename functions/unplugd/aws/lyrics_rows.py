"""What the songs table knows of a person's layer over the lyrics."""

from __future__ import annotations

from typing import Any

from unplugd.aws.queue_index import WAITS
from unplugd.aws.song_table import SongTable
from unplugd.aws.table import attr
from unplugd.domain.job import LYRICS
from unplugd.domain.song import LyricsStatus, Song, Status

_FIELDS = ("version", "layer_key", "offset_ms", "source", "text_version", "text_key", "run_version")


class LyricsRows(SongTable):
    """The songs table, where a layer becomes the current one."""

    def save_layer(self, song: Song, *, seen: LyricsStatus | None, run: bool, now: str) -> Song | None:
        """Point the row at the layer that `song` names (its version is one more than the row's), and with `run` put the
        lyrics of a complete song in the queue, at its `queued_at`. `seen`: the state of the lyrics that was read. None
        if another layer was first, or if the song's state has changed."""
        changes: dict[str, Any] = {f"lyrics_{name}": getattr(song, f"lyrics_{name}") for name in _FIELDS}
        # What the layer does to the state of the lyrics rests on the state that was seen.
        when: dict[str, Any] = {"status": song.status, "attempt": song.attempt}
        # A song that somebody gave words no longer expires by itself: nothing would then point at them.
        changes["ttl"] = None
        if song.status is Status.COMPLETED and seen:
            when["lyrics_status"] = seen
            changes |= {"lyrics_status": song.lyrics_status, "lyrics_reason": song.lyrics_reason}
        since = song.queued_at or now
        if run:
            changes |= LYRICS.queued(song, since)
        version = attr("lyricsVersion")
        newer = version.not_exists() | version.lt(song.lyrics_version)
        return self._change(
            song, changes, now=now, when=when, also=newer, queue=(WAITS, since) if run else ...
        )
