"""The list of what is stored about a person has every table, every bucket and every browser store."""

from __future__ import annotations

import re
from pathlib import Path

from tests.documents import ROOT, template_of
from unplugd.domain import personal_data
from unplugd.domain.personal_data import NOTHING_PERSONAL

WEB = ROOT / "web/src"
# Names of this app in the browser that store nothing: channels between tabs, locks, file names.
NOT_STORES = {
    "unplugd.deleted",
    "unplugd.playing",
    "unplugd.recorder",
    "unplugd.recording.",
    "unplugd.rendering",
    "unplugd.zip",
    "unplugd.json",
}


def resources(kind: str) -> set[str]:
    """The names of all resources of a type in the templates."""
    names: set[str] = set()
    for path in sorted((ROOT / "templates").glob("**/*.yaml")):
        declared = template_of(path).get("Resources") or {}
        names |= {name for name, resource in declared.items() if resource["Type"] == kind}
    return names


def sources() -> list[tuple[Path, str]]:
    """The web app's files, without their tests."""
    paths = [
        p for p in WEB.rglob("*.ts*") if not re.search(r"\.(test|setup)\.tsx?$|fakes|schema\.d\.ts$", p.name)
    ]
    return [(path, path.read_text()) for path in paths]


def test_every_table_is_in_the_list() -> None:
    listed = {rows.table for rows in personal_data.all_rows()}
    assert resources("AWS::DynamoDB::Table") == listed | (
        NOTHING_PERSONAL.keys() & resources("AWS::DynamoDB::Table")
    )


def test_every_bucket_is_in_the_list() -> None:
    listed = {f"{folder.bucket.capitalize()}Bucket" for folder in personal_data.all_files()}
    assert resources("AWS::S3::Bucket") == listed | (NOTHING_PERSONAL.keys() & resources("AWS::S3::Bucket"))


def test_every_name_in_the_browser_is_in_the_list() -> None:
    named = {name for _, text in sources() for name in re.findall(r"[\"`](unplugd\.[A-Za-z]+\.?)", text)}
    listed = {store.name for store in personal_data.all_browser_stores() if store.kind != "OPFS"}
    listed |= {name for name in NOTHING_PERSONAL if name.startswith("unplugd.")}
    # A lock is named after the store that it guards: `unplugd.uploads.` and the owner.
    unknown = {name for name in named if not {name, name.rstrip(".")} & (listed | NOT_STORES)}
    assert unknown == set()
    assert listed <= named


def test_every_folder_on_the_device_is_in_the_list() -> None:
    users = [text for _, text in sources() if "storage.getDirectory()" in text]
    folders = {name for text in users for name in re.findall(r'const FOLDER = "(\w+)"', text)}
    assert len(folders) == len(users)
    assert folders == {store.name for store in personal_data.all_browser_stores() if store.kind == "OPFS"}


def test_no_other_way_to_store_is_used_in_the_browser() -> None:
    used = "".join(text for _, text in sources())
    for way in ("sessionStorage", "indexedDB.", "caches.open", "document.cookie"):
        assert way not in used, f"{way}: give it a kind in domain/personal_data.py"
