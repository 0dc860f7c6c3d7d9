"""Opening a sideband, reading it, and losing it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import orjson
import pytest
from aiohttp import WSCloseCode, WSMsgType, web

from aivoicecaller.calls.events import SessionConfigured
from aivoicecaller.engine.client import ATTACH_BUDGET_S, RealtimeEngine
from aivoicecaller.engine.errors import CallGone, EngineRefused, EngineUnavailable, SidebandLost
from aivoicecaller.engine.wire import response_create

from ..wire import messages, payload
from ..wire.scripted import LeapingClock, ScriptedProvider
from .conftest import KEY


class Room:
    """The far end of sidebands: first refusals, then a socket on which tests speak."""

    def __init__(self) -> None:
        self.refusals: deque[web.Response] = deque()
        self.requests: list[web.Request] = []
        self.heard: asyncio.Queue[object] = asyncio.Queue()
        self.socket: web.WebSocketResponse | None = None
        self.entered = asyncio.Event()

    async def enter(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.refusals:
            return self.refusals.popleft()
        self.socket = web.WebSocketResponse(compress=False)
        await self.socket.prepare(request)
        self.entered.set()
        async for message in self.socket:
            assert message.type is WSMsgType.TEXT
            self.heard.put_nowait(orjson.loads(message.data))
        return self.socket

    async def say(self, text: str) -> None:
        await asyncio.wait_for(self.entered.wait(), 5)
        assert self.socket is not None
        await self.socket.send_str(text)


def refusal(name: str, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(payload(name)), status=status, content_type="application/json")


@pytest.fixture
def room(provider: ScriptedProvider) -> Room:
    room = Room()
    provider.routes.add_get("/v1/realtime", room.enter)
    return room


async def test_attaching_waits_until_the_session_is_there(room: Room, engine: RealtimeEngine, clock: LeapingClock):
    room.refusals.extend(refusal("openai/error_call_not_found", 404) for _ in range(5))

    sideband = await engine.attach("rtc_1")

    assert clock.slept == [0.05, 0.1, 0.2, 0.4, 0.8]
    assert room.requests[-1].query_string == "call_id=rtc_1"
    assert room.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    assert "Sec-WebSocket-Extensions" not in room.requests[-1].headers
    await sideband.close()


async def test_a_call_that_stays_unknown_is_gone(room: Room, engine: RealtimeEngine, clock: LeapingClock):
    room.refusals.extend(refusal("openai/error_call_not_found", 404) for _ in range(50))

    with pytest.raises(CallGone):
        await engine.attach("rtc_1")

    assert 3 <= sum(clock.slept) <= ATTACH_BUDGET_S


async def test_a_refused_key_is_not_tried_again(room: Room, engine: RealtimeEngine):
    room.refusals.append(refusal("openai/error_key", 401))

    with pytest.raises(EngineRefused, match="OpenAI refused our key"):
        await engine.attach("rtc_1")

    assert len(room.requests) == 1


async def test_what_is_no_websocket_is_unavailable(room: Room, engine: RealtimeEngine):
    room.refusals.extend(web.Response(text="<html>") for _ in range(50))

    with pytest.raises(EngineUnavailable):
        await engine.attach("rtc_1")


async def test_facts_come_out_and_the_rest_is_passed_over(room: Room, engine: RealtimeEngine):
    sideband = await engine.attach("rtc_1")
    for text in ("not json", '{"type":"rate_limits.updated"}', *map(_text, messages("openai/sideband_greeting"))):
        await room.say(text)

    received = [await asyncio.wait_for(sideband.receive(), 5) for _ in range(10)]

    assert received[0] == (SessionConfigured(),)
    assert all(received)
    await sideband.close()


async def test_a_receiver_may_be_cancelled_and_loses_nothing(room: Room, engine: RealtimeEngine):
    sideband = await engine.attach("rtc_1")
    waiting = asyncio.create_task(sideband.receive())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])

    await room.say('{"type":"session.updated","session":{}}')

    assert await asyncio.wait_for(sideband.receive(), 5) == (SessionConfigured(),)
    await sideband.close()


async def test_no_words_reach_a_log(room: Room, engine: RealtimeEngine, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    sideband = await engine.attach("rtc_1")
    for message in messages("openai/sideband_greeting"):
        await room.say(_text(message))
    for _ in range(10):
        await asyncio.wait_for(sideband.receive(), 5)
    await sideband.send(response_create("Hello there."))
    await asyncio.wait_for(room.heard.get(), 5)
    await sideband.close()

    assert "there" not in caplog.text
    assert KEY not in caplog.text


async def test_messages_go_in_as_text(room: Room, engine: RealtimeEngine):
    sideband = await engine.attach("rtc_1")

    await sideband.send(response_create("Grüß Gott."))

    assert await asyncio.wait_for(room.heard.get(), 5) == response_create("Grüß Gott.")
    await sideband.close()


async def test_a_close_by_openai_loses_the_sideband(room: Room, engine: RealtimeEngine):
    sideband = await engine.attach("rtc_1")
    await asyncio.wait_for(room.entered.wait(), 5)
    assert room.socket is not None
    closing = asyncio.create_task(room.socket.close(code=WSCloseCode.GOING_AWAY, message=b"bye"))

    with pytest.raises(SidebandLost, match="OpenAI closed the sideband: 1001 bye"):
        await asyncio.wait_for(sideband.receive(), 5)
    with pytest.raises(SidebandLost):
        await sideband.send(response_create())

    await closing


async def test_a_cut_cable_loses_the_sideband(room: Room, engine: RealtimeEngine):
    sideband = await engine.attach("rtc_1")
    await asyncio.wait_for(room.entered.wait(), 5)
    transport = room.requests[-1].transport
    assert transport is not None
    transport.abort()

    with pytest.raises(SidebandLost, match="The sideband broke off"):
        await asyncio.wait_for(sideband.receive(), 5)


def _text(message: object) -> str:
    return orjson.dumps(message).decode()
