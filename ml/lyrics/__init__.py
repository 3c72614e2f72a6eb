"""Lyrics: what a song's tags say, and words with times for the vocal stem."""

from ml.lyrics.engines import write_lyrics
from ml.lyrics.tags import read_tag_lyrics

__all__ = ["read_tag_lyrics", "write_lyrics"]
