"""What each call takes and answers, by the name of its function."""

from __future__ import annotations

from dataclasses import dataclass, field

from lyricsfile.registry import FORMATS
from reference import practice
from reference.bulk import FILE_NAME
from reference.capture import WINDOW_INDEX
from reference.schemas import SONG_ID
from reference.shapes import Schema
from unplugd.account.service import PRACTICE_CURSOR_PATTERN, ROWS_CURSOR_PATTERN, SESSION_CURSOR
from unplugd.domain.song import MAX_TEXT, Status
from unplugd.kernel import errors
from unplugd.kernel.ids import SONG_ID_PATTERN
from unplugd.lyrics.rules import VERSIONS
from unplugd.songs.rules import DEFAULT_LIMIT, MAX_LIMIT, RANGE_PATTERN


@dataclass(frozen=True)
class Operation:
    """A call, with what its handler's name and route do not show."""

    answers: dict[int, str]  # status → schema
    body: str | None = None  # schema
    may_lack_body: bool = False
    form: str | None = None  # schema of a multipart body
    refusals: tuple[type[errors.AppError], ...] = ()  # besides those that every call has
    notes: str = ""
    query: dict[str, Schema] = field(default_factory=dict)
    required_query: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # content types that 200 can also have


_CURSOR: Schema = {"type": "string", "description": "`nextCursor` of the previous page."}


def _range(unit: str) -> Schema:
    return {
        "type": "string",
        "pattern": f"^({RANGE_PATTERN})?$",
        "description": f"{unit} `120`, `120-130`, `120-` or `-130`; both ends count.",
    }


# A song's id; or, behind the songs, a recording's, or the key of a row of the measure queue or of practice.
_ROWS = f"{ROWS_CURSOR_PATTERN}|{PRACTICE_CURSOR_PATTERN}"
EXPORT_CURSOR = f"{SONG_ID['pattern']}|^{SESSION_CURSOR}({SONG_ID_PATTERN})?$|^({_ROWS})$"

