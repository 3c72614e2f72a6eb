"""A song's lyrics: what a person gives and edits, over what the machine wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from unplugd.domain import files
from unplugd.domain.notify import Push
from unplugd.domain.queueing import WakeQueue, put_in_queue
from unplugd.domain.song import LyricsStatus, Song, Status
from unplugd.domain.song_view import public_view
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import AppError, Conflict, NotFound, Transient
from unplugd.kernel.ids import NewId, is_song_id
from unplugd.kernel.log import logger
from unplugd.lyrics import layers, rules
from unplugd.lyrics.layers import Change, Layer
from unplugd.lyrics.model import KEPT_VERSIONS, About, Timed
from unplugd.lyrics.view import View, machine_view, person_view

_TRIES = 4  # against a song that moves on while its lyrics are saved


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def queue_position_of(self, song: Song) -> int: ...
    def save_layer(self, song: Song, *, seen: LyricsStatus | None, run: bool, now: str) -> Song | None: ...


class Results(Protocol):
    """The output bucket."""

    def read_json(self, key: str) -> dict[str, Any] | None: ...
    def write_json(self, key: str, document: Mapping[str, Any]) -> None: ...
    def names(self, prefix: str) -> Iterator[str]: ...
    def delete(self, key: str) -> None: ...


# --- reading ----------------------------------------------------------------------------------------------------------


def get_lyrics(song_id: str, *, machine: bool, owner: str, songs: Songs, results: Results) -> View:
    """The current lyrics of a song, or with `machine` those without what a person gave. `NotFound` before there are
    any."""
    song = _own(song_id, owner, songs)
    layer = None if machine else _layer(song, results)
    if layer is None or not layer.lines:
        written = _machine_document(song, results)
        if written is None:
            raise NotFound("The lyrics of this song have not been written yet.")
        return machine_view(song, written, layer or Layer(song.lyrics_version))
    return person_view(song, layer, results.read_json(files.lyrics_key(owner, song_id)))


def to_file(view: View, kind: str) -> tuple[str, str, str]:
    """The lyrics as a file of a format, its content type and its name; offset and nudges are in its times."""
    from lyricsfile.registry import FORMATS

    form = FORMATS[kind]
    if not view.lines and not view.instrumental:
        raise Conflict(view.notice or "This song has no lyrics that could be written to a file.")
    if form.needs is not Timed.NONE and view.lines and all(line.start is None for line in view.lines):
        raise Conflict("These lyrics have no times yet. Take them as txt, or wait until they are aligned.")
    lines = view.lines
    if form.needs is not Timed.NONE:
        lines = rules.shifted(rules.with_ends(lines), offset_ms=view.offset_ms, nudges=view.nudges)
    about = About(view.title, view.artist)
    return form.write(lines, about), form.content_type, rules.file_name(about, form.suffix)


def _layer(song: Song, results: Results) -> Layer | None:
    if not song.lyrics_layer_key:
        return None
    stored = results.read_json(song.lyrics_layer_key)
    if stored is None:  # replaced a few times since the row was read
        raise Transient("The lyrics are being changed just now. Please try again.")
    return layers.layer(stored)


def _machine_document(song: Song, results: Results) -> dict[str, Any] | None:
    """What the machine wrote by itself: the last run's, or the one that a run over a person's words kept."""
    prefix = files.output_prefix(song.user_id, song.song_id)
    written = results.read_json(f"{prefix}{files.LYRICS}")
    own = written if written is not None and written.get("textVersion") is None else None
    if own is not None and own.get("status") != "FAILED":
        return own
    return results.read_json(f"{prefix}{files.TRANSCRIBED_LYRICS}") or own


# --- changing ---------------------------------------------------------------------------------------------------------


def put_lyrics(
    song_id: str,
    asked: Change,
    *,
    owner: str,
    songs: Songs,
    results: Results,
    queue: WakeQueue,
    push: Push,
    clock: Clock,
    new_id: NewId,
) -> dict[str, Any]:
    """Make `asked` the next version of the person's layer. Words without times go to the machine: at
    once when the song is complete, else with the run that comes or after the one that is under way. Of two changes of
    the same version one wins, the other is `Conflict`."""
    for _ in range(_TRIES):
        song = _own(song_id, owner, songs)
        if song.lyrics_version != asked.version:
            raise _outdated(song)
        layer = layers.after(_layer(song, results) or Layer(song.lyrics_version), asked)
        key = files.layer_key(owner, song_id, layer.version, new_id())
        results.write_json(key, layers.storable(layer))
        next_row, run = _next_row(song, layer, key, results)
        write = partial(_save_layer, songs=songs, seen=song, run=run, key=key, clock=clock)
        if run:
            saved = put_in_queue(
                next_row,
                write=write,
                place_of=songs.queue_position_of,
                queue=queue,
                push=push,
                clock=clock,
            )
        else:
            saved = write(next_row)
        if saved is not None:
            _tidy(saved, results)
            return public_view(saved, now=clock(), queue_position=saved.queue_position)
        results.delete(key)
    raise Transient("This song is being changed at this moment. Please try again.")


def _save_layer(row: Song, *, songs: Songs, seen: Song, run: bool, key: str, clock: Clock) -> Song | None:
    """The row after the write; None when another change was first."""
    saved = songs.save_layer(row, seen=seen.lyrics_status, run=run, now=to_iso(clock()))
    return saved or _saved_before(row, key, songs)


def _saved_before(song: Song, key: str, songs: Songs) -> Song | None:
    """The row, if it already holds the layer at `key`. A write whose answer was lost is sent again, and then fails the
    condition that it met the first time: no other change was first."""
    row = songs.get(song.user_id, song.song_id)
    return row if row is not None and key in (row.lyrics_layer_key, row.lyrics_text_key) else None


def _outdated(song: Song) -> Conflict:
    current = song.lyrics_version
    detail = {
        "field": "version",
        "problem": f"is not the current version, which is {current}",
        "current": current,
    }
    return Conflict(
        "These lyrics have changed since you loaded them. Reload them, then repeat your change.",
        details=[detail],
    )


def _next_row(song: Song, layer: Layer, key: str, results: Results) -> tuple[Song, bool]:
    """What the row says once `layer` is the current one, and whether the lyrics now need a run of their own."""
    fresh = layer.text_version == layer.version
    row = replace(
        song,
        lyrics_version=layer.version,
        lyrics_layer_key=key,
        lyrics_offset_ms=layer.offset_ms,
        lyrics_source=layer.source if layer.lines else None,
        lyrics_text_version=layer.text_version,
        lyrics_text_key=(key if fresh else song.lyrics_text_key) if layer.lines else None,
    )
    complete = song.status is Status.COMPLETED and not song.is_busy
    if fresh and not rules.needs_run(layer.lines, layer.source):
        row = replace(row, lyrics_run_version=layer.text_version)
        if complete:
            row = replace(row, lyrics_status=LyricsStatus.READY, lyrics_reason=None)
    elif not layer.lines and song.lyrics_text_version and complete:
        written = _machine_document(song, results)
        if written is not None and written.get("status") != "FAILED":
            status = LyricsStatus.INSTRUMENTAL if written.get("instrumental") else LyricsStatus.READY
            row = replace(row, lyrics_run_version=0, lyrics_status=status, lyrics_reason=None)
    return row, row.lyrics_outdated


def _tidy(song: Song, results: Results) -> None:
    """Remove versions that no request can be reading any more. After a fault, the next change removes them."""
    try:
        for key in list(results.names(files.layers_prefix(song.user_id, song.song_id))):
            version = files.person_version(key)
            old = version is not None and version <= song.lyrics_version - KEPT_VERSIONS
            if old and key != song.lyrics_text_key:
                results.delete(key)
    except AppError:
        logger().warning("some old lyrics remain", extra={"songId": song.song_id})


def _own(song_id: str, owner: str, songs: Songs) -> Song:
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    if song is None:
        raise NotFound("There is no such song in your library.")
    return song
