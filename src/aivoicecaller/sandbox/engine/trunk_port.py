"""The engine's end of the trunk: one WebSocket per INVITE, signalling as text, sound as bytes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from aivoicecaller.sandbox import trunk

from .calls import Call, CallState

_INVITE_WITHIN_S: Final = 10.0
_PROTOCOL_ERROR: Final = 1002


class TrunkLine:
    """Messages on their way to the carrier."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[trunk.Message | None] = asyncio.Queue()

    def send(self, message: trunk.Message) -> None:
        self._queue.put_nowait(message)

    def close(self) -> None:
        self._queue.put_nowait(None)

    async def write(self, socket: WebSocket) -> None:
        # The carrier may hang up at any moment; that is seen by the reader.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while (message := await self._queue.get()) is not None:
                await socket.send_text(trunk.encode(message))
            await socket.close()


async def serve_trunk(socket: WebSocket, offer: Callable[[trunk.Invite, TrunkLine], Call | None]) -> None:
    """Serve one call from its INVITE to its end."""
    await socket.accept()
    line = TrunkLine()
    try:
        async with asyncio.timeout(_INVITE_WITHIN_S):
            invite = trunk.decode(await socket.receive_text())
        if not isinstance(invite, trunk.Invite):
            raise trunk.TrunkError("The first message must be an invite.")
    except (TimeoutError, trunk.TrunkError, KeyError):
        await socket.close(_PROTOCOL_ERROR, "The first message must be an invite.")
        return
    except WebSocketDisconnect:
        return
    call = offer(invite, line)
    writing = asyncio.create_task(line.write(socket))
    try:
        if call is not None:
            await _carry(socket, call)
    except trunk.TrunkError as error:
        await socket.close(_PROTOCOL_ERROR, str(error)[:120])
    except WebSocketDisconnect:
        pass
    finally:
        if call is not None:
            call.end("carrier")
        line.close()
        await writing


async def _carry(socket: WebSocket, call: Call) -> None:
    """Take messages and frames until the carrier is gone. Raises trunk.TrunkError."""
    while True:
        received = await socket.receive()
        if received["type"] == "websocket.disconnect":
            return
        frame = received.get("bytes")
        if frame is None:
            if not _obey(call, trunk.decode(received["text"])):
                return
        elif len(frame) != trunk.FRAME_BYTES:
            raise trunk.TrunkError(f"A frame has {trunk.FRAME_BYTES} bytes.")
        elif call.talk is not None and call.state is CallState.ANSWERED:
            if call.talk.responder.making:
                await call.talk.ready()
            answer = call.talk.frame(frame)
            if not call.is_over:
                await socket.send_bytes(answer)


def _obey(call: Call, message: trunk.Message) -> bool:
    """Do what the carrier says; whether the call goes on."""
    match message:
        case trunk.Bye() | trunk.Cancel():
            return False
        case trunk.Dtmf(digit) if call.talk is not None:
            call.talk.press(digit)
        case trunk.Words() if call.talk is not None:
            call.talk.add_words(message)
        case _:
            pass
    return True
