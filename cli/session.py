"""A stack to work with: the one that runs already, or one started for this command."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.client.cognito import Identity
from cli.client.errors import ClientError, Unreachable
from cli.client.library import Library
from cli.client.transport import Transport
from cli.models import model_folder
from cli.songfile import Refused
from local.datadir import DataDir, StackError

if TYPE_CHECKING:
    from local.stack import Endpoint

DEFAULT_PORT = 4566
DEFAULT_WEB_PORT = 5173  # the root template's default CorsOrigin names it too
STACK_NAME = "unplugd-dev"
# One song at a time: the separator alone can use every core of a laptop.
PARAMETERS = {"Environment": "dev", "MaxConcurrentSongs": "1"}
LOCAL_CODE = "123456"  # the code the local Cognito sends to everyone
_EMAIL = "you@unplugd.example"
_WAIT_FOR_OTHER_S = 120.0
_SETTLE_S = 10.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Session:
    """A running stack with the templates deployed to it."""

    url: str
    pid: int
    outputs: Mapping[str, str]
    data_dir: Path
    is_ours: bool


@dataclass(frozen=True)
class Person:
    """The ready user of a data folder."""

    email: str
    password: str


def data_folder(given: Path | None) -> Path:
    """Where the library is: --data, UNPLUGD_DATA, or `data/` in the repository."""
    from_environment = os.environ.get("UNPLUGD_DATA")
    chosen = given or (Path(from_environment) if from_environment else None)
    return (chosen or Path(__file__).resolve().parents[1] / "data").expanduser().absolute()


def find(root: Path) -> Session | None:
    """The stack that runs on this data folder, if one does and it is ready to be used."""
    try:
        noted = json.loads((root / "session.json").read_text())
        session = Session(noted["url"], int(noted["pid"]), noted["outputs"], root, is_ours=False)
        serving = (root / "run" / "ready").read_text().split()[0]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None
    # A note outlives a stack that was killed; a new one on the same port has another process id.
    return session if serving == str(session.pid) and _answers(session.url) else None


def is_locked(root: Path) -> bool:
    """Whether some stack has the folder, ready or not."""
    if not (root / "run" / "lock").exists():
        return False
    try:
        DataDir.create(root).lock().close()
    except StackError:
        return True
    return False


@contextmanager
def use(root: Path, say: Say) -> Iterator[Session]:
    """Attach to the running stack, or run one for as long as the block lasts."""
    with ExitStack() as held:
        session = find(root) or _wait_for(root, say)
        if session is None:
            try:
                session = held.enter_context(start(root, say, port=free_port(root)))
            except StackError:
                # Two commands started in the same moment, and the other one has the folder.
                session = _wait_for(root, say)
                if session is None:
                    raise
        if not session.is_ours:
            say(f"Using the stack that runs at {session.url}.")
            guest = held.enter_context((root / _GUESTS).open("a"))
            fcntl.flock(guest, fcntl.LOCK_SH)  # held until the file is closed: see _see_off
        yield session


@contextmanager
def start(root: Path, say: Say, *, port: int, web_port: int | None = None) -> Iterator[Session]:
    """Run a stack of this process, with the templates deployed. `web_port`: where its page is, if not where it was."""
    from local.stack import LocalStack, deploy

    origin = f"http://localhost:{web_port or remembered_web_port(root)}"
    allowed = ",".join(filter(None, (os.environ.get("LOCAL_ALLOWED_ORIGINS"), origin)))
    environment = {"MODEL_DIR": str(model_folder()), "LOCAL_ALLOWED_ORIGINS": allowed}
    say("Starting the local stack (127.0.0.1 only, no Docker).")
    with LocalStack(root, port=port, env=environment) as endpoint:
        if web_port:
            write_private(root / "web-port", str(web_port))
        say("Deploying the templates.")
        outputs = deploy(endpoint, parameters={**PARAMETERS, "CorsOrigin": origin}, stack_name=STACK_NAME)
        session = Session(endpoint.url, endpoint.pid, outputs, endpoint.data_dir, is_ours=True)
        note = root / "session.json"
        write_private(note, json.dumps({k: v for k, v in asdict(session).items() if k in _NOTED}, indent=1))
        try:
            yield session
            _see_off(root, say)
            _settle(endpoint, outputs["StateMachineArn"])
        finally:
            note.unlink(missing_ok=True)


_NOTED = ("url", "pid", "outputs")
_GUESTS = "guests.lock"


def _see_off(root: Path, say: Say) -> None:
    """Wait for the commands that use this stack as guests. Ctrl-C and faults do not wait for them."""
    with (root / _GUESTS).open("a") as guests:
        try:
            fcntl.flock(guests, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Another unplugd still uses this stack; waiting for it to finish.")
            fcntl.flock(guests, fcntl.LOCK_EX)


def _settle(endpoint: Endpoint, machine: str) -> None:
    """Let the pipeline finish: COMPLETED is sent before the original is deleted, and a stop in between would
    leave that to the next start. Not waited for when the block ends by Ctrl-C or a fault."""
    states = endpoint.client("stepfunctions")
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        if not states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
            return
        time.sleep(0.1)


def remembered_port(root: Path) -> int | None:
    """The port this folder's stack had before: its URLs are part of what is deployed."""
    return DataDir(root).port()


