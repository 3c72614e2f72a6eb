"""Draw docs/img/song.svg from what `make demo` left: four stems and the words, on one time line.

python docs/img/draw.py out/demo docs/img/song.svg
"""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 1200, 470
LEFT, RIGHT = 110, 24
ROW, TOP = 82, 62
WINDOW_S = 13.0
COLOURS = {"drums": "#f2b134", "bass": "#4fb477", "other": "#5aa9e6", "vocals": "#ef6f6c"}
LETTER_PX = 8.4  # width of a character at the words' size, to keep them apart


def main(folder: Path, target: Path) -> None:
    peaks = json.loads((folder / "peaks.json").read_text())
    lyrics = json.loads((folder / "lyrics.json").read_text())
    words = [word for segment in lyrics["segments"] for word in segment["words"]]
    start = max(0.0, words[0]["start"] - 0.8) if words else 0.0
    target.write_text(picture(peaks, words, start, start + WINDOW_S), encoding="utf-8")


def picture(peaks: dict[str, Any], words: list[dict[str, Any]], start: float, end: float) -> str:
    how = "with estimated times" if any(word.get("estimated") for word in words) else "with their times"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        ' font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif">',
        "<title>Four stems of the demo song and its timed words</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="14" fill="#14161c"/>',
        _text(LEFT, 36, f"song.mp3 → four stems, and its words {how}", "#e8e9ee", 19),
    ]
    # One scale for all rows, so that a quiet stem looks quiet.
    loudest = max(abs(value) for values in peaks["stems"].values() for value in values) or 1
    for row, (stem, colour) in enumerate(COLOURS.items()):
        middle = TOP + ROW * row + ROW / 2
        parts.append(_text(24, middle + 6, stem, colour, 18))
        parts.append(
            f'<path d="{_outline(peaks, stem, start, end, middle, loudest)}" fill="{colour}" fill-opacity="0.9"/>'
        )
    parts += _words(words, start, end)
    parts += _seconds(start, end)
    return "\n".join([*parts, "</svg>\n"])


def _x(time_s: float, start: float, end: float) -> float:
    return LEFT + (time_s - start) / (end - start) * (WIDTH - LEFT - RIGHT)


def _outline(peaks: dict[str, Any], stem: str, start: float, end: float, middle: float, loudest: int) -> str:
    """The stem's highest and lowest peaks in each column of two pixels, as one closed path."""
    pairs = peaks["stems"][stem]
    per_second = peaks["sampleRate"] / peaks["samplesPerPeak"]
    columns = (WIDTH - LEFT - RIGHT) // 2
    step = (end - start) / columns
    upper, lower = [], []
    for column in range(columns):
        first = int((start + column * step) * per_second)
        last = max(first + 1, int((start + (column + 1) * step) * per_second))
        lows, highs = pairs[2 * first : 2 * last : 2], pairs[2 * first + 1 : 2 * last : 2]
        scale = (ROW / 2 - 3) / loudest
        x = LEFT + column * 2
        upper.append(f"{x},{middle - max(highs, default=0) * scale - 0.5:.1f}")
        lower.append(f"{x},{middle - min(lows, default=0) * scale + 0.5:.1f}")
    return "M" + "L".join([*upper, *reversed(lower)]) + "Z"


def _words(words: list[dict[str, Any]], start: float, end: float) -> list[str]:
    """Each word where it begins; one that would cover its neighbour goes a line lower."""
    parts = []
    top = TOP + ROW * 4
    free = [0.0, 0.0]
    for word in words:
        if not start <= word["start"] <= end - 0.5:
            continue
        x = _x(word["start"], start, end)
        lane = 0 if x >= free[0] else 1
        free[lane] = x + len(word["word"].strip()) * LETTER_PX + 6
        y = top + 26 + lane * 22
        parts.append(f'<path d="M{x:.1f} {top - ROW + 6}V{y - 16}" stroke="#ef6f6c" stroke-opacity="0.45"/>')
        parts.append(_text(x - 2, y, word["word"].strip(), "#ffd9d8", 15))
    return parts


def _seconds(start: float, end: float) -> list[str]:
    y = HEIGHT - 14
    times = range(int(start) + 1, int(end) + 1)
    return [_text(_x(time, start, end), y, f"{time // 60}:{time % 60:02}", "#7d8190", 12) for time in times]


def _text(x: float, y: float, text: str, colour: str, size: int) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}">{escape(text)}</text>'


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python docs/img/draw.py FOLDER_OF_A_SONG PICTURE.svg")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
