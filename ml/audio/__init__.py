"""Audio files in and out: decode anything to one clock, write WAV, peaks and hashes.

Everything downstream of here sees blocks of float32, shape (frames, 2), at SAMPLE_RATE, full scale 1.0.
"""

SAMPLE_RATE = 44_100
"""Frames a second of every block, stem and peak (Hz)."""

CHANNELS = 2
"""Channels of every block and stem."""


class BadAudio(Exception):
    """The input is not audio we can use. The message is one sentence its owner can act on."""
