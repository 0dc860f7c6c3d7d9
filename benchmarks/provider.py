"""Both providers in one small server: they answer what a call needs, speak at the rate they are told, and take times.

It is written for speed and knows nothing of the product: messages are made beforehand, and nothing is checked but what
is counted. The load comes from here too, so that every time is taken by one clock. What it costs is told with every
figure: it must not be what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
import orjson
from aiohttp import web

from . import accounts, turn

_REFERENCE = re.compile(r"X-Call-Ref=([A-Za-z0-9_%.-]+)")
_ACCOUNT = f"/2010-04-01/Accounts/{accounts.ACCOUNT_SID}"
PATIENCE_S = 30.0
"""Every wait of a benchmark ends after so long, with an error."""


@dataclass(eq=False)
class Leg:
    """A telephone call that was asked for at the carrier."""

    sid: str
    answer_url: str
    status_url: str
    over: bool = False


@dataclass(eq=False)
class Line:
    """One call as the engine sees it. Times are of `time.perf_counter`."""

    engine_call_id: str
    reference: str
    leg: Leg | None = None
    announced_at: float = 0.0
    """Just before the webhook's first byte was sent."""
    accepted: asyncio.Future[float] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    greeted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """The server asked for its first response: the sideband is attached and talks."""
    socket: web.WebSocketResponse | None = None
    tool_answered: asyncio.Future[float] | None = None
    requests: int = 0
    """Responses that were asked for."""

    async def send(self, *messages: bytes) -> None:
        assert self.socket is not None
        for message in messages:
            await self.socket.send_frame(message, aiohttp.WSMsgType.TEXT)


class Provider:
    def __init__(self) -> None:
        self.url = ""
        self._numbers = itertools.count(1)
        self._lines: dict[str, Line] = {}
        self._legs: dict[str, Leg] = {}
        self._new_legs: asyncio.Queue[Leg] = asyncio.Queue()
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Provider:
        app = web.Application()
        app.router.add_post("/v1/realtime/client_secrets", self._mint)
        app.router.add_post("/v1/realtime/calls/{id}/accept", self._accept)
        app.router.add_post("/v1/realtime/calls/{id}/{action}", _done)
        app.router.add_get("/v1/realtime", self._sideband)
        app.router.add_post(f"{_ACCOUNT}/Calls.json", self._dial)
        app.router.add_get(f"{_ACCOUNT}/Calls/{{sid}}.json", self._fetch)
        app.router.add_post(f"{_ACCOUNT}/Calls/{{sid}}.json", self._fetch)
        app.router.add_get(f"{_ACCOUNT}/Calls/{{sid}}/Recordings.json", self._recordings)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._http is not None
        assert self._runner is not None
        await self._http.close()
        await self._runner.cleanup()

    @property
    def http(self) -> aiohttp.ClientSession:
        """For what is not measured: placing calls, and the carrier's own requests."""
        assert self._http is not None
        return self._http

    # What the engine does.

    def offer(self, reference: str, leg: Leg | None = None) -> Line:
        """A call that waits to be announced."""
        line = Line(f"rtc_u0_{next(self._numbers):016x}", reference, leg)
        self._lines[line.engine_call_id] = line
        return line

    async def announce(self, line: Line, webhook_url: str, at: float) -> None:
        """Post the webhook of a call at a moment, on a connection that is open by then."""
        target = urlsplit(webhook_url)
        await asyncio.sleep(at - 0.05 - time.perf_counter())
        reader, writer = await asyncio.open_connection(target.hostname, target.port)
        try:
            request = _webhook(line, target.netloc, target.path)
            await asyncio.sleep(at - time.perf_counter())
            line.announced_at = time.perf_counter()
            writer.write(request)
            async with asyncio.timeout(PATIENCE_S):
                status = await reader.readline()
            if b" 200 " not in status:
                raise RuntimeError(f"The webhook was answered {status.decode().strip()}.")
        finally:
            writer.close()

    async def hang_up(self, line: Line) -> None:
        """The person is gone: the carrier tells it, and the engine closes the sideband."""
        if line.leg is not None:
            line.leg.over = True
            await self._tell(line.leg.status_url, line.leg, CallStatus="completed", CallDuration="60")
        if line.socket is not None:
            await line.socket.close()
        self._lines.pop(line.engine_call_id, None)

    async def _mint(self, request: web.Request) -> web.Response:
        await request.read()
        answer = {"value": "ek_1", "expires_at": int(time.time()) + 600, "session": {"id": "sess_1"}}
        return _json(answer)

    async def _accept(self, request: web.Request) -> web.Response:
        await request.read()
        line = self._lines[request.match_info["id"]]
        line.accepted.set_result(time.perf_counter())
        return _json({})

    async def _sideband(self, request: web.Request) -> web.WebSocketResponse:
        line = self._lines[request.query["call_id"]]
        line.socket = socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            await self._told(line, orjson.loads(message.data))
        return socket

    async def _told(self, line: Line, message: dict[str, Any]) -> None:
        match message["type"]:
            case "session.update":
                await line.send(orjson.dumps({"type": "session.updated", "session": message["session"]}))
            case "conversation.item.create" if message["item"]["type"] == "function_call_output":
                assert line.tool_answered is not None
                line.tool_answered.set_result(time.perf_counter())
            case "response.create":
                line.requests += 1
                await line.send(*turn.short_response(f"resp_asked_{line.requests}"))
                if not line.greeted.done():
                    line.greeted.set_result(None)
            case _:
                pass

    # What the carrier does.

    async def answered(self) -> Line:
        """The person of the next leg that was dialled answers: how the carrier is told to reach the engine."""
        async with asyncio.timeout(PATIENCE_S):
            leg = await self._new_legs.get()
        document = await self._tell(leg.answer_url, leg, CallStatus="in-progress", Direction="outbound-api")
        reference = _REFERENCE.search(document)
        if reference is None:
            raise RuntimeError(f"No reference stands in {document}")
        return self.offer(unquote(reference[1]), leg)

    async def _tell(self, url: str, leg: Leg, **form: str) -> str:
        fields = {"CallSid": leg.sid, "From": accounts.FROM_NUMBER, "To": accounts.TO_NUMBER, **form}
        headers = {"X-Twilio-Signature": _twilio_signature(url, fields)}
        async with self.http.post(url, data=fields, headers=headers) as response:
            text = await response.text()
            if not response.ok:
                raise RuntimeError(f"{url} was answered {response.status}: {text}")
            return text

    async def _dial(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text()))
        leg = Leg(f"CA{next(self._numbers):032x}", form["Url"], form["StatusCallback"])
        self._legs[leg.sid] = leg
        self._new_legs.put_nowait(leg)
        return _json({"sid": leg.sid, "status": "queued", "to": form["To"], "from": form["From"]}, status=201)

    async def _fetch(self, request: web.Request) -> web.Response:
        leg = self._legs[request.match_info["sid"]]
        return _json({"sid": leg.sid, "status": "completed" if leg.over else "in-progress"})

    async def _recordings(self, request: web.Request) -> web.Response:
        return _json({"recordings": [], "page": 0, "page_size": 50, "next_page_uri": None})


