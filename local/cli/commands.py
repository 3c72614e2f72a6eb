"""What each word of `unplugd` does. Heavy parts are imported when their word is used."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from types import FrameType

from local.cli import session as sessions
from local.cli.console import Console
from local.cli.songfile import Refused, check, check_folder

DEMO_SONG = Path(__file__).resolve().parents[1] / "demo" / "song.mp3"


def process(song: Path, out: Path | None, data: Path | None, model: str | None) -> None:
    """One song through the whole stack. The last line of the output says where the result is."""
    from local.cli import journey

    file = check(song)
    folder = check_folder(out or Path("out") / song.stem)
    root = sessions.data_folder(data)
    console = Console()
    wishes = {"model": model} if model else {}
    with sessions.use(root, console.say) as session:
        made = journey.make(session, file, folder, console, **wishes)
        if session.is_ours:
            console.say("Stopping the stack; the song stays in its library.")
    # After the stop, so that nothing can come behind it.
    console.say(made.last_line)


def up(data: Path | None, port: int | None) -> None:
    """The stack, until Ctrl-C."""
    root = sessions.data_folder(data)
    console = Console()
    running = sessions.find(root)
    if running is not None:
        raise Refused(f"The stack runs already at {running.url} (process id {running.pid}).")
    wanted = port or sessions.remembered_port(root) or sessions.DEFAULT_PORT
    with sessions.start(root, console.say, port=wanted) as session:
        _greet(session, console)
        _until_it_ends(session)


def _greet(session: sessions.Session, console: Console) -> None:
    from local.client.transport import Transport

    who = sessions.person(session.data_dir)
    transport = Transport()
    try:
        sessions.identify(session, transport, who)
    finally:
        transport.close()
    shown = {
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
    console.say("Ready. Ctrl-C stops the stack; the library stays.")


def _until_it_ends(session: sessions.Session) -> None:
    """Wait for Ctrl-C (which leaves as an exception) or for the stack's own end."""
    while True:
        # WNOWAIT: looking must not reap what LocalStack will wait for
        ended = os.waitid(os.P_PID, session.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None:
            raise Refused(f"The stack has ended by itself; see {session.data_dir / 'logs' / 'stack.log'}.")
        time.sleep(0.5)


def separate(song: Path, out: Path, model: str) -> None:
    """Stems only, by the ml core alone: no stack, no account, nothing kept elsewhere."""
    import threading

    from local.cli.models import model_folder
    from ml import Stopped
    from ml.audio import BadAudio
    from ml.separation import ModelUnavailable, separate_file

    check(song)
    folder = check_folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    console = Console()
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        # The core then removes what it has half-written; a second Ctrl-C does not wait for that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        console.progress("Separating", 0.0)
        made = separate_file(
            song,
            folder,
            model=model,
            models=model_folder(),
            progress=lambda f: console.progress("Separating", f),
            stop=stop,
        )
    except Stopped:
        raise KeyboardInterrupt from None
    except (BadAudio, ModelUnavailable) as error:
        raise Refused(str(error)) from error
    finally:
        console.close()
        signal.signal(signal.SIGINT, before)
    quality = " (preview quality)" if made.model == "preview" else ""
    console.say(f"Stems by {made.model}{quality} in {made.seconds:.1f} s -> {folder}")


def reset(data: Path | None, *, sure: bool) -> None:
    """Forget the local library: everything in the data folder."""
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
