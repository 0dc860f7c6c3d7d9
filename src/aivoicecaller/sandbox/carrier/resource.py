"""One address of the REST API: who asks, which fault happens here, which handler answers, how it refuses."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from aivoicecaller.sandbox.carrier.errors import RestError, error_for_status, not_found
from aivoicecaller.sandbox.carrier.requests import Form, page_of
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.carrier.wire import page_json
from aivoicecaller.sandbox.serving import cut

MAX_BODY_BYTES: Final = 256 * 1024

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Verb:
    """What one method of an address does."""

    handle: Handler
    point: str | None = None
    """The fault point that is passed."""


class Resource:
    """An ASGI application for one address; `verbs` by HTTP method."""

    def __init__(self, services: Services, verbs: Mapping[str, Verb]) -> None:
        self._services = services
        self._verbs = verbs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            self._authenticate(request)
            verb = self._verbs.get(request.method)
            if verb is None:
                raise RestError(20004, f"Method {request.method} is not allowed here.", 405)
        except RestError as error:
            await self._refuse(request, error)(scope, receive, send)
            return
        fault = self._services.faults.take(verb.point) if verb.point else None
        if fault is not None:
            self._services.ledger.note("fault", point=fault.point, fault=fault.kind)
        match fault.kind if fault else None:
            case "close":
                await cut(scope, receive)
            case "status" if fault:
                await self._refuse(request, error_for_status(fault.status))(scope, receive, send)
            case "lost_answer":
                response = await self._answer(verb, request)
                await response(scope, receive, _Scissors(send).send)
                await cut(scope, receive)
            case "delay" if fault:
                response = await self._answer(verb, request)
                await self._services.clock.sleep(fault.seconds)
                await response(scope, receive, send)
            case _:
                response = await self._answer(verb, request)
                await response(scope, receive, send)

    async def _answer(self, verb: Verb, request: Request) -> Response:
        try:
            response = await verb.handle(request)
        except RestError as error:
            return self._refuse(request, error)
        self._note(request, response.status_code)
        return response

    def _authenticate(self, request: Request) -> None:
        """Basic authentication with account SID and token. Raises RestError 20003, 20404."""
        config = self._services.config
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
        except binascii.Error:
            given = b""
        if not hmac.compare_digest(given, f"{config.account_sid}:{config.auth_token}".encode()):
            raise RestError(20003, "Authentication Error - invalid username or password", 401)
        if request.path_params.get("account_sid", config.account_sid) != config.account_sid:
            raise not_found(request.url.path)

    def _refuse(self, request: Request, error: RestError) -> Response:
        self._note(request, error.status, code=error.code)
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
        return JSONResponse(error.body(), error.status, headers)

    def _note(self, request: Request, status: int, code: int | None = None) -> None:
        self._services.ledger.note("request", method=request.method, path=request.url.path, status=status, code=code)


class _Scissors:
    """Lets nothing through of a whole answer, and of one that comes in parts the head and the first part."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self._parts = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
        elif message.get("more_body") and self._head is not None and self._parts == 0:
            self._parts += 1
            await self._send(self._head)
            await self._send(message)


async def read_form(request: Request) -> Form:
    """The form in a request's body. Raises RestError for another type, a body too large, or not a form."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise RestError(20001, "The request body is too large.", 413)
    if body and content_type != "application/x-www-form-urlencoded":
        raise RestError(20001, "The request body must be application/x-www-form-urlencoded.")
    return Form(bytes(body))


def page_response(request: Request, name: str, items: list[dict[str, Any]]) -> Response:
    """The page of `items` that a list request asks for, in Twilio's envelope. Raises RestError."""
    page, size = page_of(request.query_params)
    paging = ("Page", "PageSize", "PageToken")
    filters = {key: value for key, value in request.query_params.items() if key not in paging}
    return JSONResponse(page_json(name, items, request.url.path, filters, page, size))
