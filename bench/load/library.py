"""A library of ten thousand songs: what reading a page of it costs."""

from __future__ import annotations

import json
from typing import Any

from tests.chaos.world import PREFIX, World

SONGS = 10_000
LIMIT = 50


def scanned_per_page(world: World) -> int:
    """The most rows that a Query read for a page of 50, with and without a status, 20 pages deep; and each page was one
    Query. The API is asked; what DynamoDB says it read (ScannedCount) is written down."""
    with world.guest("collector") as guest:
        _fill(world, guest.user_id)
        note = world.folder / "note-queries"
        note.write_text(guest.user_id)
        pages = 0
        for query in (f"/songs?limit={LIMIT}", f"/songs?limit={LIMIT}&status=COMPLETED"):
            cursor = ""
            for _ in range(20):
                status, page = guest.call("GET", query + (f"&cursor={cursor}" if cursor else ""))
                assert status == 200 and len(page["data"]) == LIMIT, (status, len(page.get("data", [])))
                cursor, pages = page["nextCursor"], pages + 1
        note.unlink()
        read = [json.loads(line) for line in (world.folder / "queries.jsonl").read_text().splitlines()]
    assert len(read) == pages, f"{len(read)} Queries for {pages} pages"
    return max(int(one["scanned"]) for one in read)


def _fill(world: World, owner: str) -> None:
    table = world.client("dynamodb")
    for start in range(0, SONGS, 25):
        rows = [{"PutRequest": {"Item": _row(owner, number)}} for number in range(start, start + 25)]
        table.batch_write_item(RequestItems={f"{PREFIX}-songs": rows})


def put_row(world: World, owner: str, number: int) -> str:
    """A complete song's row, without its files; its id."""
    row = _row(owner, number)
    world.client("dynamodb").put_item(TableName=f"{PREFIX}-songs", Item=row)
    return str(row["songId"]["S"])


def _row(owner: str, number: int) -> dict[str, Any]:
    song = f"01J9ZQ4X5V{number:016}"
    at = "2026-01-31T08:15:00.000Z"
    text = {
        "userId": owner,
        "songId": song,
        "status": "COMPLETED",
        "statusSongId": f"COMPLETED#{song}",
        "title": f"Song {number}",
        "searchText": f"song {number}",
        "uploadedAt": at,
        "updatedAt": at,
        "completedAt": at,
        "model": "auto",
        "lyricsModel": "base",
        "lyricsStatus": "INSTRUMENTAL",
        "originalFormat": "wav",
        "contentType": "audio/wav",
        "s3Key": f"uploads/{owner}/{song}/song.wav",
    }
    numbers = {"attempt": 1, "seq": 5, "fileSizeBytes": 9644, "durationSec": 0.6, "progress": 100}
    return {name: {"S": value} for name, value in text.items()} | {
        k: {"N": str(v)} for k, v in numbers.items()
    }
