"""Lyrics files as this project takes them: formats, encodings, lines and words with their times.

Two readers share this package: the API (unplugd.lyrics), and the lyrics stage (ml.lyrics), which meets the same formats
in the tags of songs. It imports nothing of ours and nothing that must be installed.
"""
