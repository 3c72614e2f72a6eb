"""The `unplugd` command line: words, options, and every fault as one sentence."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from cli.aws import words as aws_words

if TYPE_CHECKING:
    from ml.separation import Part

EXIT_FAILED = 1
EXIT_STOPPED = 130  # what shells expect after Ctrl-C

LYRICS_FORMATS = ("json", "txt", "lrc", "lrc-enhanced", "srt", "vtt", "ass")
MODELS = ("auto", "preview", "htdemucs", "htdemucs_ft")
LYRICS_MODELS = ("auto", "tiny", "base", "small", "medium", "large-v3-turbo", "align")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the process's exit code. UNPLUGD_DEBUG=1 shows where a fault arose.

    Raises SystemExit with code 2 when the arguments are wrong.
    """
    options = _parser().parse_args(arguments)
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # the voice detector's runtime reports to its maker
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        return aws_words.run(options) if options.word in aws_words.WORDS else _run(options)
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
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(options: argparse.Namespace) -> int:
    from cli import commands

    match options.word:
        case "demo":
            options.file = options.song or options.file or commands.DEMO_SONG
            options.out = options.out or Path("out") / "demo"
            _process(options)
        case "process":
            _process(options)
        case "lyrics":
            from cli import lyrics

            lyrics.run(
                options.data,
                options.song,
                given=options.give,
                encoding=options.encoding,
                kind=options.format,
                out=options.out,
            )
        case "up":
            commands.up(options.data, options.port, web_port=options.web_port, dist=options.web_dist)
        case "docs":
            commands.docs(options.port)
        case "separate" | "merge":
            _make_stems(options)
        case "evaluate":
            from cli import evaluation

            evaluation.run(
                options.references,
                options.estimates,
                options.model,
                precision=options.precision,
                json_file=options.json,
            )
        case "reset":
            commands.reset(options.data, sure=options.yes)
        case "redrive":
            from cli import redrive

            return redrive.run(options.data, aws=options.aws, app=options.app)
        case "models":
            return _models(options)
        case "doctor":
            from cli import doctor

            return doctor.run(options.data, as_json=options.json)
    return 0


def _process(options: argparse.Namespace) -> None:
    from cli import commands

    if options.word == "demo" and options.aws:
        aws_words.demo(f"unplugd-{options.aws}", options.file, options.out)
        return
    commands.process(
        options.file,
        options.out,
        options.data,
        options.model,
        options.lyrics,
        lyrics_model=options.lyrics_model,
    )


def _models(options: argparse.Namespace) -> int:
    from cli import models

    if options.lyrics:
        return models.bring_lyrics(options.lyrics)
    return models.run(
        options.name,
        source=options.source,
        from_hub=options.hub,
        verify=options.verify,
        listing=options.list,
    )


