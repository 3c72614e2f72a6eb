"""What the calls of this room read of a body."""

from unplugd.domain.names import MAX_FILE_NAME
from unplugd.domain.song import LANGUAGE_PATTERN, LANGUAGE_SAYS, LYRICS_MODELS, MAX_TEXT, MODELS
from unplugd.edge.fields import Fields
from unplugd.uploads.promises import About, NewFile, NewUpload

FILES_AT_ONCE = 25
MAX_BODY_BYTES = 512 * 1024  # 25 files with the longest names that a file system has, and titles


def new_file(fields: Fields) -> NewFile:
    """The file that is announced."""
    return NewFile(
        file_name=fields.text("filename", max_length=MAX_FILE_NAME, required=True) or "",
        content_type=fields.text("contentType", max_length=200, required=True) or "",
        size_bytes=fields.integer("sizeBytes", at_least=1),
    )


def about(fields: Fields) -> About:
    """What is known of the song."""
    return About(
        title=fields.text("title", max_length=MAX_TEXT),
        artist=fields.text("artist", max_length=MAX_TEXT),
        language=fields.pattern("language", LANGUAGE_PATTERN, says=LANGUAGE_SAYS),
        model=fields.choice("model", MODELS, default="auto"),
        lyrics_model=fields.choice("lyricsModel", LYRICS_MODELS, default="auto"),
    )


def new_upload(fields: Fields) -> NewUpload:
    """A file and what is known of its song."""
    return new_file(fields), about(fields)
