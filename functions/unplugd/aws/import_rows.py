"""Which song was made of a file that an administrator had put into a person's folder: one row for each such key, in the
partition of what the person used (aws/usage.py), so that a key that is imported twice is one song."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from unplugd.aws import rows
from unplugd.aws.table import Table, attr
from unplugd.aws.usage import USED

# Step Functions keeps the name of an execution for 90 days.
_IDS_KEPT_S = 100 * 24 * 3600
_DOING = "import the file"


class ImportRows:
    """The rows `#used#{user id}`, `import#…` of `{app}-{env}-songs`."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table, "userId", "songId")

    def find(self, owner: str, file_key: str) -> tuple[str, int] | None:
        """The song that this file is or becomes, and when (Unix seconds) that was decided."""
        row = self._table.get(*_place(owner, file_key), doing=_DOING)
        values, problems = rows.read(row or {}, song=rows.text, claimedAt=rows.whole_number)
        return None if problems else (values["song"], values["claimedAt"])

    def claim(
        self, owner: str, file_key: str, song_id: str, *, now: int, ttl: int, instead_of: str | None
    ) -> bool:
        """Note that this file becomes the song `song_id`; False when another call was first. `instead_of`: the song
        that was noted before, and is gone."""
        user_id, place = _place(owner, file_key)
        new = {"song": song_id, "claimedAt": now, "ttl": ttl}
        if instead_of is None:
            return self._table.put_if_absent({"userId": user_id, "songId": place, **new}, doing=_DOING)
        when = attr("song").eq(instead_of)
        return self._table.change(user_id, place, changes=new, when=when, doing=_DOING) is not None

    def reserve_id(self, owner: str, song_id: str) -> bool:
        """Keep an id that a person chose from all others; whether they may use it. Its row does not name them."""
        whose = hashlib.sha256(f"{song_id}#{owner}".encode()).hexdigest()
        ttl = int(time.time()) + _IDS_KEPT_S
        row = {"userId": "#ids", "songId": song_id, "whose": whose, "ttl": ttl}
        found = self._table.put_or_find(row, doing=_DOING)
        return found is None or rows.read(found, whose=rows.text)[0].get("whose") == whose

    def release(self, owner: str, file_key: str, song_id: str) -> None:
        """The song was not made: the next call begins again."""
        self._table.delete_if(*_place(owner, file_key), when=attr("song").eq(song_id), doing=_DOING)


def _place(owner: str, file_key: str) -> tuple[str, str]:
    return f"{USED}{owner}", "import#" + hashlib.sha256(file_key.encode()).hexdigest()
