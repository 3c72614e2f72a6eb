"""WebSocket $disconnect: forget the connection."""

from unplugd import wiring
from unplugd.edge import websocket
from unplugd.realtime import service


@websocket.handler
def handler(frame: websocket.Frame) -> None:
    service.disconnect(frame.connection_id, connections=wiring.connections())
