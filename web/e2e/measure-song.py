"""Write what was measured of a song, as a measurement does: python web/e2e/measure-song.py DATA_FOLDER USER SONG.

Reads the measures from standard input, as `measurements.json` holds them; null for a song that was never measured. The
song's row says that it was measured now. So a test knows a song's beats, key and chords, and can measure it again with
other results.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO), str(REPO / "functions")]

from local.datadir import REGION, DataDir  # noqa: E402 (the repository is no installed package)
from local.stack import Endpoint  # noqa: E402
from unplugd.aws.rows import to_attribute  # noqa: E402
from unplugd.domain import files, measurement  # noqa: E402
from unplugd.kernel.clock import to_iso  # noqa: E402

COLUMNS = {name: to_attribute(name) for name in measurement.figures({})}


def main(folder: Path, user: str, song: str) -> None:
    session = json.loads((folder / "session.json").read_text())
    keys = DataDir(folder).keys()
    port = int(session["url"].rpartition(":")[2])
    stack = Endpoint(session["url"], port, REGION, keys.access_key, keys.secret_key, folder, session["pid"])
    outputs = session["outputs"]
    measured = json.load(sys.stdin)
    table, key = outputs["SongsTableName"], {"userId": {"S": user}, "songId": {"S": song}}
    dynamodb = stack.client("dynamodb")
    if measured is None:
        gone = ", ".join(("measuredAt", *COLUMNS.values()))
        dynamodb.update_item(TableName=table, Key=key, UpdateExpression=f"REMOVE {gone}")
        return
    stack.client("s3").put_object(
        Bucket=outputs["OutputBucketName"],
        Key=files.measurements_key(user, song),
        Body=json.dumps({"version": "test", **measured}).encode(),
    )
    row = {"measuredAt": {"S": to_iso(datetime.now(UTC))}}
    for name, value in measurement.figures(measured).items():
        if value is not None:
            row[COLUMNS[name]] = {"S": value} if isinstance(value, str) else {"N": str(value)}
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in row),
        ExpressionAttributeNames={f"#{name}": name for name in row},
        ExpressionAttributeValues={f":{name}": value for name, value in row.items()},
    )


main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
