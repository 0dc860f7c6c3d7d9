"""All live calls of this process: begins new ones, takes up those that nobody runs, and hands facts to each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from ..bus.base import Claim, Message
from ..calls import events as e
from ..calls.machine import IllegalRequest
from ..calls.model import LegState, SessionState
from ..calls.outcome import Blame, failed
from ..carrier.errors import CarrierError
from ..engine.errors import EngineError
from ..store.calls import CallRow
from ..store.codec import decode_event
from ..store.errors import StoreError
from ..topics import NEW_CALLS, UNCLAIMED_SESSIONS, requests_of
from .loop import CallRunner
from .news import News
from .parts import Parts
from .plan import CallPlan, make_plan
from .recordings import Recordings
from .recovery import taken_up
from .tasks import Tasks

log = structlog.get_logger(__name__)

FORGET_EVERY_S = 3600.0
RECONCILE_EVERY_S = 15.0
"""How often the record is searched for live calls that nobody runs."""
AGAIN_AFTER_S = 1.0
OUR_FAULT = failed(Blame.US, "A fault inside the server stopped this call. Its log says more.")


class Supervisor:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._runners: dict[str, CallRunner] = {}
        self._taken: set[str] = set()
        """Calls that are run here, or about to be."""
        self._tasks = Tasks()
        self._recordings = Recordings(parts)

    @property
    def live(self) -> int:
        """Calls that are run here."""
        return len(self._runners)

    async def start(self) -> None:
        """Take up what was live before, then everything new. Errors: StoreError."""
        await self._reconcile()
        await self._recordings.start()
        self._tasks.spawn(self._work(NEW_CALLS, self._begin))
        self._tasks.spawn(self._work(UNCLAIMED_SESSIONS, self._reject))
        self._tasks.spawn(self._every(RECONCILE_EVERY_S, self._reconcile))
        self._tasks.spawn(self._every(FORGET_EVERY_S, self._forget))

    async def stop(self) -> None:
        """Leave. Live calls go on without us; the next process takes them up."""
        await self._tasks.stop()
        await self._recordings.stop()

    async def _work(self, queue: str, handle: Callable[[Message], Awaitable[None]]) -> None:
        """Work off a queue. One message that cannot be handled stops no other."""
        while True:
            claim = await self._parts.bus.claim(queue)
            self._tasks.spawn(self._handle(claim, handle))

    async def _handle(self, claim: Claim, handle: Callable[[Message], Awaitable[None]]) -> None:
        try:
            await handle(claim.message)
        except StoreError as error:
            log.error("! work is put back", why=str(error))
            await asyncio.sleep(AGAIN_AFTER_S)
            await claim.give_back()
        except Exception:
            log.exception("! work could not be done")
            await claim.done()
        else:
            await claim.done()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except StoreError as error:
                log.error("! the record cannot be used just now", why=str(error))

    async def _begin(self, message: Message) -> None:
        row = await self._parts.store.calls.get(str(message["call_id"]))
        if row is not None:
            await self._own(row)

    async def _reconcile(self) -> None:
        """Take up every live call that nobody runs: after a start, and whatever was lost since."""
        for row in await self._parts.store.calls.unfinished():
            if row.id not in self._taken:
                log.info("= taken up", call_id=row.id, owed=len(row.undone))
                await self._own(row)

    async def _plan(self, row: CallRow) -> CallPlan:
        version = await self._parts.store.agents.version(row.agent_id, row.agent_version)
        assert version is not None, "A call's agent version is kept as long as the call."
        return make_plan(version.config, row.variables, row.to_number, row.from_number, self._parts.toolbox)

    async def _own(self, row: CallRow) -> None:
        """Run a call, unless it is run here already. One that cannot be run is ended. Errors: StoreError."""
        if row.id in self._taken:
            return
        self._taken.add(row.id)
        try:
            runner = await taken_up(row, await self._plan(row), self._parts)
        except StoreError:
            self._taken.discard(row.id)
            raise
        except Exception:
            log.exception("! a call cannot be run", call_id=row.id)
            await self._end(row.id)
            self._taken.discard(row.id)
            return
        self._runners[row.id] = runner
        self._tasks.spawn(self._live(runner))

    async def _live(self, runner: CallRunner) -> None:
        call_id = runner.call.id
        served = await self._parts.bus.serve(requests_of(call_id), lambda message: self._answer(runner, message))
        try:
            await runner.run()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("! a call was stopped by a fault of ours", call_id=call_id)
            await self._end(call_id)
        finally:
            await served.stop()
            del self._runners[call_id]
            self._taken.discard(call_id)
        self._recordings.await_for(runner.call)

    async def _answer(self, runner: CallRunner, message: dict[str, Any]) -> dict[str, Any]:
        """Facts of providers and wishes of people. The answer comes when it is written down."""
        try:
            if message.get("request") == "hang_up":
                await runner.hand(e.HangUpRequested())
                return {"taken": True}
            event = decode_event(message["name"], message["detail"])
            return {"taken": await runner.hand(event, message.get("inbox_id"))}
        except IllegalRequest as refusal:
            return {"taken": False, "refused": str(refusal)}

    async def _end(self, call_id: str) -> None:
        """A call that we cannot run any more must neither go on and bill nor stay live in the record."""
        row = await self._parts.store.calls.get(call_id)
        if row is None or row.call.ended:
            return
        call = row.call
        sid, engine_call_id = call.leg.carrier_call_sid, call.session.engine_call_id
        try:
            if sid is not None:
                await self._parts.carrier.hang_up(sid, answered=call.answered_at is not None)
            if engine_call_id is not None:
                await self._parts.engine.hang_up(engine_call_id)
        except (CarrierError, EngineError) as error:
            log.error("! it could not be ended at the provider", call_id=call_id, why=error.outcome.detail)
        now = self._parts.clock.now()
        ended = replace(
            call,
            leg=replace(call.leg, state=LegState.ENDED),
            session=replace(call.session, state=SessionState.CLOSED),
            outcome=call.outcome or OUR_FAULT,
            ended_at=now,
            deadlines=(),
        )
        done = [owed.id for owed in row.undone]
        await self._parts.store.calls.record_step(ended, row.revision, facts=[], commands=[], at=now, done=done)
        News(self._parts.bus, call_id).changed("ended")

    async def _reject(self, message: Message) -> None:
        """A session that is offered without a good reference to a live call of ours is not paid for."""
        try:
            await self._parts.engine.reject(str(message["engine_call_id"]))
        except EngineError as error:
            log.warning("! a stranger's session could not be rejected", why=error.outcome.detail)

    async def _forget(self) -> None:
        """Drop what nobody can use any more: expired log-ins, and messages that no provider sends again."""
        await self._parts.store.forget_expired(self._parts.clock.now())
