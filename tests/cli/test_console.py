"""Progress: one line that moves on a terminal, a few that stay everywhere else."""

import io

from cli import journey
from cli.client.realtime import Event
from cli.console import Console


class Terminal(io.StringIO):
    """An output with an encoding, as terminals have."""

    def __init__(self, encoding="utf-8"):
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self):
        return self._encoding


def test_plain_output_has_a_line_per_quarter():
    out = io.StringIO()
    console = Console(out, live=False)
    for percent in range(0, 101, 2):
        console.progress("Separating", percent / 100)
    console.progress("Writing", None, "soon")
    console.progress("Writing", None, "soon")
    console.say("done")
    lines = out.getvalue().splitlines()
    assert lines == [*(f"Separating {p} %" for p in (0, 26, 50, 76, 100)), "Writing (soon)", "done"]


def test_a_terminal_has_one_line_per_label():
    out = Terminal()
    console = Console(out, live=True)
    for fraction in (0.0, 0.5, 1.0):
        console.progress("Separating", fraction)
    console.progress("Writing", 0.1, "3 s left")
    console.say("done")
    lines = out.getvalue().split("\n")
    assert [line.rsplit("\r\x1b[2K", 1)[-1].split("  ")[0] for line in lines] == [
        "Separating",
        "Writing",
        "done",
        "",
    ]
    assert lines[0].endswith("[████████████████████████] 100 %")
    assert lines[1].endswith("10 %  3 s left")


def test_a_terminal_that_knows_no_blocks_gets_signs():
    out = Terminal("ascii")
    Console(out, live=True).progress("Separating", 0.5)
    assert out.getvalue().endswith("[############............]  50 %")


def test_a_line_never_wraps(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    out = Terminal()
    Console(out, live=True).progress("Separating the instruments", 0.5, "a long note")
    assert len(out.getvalue().rsplit("\x1b[2K", 1)[-1]) == 29


def test_a_fraction_out_of_bounds_is_brought_back():
    out = io.StringIO()
    console = Console(out, live=False)
    console.progress("a", -1.0)
    console.progress("b", 7.0)
    assert out.getvalue().splitlines() == ["a 0 %", "b 100 %"]


def test_events_read_as_a_story():
    out = io.StringIO()
    console = Console(out, live=False)
    for kind, details in (
        ("QUEUED", {"position": 3}),
        ("QUEUED", {"position": 1}),
        ("PROCESSING_STARTED", {}),
        ("PROGRESS", {"stage": "demucs", "progress": 40, "etaSec": 12}),
        ("PROGRESS", {"stage": "whisper", "progress": 100}),
        ("COMPLETED", {}),
    ):
        journey.show(Event(kind, "S", 1, details), console)
    assert out.getvalue().splitlines() == [
        "Waiting in the queue (place 3)",
        "Waiting in the queue (next)",
        "Processing has started",
        "Separating the instruments 40 % (12 s left)",
        "Writing the lyrics 100 %",
    ]


def test_the_result_is_described_with_its_limits(tmp_path):
    manifest = {"separation": {"model": "preview", "seconds": 3.24}}
    song = {"lyricsStatus": "FAILED", "lyricsReason": "The song's tags carry no words."}
    assert journey.describe(manifest, song, tmp_path) == [
        "Stems by preview in 3.2 s (the built-in separator).",
        "No lyrics, the stems are fine: The song's tags carry no words.",
    ]


def test_the_last_line_is_one_a_script_can_read(tmp_path):
    done = journey.Journey("01ARZ3NDEKTSV4RRFFQ69G5FAV", 0.2, tmp_path)
    assert done.last_line == f"COMPLETED 01ARZ3NDEKTSV4RRFFQ69G5FAV in 1 s -> {tmp_path}"
