"""The doctor: a list of findings, advice with each, and an exit code that only the essential decides."""

import json

from cli import doctor, main


def test_a_healthy_machine_is_found_healthy(capsys, tmp_path):
    assert main(["doctor", "--data", str(tmp_path / "data"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    names = [check["name"] for check in found["checks"]]
    assert names == [
        "python",
        "stack",
        "audio",
        "separation",
        "lyrics",
        "weights",
        "data",
        "disk",
        "port",
        "node",
        "templates",
    ]
    assert not (tmp_path / "data").exists()  # looking changes nothing


def test_the_list_for_people_gives_advice(capsys, tmp_path):
    assert main(["doctor", "--data", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "preview" in text
    assert f"chmod 700 {tmp_path}" in text or "only you can read it" in text
    assert text.splitlines()[-1] == "A song can be processed here."


def test_something_essential_that_is_missing_fails(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "MINISTACK", "9.9.9")
    assert main(["doctor", "--data", str(tmp_path)]) == 1
    text = capsys.readouterr().out
    assert "BROKEN  stack" in text
    assert text.splitlines()[-1] == "Something essential is missing."


def test_a_full_disk_is_broken_and_a_fuller_one_a_note(monkeypatch, tmp_path):
    usage = type("Usage", (), {"free": 100 * 1024**2})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage)
    assert doctor.disk(tmp_path).state == "broken"
    usage.free = 2 * 1024**3
    assert doctor.disk(tmp_path).state == "note"


def test_a_check_that_falls_over_is_a_finding(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "node", lambda: 1 / 0)
    (node,) = [check for check in doctor.examine(tmp_path) if check.name == "node"]
    assert node.state == "broken"
    assert "ZeroDivisionError" in node.detail
