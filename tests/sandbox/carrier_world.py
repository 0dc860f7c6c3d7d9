"""A carrier on real sockets, with an application that it calls and an engine's trunk that it reaches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from aivoicecaller.sandbox import trunk
from aivoicecaller.sandbox.carrier.app import make_carrier
from aivoicecaller.sandbox.carrier.exchange import Exchange
from aivoicecaller.sandbox.carrier.services import CarrierConfig
from aivoicecaller.sandbox.faults import Fault, Faults
from aivoicecaller.sandbox.media_clock import SandboxClock
from aivoicecaller.sandbox.phones.person import Person, learn
from aivoicecaller.sandbox.phones.scenario import Listen, Say, Scenario
from aivoicecaller.sandbox.serving import LoopbackServer, listen
from aivoicecaller.sandbox.speech import Speech

ACCOUNT = "AC" + "a1" * 16
TOKEN = "token-of-the-tests"
OURS = "+12025550199"
FINAL = {"completed", "busy", "no-answer", "failed", "canceled"}
SPEED = 40.0

IN_ONE_WORLD = [
    pytest.mark.asyncio(loop_scope="module"),
    # Both are inside the asynchronous SDK, which uses what newer aiohttp advises against.
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]
"""The marks of a module whose tests share one carrier."""


async def until(condition: Callable[[], Any], what: str, timeout_s: float = 10.0) -> Any:
    """The first true value of `condition`, asked again and again."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"Waited {timeout_s} s for {what}."
        await asyncio.sleep(0.002)
    return value


@dataclass
class Heard:
    """One request that the application got."""

    path: str
    method: str
    url: str
    params: dict[str, str]
    signature: str
    token: str
    signed: bool


@dataclass
class Application:
    """The customer's application: answers TwiML, takes callbacks, checks every signature."""

    heard: list[Heard] = field(default_factory=list)
    pages: dict[str, Callable[[Heard], Response | Awaitable[Response]]] = field(default_factory=dict)
    base_url: str = ""

    def page(self, path: str, twiml: str | Callable[[Heard], Any], media_type: str = "text/xml") -> str:
        """Serve `twiml` at `path`; its address."""
        self.pages[path] = (lambda _: Response(twiml, media_type=media_type)) if isinstance(twiml, str) else twiml
        return self.base_url + path

    async def answer(self, request: Request) -> Response:
        body = (await request.body()).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        query = dict(parse_qsl(request.url.query, keep_blank_values=True))
        signature = request.headers.get("x-twilio-signature", "")
        url = str(request.url)
        heard = Heard(
            request.url.path,
            request.method,
            url,
            query | form,
            signature,
            request.headers.get("i-twilio-idempotency-token", ""),
            bool(signature) and RequestValidator(TOKEN).validate(url, form, signature),
        )
        self.heard.append(heard)
        page = self.pages.get(request.url.path, lambda _: PlainTextResponse("", 204))
        answer = page(heard)
        return answer if isinstance(answer, Response) else await answer

    def of(self, path: str, call_sid: str | None = None) -> list[Heard]:
        return [h for h in self.heard if h.path == path and call_sid in (None, h.params.get("CallSid"))]

    async def wait(self, path: str, count: int = 1, **params: str) -> list[Heard]:
        def found() -> list[Heard] | None:
            hits = [h for h in self.of(path) if params.items() <= h.params.items()]
            return hits if len(hits) >= count else None

        return await until(found, f"{count} requests at {path}")


@dataclass
class Leg:
    """One INVITE that the trunk got, and what came with it."""

    invite: trunk.Invite
    messages: list[trunk.Message] = field(default_factory=list)
    frames: int = 0
    closed: bool = False

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.invite.headers if key.lower() == name.lower()), None)


ENDLESS = "Let me tell you about all the things that our clinic can do for you. " * 4
AGENTS = {
    "polite": (
        Say("Good morning, this is the agent of the dental clinic. How can I help you today?"),
        Listen(),
        Say("Certainly. When would it suit you?"),
        Listen(),
        Say("Very well, I have written that down for you. Is there anything else?"),
        Listen(),
        Say("Goodbye."),
    ),
    "talkative": (Say(ENDLESS), Listen(), Say(ENDLESS), Listen()),
    "brief": (Say("Goodbye."),),
    "mute": (Listen(patience_s=600, insist=False),),
}