def _make_stems(options: argparse.Namespace) -> None:
    from cli import separation

    if options.word == "merge":
        separation.merge(options.file, options.parts, options.out)
    else:
        separation.separate(
            options.file,
            options.out,
            options.model,
            precision=options.precision,
            part=options.part,
            checkpoints=options.checkpoints,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unplugd", description="A private karaoke and practice studio: four stems and timed lyrics."
    )
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")

    library = argparse.ArgumentParser(add_help=False)
    library.add_argument(
        "--data", type=Path, metavar="DIR", help="the library's folder (default: UNPLUGD_DATA, or data/ here)"
    )
    results = argparse.ArgumentParser(add_help=False)
    results.add_argument("--out", type=Path, metavar="DIR", help="where the results go")
    results.add_argument("--model", choices=MODELS, help="the separator (default: the best one installed)")
    results.add_argument(
        "--lyrics-model",
        choices=LYRICS_MODELS,
        help="the Whisper that writes the lyrics (default: the best one installed); align: keep the tag's words",
    )
    results.add_argument(
        "--lyrics", type=Path, metavar="FILE", help="its words: txt, lrc, srt, vtt, sbv, ass, ttml or json"
    )

    demo = words.add_parser(
        "demo", parents=[library, results], help="a song through the whole stack (ours, or yours)"
    )
    demo.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a song of yours")
    demo.add_argument("--song", type=Path, metavar="PATH", help="the same, as an option")
    demo.add_argument(
        "--aws",
        choices=aws_words.ENVIRONMENTS,
        help="in this deployment, by a person who is deleted afterwards",
    )

    process = words.add_parser(
        "process", parents=[library, results], help="a song of yours through the whole stack"
    )
    process.add_argument("file", type=Path, metavar="FILE")

    lyrics = words.add_parser(
        "lyrics", parents=[library], help="take a song's lyrics as a file, or replace them"
    )
    lyrics.add_argument("song", metavar="SONG", help="its id, as the last line of `process` says it")
    lyrics.add_argument(
        "--give", type=Path, metavar="FILE", help="txt, lrc, srt, vtt, sbv, ass, ttml or json"
    )
    lyrics.add_argument("--encoding", metavar="NAME", help="of --give, if it is not Unicode")
    lyrics.add_argument("--format", choices=LYRICS_FORMATS, default="lrc", help="to take them in (lrc)")
    lyrics.add_argument("--out", type=Path, metavar="FILE", help="where to (default: print them)")

    up = words.add_parser("up", parents=[library], help="start the stack and keep it running until Ctrl-C")
    up.add_argument("--port", type=_port, metavar="N", help="default: the one it had before, or 4566")
    up.add_argument(
        "--web-port", type=_port, metavar="N", help="of the page; default: the one it had before, or 5173"
    )
    up.add_argument("--web-dist", type=Path, metavar="DIR", help="the built page (default: web/dist here)")

    docs = words.add_parser("docs", help="the API's page in a browser, served on 127.0.0.1 until Ctrl-C")
    docs.add_argument("--port", type=_port, metavar="N", default=8480, help="default: 8480")

    separate = words.add_parser("separate", help="stems only, without the stack")
    separate.add_argument("file", type=Path, metavar="FILE")
    separate.add_argument("-o", "--out", type=Path, metavar="DIR", required=True, help="where the stems go")
    separate.add_argument("--model", choices=(*MODELS, "htdemucs_6s"), default="auto")
    separate.add_argument(
        "--precision",
        choices=("f32", "bf16"),
        default="f32",
        help="bf16: faster where the CPU has it, less exact",
    )
    separate.add_argument(
        "--part", type=_part, metavar="K/N", help="only this part of the work, for `unplugd merge`"
    )
    separate.add_argument(
        "--checkpoints",
        type=Path,
        metavar="DIR",
        help="keep what is done there: the next run goes on from it",
    )

    merge = words.add_parser("merge", help="the stems of parts made apart (separate --part)")
    merge.add_argument("file", type=Path, metavar="FILE")
    merge.add_argument("parts", type=Path, nargs="+", metavar="PART", help="the folder of each part")
    merge.add_argument("-o", "--out", type=Path, metavar="DIR", required=True, help="where the stems go")

    evaluate = words.add_parser("evaluate", help="how far stems are from the true ones: SDR, SI-SDR, bleed")
    evaluate.add_argument(
        "references", type=Path, metavar="REFS", help="a folder of true stems, or a folder of such folders"
    )
    evaluate.add_argument(
        "estimates", type=Path, nargs="?", metavar="ESTIMATES", help="the same of stems to compare with them"
    )
    evaluate.add_argument("--model", metavar="M", help="make the stems to compare with this model instead")
    evaluate.add_argument("--precision", choices=("f32", "bf16"), default="f32", help="of --model")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="the figures for programs")

    reset = words.add_parser("reset", parents=[library], help="delete the local library")
    reset.add_argument("--yes", action="store_true", help="do not ask")

    redrive = words.add_parser(
        "redrive", parents=[library], help="send dead letters back to where they failed"
    )
    redrive.add_argument(
        "--aws", metavar="ENV", help="of a deployment on AWS: dev or prod (your AWS credentials)"
    )
    redrive.add_argument("--app", default="unplugd", metavar="NAME", help="its AppName (default: unplugd)")

    aws_words.add(words)

    models = words.add_parser("models", help="fetch the weights of better engines (make models does it all)")
    models.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help="htdemucs_ft, htdemucs, base, small, …; default: htdemucs_ft base",
    )
    models.add_argument(
        "--from", dest="source", type=Path, metavar="DIR", help="take them from a folder; no NAME: all in it"
    )
    models.add_argument("--hub", action="store_true", help="demucs from the model hub, not from its own host")
    models.add_argument(
        "--lyrics", metavar="NAME", help="only this Whisper; a failure is a sentence (what the set-up calls)"
    )
    models.add_argument("--verify", action="store_true", help="hash what is here again")
    models.add_argument("--list", action="store_true", help="say what is here")

    doctor = words.add_parser("doctor", parents=[library], help="what this machine has, and what would help")
    doctor.add_argument("--json", action="store_true", help="for programs")
    return parser


def _part(text: str) -> Part:
    from ml.separation import Part

    try:
        return Part.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return int(text)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does: by unwinding, so that the stack is stopped."""
    raise KeyboardInterrupt


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())
    if type(error).__module__.startswith(("cli.", "local.", "ml")) and text:
        return text
    if isinstance(error, OSError) and error.strerror:
        named = f" {error.filename}" if error.filename else ""
        return f"The system refused{named}: {error.strerror}."
    return f"Something unexpected went wrong ({type(error).__name__}: {text}); UNPLUGD_DEBUG=1 shows where."


def _fail(sentence: str, code: int) -> int:
    sys.stdout.flush()
    print(sentence, file=sys.stderr, flush=True)
    return code
