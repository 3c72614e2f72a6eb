"""What is accepted: file names, content types, sizes and lengths, and the verdict on a probed file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from audiofile import FORMATS, MAX_BYTES, MAX_SECONDS, MIN_SECONDS, SILENCE_PEAK
from unplugd.domain.names import last_part
from unplugd.uploads.model import Probe

UNCHECKED_AFTER = timedelta(minutes=3)  # the validator may take two minutes, and is usually done in seconds
# What a day of trying did not bring through needs mending and a redrive; most older originals are of failed songs.
SWEPT_FOR = timedelta(hours=25)
SWEPT_EACH = timedelta(minutes=5)  # the schedule in templates/uploads.yaml
MAX_PENDING = 500  # uploads that one person may have announced and not sent
UPLOAD_TTL_S = 24 * 3600  # a promised file that never arrives is forgotten after a day
PLACEHOLDERS_KEPT = timedelta(days=30)  # a song without a file
ORIGINALS_KEPT = timedelta(days=8)  # the uploads bucket's lifecycle rule in templates/storage.yaml
_ENDINGS = re.compile(
    rf"(?<=.)(\.({'|'.join(suffix for form in FORMATS.values() for suffix in form.suffixes)}|stem))+$",
    re.IGNORECASE,
)
_MAX_NAME_BYTES = 120  # of an S3 key's 1,024, most of which the ids and prefixes do not need


def safe_file_name(name: str) -> str:
    """A name that is safe as the last part of a key, a header or a file: no path, no control or reserved characters.

    Letters of any script stay. An empty result becomes `song`."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Letters, numbers and the marks that belong to letters (an Indic vowel sign is one), of any script.
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" or c in "._-" else "_" for c in last)
    stem, dot, suffix = re.sub(r"_+", "_", kept).strip("._").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    suffix = suffix[:8]
    room = _MAX_NAME_BYTES - len(suffix.encode()) - 1
    stem = stem.encode()[:room].decode(errors="ignore").strip("._") or "song"
    return f"{stem}.{suffix}" if suffix else stem


def title_from_file_name(name: str) -> str:
    """What to call a song that has no title: its file name without path and without the endings of audio files."""
    last = last_part(name)
    stem = _ENDINGS.sub("", last).rstrip(". ") or last
    return " ".join(re.sub(r"[_\x00-\x1f]+", " ", stem).split())[:200] or "Untitled"


def content_type_of(name: str) -> str:
    """The content type by a file name's ending; `application/octet-stream` for one that is not known."""
    ending = name.rpartition(".")[2].lower()
    known = (form.content_type for form in FORMATS.values() if ending in form.suffixes)
    return next(known, "application/octet-stream")


@dataclass(frozen=True)
class Refusal:
    """Why a file is refused: the stored code and a sentence for its owner."""

    code: str
    message: str


TOO_LARGE = Refusal(
    "TOO_LARGE",
    f"The file is larger than {MAX_BYTES // 1024**2} MB. Upload a compressed copy (mp3, m4a or flac).",
)
UNSUPPORTED = Refusal(
    "UNSUPPORTED_FORMAT",
    "This is not an audio file we can read. Upload an mp3, wav, m4a, flac, ogg or opus file.",
)
VIDEO = Refusal("UNSUPPORTED_FORMAT", "This is a video. Export its sound as m4a or mp3 and upload that.")
CHANNELS = Refusal(
    "UNSUPPORTED_FORMAT", "The file has more than eight channels. Export it in stereo and upload that."
)
CORRUPT = Refusal(
    "CORRUPT_AUDIO", "The file is damaged or incomplete. Export it again and upload the new file."
)
TOO_LONG = Refusal(
    "TOO_LONG", f"The song is longer than {MAX_SECONDS / 60:g} minutes. Cut it into shorter parts."
)
TOO_SHORT = Refusal("TOO_SHORT", f"The song is shorter than {MIN_SECONDS:g} seconds.")
SILENT = Refusal("SILENT_AUDIO", "The file holds only silence. Check the export and upload it again.")
_BY_FAULT = {
    "unsupported": UNSUPPORTED,
    "video": VIDEO,
    "channels": CHANNELS,
    "corrupt": CORRUPT,
    "too_long": TOO_LONG,
}


def is_unchecked(age: timedelta) -> bool:
    """Whether an upload of this age that was not checked yet is announced again: with each sweep in its first hour,
    then once an hour. A file that breaks the validator must not fill its dead-letter queue."""
    return age > UNCHECKED_AFTER and (age < timedelta(hours=1) or age % timedelta(hours=1) < SWEPT_EACH)


def judge(probe: Probe) -> Refusal | None:
    """The verdict on a probed file; None when it is a song."""
    if probe.fault:
        return _BY_FAULT[probe.fault]
    if probe.duration_s > MAX_SECONDS:
        return TOO_LONG
    if probe.duration_s < MIN_SECONDS:
        return TOO_SHORT
    if probe.peak < SILENCE_PEAK:
        return SILENT
    return None
