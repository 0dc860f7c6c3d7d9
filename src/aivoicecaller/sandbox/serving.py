"""What both halves need to be served on loopback: sockets, quiet servers, a cable to cut, a watch on use."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Generator, MutableMapping
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HOST: Final = "127.0.0.1"


class PortTakenError(OSError):
    """Something else listens on the port."""


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises PortTakenError."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((HOST, port))
    except OSError as error:
        opened.close()
        raise PortTakenError(f"Port {port} on {HOST} cannot be used: {error.strerror}.") from error
    opened.listen(2048)
    opened.setblocking(False)
    return opened


def port_of(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


class CuttableProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with the transport in the scope's state so that `cut` finds it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


async def cut(scope: Scope, receive: Receive) -> None:
    """Break the connection of a request at once, with no answer at all: what a client sees when a provider dies.

    The application returns after this without having sent anything. Works for HTTP and WebSocket scopes.
    """
    state: MutableMapping[str, Any] = scope["state"]
    state["transport"].abort()
    # The server only stops expecting an answer once it has seen the connection go.
    while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
        pass


class LoopbackServer(uvicorn.Server):
    """One ASGI application on one socket. Signals belong to the process, not to its servers."""

    def __init__(self, app: ASGIApp, opened: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CuttableProtocol,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                lifespan="off",
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._opened = opened
        self._task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    @property
    def port(self) -> int:
        return port_of(self._opened)

    async def start(self) -> None:
        """Serve; returns as soon as requests are accepted."""
        self._task = asyncio.create_task(self.serve(sockets=[self._opened]))
        while not self.started:
            await asyncio.sleep(0)
            if self._task.done():
                self._task.result()
                raise RuntimeError("The server ended before it had started.")

    async def stop(self) -> None:
        self.should_exit = True
        if self._task is not None:
            await self._task


class Activity:
    """Knows when an application was last used, so that an unused sandbox can end itself."""

    def __init__(self) -> None:
        self._open = 0
        self._last = time.monotonic()

    def idle_s(self) -> float:
        """Seconds of the world since the last request or open connection."""
        return 0.0 if self._open else time.monotonic() - self._last

    def touch(self) -> None:
        self._last = time.monotonic()

    def watch(self, app: ASGIApp) -> ASGIApp:
        """`app`, with its requests and WebSockets counted."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            self._open += 1
            try:
                await app(scope, receive, send)
            finally:
                self._open -= 1
                self.touch()

        return watched
