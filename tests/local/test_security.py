"""Who may send the local stack which request: only this machine, this user, and the app's own page."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.gate import CLOSED_PREFIXES
from tests.local.conftest import ORIGIN, App

pytestmark = pytest.mark.stack

ADMIN = [
    ("POST", "/_ministack/reset"),
    ("POST", "/_ministack/config"),
    ("GET", "/_ministack/ses/messages"),
    ("GET", "/_ministack/sqs/messages"),
    ("GET", "/_ministack/sns/sms-messages"),
    ("GET", "/_ministack/lambda-code/tiny-item"),
    ("GET", "/_ministack/transfer/sftp-ports"),
    ("GET", "/_ministack/iot/ca.pem"),
    ("PUT", "/_ministack/cfn-response/x"),
    ("POST", "/_ministack/rds/iam-auth"),
    ("GET", "/_localstack/health"),
    ("GET", "/_MINISTACK/reset"),
    ("GET", "/oauth2/authorize"),
    ("POST", "/oauth2/token"),
    ("POST", "/login"),
    ("GET", "/logout"),
    ("GET", "/latest/meta-data/iam/security-credentials/x"),
    ("PUT", "/latest/api/token"),
    ("GET", "/v2/credentials/x"),
    ("GET", "/v4/x/task"),
    ("GET", "/v2/"),
    ("GET", "/v2/unplugd-dev-demucs/manifests/latest"),
    ("POST", "/v2/unplugd-dev-demucs/blobs/uploads/"),
    ("GET", "/_aws/lambda-url/x/"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_admin_and_introspection_are_closed(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 403
    assert answer.json()["error"] == "FORBIDDEN"


def test_health_is_open(http: httpx.Client) -> None:
    assert http.get("/_ministack/health").status_code == 200
    assert http.get("/_ministack/ready").status_code == 200


def test_every_closed_prefix_is_lower_case() -> None:
    # The comparison is with a lower-cased path.
    assert all(prefix == prefix.lower() for prefix in CLOSED_PREFIXES)


def test_listens_on_the_loopback_address_only(app: App) -> None:
    port = f"{app.endpoint.port:04X}"
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    assert [address for address in listening if address.endswith(f":{port}")] == [f"0100007F:{port}"]
    six = Path("/proc/net/tcp6")
    assert not six.exists() or f":{port} " not in six.read_text()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "localhost:1",
        "192.168.0.7:{port}",
        "",
    ],
)
def test_a_foreign_host_name_is_refused(app: App, http: httpx.Client, host: str) -> None:
    answer = http.get("/_ministack/health", headers={"Host": host.format(port=app.endpoint.port)})
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "tiny-files.localhost:{port}"])
def test_the_stacks_own_host_names_are_let_in(app: App, http: httpx.Client, host: str) -> None:
    answer = http.get("/_ministack/health", headers={"Host": host.format(port=app.endpoint.port)})
    assert answer.status_code == 200


def test_two_host_headers_are_refused(app: App) -> None:
    with socket.create_connection(("127.0.0.1", app.endpoint.port), timeout=60) as raw:
        hosts = f"Host: 127.0.0.1:{app.endpoint.port}\r\nHost: evil.example\r\n"
        raw.sendall(f"GET /_ministack/health HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        assert raw.recv(64).split()[1] in (b"400", b"403")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:5998", "https://localhost:5999"]
)
def test_a_page_of_another_origin_can_do_nothing(app: App, http: httpx.Client, origin: str) -> None:
    api = urlsplit(app.outputs["ApiUrl"]).path
    for method, path in [("POST", f"{api}/items/a"), ("GET", f"{api}/items/a"), ("OPTIONS", f"{api}/items/a"),
                         ("PUT", "/tiny-files/key"), ("POST", "/")]:  # fmt: skip
        answer = http.request(method, path, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_a_cross_site_write_without_an_origin_is_refused(http: httpx.Client) -> None:
    assert http.post("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_socket_from_another_origin_is_refused(app: App) -> None:
    url = app.outputs["WebSocketUrl"].replace("http://", "ws://")
    with pytest.raises(InvalidStatus) as refused, connect(url, origin="http://evil.example"):
        pass
    assert refused.value.response.status_code == 403
    with connect(url, origin=ORIGIN) as socket_:
        socket_.send("hello")


def test_the_apps_own_origin_gets_its_cors_answers(app: App, http: httpx.Client) -> None:
    api = urlsplit(app.outputs["ApiUrl"]).path
    preflight = http.options(
        f"{api}/items/a", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in preflight.headers["access-control-allow-methods"]
    bucket = http.options(
        "/tiny-files/key",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert bucket.status_code == 200
    assert bucket.headers["access-control-allow-origin"] == ORIGIN


KEYS = [("test", "test"), ("000000000000", "test"), ("AKIAAAAAAAAAAAAAAAAA", "x")]


@pytest.mark.parametrize("service", ["s3", "dynamodb", "sqs", "cloudformation", "iam", "sts", "lambda"])
@pytest.mark.parametrize("keys", [*KEYS, ("own", "wrong")])
def test_no_other_keys_are_accepted(app: App, service: str, keys: tuple[str, str]) -> None:
    access_key, secret_key = keys
    if access_key == "own":
        access_key = app.endpoint.access_key
    client = boto3.session.Session().client(
        service,
        region_name="us-east-1",
        endpoint_url=app.endpoint.url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    calls = {
        "s3": "list_buckets",
        "dynamodb": "list_tables",
        "sqs": "list_queues",
        "cloudformation": "list_stacks",
        "iam": "list_users",
        "sts": "get_caller_identity",
        "lambda": "list_functions",
    }
    with pytest.raises(ClientError) as refused:
        getattr(client, calls[service])()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_an_unsigned_request_has_no_identity(app: App, http: httpx.Client) -> None:
    app.client("s3").put_object(Bucket="tiny-files", Key="secret", Body=b"mine")
    assert http.get("/").status_code == 403
    assert http.get("/tiny-files").status_code == 403
    assert http.get("/tiny-files/secret").status_code == 403
    assert http.put("/tiny-files/secret", content=b"theirs").status_code == 403
    assert http.delete("/tiny-files/secret").status_code == 403
    target = {"X-Amz-Target": "DynamoDB_20120810.Scan", "Content-Type": "application/x-amz-json-1.0"}
    assert http.post("/", headers=target, json={"TableName": "tiny-items"}).status_code in (400, 403)
    assert http.get("/2015-03-31/functions/").status_code == 403
    assert app.client("s3").get_object(Bucket="tiny-files", Key="secret")["Body"].read() == b"mine"


def test_signing_up_and_in_needs_no_keys(app: App, http: httpx.Client) -> None:
    def ask(operation: str, **body: object) -> httpx.Response:
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return http.post("/", headers=headers, content=json.dumps(body))

    client_id = app.outputs["UserPoolClientId"]
    made = ask("SignUp", ClientId=client_id, Username="sam", Password="Secret-123!")
    assert made.status_code == 200
    confirmed = ask("ConfirmSignUp", ClientId=client_id, Username="sam", ConfirmationCode="123456")
    assert confirmed.status_code == 200
    signed_in = ask(
        "InitiateAuth",
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "sam", "PASSWORD": "Secret-123!"},
    )
    assert "IdToken" in signed_in.json()["AuthenticationResult"]
    pool = app.outputs["UserPoolId"]
    assert http.get(f"/{pool}/.well-known/jwks.json").status_code == 200
    refused = ask("AdminDeleteUser", UserPoolId=pool, Username="sam")
    assert refused.status_code in (400, 403)


def test_the_data_folder_is_this_users_alone(app: App) -> None:
    root = app.endpoint.data_dir
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "keys.json").stat().st_mode) == 0o600
    open_to_others = [path for path in root.rglob("*") if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert [
        path for path in open_to_others if root / "stage" not in path.parents and path != root / "stage"
    ] == []
    assert app.endpoint.secret_key not in repr(app.endpoint)
