"""The page's server: what it serves, to which requests, under which policy, and the start link."""

import gzip
import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from local import web
from local.datadir import StackError

CONFIG = {"cognitoEndpoint": "http://127.0.0.1:4566", "apiUrl": "http://127.0.0.1:4566/api", "local": True}
SCRIPT = b"export const app = 1;\n" * 100


def build(place):
    """A built app in `place`, and a secret next to it."""
    folder = place / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>the app")
    (folder / "assets" / "app-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets" / "mix.wasm").write_bytes(b"\0asm")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "click.mp3").write_bytes(b"\xff\xfb\x90")
    (folder / "notes.sqlite").write_text("not a page's")
    (place / "secret.json").write_text("{}")
    (folder / "link.json").symlink_to(place / "secret.json")
    (folder / "loop.js").symlink_to(folder / "loop.js")
    return folder


@pytest.fixture
def dist(tmp_path):
    return build(tmp_path)


class Site:
    """The page as a browser asks for it."""

    def __init__(self, port, start):
        self.port = port
        self.start = start
        self.origin = f"http://localhost:{port}"

    def ask(self, method, path, body=None, host=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"Host": host or f"localhost:{self.port}", **sent})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def exchange(self, code, **headers):
        status, _, body = self.ask(
            "POST", "/local-start", json.dumps({"code": code}), **{"Origin": self.origin, **headers}
        )
        return status, json.loads(body)


@contextmanager
def served(dist):
    start = web.StartCode("you@unplugd.example", "secret")
    with web.listen(0) as sockets, web.serve(sockets, dist, CONFIG, start):
        yield Site(sockets[0].getsockname()[1], start)


