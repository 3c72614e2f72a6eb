"""Each five minutes: empty what deleted songs left behind or got written late."""

from typing import Any

from unplugd import wiring
from unplugd.account import service
from unplugd.edge import task
from unplugd.kernel.clock import utc_now


@task.handler
def handler(_event: dict[str, Any]) -> dict[str, Any]:
    left = service.sweep_deleted(
        songs=wiring.songs(),
        measures=wiring.person_measures(),
        usage=wiring.usage(),
        sessions=wiring.sessions(),
        practice=wiring.practice(),
        details=wiring.details(),
        tombstones=wiring.tombstones(),
        connections=wiring.connections(),
        buckets=wiring.buckets(),
        now=utc_now(),
    )
    return {"tombstones": left}
