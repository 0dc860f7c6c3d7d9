"""The engine's HTTP and WebSocket addresses."""

from __future__ import annotations

import hmac
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from aivoicecaller.ids import new_id
from aivoicecaller.sandbox.serving import cut
from aivoicecaller.sandbox.speech import Speech

from . import commands
from . import faults as points
from .config import EngineConfig
from .engine import Engine
from .errors import ApiError, call_not_found, fault_error, model_not_found
from .faults import Fault, Faults
from .fields import MODELS, check_client_secret
from .rules import Number, Record, Text
from .session import Session
from .sideband import Sideband
from .trunk_port import serve_trunk

_LARGEST_BODY: Final = 1024 * 1024
_DEFAULT_SECRET_S: Final = 600
_SINCE: Final = 1_756_310_470
"""`created` of every model in the list; the real dates do not matter here."""

_REJECT: Final = Record({"status_code": Number(300, 699, whole=True)})
_REFER: Final = Record({"target_uri": Text()}, required=("target_uri",))

Handler = Callable[[Engine, Request], Awaitable[Any]]
"""Does the work of an address. What it returns is sent as JSON; None is an empty answer."""


def answer(content: Any, status: int = 200) -> Response:
    headers = {"x-request-id": new_id("req"), "openai-version": "2020-10-01"}
    if content is None:
        return Response(b"", status, headers)
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def check_key(engine: Engine, headers: Any) -> None:
    """Raises ApiError 401 unless the request carries the project's key, and names no other project."""
    scheme, _, key = str(headers.get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise ApiError("Missing bearer authentication in header", code=None, status=401)
    if not hmac.compare_digest(key.strip().encode(), engine.config.api_key.encode()):
        shown = f"{key[:3]}***{key[-4:]}" if len(key) > 12 else "***"
        raise ApiError(f"Incorrect API key provided: {shown}.", code="invalid_api_key", status=401)
    if headers.get("openai-project", engine.config.project_id) != engine.config.project_id:
        raise ApiError("OpenAI-Project header should match project for API key", code="mismatched_project", status=401)


async def json_body(request: Request) -> dict[str, Any]:
    """The request's JSON object, an empty one for no body. Raises ApiError."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise ApiError("The request body is too large.", code="request_too_large", status=413)
    if not body:
        return {}
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError("We could not parse the JSON body of your request.", code=None) from error
    if not isinstance(content, dict):
        raise ApiError("Invalid type for the request body: expected an object.", code="invalid_type")
    return cast("dict[str, Any]", content)


class Endpoint:
    """One address: the key is checked, the fault that is due happens, refusals get the API's shape."""

    def __init__(self, engine: Engine, handler: Handler, point: str = "") -> None:
        self._engine = engine
        self._handler = handler
        self._point = point

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._engine.faults.take(self._point) if self._point else None
        if fault is not None and fault.kind == "close":
            await cut(scope, receive)
            return
        response = await self._respond(Request(scope, receive), fault)
        if fault is not None and fault.kind == "delay":
            await self._engine.config.clock.sleep(fault.seconds)
        if fault is not None and fault.kind == "lost_answer":
            await cut(scope, receive)
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request, fault: Fault | None) -> Response:
        try:
            check_key(self._engine, request.headers)
            if fault is not None and fault.kind == "status":
                raise fault_error(fault.status)
            return answer(await self._handler(self._engine, request))
        except ApiError as error:
            return answer(error.body(), error.status)


async def _create_client_secret(engine: Engine, request: Request) -> dict[str, Any]:
    body = await json_body(request)
    check_client_secret(body)
    expires_at = int(time.time()) + int(body.get("expires_after", {}).get("seconds", _DEFAULT_SECRET_S))
    session = Session(body.get("session", {})).as_sent()
    engine.ledger.note("client_secret", session_id=session["id"], model=session["model"])
    return {"value": new_id("ek"), "expires_at": expires_at, "session": session}


async def _accept(engine: Engine, request: Request) -> None:
    engine.accept(request.path_params["call_id"], await json_body(request))


async def _reject(engine: Engine, request: Request) -> None:
    body = await json_body(request)
    _REJECT.check(body, "")
    engine.reject(request.path_params["call_id"], int(body.get("status_code", 603)))


async def _hang_up(engine: Engine, request: Request) -> None:
    engine.hang_up(request.path_params["call_id"])


async def _refer(engine: Engine, request: Request) -> None:
    body = await json_body(request)
    _REFER.check(body, "")
    engine.refer(request.path_params["call_id"], body["target_uri"])


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _SINCE, "owned_by": "system"}


