"""A real engine on loopback, the official SDK as its client, an application for webhooks, and a carrier's line."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import openai
import orjson
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from aivoicecaller.clock import Clock
from aivoicecaller.sandbox import dsp, trunk
from aivoicecaller.sandbox.engine.app import EngineApp, make_engine
from aivoicecaller.sandbox.engine.config import EngineConfig
from aivoicecaller.sandbox.faults import Faults
from aivoicecaller.sandbox.serving import LoopbackServer, listen
from aivoicecaller.sandbox.speech import Speech

API_KEY = "sk-sandbox-test-0123456789"
PROJECT_ID = "proj_sandboxtest"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()
PATIENCE_S = 10.0
"""Of the world. Nothing here takes a second; this is for machines that are busy."""


async def eventually(condition: Callable[[], bool]) -> None:
    """Let the loop run until `condition` holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the conditions are about many things
            await asyncio.sleep(0.001)


@dataclass
class Application:
    """What the product is to the engine: an address that takes webhooks."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    """How to answer the next ones; 200 when it is empty."""
    received: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.received.append((await request.body(), dict(request.headers)))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def about(self, reference: str) -> list[tuple[bytes, dict[str, str]]]:
        """The webhooks about the line with this reference."""
        return [(body, headers) for body, headers in self.received if f'"{reference}"'.encode() in body]

    async def webhook(self, line: Line, number: int = 1) -> tuple[bytes, dict[str, str]]:
        """The `number`th webhook about a line, once it has come."""
        await eventually(lambda: len(self.about(line.reference)) >= number)
        return self.about(line.reference)[number - 1]


@dataclass
class Sandbox:
    """A running engine and its surroundings."""

    engine: EngineApp
    client: openai.AsyncOpenAI
    application: Application
    faults: Faults
    speech: Speech
    port: int
    since: float = 0

    async def ledger(self, kind: str, at_least: int = 0) -> list[dict[str, Any]]:
        """The ledger's entries of this kind since the test began, once there are so many."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                entries: Any = await self.client.get(f"http://127.0.0.1:{self.port}/sandbox/ledger", cast_to=object)
                found = [entry for entry in entries if entry["kind"] == kind and entry["at"] >= self.since]
                if len(found) >= at_least:
                    return found

    async def call_id(self, line: Line) -> str:
        """The call id that the webhook about a line tells, verified."""
        event = self.client.webhooks.unwrap(*await self.application.webhook(line))
        return event.data.call_id

    async def until(self, condition: Callable[[], Any]) -> None:
        await eventually(condition)