def remembered_web_port(root: Path) -> int:
    """The port of this folder's page: its origin is part of what is deployed."""
    try:
        return int((root / "web-port").read_text())
    except (OSError, ValueError):
        return DEFAULT_WEB_PORT


def free_port(root: Path) -> int:
    """The port this folder had before or the usual one, when free; else any: URLs then change."""
    for port in (remembered_port(root), DEFAULT_PORT):
        if port and port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Whether 127.0.0.1:port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def person(root: Path) -> Person:
    """The data folder's ready user; made, with a random password, by the first call."""
    path = root / "user.json"
    try:
        return Person(**json.loads(path.read_text()))
    except FileNotFoundError:
        # The suffix has one of each kind of character that a password policy may ask for.
        person = Person(_EMAIL, secrets.token_urlsafe(15) + "-aA1")
        write_private(path, json.dumps(asdict(person)))
        return person
    except (ValueError, TypeError):
        raise Refused(f"{path} is damaged. Delete it to get a new user.") from None


def identify(session: Session, transport: Transport, who: Person) -> Identity:
    """Sign in; on a fresh pool sign up first, as any client would."""
    identity = Identity(transport, session.url + "/", session.outputs["UserPoolClientId"])
    try:
        identity.sign_in(who.email, who.password)
    except Unreachable:
        raise
    except ClientError:
        _join(identity, who)
    return identity


def _join(identity: Identity, who: Person) -> None:
    """Sign up and in. Each step may have been made already, by another command a moment ago: the last one decides.

    Signing up comes second because Cognito does not tell an unknown user from a wrong password.
    """
    try:
        identity.sign_up(who.email, who.password)
    except ClientError as error:
        if error.code != "UsernameExistsException":
            raise
    with suppress(ClientError):
        identity.confirm(who.email, LOCAL_CODE)
    try:
        identity.sign_in(who.email, who.password)
    except ClientError as error:
        if error.code != "NotAuthorizedException":
            raise
        sentence = f"The password of {who.email} is not the one in user.json of the data folder."
        raise ClientError(sentence, code=error.code) from None


def library(session: Session, transport: Transport, identity: Identity) -> Library:
    """The signed-in person's songs in this stack."""
    return Library(transport, session.outputs["ApiUrl"], identity)


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    scratch.replace(path)


def _answers(url: str) -> bool:
    transport = Transport()
    try:
        return transport.send("GET", f"{url}/_ministack/ready", headers={}).status == 200
    except ClientError:
        return False
    finally:
        transport.close()


def _wait_for(root: Path, say: Say) -> Session | None:
    """The stack that another command is starting on this folder; None when no command is."""
    if not is_locked(root):
        return None
    say("Another unplugd has the data folder; waiting for its stack.")
    deadline = time.monotonic() + _WAIT_FOR_OTHER_S
    while time.monotonic() < deadline:
        session = find(root)
        if session is not None or not is_locked(root):
            return session
        time.sleep(0.3)
    raise Refused(f"Another unplugd has the data folder {root} and did not become ready.")
