"""A provider on loopback that answers as it was told to and keeps what it was asked, and a clock nobody waits on."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from aivoicecaller.clock import ManualClock


@dataclass(frozen=True)
class Answer:
    body: Any = b""
    """Bytes, or what becomes JSON."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


CUT = Answer(status=-1)
"""Break the connection off once the request was read."""
SILENCE = Answer(status=-2)
"""Never answer."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)


class ScriptedProvider:
    """Answers of a path are given in their order; the last one is given again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        app = web.Application()
        self.routes = app.router
        self._app = app
        self._server: TestServer | None = None

    def answers(self, request: str, *answers: Answer) -> None:
        """What a request like `POST /v1/x` gets."""
        self._answers[request].extend(answers)

    async def start(self) -> None:
        self._app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(self._app, host="127.0.0.1")
        await self._server.start_server(access_log=None, shutdown_timeout=0.1)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.port}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        query = parse_qs(request.query_string, keep_blank_values=True)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path, query, headers, body))
        waiting = self._answers[f"{request.method} {request.path}"]
        if not waiting:
            return web.Response(status=500, text=f"{request.method} {request.path} was not expected")
        answer = waiting.popleft() if len(waiting) > 1 else waiting[0]
        if answer is SILENCE:
            await asyncio.Event().wait()
        if answer is CUT:
            assert request.transport is not None
            request.transport.abort()
        content = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
        kind = {} if "Content-Type" in answer.headers else {"Content-Type": "application/json"}
        return web.Response(body=content, status=max(answer.status, 200), headers=answer.headers | kind)


class LeapingClock(ManualClock):
    """Whoever sleeps on it sleeps for no time, and the clock has moved."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    """Not started, so that a test may add routes; who makes a client for it starts it."""
    provider = ScriptedProvider()
    yield provider
    await provider.stop()
