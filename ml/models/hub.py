"""What a model hub lists for a repository: a fixed revision, and each file with its size and etag."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from ml.models import HostFailed
from ml.models.download import Digest, RemoteFile, read_json_bytes
from ml.models.sources import HUB_PAGE_LIMIT_BYTES, Hosts


def revision_of(repository: str, hosts: Hosts) -> str:
    """The commit that `repository`'s main branch is at now. Raises NoNetwork, NotPublished, HostFailed."""
    answer = _json(f"{hosts.hub}/api/models/{repository}/revision/main")
    revision = answer.get("sha") if isinstance(answer, dict) else None
    if not isinstance(revision, str) or not revision.isalnum():
        raise HostFailed(f"{hosts.hub} does not say which revision {repository} is at.")
    return revision


def files_of(repository: str, revision: str, hosts: Hosts) -> dict[str, RemoteFile]:
    """The files at the top of `repository`, by name. A large file's etag is its SHA-256, a small one's its git name.

    Raises NoNetwork, NotPublished, HostFailed.
    """
    listed = _json(f"{hosts.hub}/api/models/{repository}/tree/{revision}")
    try:
        return {
            entry["path"]: _file(entry, f"{hosts.hub}/{repository}/resolve/{revision}")
            for entry in listed
            if entry["type"] == "file" and "/" not in entry["path"]
        }
    except (KeyError, TypeError, ValueError):
        raise HostFailed(f"{hosts.hub} lists the files of {repository} in a form we do not know.") from None


def _file(entry: dict[str, Any], folder_url: str) -> RemoteFile:
    large = entry.get("lfs")
    digest = Digest("sha256", str(large["oid"])) if large else Digest("git-blob", str(entry["oid"]))
    if len(digest.hex) != (64 if large else 40):
        raise ValueError(entry["path"])
    name = str(entry["path"])
    return RemoteFile(f"{folder_url}/{urllib.parse.quote(name)}", name, int(entry["size"]), digest)


def _json(url: str) -> Any:
    content = read_json_bytes(url, HUB_PAGE_LIMIT_BYTES)
    try:
        return json.loads(content)
    except ValueError:
        raise HostFailed(f"{url} answers with something that is not JSON.") from None
