"""`make bench-lyrics`: alignment error of known words, and what the stage adds to plain faster-whisper."""
