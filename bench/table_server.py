"""DynamoDB in memory, for several processes: moto behind HTTP, one call at a time, as its conditions need it.

`python -m bench.table_server` says its address, and serves until its standard input ends."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws

REGION = "us-east-1"
_JSON = "application/x-amz-json-1.0"


def main() -> None:
    """Serve."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write for each answer: else the client acknowledges the head late
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            status, answer = 200, dict[str, Any]()
            try:
                with one_at_a_time:
                    answer = getattr(db, xform_name(operation))(**asked)
            except ClientError as error:
                fault = error.response["Error"]
                status, answer = 400, {**error.response, "__type": fault["Code"], "message": fault["Message"]}
            answer.pop("ResponseMetadata", None)
            body = json.dumps(answer, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", _JSON)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """A worker that was killed hangs up: no news."""

    with mock_aws():
        db = boto3.Session("bench", "bench", region_name=REGION).client("dynamodb")
        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