# The generator fails for a call that is missing here, and for a query parameter that the handler does not know.
OPERATIONS: dict[str, Operation] = {
    "list_songs": Operation(
        {200: "SongPage"},
        notes="A cursor is valid for the same caller and filter only. A call with q, bpm, key or length reads at most "
        "1,000 rows: its page can be short, or empty, and still have a nextCursor. Songs without the "
        "figure are left out.",
        query={
            "status": {"type": "string", "enum": [str(one) for one in Status]},
            "q": {"type": "string", "maxLength": MAX_TEXT, "description": "Text in title or artist."},
            "bpm": _range("Beats a minute."),
            "key": {
                "type": "string",
                "description": "`8A` or `A minor`; with `~` in front also the keys that mix well with it: a "
                "fifth up or down, and the relative key.",
            },
            "length": _range("Seconds."),
            "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            "cursor": _CURSOR,
        },
    ),
    "get_song": Operation({200: "UnfinishedSong | FinishedSong"}),
    "look_up_songs": Operation(
        {200: "SongsOfName"},
        refusals=(errors.NotFound,),
        query={"fileName": FILE_NAME | {"description": "With or without its path, in any case."}},
        required_query=("fileName",),
        notes="Of songs that were announced, imported or promised with a file name; the newest 100.",
    ),
    "get_download_links": Operation(
        {200: "DownloadPage"},
        query={"cursor": _CURSOR},
        notes="All songs, 20 a page; `mixUrl` is null and `stems` empty as long as there are none.",
    ),
    "update_song": Operation({200: "Song"}, body="SongChanges", refusals=(errors.Conflict,)),
    "delete_song": Operation(
        {200: "Deleted"},
        refusals=(errors.Conflict,),
        notes="409 while the song is QUEUED or PROCESSING: cancel it first.",
    ),
    "retry_song": Operation(
        {202: "Song"},
        refusals=(errors.Conflict, errors.QuotaUsed),
        notes="For a FAILED or CANCELLED song, or for failed lyrics. Finished stages are kept.",
    ),
    "cancel_song": Operation(
        {200: "Song", 202: "Song"}, refusals=(errors.Conflict,), notes="200 if the song is already cancelled."
    ),
    "list_presets": Operation({200: "Presets"}),
    "get_details": Operation(
        {200: "Details"},
        refusals=(errors.Conflict,),
        notes="What the file's tags say, once they were read (`readAt`). A person's album comes first.",
    ),
    "get_lyrics": Operation(
        {200: "Lyrics"},
        refusals=(errors.Conflict,),
        notes=(
            "As JSON, or with `format` as a file whose times include offset and nudges. 409 if the format needs times "
            "that these lyrics do not have yet."
        ),
        query={
            "format": {"type": "string", "enum": ["json", *FORMATS], "default": "json"},
            "version": {
                "type": "string",
                "enum": list(VERSIONS),
                "default": VERSIONS[0],
                "description": "`machine`: without a person's changes.",
            },
        },
        files=tuple(sorted({one.content_type.partition(";")[0] for one in FORMATS.values()})),
    ),
    "put_lyrics": Operation(
        {200: "Song"},
        body="LyricsChange",
        refusals=(errors.Conflict,),
        notes=(
            "Also before the file has arrived. Send one of `text`, `file`, `segments` and `revert`. Words without "
            "times are aligned by a run. 409 if `version` is not the current one."
        ),
    ),
    "get_measurements": Operation(
        {200: "Measurements"},
        refusals=(errors.Conflict,),
        notes="Every measure is present; null until something is known of it.",
    ),
    "put_measurement": Operation(
        {200: "Measurement"},
        body="MeasurementChange",
        refusals=(errors.Conflict,),
        notes="Sets the fields that are sent. They stay when the song is measured again, unless `lock` is false. 409 "
        "if the song is not complete.",
    ),
    "delete_measurement": Operation(
        {200: "Measurement"},
        refusals=(errors.Conflict,),
        notes="Removes what a person set. 409 if the song is not complete.",
    ),
    "create_measurement_job": Operation(
        {202: "NewCurrentJob | NewHistoricalJob"},
        body="NewMeasurementJob",
        refusals=(errors.PaymentRequired,),
        notes="The same request again is the same job and queues nothing twice. `current` is free; `historical` asks a "
        "service that costs money for each recording code (ISRC), and can answer 402.",
    ),
    "get_job": Operation({200: "Job"}),
    "create_session": Operation(
        {201: "Session"},
        body="NewSession",
        refusals=(errors.TooMany,),
        notes="A recording travels as windows of `windowSeconds`: WAV files that go straight to storage. Get a link "
        "for each, PUT it, then close the session.",
    ),
    "list_sessions": Operation(
        {200: "SessionPage"}, query={"cursor": _CURSOR | {"pattern": SONG_ID["pattern"]}}
    ),
    "get_session": Operation({200: "Session"}, refusals=(errors.Conflict,)),
    "update_session": Operation({200: "SessionSummary"}, body="SessionChanges", refusals=(errors.Conflict,)),
    "grant_audio": Operation(
        {200: "WindowLink"},
        body="AudioWindow",
        refusals=(errors.Conflict, errors.TooMany),
        query={"windowIndex": WINDOW_INDEX},
        required_query=("windowIndex",),
        notes="The link takes exactly this size, and the bytes of `sha256` if it is given (hexadecimal digits). It "
        "works once: a second PUT answers 412, and the window is there. 409 once the session is joined.",
    ),
    "grant_frames": Operation(
        {200: "WindowLink"},
        body="FramesWindow",
        refusals=(errors.Conflict, errors.TooMany),
        query={"windowIndex": WINDOW_INDEX},
        required_query=("windowIndex",),
        notes="JPEG pictures of a window, one after the other; only in a session with `audio_video`.",
    ),
    "close_session": Operation(
        {202: "SessionSummary"},
        body="SessionEnd",
        refusals=(errors.Conflict,),
        notes="Windows that are still on their way are taken; the session is joined once all were read, or a day after "
        "the last one came. The WebSocket says SESSION_READY.",
    ),
    "make_song": Operation(
        {202: "Song"},
        body="TakeSong",
        refusals=(errors.Conflict, errors.QuotaUsed),
        notes="Only once the session is READY; a song may have 10 minutes.",
    ),
    "delete_session": Operation({200: "Deleted"}, refusals=(errors.Conflict,)),
    "get_due": Operation(
        {200: "DueCards"},
        refusals=(errors.Conflict,),
        query={"limit": practice.LIMIT},
        notes="Due cards first, the oldest before, then new ones, within the day's limits. The answer does not say "
        "which songs they are: a client judges typed text by `answers`. A finished song becomes a card when "
        "this is asked; a long library becomes cards page by page. Right after an answer a card may still be "
        "listed.",
    ),
    "get_answer": Operation(
        {200: "CardAnswer | CardHint"},
        refusals=(errors.Conflict,),
        query={"part": practice.PART},
        notes="Notes that the answer was shown.",
    ),
    "grade_card": Operation(
        {200: "Card"},
        body="Grade",
        refusals=(errors.NotFound, errors.Conflict, errors.Changed),
        notes="The same `reviewId` again gets what it got the first time. The hints lower the best grade: 5 with "
        "drums alone, 4 with more stems, 3 with the voice, one less for each hint in words. A late answer is "
        "folded in where it belongs. 409 `changed` when another device was faster: look at `card`, and send "
        "the answer again.",
    ),
    "undo_review": Operation(
        {200: "Card"},
        body="CardOfReview",
        refusals=(errors.Conflict, errors.Changed),
        notes="Takes one answer back.",
    ),
    "update_card": Operation(
        {200: "Card"},
        body="CardChanges",
        refusals=(errors.Conflict,),
        notes="A suspended card is not asked; a buried one from that day on. `buriedUntil: null` digs it up.",
    ),
    "get_practice_settings": Operation({200: "PracticeSettings"}),
    "put_practice_settings": Operation(
        {200: "PracticeSettings"},
        body="PracticeChanges",
        refusals=(errors.Conflict,),
        notes="Fields that are not sent stay. Another scheduler folds every card's log again.",
    ),
    "get_practice_stats": Operation({200: "PracticeStats"}),
    "export_reviews": Operation(
        {200: "SheetPage"},
        query={"cursor": _CURSOR | {"pattern": SONG_ID["pattern"]}},
        notes="The answers that count, as CSV with the columns of Anki's `revlog` and five of our own. `cid` is the "
        "song's id. Join the pages to one file.",
    ),
    "import_reviews": Operation(
        {200: "SheetImport"},
        body="Sheet",
        refusals=(errors.Conflict,),
        notes="Needs the columns id, cid and ease; at most 2,000 rows and 1 MB. It may be sent again.",
    ),
    "create_upload": Operation(
        {201: "UploadLink"},
        body="NewUpload",
        refusals=(errors.UnsupportedType, errors.TooMany, errors.QuotaUsed),
        notes="Then PUT the file to `uploadUrl` with exactly the `headers` of the answer.",
    ),
    "create_uploads": Operation(
        {207: "UploadLinks"},
        body="NewUploads",
        notes="A result for each file, with the status that `POST /songs/upload-url` would have.",
    ),
    "import_songs": Operation(
        {207: "ImportedSongs"},
        body="FilesToImport",
        notes="200: the song that the file is already, also by its upload link; 201: a new one. The same `s3Key` again "
        "is the same song. A key outside your folder is 404.",
    ),
    "upload_song": Operation(
        {201: "Song"},
        form="SongForm",
        refusals=(errors.UnsupportedType, errors.TooMany, errors.QuotaUsed, errors.TooLarge),
        notes="For files of at most 4 MB; larger ones go to a link of `POST /songs/upload-url`.",
    ),
    "create_placeholder": Operation(
        {201: "Song"},
        body="NewPlaceholder",
        refusals=(errors.TooMany,),
        notes="It waits 30 days for `POST /songs/{songId}/upload-url`, and counts as a pending upload.",
    ),
    "renew_upload": Operation(
        {200: "UploadLink"},
        body="AnnouncedFile",
        may_lack_body=True,
        refusals=(errors.Conflict, errors.UnsupportedType, errors.QuotaUsed),
        notes="Only before the file has arrived. Without a body: for the file that was announced.",
    ),
    "get_usage": Operation(
        {200: "Usage"},
        notes="A song counts when its upload link is given, its minutes when it joins the queue, and again with each "
        "retry.",
    ),
    "export_account": Operation({200: "AccountPage"}, query={"cursor": _CURSOR | {"pattern": EXPORT_CURSOR}}),
    "delete_account": Operation(
        {200: "Deleted"}, notes="Deletes everything, immediately and permanently. Running songs are stopped."
    ),
}
