"""The measure stage: the stems of a finished song in, measurements.json out. It runs in the demucs image."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from audiofile.measuring import ENGINE_VERSION, version_of
from task.demucs_stage import MEASUREMENTS
from task.manifest import Manifest, intact, wav
from task.objects import Missing, to_json
from task.outcomes import BadInput, Temporary
from task.shell import Job

_SPARE_BYTES = 64 << 20
_GONE = BadInput("STEMS_MISSING", "The stems of this song are no longer there, so it cannot be measured.")
_FETCHED = 0.3  # of the stage's time, about: the rest is measuring, which says nothing of how far it is


class Measure(Protocol):
    """ml.analysis.measure_song."""

    def __call__(self, source: Mapping[str, Path], *, stop: Any, warn: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class MeasureStage:
    """See task.shell.Stage. It changes nothing but measurements.json and what the manifest says of that file."""

    measure: Measure
    name: str = "measure"
    own: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    message: str = "Measuring the song"

    def is_done(self, job: Job, manifest: Manifest) -> bool:
        """Whether this engine, or a newer one, has measured these stems."""
        if MEASUREMENTS not in manifest.files or not intact(manifest, [MEASUREMENTS], job.folder, job.log):
            return False
        return version_of(job.folder.read_json(MEASUREMENTS)) >= ENGINE_VERSION

    def work(self, job: Job, manifest: Manifest | None, /) -> Manifest:
        """Measure the stems. Raises BadInput where some are missing, Temporary where not one measure came out (what was
        measured before stays), Stopped."""
        if manifest is None or not manifest.lists_stems():
            raise _GONE
        stems = _fetch(job, manifest)
        began = time.monotonic()
        measured = self.measure(stems, stop=job.stop, warn=job.log.warning)
        values = [value for name, value in measured.items() if name != "version"]
        if all(isinstance(value, Mapping) and "error" in value for value in values):
            raise Temporary("Nothing of the song could be measured")
        job.log.info("The song is measured", seconds=round(time.monotonic() - began, 1))
        file = job.work / MEASUREMENTS
        file.write_bytes(to_json(_of_the_song(measured, manifest.separation or {})))
        return replace(manifest, files={**manifest.files, MEASUREMENTS: job.folder.upload(file)})

    def tidy(self, job: Job) -> None:
        """It leaves nothing behind."""


def _fetch(job: Job, manifest: Manifest) -> dict[str, Path]:
    """The stems' WAVs by name."""
    names = manifest.stems
    job.require_space(sum(manifest.files[wav(stem)].bytes for stem in names) + _SPARE_BYTES)
    fetched = {}
    for done, stem in enumerate(names):
        job.report(_FETCHED * done / len(names))
        fetched[stem] = job.work / wav(stem)
        try:
            job.folder.download(wav(stem), fetched[stem])
        except Missing as error:
            raise _GONE from error
    job.report(_FETCHED)
    return fetched


def _of_the_song(measured: Mapping[str, Any], separation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The measurements with the song's own loudness. The original is gone, and the stems add up to the song at the gain
    that kept them from clipping."""
    loudness, gain = measured.get("loudness"), separation.get("gain")
    if not isinstance(loudness, Mapping) or not isinstance(gain, int | float) or not 0 < gain <= 1:
        return measured
    louder_db = -20 * math.log10(gain)
    levels = {
        name: round(level + louder_db, 2)
        for name in ("integrated", "truePeak")
        if isinstance(level := loudness.get(name), int | float)
    }
    return {**measured, "loudness": {**loudness, **levels}}
