"""The live stream: one SSE connection per page, which catches up after it was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse

from ..bus.base import Lagged
from ..bus.history import History
from ..store.base import digest
from ..topics import NEWS
from . import shapes
from .auth import login_token
from .parts import Access, WebParts
from .problems import Refused

log = structlog.get_logger(__name__)

HEARTBEAT_S = 15.0
"""Proxies cut streams that are silent for a minute."""
STREAM_S = 600.0
"""A stream ends by itself after ten minutes, so that a log-in revoked by another process does not watch for ever."""
QUEUE = 1000
"""Messages that a slow page may lag behind before it is told to read everything again."""
STREAMS = 200
IDLE_S = 60.0
"""How long news is kept for pages that may come back, after the last one has left."""
RESET = b"event: stream.reset\ndata: {}\n\n"
_OF_CALL = frozenset(
    {"queued", "dialing", "ringing", "answered", "ended", "updated", "refused"},
)


@dataclass(eq=False, slots=True)
class Stream:
    """One open page; `None` in its queue ends it."""

    login: str | None
    """Digest of the log-in's token. None for the command line, whose token lives as long as this process."""
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def offer(self, message: bytes) -> None:
        """Give the page a message. One that is too slow loses what waits and is told to read everything again."""
        if self.queue.full():
            self._drop()
            self.queue.put_nowait(RESET)
        self.queue.put_nowait(message)

    def end(self) -> None:
        """Let the page go. What waits for it is not sent: it may have been logged out."""
        self._drop()
        self.queue.put_nowait(None)

    def _drop(self) -> None:
        while not self.queue.empty():
            self.queue.get_nowait()


class Feed:
    """Numbers the news of all calls and gives it to every open stream. Without streams it does nothing."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._history = History()
        self._streams: set[Stream] = set()
        self._left_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def end_streams(self) -> None:
        """Let every open page go; it comes back to the next process by itself."""
        self._closed = True
        for stream in self._streams:
            stream.end()

    def log_out(self, token: str) -> None:
        """End what a log-in watches that was revoked."""
        login = digest(token)
        for stream in self._streams:
            if stream.login == login:
                stream.end()

    async def stop(self) -> None:
        self.end_streams()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def watched(self) -> bool:
        return bool(self._streams) or asyncio.get_running_loop().time() - self._left_at < IDLE_S

    async def _run(self) -> None:
        async for message in self._parts.bus.subscribe(NEWS):
            if isinstance(message, Lagged):
                self._history.clear()
                self._send(RESET)
            elif self.watched:
                try:
                    await self._take(message)
                except Exception:
                    # One message that cannot be shown must not silence the stream.
                    log.exception("! news could not be shown")
            else:
                self._history.clear()

    async def _take(self, message: dict[str, Any]) -> None:
        kind = str(message["kind"])
        data: dict[str, Any] = {name: value for name, value in message.items() if name != "kind"}
        if kind.removeprefix("call.") in _OF_CALL:
            row = await self._parts.store.calls.get(message["call_id"])
            if row is None:
                return
            summary = shapes.call_summary(row, self._parts.clock.utc())
            data = {"call": summary.model_dump(mode="json", by_alias=True)}
        number = self._history.append(kind, data)
        self._send(_message(number, kind, data))

    def _send(self, message: bytes) -> None:
        for stream in self._streams:
            stream.offer(message)

    async def stream(self, last_id: int | None, token: str | None) -> AsyncIterator[bytes]:
        """Messages for one page, beginning after `last_id` if that is still known, else with `stream.reset`.

        `token` is the log-in's, or None for the command line.
        """
        stream = Stream(None if token is None else digest(token))
        missed = None if last_id is None else self._history.since(last_id)
        self._streams.add(stream)
        try:
            # Asked only now that `log_out` finds the stream: one that came a moment earlier is seen here.
            loop = asyncio.get_running_loop()
            until = loop.time() + await self._lasts_s(token)
            if loop.time() >= until:
                return
            # The page knows what to read after this; a first connection has read nothing yet.
            yield b"retry: 1000\n\n"
            if missed is not None:
                for entry in missed:
                    yield _message(entry.id, entry.kind, entry.data)
            elif last_id is not None:
                yield RESET
            while not self._closed and loop.time() < until:
                try:
                    async with asyncio.timeout(min(HEARTBEAT_S, until - loop.time())):
                        message = await stream.queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if message is None:
                    return
                yield message
        finally:
            self._streams.discard(stream)
            self._left_at = asyncio.get_running_loop().time()

    async def _lasts_s(self, token: str | None) -> float:
        """Seconds of the world until the stream must end: the log-in's end may come first."""
        if token is None:
            return STREAM_S
        clock = self._parts.clock
        login = await self._parts.store.logins.find(token, clock.now())
        return 0.0 if login is None else min(STREAM_S, clock.real_seconds(login.expires_at.timestamp() - clock.now()))

    @property
    def full(self) -> bool:
        return len(self._streams) >= STREAMS


def live_router(feed: Feed, access: Access) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["live"])

    @router.get("/live", response_class=StreamingResponse)
    async def live(request: Request, last_event_id: str | None = Header(default=None)) -> StreamingResponse:
        """Server-sent events: what happens to all calls, as it happens. A reader that comes back goes on by its id."""
        if feed.full:
            raise Refused(503, "too-many-streams", "Too many open pages", f"At most {STREAMS} pages may watch at once.")
        last_id = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            feed.stream(last_id, login_token(request, access)), media_type="text/event-stream", headers=headers
        )

    return router


def _message(number: int, kind: str, data: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, kind.encode(), orjson.dumps(data))
