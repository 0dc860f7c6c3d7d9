"""What hangs on a call beside its steps: which tools ran, and when nobody listened. Written, and told to watchers."""

from __future__ import annotations

from typing import Any, Literal, cast

import orjson

from ..calls.events import ToolRequest
from ..calls.model import Call, SessionState
from ..clock import Clock, Instant
from ..store import Store
from ..store.tool_calls import ToolCall
from ..tools.base import ToolResult
from .news import News
from .talk import Talk

GAP_MS = 1000
"""Shorter losses of the sideband are not worth a mark: words are sent a second or more apart."""
END_GAP_MS = 5000
"""At the end of a call: the sideband closes when the person hangs up, and the carrier's word on that takes a moment."""


class ToolNotes:
    def __init__(self, call_id: str, store: Store, news: News, talk: Talk, clock: Clock) -> None:
        self._call_id = call_id
        self._store = store
        self._news = news
        self._talk = talk
        self._clock = clock

    async def started(self, request: ToolRequest, at: Instant) -> bool:
        """Note that a tool runs. False: it ran before, and may have had its effect."""
        at_ms = self._talk.place_ms(at)
        arguments = _arguments(request.arguments)
        fresh = await self._store.tool_calls.start(self._call_id, request.tool_call_id, request.name, arguments, at_ms)
        if fresh:
            self._news.tool(ToolCall(request.tool_call_id, request.name, arguments, at_ms))
        return fresh

    async def finished(self, request: ToolRequest, at: Instant, result: ToolResult) -> None:
        status: Literal["done", "failed"] = "failed" if result.failed else "done"
        took_ms = round((self._clock.now() - at) * 1000)
        await self._store.tool_calls.finish(self._call_id, request.tool_call_id, status, result.output, took_ms)
        arguments, at_ms = _arguments(request.arguments), self._talk.place_ms(at)
        self._news.tool(ToolCall(request.tool_call_id, request.name, arguments, at_ms, status, result.output, took_ms))


class Gaps:
    """While nobody listens, words are lost. A stretch of that is marked, never hidden."""

    def __init__(self, call_id: str, store: Store, news: News, talk: Talk) -> None:
        self._call_id = call_id
        self._store = store
        self._news = news
        self._talk = talk
        self._from_ms: int | None = None

    def since(self, at: Instant) -> None:
        """Nobody listened since `at`: another process ran this call before."""
        self._from_ms = self._talk.place_ms(at)

    async def follow(self, call: Call) -> None:
        """The session is in another state: a gap may begin or end with it."""
        state = call.session.state
        if state is SessionState.DETACHED and self._from_ms is None:
            self._from_ms = self._talk.place_ms()
        elif state is SessionState.TALKING or call.ended:
            start, end, self._from_ms = self._from_ms, self._talk.place_ms(), None
            if start is not None and end - start >= (END_GAP_MS if call.ended else GAP_MS):
                await self._store.transcripts.open_gap(self._call_id, start)
                await self._store.transcripts.close_gap(self._call_id, end)
                self._news.gap(start, end)


def _arguments(text: str) -> dict[str, Any]:
    try:
        value: Any = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {"text": text}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {"value": value}