class EngineTrunk:
    """A stand-in for the engine's end of the trunk; the header `X-Agent` of the INVITE says how it behaves."""

    def __init__(self, speech: Speech) -> None:
        self.legs: list[Leg] = []
        self._speech = speech

    async def take(self, socket: WebSocket) -> None:
        await socket.accept()
        message = trunk.decode(await socket.receive_text())
        assert isinstance(message, trunk.Invite)
        leg = Leg(message)
        self.legs.append(leg)
        # The carrier may close while an answer is on its way.
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._serve(socket, leg, leg.header("X-Agent") or "polite")
        leg.closed = True

    async def _serve(self, socket: WebSocket, leg: Leg, behaviour: str) -> None:
        async def send(message: trunk.Message) -> None:
            await socket.send_text(trunk.encode(message))

        await send(trunk.Trying())
        if behaviour == "declines":
            await send(trunk.Reject(603, "Decline"))
            return
        await send(trunk.Ringing())
        if behaviour == "never":
            while True:
                leg.messages.append(trunk.decode(await socket.receive_text()))
        await send(trunk.Answer())
        if behaviour == "dies":
            await socket.close()
            return
        if behaviour == "refers":
            await send(trunk.Refer("tel:+12025550110"))
        agent = await self._agent(behaviour)
        while True:
            received = await socket.receive()
            if received["type"] == "websocket.disconnect":
                return
            if received.get("text") is not None:
                leg.messages.append(trunk.decode(received["text"]))
                continue
            leg.frames += 1
            await socket.send_bytes(agent.tick(received["bytes"]))
            if agent.hung_up:
                await send(trunk.Bye())
                await socket.close()
                return

    async def _agent(self, behaviour: str) -> Person:
        scenario = Scenario("*", "Agent", "An agent", voice="marin", script=AGENTS.get(behaviour, AGENTS["polite"]))
        return Person(scenario, await learn(scenario, self._speech))


@dataclass
class World:
    exchange: Exchange
    faults: Faults
    clock: SandboxClock
    application: Application
    engine: EngineTrunk
    client: Client
    async_client: Client
    http: httpx.AsyncClient
    base_url: str
    webhook_urls: list[str]
    shutdowns: list[bool]

    @property
    def ledger(self) -> list[dict[str, Any]]:
        return self.exchange.services.ledger.entries()

    def noted(self, kind: str, **facts: Any) -> list[dict[str, Any]]:
        return [entry for entry in self.ledger if entry["kind"] == kind and facts.items() <= entry.items()]

    def sip(self, agent: str = "polite", dial: str = "", sip: str = "", extra: str = "") -> str:
        """TwiML that dials the engine."""
        uri = f"sip:proj_test@sip.api.openai.com;transport=tls?X-Agent={agent}{extra}"
        return f"<Response><Dial {dial}><Sip {sip}>{uri}</Sip></Dial></Response>"

    async def dial(self, to: str, twiml: str | None = None, **options: Any) -> str:
        """Make a call whose progress is told at /status; its SID."""
        options.setdefault("status_callback", self.application.base_url + "/status")
        options.setdefault("status_callback_event", ["initiated", "ringing", "answered", "completed"])
        call = await self.async_client.calls.create_async(
            to=to, from_=OURS, **({"twiml": twiml} if twiml else {}), **options
        )
        return call.sid

    async def end_of(self, sid: str, path: str = "/status", timeout_s: float = 15.0) -> dict[str, str]:
        """What the last callback of a call said."""

        def found() -> dict[str, str] | None:
            return next((h.params for h in self.application.of(path, sid) if h.params.get("CallStatus") in FINAL), None)

        return await until(found, f"the end of {sid}", timeout_s)

    def arm(self, point: str, kind: Any, **fields: Any) -> None:
        self.faults.arm(Fault(point, kind, **fields))


def sdk(base_url: str, token: str = TOKEN) -> Client:
    client = Client(ACCOUNT, token)
    client.api.base_url = base_url
    return client


@asynccontextmanager
async def carrier_world(data_dir: Path, speech: Speech, speed: float = SPEED) -> AsyncIterator[World]:
    application, engine = Application(), EngineTrunk(speech)
    app = Starlette(routes=[Route("/{path:path}", application.answer, methods=["GET", "POST"])])
    trunk_app = Starlette(routes=[WebSocketRoute("/trunk", engine.take)])
    servers = [LoopbackServer(app, listen(0)), LoopbackServer(trunk_app, listen(0))]
    application.base_url = f"http://127.0.0.1:{servers[0].port}"
    opened = listen(0)
    base_url = f"http://127.0.0.1:{opened.getsockname()[1]}"
    config = CarrierConfig(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        from_number=OURS,
        number_sid="PN" + "b2" * 16,
        data_dir=data_dir,
        base_url=base_url,
        trunk_url=f"ws://127.0.0.1:{servers[1].port}/trunk",
    )
    faults, clock = Faults(), SandboxClock(speed)
    webhook_urls: list[str] = []
    shutdowns: list[bool] = []
    carrier, exchange = make_carrier(
        config,
        faults,
        speech,
        clock,
        on_webhook_url=webhook_urls.append,
        on_shutdown=lambda: shutdowns.append(True),
    )
    servers.append(LoopbackServer(carrier, opened))
    for server in servers:
        await server.start()
    async_client = Client(ACCOUNT, TOKEN, http_client=AsyncTwilioHttpClient())
    async_client.api.base_url = base_url
    async with (
        async_client.http_client,
        httpx.AsyncClient(base_url=base_url, auth=(ACCOUNT, TOKEN), trust_env=False) as http,
    ):
        yield World(
            exchange,
            faults,
            clock,
            application,
            engine,
            sdk(base_url),
            async_client,
            http,
            base_url,
            webhook_urls,
            shutdowns,
        )
        await exchange.close()
    for server in reversed(servers):
        await server.stop()
