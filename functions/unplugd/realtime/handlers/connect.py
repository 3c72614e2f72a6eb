"""WebSocket $connect: accept a connection with a valid ID token."""

from unplugd import wiring
from unplugd.edge import websocket
from unplugd.kernel.clock import utc_now
from unplugd.realtime import service


@websocket.handler
def handler(frame: websocket.Frame) -> None:
    service.connect(
        frame.connection_id,
        frame.query.get("token"),
        verify=wiring.tokens().verify,
        connections=wiring.connections(),
        now=utc_now(),
    )