class Line:
    """A carrier's end of the trunk. It sends a frame as soon as the last one was answered."""

    def __init__(self, socket: ClientConnection, speech: Speech) -> None:
        self._socket = socket
        self._speech = speech
        self.reference = uuid.uuid4().hex
        """Sent along in the INVITE, as the product does."""
        self.messages: list[trunk.Message] = []
        self.heard = bytearray()
        """Everything the engine said, mu-law."""
        self.is_open = True

    @property
    def ms(self) -> int:
        return len(self.heard) // 8

    async def message(self, kind: type[trunk.Message]) -> trunk.Message:
        """The first message of this kind, once it has come."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [message for message in self.messages if isinstance(message, kind)]):
                await self._receive()
        return found[0]

    async def send(self, message: trunk.Message) -> None:
        await self._socket.send(trunk.encode(message))

    async def send_raw(self, data: bytes) -> None:
        await self._socket.send(data)

    async def frame(self, frame: bytes = trunk.SILENCE) -> bytes:
        """Send 20 ms and return the 20 ms that answer it."""
        await self._socket.send(frame)
        while (answer := await self._receive()) is None:
            pass
        self.heard += answer
        return answer

    async def say(self, text: str, voice: str = "man", *, told: bool = True) -> None:
        """Speak; `told` sends the words along."""
        utterance = await self._speech.utter(text, voice)
        if told:
            await self.send(trunk.Words(text, utterance.duration_ms))
        for frame in dsp.mulaw_frames(utterance.samples):
            await self.frame(frame)

    async def wait(self, condition: Callable[[], Any], at_most_ms: int = 30_000) -> None:
        """Stay silent until `condition` holds."""
        end_ms = self.ms + at_most_ms
        while not condition():
            assert self.ms < end_ms, f"It did not happen within {at_most_ms} ms of the call."
            await self.frame()
            await asyncio.sleep(0)

    async def quiet(self, duration_ms: int) -> None:
        for _ in range(duration_ms // trunk.FRAME_MS):
            await self.frame()

    async def _receive(self) -> bytes | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                received = await self._socket.recv()
        except ConnectionClosed:
            self.is_open = False
            raise
        if isinstance(received, bytes):
            return received
        self.messages.append(trunk.decode(received))
        return None


class Desk:
    """A sideband through the SDK: keeps every event, parsed by the SDK and as it came."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []
        self.raw: list[dict[str, Any]] = []
        self.ended: BaseException | None = None

    async def read(self) -> None:
        try:
            while True:
                data = await self.connection.recv_bytes()
                self.raw.append(orjson.loads(data))
                self.events.append(self.connection.parse_event(data))
        except BaseException as error:
            self.ended = error
            if isinstance(error, asyncio.CancelledError):
                raise

    def types(self) -> list[str]:
        return [event["type"] for event in self.raw]

    def all(self, type_: str) -> list[dict[str, Any]]:
        return [event for event in self.raw if event["type"] == type_]

    async def event(self, type_: str, number: int = 1) -> dict[str, Any]:
        """The `number`th event of this type, without any audio flowing."""
        await eventually(lambda: len(self.all(type_)) >= number)
        return self.all(type_)[number - 1]

    async def send(self, type_: str, **fields: Any) -> None:
        await self.connection.send({"type": type_, **fields})

    def agent_said(self) -> list[str]:
        return [event["transcript"] for event in self.all("response.output_audio_transcript.done")]

    def caller_said(self) -> list[str]:
        return [event["transcript"] for event in self.all("conversation.item.input_audio_transcription.completed")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speech() -> AsyncIterator[Speech]:
    speech = Speech()
    yield speech
    await speech.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def application() -> AsyncIterator[Application]:
    application = Application()
    server = LoopbackServer(Starlette(routes=[Route("/hook", application.take, methods=["POST"])]), listen(0))
    await server.start()
    application.url = f"http://127.0.0.1:{server.port}/hook"
    yield application
    server.force_exit = True
    await server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def make_sandbox(speech: Speech, application: Application) -> AsyncIterator[Callable[..., Any]]:
    """Returns a function that starts an engine: with `speech`, and a configuration that differs by the arguments."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(**changes: Any) -> Sandbox:
            faults = Faults()
            voice = changes.pop("speech", speech)
            config = {"webhook_url": application.url, "clock": Clock(speed=50), "answer_delay_s": 0, **changes}
            engine = make_engine(
                EngineConfig(API_KEY, PROJECT_ID, webhook_secret=WEBHOOK_SECRET, **config), faults, voice
            )
            server = LoopbackServer(engine, listen(0))
            await server.start()
            server.force_exit = True  # do not wait for clients at the end
            stack.push_async_callback(server.stop)
            stack.push_async_callback(engine.close)
            client = openai.AsyncOpenAI(
                api_key=API_KEY,
                base_url=f"http://127.0.0.1:{server.port}/v1",
                websocket_base_url=f"ws://127.0.0.1:{server.port}/v1",
                webhook_secret=WEBHOOK_SECRET,
                max_retries=0,
            )
            stack.push_async_callback(client.close)
            return Sandbox(engine, client, application, faults, speech, server.port)

        yield make


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_sandbox(make_sandbox: Callable[..., Any]) -> Sandbox:
    return await make_sandbox()


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    """An engine whose past is forgotten."""
    shared_sandbox.faults.clear()
    shared_sandbox.application.received.clear()
    shared_sandbox.application.statuses.clear()
    shared_sandbox.since = time.time()
    return shared_sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def dial() -> AsyncIterator[Callable[..., Any]]:
    """Returns a function that opens a line to a sandbox's engine and sends an INVITE."""
    async with contextlib.AsyncExitStack() as stack:

        async def dial(sandbox: Sandbox, project_id: str = PROJECT_ID, **headers: str) -> Line:
            socket = await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{sandbox.port}/trunk", compression=None, close_timeout=1)
            )
            line = Line(socket, sandbox.speech)
            pairs = (
                ("Via", "SIP/2.0/TLS one"),
                ("Via", "SIP/2.0/TLS two"),
                ("From", "<sip:+12025550100@pstn.example>;tag=1"),
                ("To", f"<sip:{project_id}@sip.api.openai.com>"),
                ("Authorization", "Digest never"),
                ("X-Line", line.reference),
                *((name.replace("_", "-"), value) for name, value in headers.items()),
            )
            uri = f"sip:{project_id}@sip.api.openai.com;transport=tls"
            await line.send(trunk.Invite("call@carrier.example", uri, pairs, "srtp"))
            return line

        yield dial


@pytest_asyncio.fixture(loop_scope="module")
async def attach() -> AsyncIterator[Callable[..., Any]]:
    """Returns a function that attaches a sideband through the SDK."""
    async with contextlib.AsyncExitStack() as stack:

        async def attach(sandbox: Sandbox, call_id: str) -> Desk:
            desk = Desk(await stack.enter_async_context(sandbox.client.realtime.connect(call_id=call_id)))
            reading = asyncio.create_task(desk.read())

            async def stop() -> None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

            stack.push_async_callback(stop)
            return desk

        yield attach


@dataclass
class LiveCall:
    id: str
    line: Line
    desk: Desk
    sandbox: Sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def make_call(sandbox: Sandbox, dial: Callable[..., Any], attach: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that makes an answered call with its sideband; its arguments go into the session."""

    async def make(on: Sandbox | None = None, **session: Any) -> LiveCall:
        used = on or sandbox
        line = await dial(used)
        call_id = await used.call_id(line)
        await used.client.realtime.calls.accept(call_id, type="realtime", **session)
        await line.message(trunk.Answer)
        return LiveCall(call_id, line, await attach(used, call_id), used)

    return make
