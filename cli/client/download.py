"""Results: fetched over broken connections, and believed only when their checksums are right."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3

from cli.client.errors import ClientError, Unreachable, from_answer
from cli.client.library import Song
from cli.client.transport import Transport, unreachable

MANIFEST = "manifest.json"
TRIES = 5
_BLOCK = 64 * 1024  # what a broken connection can cost
_EXPIRED = 403


@dataclass(frozen=True)
class Entry:
    """What the manifest says of a file."""

    sha256: str
    size_bytes: int


def links(song: Song, *, streams: bool = False) -> dict[str, str]:
    """File name → URL of everything a completed song offers; `streams` adds the encoded stems."""
    urls = [stem["url"] for stem in song["stems"].values()]
    if streams:
        urls += [stem["streamUrl"] for stem in song["stems"].values()]
    urls += [song["peaksUrl"], song["lyricsUrl"], song["manifestUrl"]]
    return {_name(url): url for url in urls}


class Downloader:
    """Fetches a song's files into a folder."""

    def __init__(self, transport: Transport, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._transport = transport
        self._sleep = sleep

    def fetch_song(
        self,
        read: Callable[[], Song],
        folder: Path,
        *,
        streams: bool = False,
        done: Callable[[str], None] = lambda _name: None,
    ) -> dict[str, Any]:
        """Everything a completed song offers, checked; the manifest's content. `read` gives fresh URLs.

        The manifest in the folder lists the files that are there: the song has more, such as the streams."""
        folder.mkdir(parents=True, exist_ok=True)
        urls = links(read(), streams=streams)
        manifest: dict[str, Any] = json.loads(self._whole(urls.pop(MANIFEST)))
        entries = _entries(manifest)
        for name, url in urls.items():
            if name not in entries:
                raise ClientError(f"The song's manifest does not list {name}, so it cannot be checked.")
            self.fetch(url, folder / name, entries[name], fresh=partial(_fresh_link, read, name, streams))
            done(name)
        # Last: its presence says that the folder is whole.
        manifest["files"] = {name: manifest["files"][name] for name in urls}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        return manifest

    def fetch(self, url: str, target: Path, entry: Entry, *, fresh: Callable[[], str]) -> None:
        """One file. What an earlier, broken try left is continued; the checksum decides over all of it."""
        if target.is_file() and target.stat().st_size == entry.size_bytes and sha256(target) == entry.sha256:
            return
        # The checksum in the name: a part of another song's drums.wav is never continued with this one's.
        part = target.with_name(f"{target.name}.{entry.sha256[:12]}.part")
        for attempt in range(1, TRIES + 1):
            try:
                self._continue(url, part, entry.size_bytes)
            except ClientError as error:
                expired = error.status == _EXPIRED
                if attempt == TRIES or not (expired or isinstance(error, Unreachable)):
                    raise
                if expired:
                    url = fresh()
                self._sleep(0.2 * 2**attempt)
                continue
            if sha256(part) == entry.sha256:
                part.replace(target)
                return
            part.unlink()
        raise ClientError(f"{target.name} arrived damaged {TRIES} times: its checksum is not the manifest's.")

    def _continue(self, url: str, part: Path, size_bytes: int) -> None:
        have = part.stat().st_size if part.exists() else 0
        if have >= size_bytes:
            return
        response = self._transport.open(url, headers={"Range": f"bytes={have}-"} if have else {})
        try:
            if response.status not in (200, 206):
                raise from_answer(response.status, response.read(_BLOCK), f"download {_name(url)}")
            with part.open("ab" if response.status == 206 else "wb") as file:
                for block in response.stream(_BLOCK):
                    file.write(block)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, OSError) and error.filename:
                raise ClientError(f"Cannot write {error.filename}: {error.strerror}.") from error
            raise unreachable(url, error) from error
        finally:
            response.close()
        if part.stat().st_size < size_bytes:
            raise Unreachable(f"The download of {_name(url)} stopped early.")

    def _whole(self, url: str) -> bytes:
        answer = self._transport.send("GET", url, headers={})
        if answer.status != 200:
            raise from_answer(answer.status, answer.body, f"download {_name(url)}")
        return answer.body


def sha256(path: Path) -> str:
    """A file's checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fresh_link(read: Callable[[], Song], name: str, streams: bool) -> str:
    return links(read(), streams=streams)[name]


def _entries(manifest: Mapping[str, Any]) -> dict[str, Entry]:
    try:
        return {name: Entry(f["sha256"], int(f["bytes"])) for name, f in manifest["files"].items()}
    except (KeyError, TypeError, AttributeError):
        raise ClientError("The song's manifest is not as it should be.") from None


def _name(url: str) -> str:
    """The file's name at the end of a URL's path; never a path of its own."""
    return Path(unquote(urlsplit(url).path)).name
