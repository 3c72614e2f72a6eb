"""The stack's process: `python -m local.launcher DATA_DIR`. Only `local.stack` starts it.

It sets the environment ministack reads at import, applies the workarounds, and serves on 127.0.0.1 behind the gate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any

from local import addresses
from local.children import Children
from local.datadir import ACCOUNT, REGION, DataDir, StackError, listen
from local.disk import Space
from local.tasks import STOP_GRACE_S, TaskSettings

_WORKER_IDLE_S = "300"
_APP_ORIGIN = "http://localhost:5173"  # the root template's default CorsOrigin


def main() -> int:
    """Run the stack until a signal stops it; return the exit code."""
    options = _options()
    try:
        return _run(options)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.launcher")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ephemeral", action="store_true", help="keep nothing on disk")
    parser.add_argument("--parent", type=int, default=0, help="end when this process ends")
    parser.add_argument("--task-commands", type=json.loads, default={}, help="JSON: image name → command")
    parser.add_argument("--task-environment", type=json.loads, default={}, help="JSON: added to every task")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    os.umask(0o077)
    data = DataDir.create(options.data_dir)
    lock = data.lock()
    children = Children(data.run)
    left = children.reap_leftovers()
    if left:
        print(f"ended {left} process(es) that an earlier run left behind", flush=True)
    _empty(data.tmp)
    remembered = None if options.ephemeral else data.port()
    listener = listen(options.port, remembered)
    port = listener.getsockname()[1]
    moved = addresses.move(data.state, port, remembered)
    if moved:
        print(f"moved the addresses in {moved} file(s) to port {port}", flush=True)
    data.keep_port(port)
    origins = frozenset(filter(None, os.environ.get("LOCAL_ALLOWED_ORIGINS", _APP_ORIGIN).split(",")))
    set_environment(data, port, ephemeral=options.ephemeral)
    settings = TaskSettings(
        children=children,
        work_folder=data.tmp,
        endpoint_url=f"http://127.0.0.1:{port}",
        commands=options.task_commands,
        environment=options.task_environment,
    )
    try:
        _serve(listener, port, origins, data, settings, options, lock)
    finally:
        children.stop_all(STOP_GRACE_S)
        _empty(data.tmp)
    return 0


def set_environment(data: DataDir, port: int, *, ephemeral: bool) -> None:
    """Replace this process's environment by exactly what ministack reads; before it is imported."""
    keys = data.keys()
    inherited = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LOG_LEVEL") if name in os.environ
    }
    inherited.setdefault("LOG_LEVEL", "WARNING")
    persist = "0" if ephemeral else "1"
    os.environ.clear()
    os.environ.update(inherited)
    os.environ.update(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        MINISTACK_REGION=REGION,
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID=keys.access_key,
        AWS_SECRET_ACCESS_KEY=keys.secret_key,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        AUTH="true",
        PERSIST_STATE=persist,
        S3_PERSIST=persist,
        STATE_DIR=str(data.state),
        S3_DATA_DIR=str(data.objects),
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        LAMBDA_WARM_TTL_SECONDS=_WORKER_IDLE_S,
        # A socket that cannot exist: no Docker daemon of the machine is ever asked.
        DOCKER_HOST=f"unix://{data.run}/no-docker",
        TMPDIR=str(data.tmp),
        UNPLUGD_WORKER_HOME=str(data.home),
    )
    tempfile.tempdir = str(data.tmp)


def _serve(
    listener: socket.socket,
    port: int,
    origins: frozenset[str],
    data: DataDir,
    settings: TaskSettings,
    options: argparse.Namespace,
    lock: IO[str],
) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from local import upstream, workarounds
    from local.gate import Gate

    logging.getLogger("samtranslator.metrics").setLevel(
        logging.ERROR
    )  # it warns about its own, unused metrics
    upstream.check_version()
    workarounds.apply_all(workarounds.Context(data=data, tasks=settings, ephemeral=options.ephemeral))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    config.accesslog = None
    config.graceful_timeout = 1
    gate: Any = Gate(
        upstream.module("app").app, port=port, origins=origins, has_room=Space(data.root).has_room
    )

    async def until_stopped() -> None:
        stop = asyncio.Event()

        async def until_children_ended() -> None:
            await stop.wait()
            # While the server still answers: a task saves its checkpoint to S3, and a worker in the middle of a
            # call is not left to ask a closed port again and again.
            await asyncio.to_thread(settings.children.stop_all, STOP_GRACE_S)

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if options.parent:
            _watch_parent(options.parent)
        (data.run / "ready").write_text(f"{os.getpid()} {port}")
        await serve(gate, config, shutdown_trigger=until_children_ended)

    asyncio.run(until_stopped())
    lock.close()


def _watch_parent(parent: int) -> None:
    """End in good order when the process that started the stack is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent").start()


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
