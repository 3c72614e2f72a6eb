"""What each word of `unplugd` does. Heavy parts are imported when their word is used."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cli import session as sessions
from cli.console import Console
from cli.songfile import Refused, check, check_folder

REPO = Path(__file__).resolve().parents[1]
DEMO_SONG = REPO / "local" / "demo" / "song.mp3"
WEB_DIST = REPO / "web" / "dist"


def process(
    song: Path,
    out: Path | None,
    data: Path | None,
    model: str | None,
    lyrics: Path | None = None,
    *,
    lyrics_model: str | None = None,
) -> None:
    """One song through the whole stack. The last line of the output says where the result is."""
    from cli import journey
    from cli.lyrics import words_of

    file = check(song)
    words = words_of(lyrics) if lyrics else None
    folder = check_folder(out or Path("out") / song.stem)
    root = sessions.data_folder(data)
    console = Console()
    asked = {"model": model, "lyricsModel": lyrics_model}
    choices = {name: value for name, value in asked.items() if value}
    with sessions.use(root, console.say) as session:
        result = journey.make(session, file, folder, console, lyrics=words, **choices)
        if session.is_ours:
            console.say("Stopping the stack; the song stays in its library.")
    # After the stop, so that nothing can come behind it.
    console.say(result.last_line)


def up(data: Path | None, port: int | None, *, web_port: int | None = None, dist: Path | None = None) -> None:
    """The stack and its page, until Ctrl-C."""
    from local import web

    root = sessions.data_folder(data)
    console = Console()
    running = sessions.find(root)
    if running is not None:
        raise Refused(f"The stack runs already at {running.url} (process id {running.pid}).")
    page = _built(dist)
    wanted = port or sessions.remembered_port(root) or sessions.DEFAULT_PORT
    wanted_web = web_port or sessions.remembered_web_port(root)
    with ExitStack() as held:
        listener = held.enter_context(web.listen(wanted_web)) if page else None
        session = held.enter_context(sessions.start(root, console.say, port=wanted, web_port=wanted_web))
        who = sessions.person(session.data_dir)
        _join(session, who)
        link = None
        if page and listener:
            start = web.StartCode(who.email, who.password)
            held.enter_context(web.serve(listener, page, web.settings(session.url, session.outputs), start))
            link = f"http://localhost:{wanted_web}/#start={start.value}"
        _greet(session, who, link, console)
        _until_it_ends(session)


def _built(dist: Path | None) -> Path | None:
    """The folder of the built page; None where there is none, unless it was asked for by name."""
    folder = dist or WEB_DIST
    if (folder / "index.html").is_file():
        return folder
    if dist:
        raise Refused(f"{dist} holds no built page (no index.html).")
    return None


def _join(session: sessions.Session, who: sessions.Person) -> None:
    from cli.client.transport import Transport

    transport = Transport()
    try:
        sessions.identify(session, transport, who)
    finally:
        transport.close()


def _greet(session: sessions.Session, who: sessions.Person, link: str | None, console: Console) -> None:
    shown = {
        "The app": link or "not built: `make web-build` does it (it needs Node 20)",
        "REST": session.outputs["ApiUrl"],
        "WebSocket": session.outputs["WebSocketUrl"],
        "AWS endpoint": session.url,
        "User pool": session.outputs["UserPoolId"],
        "App client": session.outputs["UserPoolClientId"],
        "User": who.email,
        "Password": who.password,
        "Data folder": str(session.data_dir),
    }
    for name, value in shown.items():
        console.say(f"  {name:<13} {value}")
    if link:
        console.say("The app's link signs you in, once; later use the user and password above.")
    console.say("Ready. Ctrl-C stops the stack; the library stays.")


def _until_it_ends(session: sessions.Session) -> None:
    """Wait for Ctrl-C (which leaves as an exception) or for the stack's own end."""
    while True:
        # WNOWAIT: looking must not reap what LocalStack will wait for
        ended = os.waitid(os.P_PID, session.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None:
            raise Refused(f"The stack has ended by itself; see {session.data_dir / 'logs' / 'stack.log'}.")
        time.sleep(0.5)


def docs(port: int) -> None:
    """Serve the API's page until Ctrl-C."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from local.datadir import listen

    class Page(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(REPO / "docs"))

        def log_message(self, format: str, *arguments: object) -> None:
            """Silent: the terminal is for the person."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A browser that hangs up in the middle is no event; anything else is shown."""
            if not isinstance(sys.exc_info()[1], OSError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    # The address is shown once it is ours: on a taken port it would lead to another program's page.
    with (
        listen(port, None) as listener,
        Server(("", 0), Page, bind_and_activate=False) as server,
    ):
        server.socket.close()
        server.socket = listener
        Console().say(f"http://127.0.0.1:{port}/api.html")
        server.serve_forever()


def reset(data: Path | None, *, sure: bool) -> None:
    """Delete the local library: everything in the data folder."""
    root = sessions.data_folder(data)
    console = Console()
    if not root.exists():
        console.say(f"There is nothing to forget: {root} does not exist.")
        return
    if sessions.is_locked(root):
        raise Refused("The stack is running. Stop it first (Ctrl-C where it was started).")
    if not (root / "run").is_dir():
        # A mistyped --data must never delete a folder that is somebody else's.
        raise Refused(f"{root} is not a data folder of Unplugd, so it was left as it is.")
    if not sure:
        try:
            answer = input(f"Delete every song, account and key in {root}? [y/N] ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            raise Refused("Nothing was deleted.")
    shutil.rmtree(root)
    console.say(f"Deleted {root}.")
