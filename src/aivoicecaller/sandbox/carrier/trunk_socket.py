"""A WebSocket client whose sends need no await: a media tick is one plain function, for all calls in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

OPEN_TIMEOUT_S: Final = 5.0
"""Seconds of the world for connecting and shaking hands."""


class TrunkSocket(asyncio.Protocol):
    """One connection. Text and binary messages are handed on as they arrive."""

    def __init__(
        self,
        url: str,
        on_text: Callable[[str], None],
        on_binary: Callable[[bytes], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._socket = ClientProtocol(parse_uri(url))
        self._on_text = on_text
        self._on_binary = on_binary
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls,
        url: str,
        on_text: Callable[[str], None],
        on_binary: Callable[[bytes], None],
        on_lost: Callable[[], None],
    ) -> TrunkSocket:
        """Connect. Raises OSError when nobody is there or the other side is no WebSocket server."""
        address = urlsplit(url)
        socket = cls(url, on_text, on_binary, on_lost)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            await loop.create_connection(lambda: socket, address.hostname or "", address.port or 80)
            await socket._opened
        return socket

    def send_text(self, text: str) -> None:
        if self._socket.state is State.OPEN:
            self._socket.send_text(text.encode())
            self._flush()

    def send_binary(self, data: bytes) -> None:
        if self._socket.state is State.OPEN:
            self._socket.send_binary(data)
            self._flush()

    def close(self) -> None:
        """Say goodbye and let the other side close; harmless twice."""
        if self._socket.state is State.OPEN:
            self._socket.send_close(1000)
            self._flush()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._socket.send_request(self._socket.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            match event:
                case Response():
                    self._shaken_hands()
                case Frame(opcode=Opcode.TEXT, data=payload):
                    self._on_text(bytes(payload).decode())
                case Frame(opcode=Opcode.BINARY, data=payload):
                    self._on_binary(bytes(payload))
                case _:
                    pass
        self._flush()

    def eof_received(self) -> None:
        self._socket.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._opened.done():
            self._on_lost()
        else:
            self._opened.set_exception(ConnectionError("The connection was lost before it was open."))

    def _shaken_hands(self) -> None:
        failure = self._socket.handshake_exc
        if failure is None:
            self._opened.set_result(None)
        else:
            reason = str(failure) if isinstance(failure, WebSocketException) else type(failure).__name__
            self._opened.set_exception(ConnectionError(f"The trunk was refused: {reason}"))

    def _flush(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        for data in self._socket.data_to_send():
            if data:
                transport.write(data)
            elif transport.can_write_eof():
                transport.write_eof()
        if self._socket.close_expected() and self._socket.state is State.CLOSED:
            transport.close()
