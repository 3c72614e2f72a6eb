"""GET /presets."""

import json

from tests.cloud import Cloud, event


def test_list_presets_gives_the_five_of_the_contract(cloud: Cloud) -> None:
    answer = cloud.call("songs", "list_presets", event("songs", "list_presets"))
    presets = {p["id"]: p["volumes"] for p in json.loads(answer["body"])["data"]}
    assert answer["statusCode"] == 200
    assert presets == {
        "balanced": {"drums": 1, "bass": 1, "other": 1, "vocals": 1},
        "karaoke": {"drums": 1, "bass": 1, "other": 1, "vocals": 0},
        "drum_practice": {"drums": 0, "bass": 1, "other": 1, "vocals": 1},
        "bass_practice": {"drums": 1, "bass": 0, "other": 1, "vocals": 1},
        "vocals_only": {"drums": 0, "bass": 0, "other": 0, "vocals": 1},
    }


def test_an_access_token_is_401(cloud: Cloud) -> None:
    trigger = event("songs", "list_presets")
    trigger["requestContext"]["authorizer"]["claims"]["token_use"] = "access"
    answer = cloud.call("songs", "list_presets", trigger)
    assert answer["statusCode"] == 401
    assert json.loads(answer["body"])["error"] == "unauthorized"
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://app.example"
