"""All live calls of this process: begins new ones, takes up those of a process that died, and hands facts to each."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from ..bus.base import Claim
from ..calls import commands as c
from ..calls import events as e
from ..calls.machine import IllegalRequest
from ..calls.model import SessionState
from ..calls.transcript import Transcript
from ..carrier.errors import CarrierError
from ..carrier.wire import RecordingReport
from ..engine.errors import EngineError
from ..store.calls import CallRow, UndoneCommand
from ..store.codec import decode_event
from ..topics import NEW_CALLS, RECORDINGS, UNCLAIMED_SESSIONS, requests_of
from .loop import CallRunner
from .parts import Parts
from .perform import RESULT_UNKNOWN
from .plan import CallPlan, make_plan
from .recordings import Recordings
from .tasks import Tasks

log = structlog.get_logger(__name__)

FORGET_EVERY_S = 3600.0
_GIVEN_ANEW = (
    c.AttachSideband,
    c.ConfigureSession,
    c.CreateResponse,
    c.SendKeys,
    c.SendToolOutput,
    c.LookUpLeg,
    c.NoteOddity,
)
"""What the machine orders again by itself when a call is taken up."""


class Supervisor:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._runners: dict[str, CallRunner] = {}
        self._tasks = Tasks()
        self._recordings = Recordings(parts)

    @property
    def live(self) -> int:
        return len(self._runners)

    async def start(self) -> None:
        """Take up what was live before, then everything new."""
        for row in await self._parts.store.calls.unfinished():
            await self._recover(row)
        await self._recordings.start()
        self._tasks.spawn(self._take_new_calls())
        self._tasks.spawn(self._reject_unclaimed())
        self._tasks.spawn(self._take_recordings())
        self._tasks.spawn(self._forget())

    async def stop(self) -> None:
        """Leave. Live calls go on without us; the next process takes them up."""
        await self._tasks.stop()
        await self._recordings.stop()

    async def _take_new_calls(self) -> None:
        while True:
            claim = await self._parts.bus.claim(NEW_CALLS)
            row = await self._parts.store.calls.get(str(claim.message["call_id"]))
            if row is not None and row.id not in self._runners:
                runner = CallRunner(row, await self._plan(row), self._parts, Transcript(), [])
                runner.tell(e.Started())
                await self._run(runner)
            await claim.done()

    async def _recover(self, row: CallRow) -> None:
        """Take up a call of a process that stopped. What it had ordered and not done is done, where that is safe."""
        transcript = Transcript.restored(await self._parts.store.transcripts.items(row.id))
        again: list[UndoneCommand] = []
        begun = row.call.session.state is not SessionState.NEW
        facts: list[e.Event] = [e.Recovered() if begun else e.Started()]
        for owed in row.undone:
            match owed.command:
                case c.Dial():
                    facts.append(e.DialUncertain("The server stopped while it was dialling."))
                case c.RunTool():
                    facts.append(e.ToolFinished(owed.command.request.tool_call_id, RESULT_UNKNOWN, failed=True))
                case command if isinstance(command, _GIVEN_ANEW):
                    pass
                case _:
                    again.append(owed)
        runner = CallRunner(row, await self._plan(row), self._parts, transcript, again)
        last = await self._parts.store.calls.last_event_at(row.id)
        if last is not None and not row.call.ended:
            runner.gaps.since(last.timestamp())
        for fact in facts:
            runner.tell(fact)
        log.info("= taken up again", call_id=row.id, owed=len(row.undone))
        await self._run(runner)

    async def _plan(self, row: CallRow) -> CallPlan:
        version = await self._parts.store.agents.version(row.agent_id, row.agent_version)
        assert version is not None, "A call's agent version is kept as long as the call."
        return make_plan(version.config, row.variables, row.to_number, row.from_number, self._parts.toolbox)

    async def _run(self, runner: CallRunner) -> None:
        call_id = runner.call.id
        self._runners[call_id] = runner
        served = await self._parts.bus.serve(requests_of(call_id), lambda message: self._answer(runner, message))

        async def live() -> None:
            try:
                await runner.run()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("! a call was stopped by a fault of ours", call_id=call_id)
                await self._give_up(runner)
            finally:
                del self._runners[call_id]
                await served.stop()
            self._recordings.await_for(runner.call)

        self._tasks.spawn(live())

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

    async def _give_up(self, runner: CallRunner) -> None:
        """A call that we cannot run any more must not go on and bill."""
        sid = runner.call.leg.carrier_call_sid
        if sid is not None:
            try:
                await self._parts.carrier.hang_up(sid, answered=runner.call.answered_at is not None)
            except CarrierError as error:
                log.error("! its leg could not be ended", call_id=runner.call.id, why=error.outcome.detail)

    async def _reject_unclaimed(self) -> None:
        """Sessions that are offered without a good reference to a live call of ours are not paid for."""
        while True:
            claim = await self._parts.bus.claim(UNCLAIMED_SESSIONS)
            self._tasks.spawn(self._reject(claim))

    async def _reject(self, claim: Claim) -> None:
        try:
            await self._parts.engine.reject(str(claim.message["engine_call_id"]))
        except EngineError as error:
            log.warning("! a stranger's session could not be rejected", why=error.outcome.detail)
        await claim.done()

    async def _forget(self) -> None:
        """Now and then, drop what nobody can use any more: expired log-ins, and messages no provider sends again."""
        while True:
            await self._parts.store.forget_expired(self._parts.clock.now())
            await asyncio.sleep(FORGET_EVERY_S)

    async def _take_recordings(self) -> None:
        while True:
            claim = await self._parts.bus.claim(RECORDINGS)
            message = claim.message
            await self._recordings.arrived(str(message["call_id"]), RecordingReport(**message["report"]))
            await claim.done()
