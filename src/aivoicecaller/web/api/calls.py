"""Calls: place one, watch it, end it, look it up."""

from __future__ import annotations

from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Path, Query, Response

from ...bus.base import NoAnswer, NobodyThere
from ...topics import requests_of
from .. import shapes
from ..parts import WebParts
from ..problems import Refused, not_found
from .placing import place
from .schemas import CallDetail, CallEvents, CallPage, CallSummary, NewCall

log = structlog.get_logger(__name__)

REQUEST_S = 5.0

CallId = Annotated[str, Path(pattern=r"^call_[0-9a-f]{32}$", description="Id of a call.")]


def calls_router(parts: WebParts) -> APIRouter:
    router = APIRouter(prefix="/api/calls", tags=["calls"])

    @router.post("", status_code=201)
    async def place_call(new: NewCall, response: Response) -> CallDetail:
        """Ring a number and let an agent talk. The call goes on by itself; watch it at `/api/live`."""
        row = await place(new, parts)
        response.headers["Location"] = f"/api/calls/{row.id}"
        return await _detail(row.id)

    @router.get("")
    async def list_calls(
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(pattern=r"^call_[0-9a-f]{32}$")] = None,
        status: Literal["live", "ended"] | None = None,
    ) -> CallPage:
        """The history, newest first."""
        rows, cursor = await parts.store.calls.page(limit, cursor, None if status is None else status == "live")
        now = parts.clock.utc()
        return CallPage(calls=[shapes.call_summary(row, now) for row in rows], next=cursor)

    @router.get("/{call_id}")
    async def get_call(call_id: CallId) -> CallDetail:
        """One call with its transcript, tool calls and recordings."""
        return await _detail(call_id)

    @router.get("/{call_id}/events")
    async def list_events(call_id: CallId) -> CallEvents:
        """What the call's machine saw and ordered, in order."""
        if await parts.store.calls.get(call_id) is None:
            raise not_found("call")
        return CallEvents(events=[shapes.event(row) for row in await parts.store.calls.events(call_id)])

    @router.post("/{call_id}/hangup", status_code=202)
    async def hang_up(call_id: CallId) -> CallSummary:
        """End a live call, or withdraw it while it rings."""
        row = await parts.store.calls.get(call_id)
        if row is None:
            raise not_found("call")
        if row.call.ended:
            raise Refused(409, "call-ended", "The call has ended", "There is nothing left to end.", call_id=call_id)
        try:
            answer = await parts.bus.request(requests_of(call_id), {"request": "hang_up"}, REQUEST_S)
        except NobodyThere:
            raise Refused(
                503, "no-owner", "The call is being taken over", "Try again in a few seconds.", call_id=call_id
            ) from None
        except NoAnswer as error:
            log.error("! a wish was not answered", call_id=call_id, why=str(error))
            raise Refused(
                503,
                "no-answer",
                "The call did not answer",
                "Whether it was carried out is not known. Look at the call, then try again.",
                call_id=call_id,
            ) from None
        if refused := answer.get("refused"):
            raise Refused(409, "call-ended", "The call has ended", str(refused), call_id=call_id)
        row = await parts.store.calls.get(call_id) or row
        return shapes.call_summary(row, parts.clock.utc())

    async def _detail(call_id: str) -> CallDetail:
        detail = await parts.store.calls.detail(call_id)
        if detail is None:
            raise not_found("call")
        return shapes.call_detail(detail, parts.clock.utc())

    return router