@pytest.fixture
def site(dist):
    """The page, served for one test."""
    with served(dist) as page:
        yield page


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The page, served for all tests that change nothing: its server takes a moment to end."""
    with served(build(tmp_path_factory.mktemp("shown"))) as page:
        yield page


@pytest.mark.parametrize(
    ("path", "kind", "caching", "body"),
    [
        ("/", "text/html; charset=utf-8", "no-cache", b"<!doctype html>the app"),
        ("/songs/01J9ZQ/sing", "text/html; charset=utf-8", "no-cache", b"<!doctype html>the app"),
        ("/songs/x?from=mail", "text/html; charset=utf-8", "no-cache", b"<!doctype html>the app"),
        (
            "/assets/app-1a2b.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
            SCRIPT,
        ),
        ("/assets/mix.wasm", "application/wasm", "public, max-age=31536000, immutable", b"\0asm"),
        ("/favicon.svg", "image/svg+xml", "no-cache", b"<svg/>"),
        ("/click.mp3", "audio/mpeg", "no-cache", b"\xff\xfb\x90"),
    ],
)
def test_a_file_or_the_page(shown, path, kind, caching, body):
    status, headers, got = shown.ask("GET", path)
    assert (status, got) == (200, body)
    assert (headers["content-type"], headers["cache-control"]) == (kind, caching)
    status, headers, got = shown.ask("HEAD", path)
    assert (status, headers["content-length"], got) == (200, str(len(body)), b"")


def test_what_can_be_squeezed_is(site, dist):
    _, headers, body = site.ask("GET", "/assets/app-1a2b.js", Accept_Encoding="br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(body), len(body) < 200) == (SCRIPT, True)
    assert "content-encoding" not in site.ask("GET", "/click.mp3", Accept_Encoding="gzip")[1]
    (dist / "assets" / "app-1a2b.js").write_bytes(b"another build")
    assert (
        gzip.decompress(site.ask("GET", "/assets/app-1a2b.js", Accept_Encoding="gzip")[2]) == b"another build"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.json", "/%2e%2e/secret.json", "/assets/..%2f..%2fsecret.json", "//../secret.json", "/link.json",
        "/notes.sqlite", "/assets/app-old.js", "/assets/", "/missing.js", "/a%00b", "/%ff.js",
        f"/{'a' * 300}.js", f"/assets/{'a' * 300}", f"/{'a/' * 3000}x.js", "/loop.js", "http://[x.js", "/%ed%a0%80.js",
    ],
)  # fmt: skip
def test_nothing_else_is_there(shown, path):
    status, headers, body = shown.ask("GET", path)
    assert status == 404
    assert json.loads(body)["error"] == "not_found"
    assert "content-security-policy" in headers


def test_the_settings_are_this_stacks(shown):
    status, headers, body = shown.ask("GET", "/config.json")
    assert (status, json.loads(body), headers["cache-control"]) == (200, CONFIG, "no-store")


def test_every_answer_carries_the_policy(shown):
    asked = (("GET", "/"), ("GET", "/missing.js"), ("POST", "/"), ("PUT", "/"), ("GET", "/config.json"))
    for method, path in asked:
        _, headers, _ = shown.ask(method, path)
        policy = dict(one.split(" ", 1) for one in headers["content-security-policy"].split("; "))
        assert policy["connect-src"] == "'self' http://127.0.0.1:4566 ws://127.0.0.1:4566"
        assert policy["default-src"] == "'none'"
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "python" not in headers["server"].lower()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost", "localhost:1", "[::1]:{port}"]
)
def test_a_foreign_host_is_refused(shown, host):
    named = host.format(port=shown.port)
    assert shown.ask("GET", "/config.json", host=named)[0] == 403
    assert shown.ask("POST", "/local-start", "{}", host=named, Origin=shown.origin)[0] == 403


@pytest.mark.parametrize("path", ["/songs/x?y", "//evil.example/x"])
def test_the_page_has_one_name(shown, path):
    status, headers, _ = shown.ask("GET", path, host=f"127.0.0.1:{shown.port}")
    assert (status, headers["location"]) == (307, f"{shown.origin}/{path.lstrip('/')}")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "POST"])
def test_nothing_can_be_written(shown, method):
    assert shown.ask(method, "/favicon.svg", b"x")[0] in (405, 501)


@pytest.mark.parametrize("code", ["wrong", "", "\ud800", "é", "a" * 900, None, 7, ["x"], {"a": 1}, True])
def test_a_wrong_start_link_says_why(site, code):
    status, refused = site.exchange(code)
    assert (status, refused["error"]) == (403, "forbidden")
    assert "incomplete, or is from an earlier start. Sign in with the user" in refused["message"]
    assert site.exchange(site.start.value)[0] == 200


def test_the_start_link_is_good_once(site):
    given = {"email": "you@unplugd.example", "password": "secret"}
    assert site.exchange(site.start.value) == (200, given)
    status, refused = site.exchange(site.start.value)
    assert (status, refused["error"]) == (403, "forbidden")
    assert "has been used already; each works once. Sign in with the user" in refused["message"]


def test_of_many_who_have_the_link_one_gets_in(site):
    with ThreadPoolExecutor(8) as crowd:
        statuses = [status for status, _ in crowd.map(lambda _: site.exchange(site.start.value), range(16))]
    assert sorted(statuses) == [200] + [403] * 15


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://localhost:{port}", "http://localhost:1"]
)
def test_another_site_cannot_use_the_link(site, origin):
    assert site.exchange(site.start.value, Origin=origin.format(port=site.port))[0] == 403
    status, _, _ = site.ask("POST", "/local-start", json.dumps({"code": site.start.value}))
    assert status == 403
    assert site.exchange(site.start.value)[0] == 200


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}), (b"[]", {}), (b"{", {}), (b"\xff", {}), (b"x" * 2000, {}), (b"{}", {"Content_Length": "-1"}),
        (b"[" * 1000, {}), (b"{}", {"Content_Length": "9" * 5000}), (b"{}", {"Content_Length": "²"}),
    ],
)  # fmt: skip
def test_a_broken_exchange(site, body, headers):
    assert site.ask("POST", "/local-start", body, Origin=site.origin, **headers)[0] == 400
    assert site.exchange(site.start.value)[0] == 200


def test_a_taken_port_is_one_sentence():
    with web.listen(0) as sockets:
        port = sockets[0].getsockname()[1]
        with pytest.raises(
            StackError, match=rf"Port {port} on 127\.0\.0\.1, .* choose another with --web-port\."
        ):
            web.listen(port).__enter__()


def test_a_program_that_has_only_the_other_localhost_is_noticed():
    with socket.socket(socket.AF_INET6) as other:
        try:
            other.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} on ::1"):
            web.listen(port).__enter__()


def test_the_page_gets_the_addresses_of_its_stack():
    outputs = {
        "ApiUrl": "a", "WebSocketUrl": "w", "Region": "r", "UserPoolId": "p", "UserPoolClientId": "c", "Other": "o",
    }  # fmt: skip
    assert web.settings("http://127.0.0.1:1", outputs) == {
        "apiUrl": "a",
        "webSocketUrl": "w",
        "region": "r",
        "userPoolId": "p",
        "userPoolClientId": "c",
        "cognitoEndpoint": "http://127.0.0.1:1",
        "local": True,
    }
