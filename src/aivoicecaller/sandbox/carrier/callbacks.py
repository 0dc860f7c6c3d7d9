"""News for the customer's application: sent in order for each call, unless a fault says otherwise.

Twilio sends callbacks in order but does not wait for them, and promises nothing about their arrival. Here the news
of one call waits for the news before it, so that a test without faults sees one order.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aivoicecaller.clock import Clock
from aivoicecaller.sandbox.carrier.delivery import Delivery, DeliveryError
from aivoicecaller.sandbox.carrier.ledger import Ledger, public_part
from aivoicecaller.sandbox.carrier.model import Callback
from aivoicecaller.sandbox.faults import Faults

REORDER_PATIENCE_S: Final = 5.0
"""A reordered callback that no other one follows is sent after this, on the sandbox's clock."""


@dataclass(frozen=True, slots=True)
class News:
    """One callback to be sent."""

    point: str
    """The fault point it passes, without `carrier.`: `status_callback`, `recording_callback`, `amd_callback`."""
    call_sid: str
    event: str
    callback: Callback
    parameters: Mapping[str, str]
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    """I-Twilio-Idempotency-Token: the same on retries and duplicates."""


@dataclass(slots=True)
class _Lane:
    """The callbacks of one call."""

    last: asyncio.Task[None] | None = None
    held: list[News] = field(default_factory=list[News])
    """What a reorder fault keeps back for the next one."""


class Callbacks:
    """Sends news; never raises and never keeps a call waiting."""

    def __init__(self, delivery: Delivery, faults: Faults, ledger: Ledger, clock: Clock) -> None:
        self._delivery = delivery
        self._faults = faults
        self._ledger = ledger
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, news: News) -> None:
        """Take `news` to be sent."""
        lane = self._lanes.setdefault(news.call_sid, _Lane())
        fault = self._faults.take(f"carrier.{news.point}")
        match fault.kind if fault else None:
            case "drop":
                self._note(news, fault="drop")
            case "delay" if fault:
                self._spawn(self._later(news, fault.seconds))
            case "reorder":
                lane.held.append(news)
                self._spawn(self._release(lane, news))
            case kind:
                copies = [news, news] if kind == "duplicate" else [news]
                held, lane.held = lane.held, []
                lane.last = self._spawn(self._in_turn(lane.last, copies, held))
                lane.last.add_done_callback(lambda task: self._forget(news.call_sid, task))

    async def close(self, patience_s: float) -> None:
        """Wait so many seconds of the world for what is being sent, then give up the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _in_turn(self, before: asyncio.Task[None] | None, copies: list[News], held: list[News]) -> None:
        if before is not None:
            await asyncio.wait({before})
        fault = "duplicate" if len(copies) > 1 else None
        await asyncio.gather(*(self._deliver(news, fault) for news in copies))
        for news in held:
            await self._deliver(news, "reorder")

    def _forget(self, call_sid: str, done: asyncio.Task[None]) -> None:
        """Drop a lane in which nothing is left to wait for."""
        lane = self._lanes.get(call_sid)
        if lane is not None and lane.last is done and not lane.held:
            del self._lanes[call_sid]

    async def _later(self, news: News, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self._deliver(news, "delay")

    async def _release(self, lane: _Lane, news: News) -> None:
        await self._clock.sleep(REORDER_PATIENCE_S)
        if news in lane.held:
            lane.held.remove(news)
            await self._deliver(news, "reorder")

    async def _deliver(self, news: News, fault: str | None) -> None:
        callback = news.callback
        try:
            reply = await self._delivery.send(callback.method, callback.url, news.parameters, news.token)
        except DeliveryError as error:
            self._note(news, fault=fault, error=str(error))
        else:
            self._note(news, fault=fault, answer=reply.status)

    def _note(self, news: News, **facts: Any) -> None:
        self._ledger.note(
            news.point,
            call_sid=news.call_sid,
            event=news.event,
            sequence=news.parameters.get("SequenceNumber"),
            url=public_part(news.callback.url),
            **facts,
        )
