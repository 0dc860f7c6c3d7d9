"""REST: create, read, change, list and forget calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aivoicecaller.clock import to_datetime
from aivoicecaller.sandbox.carrier.errors import not_found
from aivoicecaller.sandbox.carrier.exchange import Exchange
from aivoicecaller.sandbox.carrier.model import Call
from aivoicecaller.sandbox.carrier.requests import date_filter, parse_create, parse_update
from aivoicecaller.sandbox.carrier.resource import page_response, read_form
from aivoicecaller.sandbox.carrier.wire import call_json


class CallsApi:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._config = exchange.services.config

    async def create(self, request: Request) -> Response:
        asked = parse_create(await read_form(request), self._config.from_number)
        return JSONResponse(self._json(self._exchange.place(asked)), 201)

    async def fetch(self, request: Request) -> Response:
        return JSONResponse(self._json(self._named(request)))

    async def update(self, request: Request) -> Response:
        call = self._named(request)
        self._exchange.update(call, parse_update(await read_form(request)))
        return JSONResponse(self._json(call))

    async def delete(self, request: Request) -> Response:
        self._exchange.delete(self._named(request))
        return Response(status_code=204)

    async def list(self, request: Request) -> Response:
        """Newest first; filters as in Twilio's API, dates by whole UTC days."""
        calls = self._exchange.calls(_filters(request.query_params))
        return page_response(request, "calls", [self._json(call) for call in calls])

    def _named(self, request: Request) -> Call:
        call = self._exchange.services.registry.calls.get(request.path_params["sid"])
        if call is None:
            raise not_found(request.url.path)
        return call

    def _json(self, call: Call) -> dict[str, Any]:
        return call_json(call, self._config.account_sid, self._config.number_sid)


def _filters(query: Mapping[str, str]) -> list[Callable[[Call], bool]]:
    """Raises RestError for a date that is none."""
    filters: list[Callable[[Call], bool]] = []
    if to := query.get("To"):
        filters.append(lambda call: call.to == to)
    if from_ := query.get("From"):
        filters.append(lambda call: call.from_ == from_)
    if status := query.get("Status"):
        filters.append(lambda call: call.status == status)
    if parent := query.get("ParentCallSid"):
        filters.append(lambda call: call.parent_sid == parent)
    if started := date_filter(query, "StartTime"):
        filters.append(lambda call: started(to_datetime(call.started_at or call.created_at).date()))
    if ended := date_filter(query, "EndTime"):
        filters.append(lambda call: call.ended_at is not None and ended(to_datetime(call.ended_at).date()))
    return filters
