"""One real stack for the whole folder: our templates deployed, our handlers and tasks running, nothing faked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cli import session as sessions
from cli.client.download import Downloader
from cli.client.library import Library, Song
from cli.client.realtime import Event, Listener
from cli.client.transport import Transport
from cli.commands import DEMO_SONG
from cli.songfile import check


@dataclass
class Visitor:
    """A signed-up person with a client of their own; `heard` is what the WebSocket said, word for word."""

    session: sessions.Session
    transport: Transport
    library: Library
    token: Callable[[], str]
    heard: list[dict[str, Any]] = field(default_factory=list)

    def send(self, path: Path) -> tuple[str, list[Event]]:
        """Upload a file and follow it to its end."""
        file = check(path)
        ticket = self.library.announce(file.path, file.content_type)
        listener = Listener(
            self.session.outputs["WebSocketUrl"], self.token, self.library.get, heard=self.heard.append
        )
        listener.connect()
        try:
            self.library.upload(ticket, file.path)
            return ticket.song_id, list(listener.follow(ticket.song_id))
        finally:
            listener.close()


@dataclass(frozen=True)
class Finished:
    """The shipped song, all the way through."""

    owner: Visitor
    song: Song
    events: list[Event]
    folder: Path
    manifest: dict[str, Any]

    @property
    def song_id(self) -> str:
        """Its id."""
        return self.song["songId"]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sessions.Session]:
    """The running stack; `unplugd --data` of the same folder finds and uses it."""
    with sessions.start(tmp_path_factory.mktemp("stack"), lambda _line: None, port=0) as session:
        yield session


@pytest.fixture(scope="session")
def visitor(stack: sessions.Session) -> Callable[[str], Visitor]:
    """Make a person with an account."""

    def make(name: str) -> Visitor:
        transport = Transport()
        person = sessions.Person(f"{name}@unplugd.example", f"{name}-Secret-1-{name}")
        identity = sessions.identify(stack, transport, person)
        library = sessions.library(stack, transport, identity)
        return Visitor(stack, transport, library, identity.id_token)

    return make


@pytest.fixture(scope="session")
def admin(stack: sessions.Session) -> Callable[[str], Any]:
    """boto3 clients of the stack's administrator, to look behind the API."""
    from local.datadir import REGION, DataDir
    from local.stack import Endpoint

    keys = DataDir(stack.data_dir).keys()
    port = int(stack.url.rpartition(":")[2])
    endpoint = Endpoint(stack.url, port, REGION, keys.access_key, keys.secret_key, stack.data_dir, stack.pid)
    return endpoint.client


@pytest.fixture(scope="session")
def finished(visitor: Callable[[str], Visitor], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The shipped song, processed and downloaded with its streams."""
    owner = visitor("ann")
    song_id, events = owner.send(DEMO_SONG)
    assert events[-1].kind == "COMPLETED", events[-1]
    folder = tmp_path_factory.mktemp("result")
    manifest = Downloader(owner.transport).fetch_song(
        lambda: owner.library.get(song_id), folder, streams=True
    )
    return Finished(owner, owner.library.get(song_id), events, folder, manifest)
