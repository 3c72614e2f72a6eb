"""Prints the samples of a take: `python take-pcm.py TAKE.flac`, 16 bit, as they lie in a WAV."""

import sys

import av

with av.open(sys.argv[1]) as take:
    for frame in take.decode(audio=0):
        sys.stdout.buffer.write(bytes(frame.planes[0])[: frame.samples * 2 * len(frame.layout.channels)])