async def _list_models(engine: Engine, request: Request) -> dict[str, Any]:
    return {"object": "list", "data": [_model(name) for name in MODELS]}


async def _get_model(engine: Engine, request: Request) -> dict[str, Any]:
    name = request.path_params["model"]
    if name not in MODELS:
        raise model_not_found(name)
    return _model(name)


async def serve_sideband(engine: Engine, ws: WebSocket) -> None:
    """The WebSocket of an accepted call; anything else is refused before the upgrade."""
    fault = engine.faults.take(points.ATTACH)
    if fault is not None and fault.kind in ("close", "lost_answer"):
        await cut(ws.scope, ws.receive)
        return
    try:
        check_key(engine, ws.headers)
        if fault is not None and fault.kind == "status":
            raise call_not_found() if fault.status == 404 else fault_error(fault.status)
        if fault is not None and fault.kind == "delay":
            await engine.config.clock.sleep(fault.seconds)
        call = engine.calls.with_session(_call_id(ws))
    except ApiError as error:
        await ws.send_denial_response(answer(error.body(), error.status))
        return
    talk = call.talk
    assert talk is not None
    sideband = Sideband(ws, engine.config.clock, engine.faults)
    await ws.accept()
    call.attach(sideband)
    engine.ledger.note("sideband", call_id=call.id)
    try:
        await sideband.run(lambda message: commands.obey(talk, message))
    finally:
        call.detach(sideband)
        engine.ledger.note("sideband_ended", call_id=call.id)


def _call_id(ws: WebSocket) -> str:
    call_id = ws.query_params.get("call_id")
    if not call_id:
        raise ApiError(
            "The sandbox's engine takes its audio from calls: connect with call_id.", code="missing_call_id", status=400
        )
    return call_id


async def _refuse_address(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"Invalid URL ({request.method} {request.url.path})" if error.status_code == 404 else error.detail
    refused = ApiError(message, code=None, status=error.status_code)
    return answer(refused.body(), refused.status)


def send_at_once(scope: Scope) -> None:
    """Do not hold back small messages (Nagle's algorithm): sideband events and frames are nothing else.

    asyncio sees to that itself, but only for sockets made with an explicit protocol number.
    """
    transport = scope.get("state", {}).get("transport")
    opened = transport.get_extra_info("socket") if transport is not None else None
    if opened is not None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class EngineApp:
    """The ASGI application, with what its process needs to know of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

        async def ledger(request: Request) -> Response:
            return answer(engine.ledger.entries())

        async def sideband(ws: WebSocket) -> None:
            await serve_sideband(engine, ws)

        async def trunk(ws: WebSocket) -> None:
            await serve_trunk(ws, engine.offer)

        def post(path: str, handler: Handler, point: str = "") -> Route:
            return Route(path, Endpoint(engine, handler, point), methods=["POST"])

        def get(path: str, handler: Handler) -> Route:
            return Route(path, Endpoint(engine, handler), methods=["GET"])

        self._app = Starlette(
            routes=[
                post("/v1/realtime/client_secrets", _create_client_secret, points.CLIENT_SECRETS),
                post("/v1/realtime/calls/{call_id}/accept", _accept, points.ACCEPT),
                post("/v1/realtime/calls/{call_id}/reject", _reject, points.REJECT),
                post("/v1/realtime/calls/{call_id}/hangup", _hang_up, points.HANGUP),
                post("/v1/realtime/calls/{call_id}/refer", _refer),
                get("/v1/models", _list_models),
                get("/v1/models/{model}", _get_model),
                Route("/sandbox/ledger", ledger),
                WebSocketRoute("/v1/realtime", sideband),
                WebSocketRoute("/trunk", trunk),
            ],
            exception_handlers={404: _refuse_address, 405: _refuse_address},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        send_at_once(scope)
        await self._app(scope, receive, send)

    def set_webhook_url(self, url: str) -> None:
        """Send webhooks to another address from now on, also those of calls that are under way."""
        self._engine.webhooks.url = url

    def live_calls(self) -> int:
        """Calls that are offered or going on."""
        return len(self._engine.calls)

    async def close(self) -> None:
        """Hang up every call and let go of everything."""
        await self._engine.close()


def make_engine(config: EngineConfig, faults: Faults, speech: Speech) -> EngineApp:
    """An engine to be served on loopback. `speech` is started and closed by whoever made it."""
    return EngineApp(Engine(config, faults, speech))
