"""`unplugd smoke --aws ENV`: one song through a deployment, as a person of its own who is deleted with it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cli.aws.deployment import Client, Deployment, Visitor, need, visitor
from cli.client.download import Downloader
from cli.client.errors import ClientError
from cli.client.realtime import Listener
from cli.client.transport import Transport
from cli.console import Console
from cli.journey import describe, show
from cli.songfile import Refused, SongFile

Say = Callable[[str], None]


def run(client: Client, name: str, song: SongFile, console: Console, *, folder: Path | None = None) -> None:
    """Prove that the deployment `name` works. `folder`: keep the results there. Raises `Refused` or `ClientError`."""
    deployment = need(client, name)
    console.say(f"{name}: {deployment.status}.")
    _refuses_strangers(deployment)
    console.say("The API refuses a call without a token, and the web app can read the refusal.")
    if url := deployment.outputs.get("WebUrl"):
        _serves_the_page(url)
        console.say(f"The page is served at {url}.")
    with visitor(client, deployment) as person, tempfile.TemporaryDirectory() as scratch:
        console.say("A person of this trial is signed in.")
        seconds, lines = _process(deployment, person, song, folder or Path(scratch), console)
        console.close()
        for line in lines:
            console.say(line)
        console.say(f"A song is separated, its files have their checksums: {seconds:.0f} s.")
    console.say("The person, the song and its files are deleted.")


def _refuses_strangers(deployment: Deployment) -> None:
    transport = Transport()
    try:
        answer = transport.open(deployment.outputs["ApiUrl"].rstrip("/") + "/songs", headers={})
        answer.drain_conn()
        if answer.status != 401:
            raise Refused(f"A call without a token was answered {answer.status}, not 401.")
        allowed, origin = (
            answer.headers.get("Access-Control-Allow-Origin"),
            deployment.parameters.get("CorsOrigin"),
        )
        if allowed != origin:
            raise Refused(
                f"The API answers the origin {allowed}, and CorsOrigin is {origin}. Deploy once more."
            )
    finally:
        transport.close()


def _serves_the_page(url: str) -> None:
    transport = Transport()
    try:
        for path in ("/", "/config.json"):
            status = transport.send("GET", url + path, headers={}).status
            if status != 200:
                raise Refused(f"{url}{path} was answered {status}. Run make deploy-web.")
    finally:
        transport.close()


def _process(
    deployment: Deployment, person: Visitor, song: SongFile, folder: Path, console: Console
) -> tuple[float, list[str]]:
    library = person.songs
    listener = Listener(deployment.outputs["WebSocketUrl"], person.identity.id_token, library.get)
    started = time.monotonic()
    try:
        ticket = library.announce(song.path, song.content_type)
        listener.connect()
        library.upload(ticket, song.path)
        for event in listener.follow(ticket.song_id):
            show(event, console)
            if event.kind != "COMPLETED" and event.is_final:
                raise ClientError(event.details.get("message") or f"The song ended as {event.kind}.")
    finally:
        listener.close()
    manifest = Downloader(person.transport).fetch_song(lambda: library.get(ticket.song_id), folder)
    return time.monotonic() - started, describe(manifest, library.get(ticket.song_id), folder)
