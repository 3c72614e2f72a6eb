"""WebSocket ping and $default: answer a frame."""

from unplugd import wiring
from unplugd.edge import websocket
from unplugd.kernel.clock import utc_now
from unplugd.realtime import service


@websocket.handler
def handler(frame: websocket.Frame) -> None:
    service.ping(
        frame.connection_id,
        frame.message,
        connections=wiring.connections(),
        sockets=wiring.sockets(),
        now=utc_now(),
    )