async def _done(request: web.Request) -> web.Response:
    return _json({})


def _json(value: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type="application/json")


def _webhook(line: Line, host: str, path: str) -> bytes:
    """The whole request of `realtime.call.incoming`, signed as Standard Webhooks 1.0 says."""
    headers = {
        "From": f"<sip:{accounts.FROM_NUMBER}@pstn.twilio.com>;tag=33882214_c3356d0b",
        "To": f"<sip:{accounts.PROJECT_ID}@sip.api.openai.com;transport=tls>",
        "Call-ID": f"{line.engine_call_id}@0.0.0.0",
        "X-Twilio-CallSid": "CA" + "e" * 32,
        "X-Call-Ref": line.reference,
    }
    event = {
        "object": "event",
        "id": f"evt_{line.engine_call_id}",
        "type": "realtime.call.incoming",
        "created_at": int(time.time()),
        "data": {
            "call_id": line.engine_call_id,
            "sip_headers": [{"name": name, "value": value} for name, value in headers.items()],
            "sip_media_security": "srtp",
        },
    }
    body = orjson.dumps(event)
    webhook_id, date = f"wh_{line.engine_call_id}", str(int(time.time()))
    key = base64.b64decode(accounts.WEBHOOK_SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"{webhook_id}.{date}.".encode() + body, "sha256")).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"webhook-id: {webhook_id}\r\nwebhook-timestamp: {date}\r\nwebhook-signature: v1,{signature}\r\n\r\n"
    )
    return head.encode() + body


def _twilio_signature(url: str, fields: Mapping[str, str]) -> str:
    """Twilio's "Webhooks security": HMAC-SHA1 over the address and all fields sorted by name."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.digest(accounts.AUTH_TOKEN.encode(), text.encode(), hashlib.sha1)).decode()
