"""`unplugd evaluate`: how far stems are from the true ones, as a table and as JSON."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from cli.console import Console
from cli.separation import stoppable
from cli.songfile import Refused
from ml.evaluation import BadSongs, SongScore, StemScore, evaluate, evaluate_model
from ml.models.sources import in_order

_COLUMNS = {
    "sdr": "SDR",
    "sdr_median": "SDR 1 s",
    "si_sdr": "SI-SDR",
    "sdr_of_mix": "SDR of mix",
    "bleed": "bleed",
    "leakage": "leakage",
}
_LIMIT = 200.0
"""JSON has no infinity; no sound of 32 bits reaches this many dB."""


def run(
    references: Path, estimates: Path | None, model: str | None, *, precision: str, json_file: Path | None
) -> None:
    """Compare stems, or what a model makes of the true stems' mix, with the true stems."""
    if (estimates is None) == (model is None):
        raise Refused("Name either a folder of stems to compare, or --model to make them with.")
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise Refused(f"There is no folder {json_file.absolute().parent} for the figures.")
    console = Console()
    fault: BadSongs | None = None
    try:
        if estimates is not None:
            songs = evaluate(
                references, estimates, progress=lambda name: console.progress(f"Comparing {name}")
            )
        else:
            songs = _separated(references, model or "auto", precision, console)
    except BadSongs as error:
        if not error.scores:
            raise
        songs, fault = list(error.scores), error
    finally:
        console.close()
    for line in table(songs):
        console.say(line)
    if json_file is not None:
        json_file.write_text(json.dumps(document(songs), indent=2, allow_nan=False) + "\n")
    if fault is not None:  # reported last, with exit status 1
        raise fault


def _separated(references: Path, model: str, precision: str, console: Console) -> list[SongScore]:
    from cli.models import model_folder

    with stoppable(console) as stop:
        return evaluate_model(
            references,
            model,
            models=model_folder(),
            precision=precision,
            progress=lambda name, fraction: console.progress(f"Separating {name}", fraction),
            stop=stop,
        )


def table(songs: Sequence[SongScore]) -> Iterator[str]:
    """The lines of a table, all figures in dB; after several songs their medians."""
    for song in songs:
        yield f"{song.name} ({song.seconds:.1f} s, {song.windows} windows)"
        yield from _rows(song.stems)
        yield from song.notes
        yield ""
    if len(songs) > 1:
        yield f"Median of {len(songs)} songs"
        yield from _rows(medians(songs))
        yield ""
    yield "In dB; what each figure is: docs/evaluation.md."


def document(songs: Sequence[SongScore]) -> dict[str, object]:
    """The same for programs: null where a figure is not defined, and nothing beyond ±200 dB."""

    def figures(stems: Mapping[str, StemScore]) -> dict[str, dict[str, float | None]]:
        return {
            name: {key: _finite(value) for key, value in asdict(stem).items()} for name, stem in stems.items()
        }

    listed = [
        {
            "name": song.name,
            "seconds": round(song.seconds, 3),
            "windows": song.windows,
            "notes": list(song.notes),
            "stems": figures(song.stems),
        }
        for song in songs
    ]
    return {"unit": "dB", "songs": listed, "median": figures(medians(songs))}


def medians(songs: Sequence[SongScore]) -> dict[str, StemScore]:
    """Each figure's median over the songs for which it is defined."""

    def median(stem: str, key: str) -> float | None:
        scores = (song.stems[stem] for song in songs if stem in song.stems)
        values = [value for score in scores if (value := getattr(score, key)) is not None]
        return statistics.median(values) if values else None

    stems = in_order(stem for song in songs for stem in song.stems)
    return {stem: StemScore(**{f.name: median(stem, f.name) for f in fields(StemScore)}) for stem in stems}


def _rows(stems: Mapping[str, StemScore]) -> Iterator[str]:
    yield " " * 8 + "".join(f"{title:>12}" for title in _COLUMNS.values())
    for name, stem in stems.items():
        yield f"{name:<8}" + "".join(f"{_shown(getattr(stem, key)):>12}" for key in _COLUMNS)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _finite(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return round(max(-_LIMIT, min(_LIMIT, value)), 4)
