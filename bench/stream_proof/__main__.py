"""Prove in a real browser that stems can be streamed in windows: python -m bench.stream_proof [--song FILE].

Encodes a song in every candidate encoding, serves them on 127.0.0.1, lets headless Chromium (or Firefox) decode each
whole and in windows, and prints the table docs/decisions/0003-streamable-encoding.md quotes. Exits 1 if the chosen
encoding's windows are not exact, or not where the formula says. Uses no network. With `--browser wait` it starts none
and prints the address to open by hand: Safari, or any browser without a headless mode.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from bench.stream_proof.encodings import Encoded, Samples, encode_all
from ml.audio import SAMPLE_RATE, stream
from ml.audio.decode import decode

PAGE = Path(__file__).with_name("page.html")
CHROMIUM = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
ONE_STEP = 1.01 / 32_767  # Firefox decodes MP3 to 16 bits: a window may round one step differently
TIMEOUT_S = 240
STEMS = 4
BY_HAND = "wait"


def synthetic_song(seconds: float = 40.0) -> Samples:
    """Chords, drum hits, silence: enough for every part of a codec, and no correlation at a wrong lag."""
    rng = np.random.default_rng(1)
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * hz * t * (1 + 0.01 * np.sin(t))) for hz in (110, 220.5, 331, 1403))
    hits = rng.standard_normal(len(t)) * np.exp(-((t * 2) % 1) * 12)
    song = (
        np.stack((tones * 0.1 + hits * 0.3, tones * 0.12 - hits * 0.2), axis=1)
        * (np.sin(t / 3) > -0.99)[:, None]
    )
    return (song * 20_000).clip(-32_768, 32_767).astype(np.int16)


def read_song(path: Path) -> Samples:
    """A file, as a stem's samples."""
    song = np.concatenate(list(decode(path)))
    return (song / max(1.0, float(np.abs(song).max())) * 32_767).astype(np.int16)


def in_browser(browser: str, samples: Samples, encodings: list[Encoded]) -> dict[str, Any]:
    """Serve, let the browser measure, return what it posted."""
    wav = (samples[:, 0] / np.float32(32_768)).astype("<f4").tobytes()
    plans = [encoded.plan(f"encoded/{i}") for i, encoded in enumerate(encodings)]
    files = {
        "/": PAGE.read_bytes(),
        "/wav": wav,
        "/plans.json": json.dumps({"plans": plans, "wavUrl": "wav"}).encode(),
        **{f"/encoded/{i}": encoded.data for i, encoded in enumerate(encodings)},
    }
    posted: list[dict[str, Any]] = []
    arrived = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html" if self.path == "/" else "application/octet-stream")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    if browser == BY_HAND:
        print(f"open {url}", flush=True)  # noqa: T201 (a command's output)
        arrived.wait()
        return posted[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        if "firefox" in browser:
            command = [browser, "--headless", "--no-remote", "--profile", profile, url]
        else:
            command = [browser, *CHROMIUM, f"--user-data-dir={profile}", "--remote-debugging-port=0", url]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=quiet, stderr=quiet)  # noqa: S603 (the browser the caller named)
        try:
            if not arrived.wait(TIMEOUT_S):
                raise SystemExit(f"{browser} posted nothing within {TIMEOUT_S} s")
        finally:
            process.terminate()
            process.wait(20)
            server.shutdown()
    return posted[0]


def table(answer: dict[str, Any], encodings: list[Encoded], seconds: float) -> list[str]:
    """Markdown rows: size and CPU for four stems, offset to the WAV, window error by preroll."""
    rows = [
        f"{answer['agent']}, {seconds:.0f} s song",
        "",
        "| encoding | 4 stems, Mbit/s | encode CPU, 4 stems, s | offset to WAV, samples "
        "| max diff window/whole at preroll 0 / 1 / 2 / 3 units | shift, samples | window decode, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for encoded, result in zip(encodings, answer["results"], strict=True):
        size = f"{len(encoded.data) * 8 * STEMS / seconds / 1e6:.2f}"
        cpu = f"{encoded.encode_cpu_s * STEMS:.1f}"
        if "error" in result:
            rows.append(f"| {encoded.name} | {size} | {cpu} | {result['error']} | | | |")
            continue
        diffs = " / ".join(_worst(result, preroll) for preroll in range(4))
        good = [w for w in result["windows"] if "error" not in w]
        shifts = sorted({w["shift"] for w in good if w["preroll"] >= 1})
        ms = max((w["ms"] for w in good), default=float("nan"))
        rows.append(
            f"| {encoded.name} | {size} | {cpu} | {result['offset']} | {diffs} | {shifts} | {ms:.0f} |"
        )
    return rows


def _worst(result: dict[str, Any], preroll: int) -> str:
    windows = [w for w in result["windows"] if w["preroll"] == preroll]
    if any("error" in w for w in windows):
        return "refused"
    return f"{max(w['diff'] for w in windows):.1g}"


def chosen_holds(result: dict[str, Any]) -> bool:
    """Whether the chosen encoding decodes in windows exactly, at one known offset, in this browser."""
    if "error" in result:
        return False
    windows = [w for w in result["windows"] if w["preroll"] == stream.PREROLL_FRAMES]
    exact = all(
        "error" not in w and w["diff"] <= ONE_STEP and w["missing"] == 0 and w["shift"] == 0 for w in windows
    )
    return exact and result["offset"] == stream.DELAY_SAMPLES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--song", type=Path, help="measure with this file (default: a synthetic song)")
    parser.add_argument(
        "--browser", help="chromium, google-chrome, firefox, or wait (default: the first found)"
    )
    arguments = parser.parse_args()
    names = (
        [arguments.browser] if arguments.browser else ["chromium", "google-chrome", "firefox-esr", "firefox"]
    )
    browser = BY_HAND if BY_HAND in names else next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        parser.error(f"none of these browsers is here: {', '.join(names)}")
    samples = read_song(arguments.song) if arguments.song else synthetic_song()
    encodings = encode_all(samples)
    answer = in_browser(browser, samples, encodings)
    print("\n".join(table(answer, encodings, len(samples) / SAMPLE_RATE)))  # noqa: T201 (a command's output)
    return 0 if chosen_holds(answer["results"][0]) else 1


if __name__ == "__main__":
    sys.exit(main())
