"""The sideband: our WebSocket to a session whose audio flows elsewhere. Facts come out of it, messages go in."""

from __future__ import annotations

import logging
from typing import Any, Final, cast

import openai
import orjson
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.websocket_connection_options import WebSocketConnectionOptions
from websockets.exceptions import WebSocketException

from .errors import closed
from .translate import Facts, read
from .wire import Json

# Below this level the library logs whole frames, and frames hold what people say.
_frames_log = logging.getLogger("aivoicecaller.sideband.frames")
_frames_log.setLevel(logging.INFO)

_OPTIONS: dict[str, Any] = {
    # Measured: 19 KiB a connection without deflate, 52 KiB with it, and messages are small.
    "compression": None,
    # Sockets were seen to drop after a quiet minute; a peer that is gone is found within 30 s.
    "ping_interval": 20,
    "ping_timeout": 10,
    "open_timeout": 3,
    "close_timeout": 2,
    # An item read back with its audio may be large.
    "max_size": 16 * 2**20,
    "max_queue": 16,
    "logger": _frames_log,
}
# The SDK's type names only some of the options that it passes on.
OPTIONS: Final = cast(WebSocketConnectionOptions, _OPTIONS)

_LOST = (WebSocketException, openai.OpenAIError, OSError)


class Sideband:
    """One open sideband. One task receives; any task may send."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self._connection = connection

    async def send(self, message: Json) -> None:
        """Send one message of `wire`. Errors: SidebandLost."""
        try:
            # Text, not bytes: the API takes no binary frames.
            await self._connection.send_raw(orjson.dumps(message).decode())
        except _LOST as error:
            raise closed(error) from None

    async def receive(self) -> Facts:
        """The facts of the next message that has any, in order; never empty. Safe to cancel. Errors: SidebandLost.

        The SDK's own parsing is passed by: building its models costs more than everything else done with a message.
        """
        while True:
            try:
                data = await self._connection.recv_bytes()
            except _LOST as error:
                raise closed(error) from None
            if facts := read(data):
                return facts

    async def close(self) -> None:
        """Leave. The session and the call go on."""
        await self._connection.close()
