"""What an original says of its song, and what can be played of it before its stems are there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.domain.details import Details, public
from unplugd.domain.files import LINK_SECONDS, artwork_key
from unplugd.domain.song import Song
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import NotFound
from unplugd.kernel.ids import is_song_id


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...


class DetailsRows(Protocol):
    """The details table."""

    def get(self, user_id: str, song_id: str) -> Details: ...


class Results(Protocol):
    """The output bucket."""

    def download_link(self, key: str) -> str: ...


def get_details(
    song_id: str, *, owner: str, songs: Songs, details: DetailsRows, results: Results, now: datetime
) -> dict[str, Any]:
    """What is known of a song beyond its title, with links to its picture. Until its file was read, `readAt` is
    null. What a person says of the album comes first."""
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    if song is None:
        raise NotFound("There is no such song in your library.")
    known = details.get(owner, song_id)
    view = {"songId": song_id, **public(known), "artwork": None}
    view["album"] = song.album or view["album"]
    if song.artwork_at:
        view["artwork"] = {
            "smallUrl": results.download_link(artwork_key(owner, song_id, 64)),
            "largeUrl": results.download_link(artwork_key(owner, song_id, 512)),
            "width": known.artwork_width,
            "height": known.artwork_height,
        }
    return view | {"urlsExpireAt": to_iso(now + timedelta(seconds=LINK_SECONDS))}
