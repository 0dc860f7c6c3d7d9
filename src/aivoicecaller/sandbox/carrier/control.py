"""The sandbox's own addresses: faults, ledger, settings, state and shutdown. They take the same credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, cast

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aivoicecaller.sandbox.carrier.errors import RestError
from aivoicecaller.sandbox.carrier.exchange import Exchange
from aivoicecaller.sandbox.carrier.resource import MAX_BODY_BYTES, Resource, Verb
from aivoicecaller.sandbox.faults import FaultError, parse_fault
from aivoicecaller.sandbox.media_clock import SandboxClock

FASTEST: Final = 200.0
_BAD: Final = 20001


class Control:
    """Handlers of /sandbox/*. `on_webhook_url` is told where the engine's webhooks go from now on."""

    def __init__(
        self,
        exchange: Exchange,
        clock: SandboxClock,
        on_webhook_url: Callable[[str], None],
        on_shutdown: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._services = exchange.services
        self._clock = clock
        self._on_webhook_url = on_webhook_url
        self._on_shutdown = on_shutdown

    def routes(self) -> list[BaseRoute]:
        def at(path: str, **verbs: Verb) -> Route:
            return Route(f"/sandbox{path}", Resource(self._services, verbs))

        return [
            at("/faults", GET=Verb(self.faults), POST=Verb(self.arm), DELETE=Verb(self.clear)),
            at("/ledger", GET=Verb(self.ledger)),
            at("/settings", POST=Verb(self.settings)),
            at("/state", GET=Verb(self.state)),
            at("/shutdown", POST=Verb(self.shutdown)),
        ]

    async def faults(self, request: Request) -> Response:
        return JSONResponse({"faults": [asdict(fault) for fault in self._services.faults.armed()]})

    async def arm(self, request: Request) -> Response:
        """Switch on one fault (an object) or several (a list of objects, all or none)."""
        body = await _json(request)
        items = cast("list[Any]", body) if isinstance(body, list) else [body]
        try:
            faults = [parse_fault(_object(item)) for item in items]
        except FaultError as error:
            raise RestError(_BAD, str(error)) from error
        for fault in faults:
            self._services.faults.arm(fault)
        return await self.faults(request)

    async def clear(self, request: Request) -> Response:
        self._services.faults.clear()
        return Response(status_code=204)

    async def ledger(self, request: Request) -> Response:
        """`?after=N` gives the entries numbered above N."""
        after = request.query_params.get("after", "0")
        if not after.isdigit():
            raise RestError(_BAD, "`after` must be a whole number.")
        return JSONResponse({"entries": self._services.ledger.entries(int(after))})

    async def settings(self, request: Request) -> Response:
        """`speed`, `webhook_url`, `calls_per_second` (null for any number); what is left out stays."""
        body = _object(await _json(request))
        for name in body:
            if name not in ("speed", "webhook_url", "calls_per_second"):
                raise RestError(_BAD, f"There is no setting {name!r}.")
        speed = _number(body, "speed", self._clock.speed, FASTEST)
        rate = _number(body, "calls_per_second", None, 1000.0)
        url = body.get("webhook_url")
        if url is not None and not (isinstance(url, str) and url.startswith(("http://", "https://"))):
            raise RestError(_BAD, "`webhook_url` must be an http or https address.")
        if speed is not None:
            self._clock.set_speed(speed)
        if "calls_per_second" in body:
            self._exchange.calls_per_second = rate
        if url is not None:
            self._on_webhook_url(url)
        return await self.state(request)

    async def state(self, request: Request) -> Response:
        calls = self._services.registry.calls
        return JSONResponse(
            {
                "speed": self._clock.speed,
                "calls_per_second": self._exchange.calls_per_second,
                "people": people_json(self._exchange),
                "live_calls": [
                    {
                        "sid": sid,
                        "to": calls[sid].to,
                        "status": calls[sid].status,
                        "direction": calls[sid].direction,
                        "parent_call_sid": calls[sid].parent_sid,
                    }
                    for sid in self._services.live
                ],
            }
        )

    async def shutdown(self, request: Request) -> Response:
        self._on_shutdown()
        return Response(status_code=202)


def people_json(exchange: Exchange) -> list[dict[str, str]]:
    """Everybody with a number of their own, for people who choose whom to call."""
    people = exchange.services.directory.people
    return [{"number": one.number, "name": one.name, "description": one.description} for one in people]


async def _json(request: Request) -> Any:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise RestError(_BAD, "The request body is too large.", 413)
    try:
        return orjson.loads(bytes(body))
    except orjson.JSONDecodeError as error:
        raise RestError(_BAD, "The request body must be JSON.") from error


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RestError(_BAD, "A JSON object is needed.")
    return cast("Mapping[str, Any]", value)


def _number(body: Mapping[str, Any], name: str, default: float | None, high: float) -> float | None:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= high:
        raise RestError(_BAD, f"`{name}` must be above 0 and at most {high:g}.")
    return float(value)
