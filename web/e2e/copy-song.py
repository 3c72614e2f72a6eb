"""Copy finished songs from one user to another: python web/e2e/copy-song.py DATA_FOLDER.

Reads one JSON object a line, {"from": user id, "song": song id, "to": user id}, and answers each with a line, the id of
the copy. A copy is the song's row and its files under the other user's prefix, so that a test gets a finished song
without a separation. The original upload is not copied: the pipeline deletes it when a song is finished.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO), str(REPO / "functions")]

from local.datadir import REGION, DataDir  # noqa: E402 (the repository is no installed package)
from local.stack import Endpoint  # noqa: E402
from unplugd.domain import files  # noqa: E402
from unplugd.kernel.ids import new_song_id  # noqa: E402


class Copier:
    """Copies songs within one running stack, as its administrator."""

    def __init__(self, folder: Path) -> None:
        session = json.loads((folder / "session.json").read_text())
        keys = DataDir(folder).keys()
        port = int(session["url"].rpartition(":")[2])
        stack = Endpoint(
            session["url"], port, REGION, keys.access_key, keys.secret_key, folder, session["pid"]
        )
        outputs = session["outputs"]
        self._table, self._bucket = outputs["SongsTableName"], outputs["OutputBucketName"]
        self._dynamodb, self._s3 = stack.client("dynamodb"), stack.client("s3")

    def copy(self, owner: str, song: str, to: str) -> str:
        """Copy a finished song to the user `to`; return the copy's song id."""
        copy = new_song_id()
        source = files.output_prefix(owner, song)
        target = files.output_prefix(to, copy)
        # Files first: from the row's moment on the song is in the library.
        for item in self._s3.list_objects_v2(Bucket=self._bucket, Prefix=source)["Contents"]:
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=target + item["Key"].removeprefix(source),
                CopySource={"Bucket": self._bucket, "Key": item["Key"]},
            )
        key = {"userId": {"S": owner}, "songId": {"S": song}}
        row = json.dumps(self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)["Item"])
        self._dynamodb.put_item(
            TableName=self._table, Item=json.loads(row.replace(owner, to).replace(song, copy))
        )
        return copy


def main() -> None:
    copier = Copier(Path(sys.argv[1]))
    for line in sys.stdin:
        wish = json.loads(line)
        sys.stdout.write(copier.copy(wish["from"], wish["song"], wish["to"]) + "\n")
        sys.stdout.flush()


main()
