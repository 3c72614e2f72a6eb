"""WebSocket ping and $default: answer a frame."""

from unplugd import wiring
from unplugd.edge import websocket
from unplugd.realtime import service


@websocket.handler
def handler(frame: websocket.Frame) -> None:
    service.ping(frame.connection_id, frame.message, sockets=wiring.sockets())
