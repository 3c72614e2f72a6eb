"""The `unplugd` command line: words, options, and every fault as one sentence."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

EXIT_FAILED = 1
EXIT_STOPPED = 130  # what shells expect after Ctrl-C

MODELS = ("auto", "preview", "htdemucs", "htdemucs_ft")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one word; the process's exit code. Set UNPLUGD_DEBUG=1 to see where a fault arose."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # the voice detector's runtime reports to its maker
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return _fail("Stopped.", EXIT_STOPPED)
    except BrokenPipeError:
        # The reader has gone; without this Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:
        if os.environ.get("UNPLUGD_DEBUG") == "1":
            raise
        return _fail(_sentence(error), EXIT_FAILED)


def _run(options: argparse.Namespace) -> int:
    from local.cli import commands

    match options.word:
        case "demo":
            song = options.song or options.file or commands.DEMO_SONG
            commands.process(song, options.out or Path("out") / "demo", options.data, options.model)
        case "process":
            commands.process(options.file, options.out, options.data, options.model)
        case "up":
            commands.up(options.data, options.port)
        case "separate":
            commands.separate(options.file, options.out, options.model)
        case "reset":
            commands.reset(options.data, sure=options.yes)
        case "models":
            from local.cli import models

            return models.run(
                options.name,
                source=options.source,
                from_hub=options.hub,
                verify=options.verify,
                listing=options.list,
            )
        case "doctor":
            from local.cli import doctor

            return doctor.run(options.data, as_json=options.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unplugd", description="A private karaoke and practice studio: four stems and timed lyrics."
    )
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")

    kept = argparse.ArgumentParser(add_help=False)
    kept.add_argument(
        "--data", type=Path, metavar="DIR", help="the library's folder (default: UNPLUGD_DATA, or data/ here)"
    )
    sent = argparse.ArgumentParser(add_help=False)
    sent.add_argument("--out", type=Path, metavar="DIR", help="where the results go")
    sent.add_argument("--model", choices=MODELS, help="the separator (default: the best one installed)")

    demo = words.add_parser(
        "demo", parents=[kept, sent], help="a song through the whole stack (ours, or yours)"
    )
    demo.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a song of yours")
    demo.add_argument("--song", type=Path, metavar="PATH", help="the same, as an option")

    one = words.add_parser("process", parents=[kept, sent], help="a song of yours through the whole stack")
    one.add_argument("file", type=Path, metavar="FILE")

    up = words.add_parser("up", parents=[kept], help="start the stack and keep it running until Ctrl-C")
    up.add_argument("--port", type=_port, metavar="N", help="default: the one it had before, or 4566")

    separate = words.add_parser("separate", help="stems only, without the stack")
    separate.add_argument("file", type=Path, metavar="FILE")
    separate.add_argument("-o", "--out", type=Path, metavar="DIR", required=True, help="where the stems go")
    separate.add_argument("--model", choices=MODELS, default="auto")

    reset = words.add_parser("reset", parents=[kept], help="forget the local library")
    reset.add_argument("--yes", action="store_true", help="do not ask")

    models = words.add_parser("models", help="fetch the weights of better engines (make models does it all)")
    models.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help="htdemucs_ft, htdemucs, base, small, …; default: htdemucs_ft base",
    )
    models.add_argument("--from", dest="source", type=Path, metavar="DIR", help="take them from a folder")
    models.add_argument("--hub", action="store_true", help="demucs from the model hub, not from its own host")
    models.add_argument("--verify", action="store_true", help="hash what is here again")
    models.add_argument("--list", action="store_true", help="say what is here")

    doctor = words.add_parser("doctor", parents=[kept], help="what this machine has, and what would help")
    doctor.add_argument("--json", action="store_true", help="for programs")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return int(text)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does: by unwinding, so that the stack is stopped."""
    raise KeyboardInterrupt


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())
    if type(error).__module__.startswith(("local.", "ml")) and text:
        return text
    if isinstance(error, OSError) and error.strerror:
        named = f" {error.filename}" if error.filename else ""
        return f"The system refused{named}: {error.strerror}."
    return f"Something unexpected went wrong ({type(error).__name__}: {text}); UNPLUGD_DEBUG=1 shows where."


def _fail(sentence: str, code: int) -> int:
    sys.stdout.flush()
    print(sentence, file=sys.stderr, flush=True)
    return code
