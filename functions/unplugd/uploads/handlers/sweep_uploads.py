"""Every five minutes: announce unchecked uploads again, delete originals that are no longer needed."""

from typing import Any

from unplugd import wiring
from unplugd.edge import task
from unplugd.kernel.clock import utc_now
from unplugd.uploads import service


@task.handler
def handler(_event: dict[str, Any]) -> dict[str, Any]:
    repeated = service.sweep_uploads(
        songs=wiring.songs(),
        objects=wiring.uploads(),
        events=wiring.upload_events(),
        accepted=wiring.accepted_uploads(),
        place=wiring.uploads_place(),
        now=utc_now(),
    )
    return {"repeated": repeated}
