"""The sideband: events of one call out, orders for it in. It ends without a word when the call does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from aivoicecaller.clock import Clock

from . import faults as points
from .faults import Faults

REPLACED: Final = 4000
"""Close code of a sideband whose place another one took. The service does not say what it does then; with a code
of our own a client does not take it for a lost connection and come back."""
_LONGEST_QUEUE: Final = 10_000
"""Events a client may leave unread; one that reads no more is cut off."""


class Sideband:
    def __init__(self, socket: WebSocket, clock: Clock, faults: Faults) -> None:
        self._socket = socket
        self._clock = clock
        self._faults = faults
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._held: bytes | None = None
        self._late: set[asyncio.Task[None]] = set()
        self._is_replaced = False
        self._writing: asyncio.Task[None] | None = None

    def send(self, event: bytes) -> None:
        if self._queue.qsize() > _LONGEST_QUEUE and self._writing is not None:
            self._writing.cancel()
        self._queue.put_nowait(event)

    def replace(self) -> None:
        self._is_replaced = True
        self.cut()

    def cut(self) -> None:
        self._queue.put_nowait(None)

    async def run(self, obey: Callable[[str], None]) -> None:
        """Carry events and orders until either side ends. Returning leaves the socket to break off."""
        writing = self._writing = asyncio.create_task(self._write())
        reading = asyncio.create_task(self._read(obey))
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
            if self._is_replaced and not reading.done():
                await self._socket.close(REPLACED, "Another sideband took over.")
        finally:
            ended = {writing, reading, *self._late}
            for task in ended:
                task.cancel()
            results = await asyncio.gather(*ended, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                raise result

    async def _read(self, obey: Callable[[str], None]) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            obey(message.get("text") or (message.get("bytes") or b"").decode(errors="replace"))

    async def _write(self) -> None:
        while (event := await self._queue.get()) is not None:
            fault = self._faults.take(points.EVENT)
            if fault is None:
                await self._send(event)
                continue
            match fault.kind:
                case "close":
                    return
                case "drop":
                    pass
                case "delay":
                    self._send_late(event, fault.seconds)
                case "reorder":
                    self._held = event
                case "duplicate":
                    await self._send(event)
                    await self._send(event)
                case _:
                    await self._send(event)

    async def _send(self, event: bytes) -> None:
        await self._socket.send_text(event.decode())
        if self._held is not None:
            held, self._held = self._held, None
            await self._socket.send_text(held.decode())

    def _send_late(self, event: bytes, seconds: float) -> None:
        async def send() -> None:
            await self._clock.sleep(seconds)
            await self._send(event)

        task = asyncio.create_task(send())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
