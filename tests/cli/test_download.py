"""Downloads: continued where they broke, believed only by checksum."""

import hashlib
import json

import pytest

from cli.client.download import Downloader, Entry
from cli.client.errors import ClientError
from cli.client.transport import Transport

BODY = bytes(range(256)) * 2000


def entry(body=BODY):
    return Entry(hashlib.sha256(body).hexdigest(), len(body))


def part_of(target, body=BODY):
    return target.with_name(f"{target.name}.{entry(body).sha256[:12]}.part")


def ranged(reply, asked, *, cut=None):
    start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
    headers = {"Content-Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"} if start else {}
    return reply(206 if start else 200, BODY[start:], headers, cut)


@pytest.fixture
def downloader():
    return Downloader(Transport(), sleep=lambda _s: None)


def never():
    raise AssertionError("no fresh URL is needed")


def test_a_broken_download_goes_on_where_it_stopped(downloader, server, reply, tmp_path):
    target = tmp_path / "drums.wav"
    server.answer = lambda asked: ranged(reply, asked, cut=100_000 if len(server.asked) == 1 else None)
    downloader.fetch(server.url + "/drums.wav", target, entry(), fresh=never)
    assert target.read_bytes() == BODY
    assert server.asked[1].headers["range"] == "bytes=65536-"
    assert list(tmp_path.iterdir()) == [target]


def test_what_an_earlier_run_left_is_continued(downloader, server, reply, tmp_path):
    target = tmp_path / "drums.wav"
    part_of(target).write_bytes(BODY[:300_000])
    server.answer = lambda asked: ranged(reply, asked)
    downloader.fetch(server.url + "/drums.wav", target, entry(), fresh=never)
    assert server.asked[0].headers["range"] == "bytes=300000-"
    assert target.read_bytes() == BODY


def test_a_server_that_ignores_ranges_starts_the_file_over(downloader, server, reply, tmp_path):
    target = tmp_path / "drums.wav"
    part_of(target).write_bytes(b"x" * 300_000)
    server.answer = lambda asked: reply(200, BODY)
    downloader.fetch(server.url + "/drums.wav", target, entry(), fresh=never)
    assert target.read_bytes() == BODY


def test_a_damaged_part_is_removed_and_fetched_again(downloader, server, reply, tmp_path):
    target = tmp_path / "drums.wav"
    part_of(target).write_bytes(b"x" * 300_000)
    server.answer = lambda asked: ranged(reply, asked)
    downloader.fetch(server.url + "/drums.wav", target, entry(), fresh=never)
    assert target.read_bytes() == BODY
    assert len(server.asked) == 2


def test_a_file_that_never_matches_is_refused_and_not_kept(downloader, server, reply, tmp_path):
    server.answer = lambda asked: reply(200, b"y" * len(BODY))
    with pytest.raises(ClientError, match="arrived damaged"):
        downloader.fetch(server.url + "/drums.wav", tmp_path / "drums.wav", entry(), fresh=never)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_fetched(downloader, server, tmp_path):
    (tmp_path / "drums.wav").write_bytes(BODY)
    downloader.fetch(server.url + "/drums.wav", tmp_path / "drums.wav", entry(), fresh=never)
    assert server.asked == []


def test_an_expired_link_is_replaced(downloader, server, reply, tmp_path):
    server.answer = lambda asked: (
        reply(200, BODY) if asked.path == "/new/drums.wav" else reply(403, b"<Error/>")
    )
    target = tmp_path / "drums.wav"
    downloader.fetch(server.url + "/drums.wav", target, entry(), fresh=lambda: server.url + "/new/drums.wav")
    assert target.read_bytes() == BODY


def song_on(server, listed):
    stems = {
        name: {"url": f"{server.url}/{name}.wav?sig=1", "streamUrl": f"{server.url}/{name}.mp3"}
        for name in "ab"
    }
    files = {name: {"sha256": entry().sha256, "bytes": len(BODY)} for name in listed}
    song = {"stems": stems, **{f"{n}Url": f"{server.url}/{n}.json" for n in ("peaks", "lyrics", "manifest")}}
    return song, json.dumps({"version": 1, "files": files}).encode()


def test_a_song_comes_with_its_manifest_last(downloader, server, reply, tmp_path):
    song, manifest = song_on(server, ["a.wav", "b.wav", "peaks.json", "lyrics.json"])
    server.answer = lambda asked: reply(200, manifest if asked.path == "/manifest.json" else BODY)
    done = []
    downloader.fetch_song(lambda: song, tmp_path / "out", done=done.append)
    assert done == ["a.wav", "b.wav", "peaks.json", "lyrics.json"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([*done, "manifest.json"])


def test_the_manifest_lists_only_what_is_in_the_folder(downloader, server, reply, tmp_path):
    names = ["a.wav", "b.wav", "peaks.json", "lyrics.json"]
    song, manifest = song_on(server, [*names, "a.mp3", "b.mp3", "click.wav"])
    server.answer = lambda asked: reply(200, manifest if asked.path == "/manifest.json" else BODY)
    downloader.fetch_song(lambda: song, tmp_path)
    assert set(json.loads((tmp_path / "manifest.json").read_text())["files"]) == set(names)
    downloader.fetch_song(lambda: song, tmp_path, streams=True)
    assert set(json.loads((tmp_path / "manifest.json").read_text())["files"]) == {*names, "a.mp3", "b.mp3"}


def test_a_file_the_manifest_does_not_list_is_not_believed(downloader, server, reply, tmp_path):
    song, manifest = song_on(server, ["a.wav"])
    server.answer = lambda asked: reply(200, manifest if asked.path == "/manifest.json" else BODY)
    with pytest.raises(ClientError, match=r"does not list b\.wav"):
        downloader.fetch_song(lambda: song, tmp_path)
    assert not (tmp_path / "manifest.json").exists()
