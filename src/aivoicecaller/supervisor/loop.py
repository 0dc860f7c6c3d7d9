"""Runs one live call: one event at a time, step, save, perform, then the next event.

What a command brings back comes in as an event again. Nothing is decided here; that is the machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson
import structlog

from ..calls import commands as c
from ..calls import events as e
from ..calls.machine import IllegalRequest, step
from ..calls.model import Call, SessionState
from ..calls.transcript import Transcript, TranscriptFact
from ..clock import Instant
from ..engine.errors import SidebandLost
from ..engine.sideband import Sideband
from ..store.calls import CallRow, UndoneCommand
from ..store.errors import StoreError, Superseded
from ..store.tool_calls import ToolCall
from ..tools.base import ToolResult
from .journal import Journal
from .news import News
from .parts import Parts
from .perform import IN_ORDER, PERFORM
from .plan import CallPlan
from .talk import Talk
from .timers import DeadlineTimer

log = structlog.get_logger(__name__)

FLUSH_S = 1.0
"""How long words and facts that ordered nothing may wait to be written."""
GAP_MS = 1000
"""Shorter losses of the sideband are not worth a mark: words are sent a second or more apart."""
LINGER_S = 15.0
"""How long orders of a call that has ended may take to be carried out."""


@dataclass(slots=True)
class Envelope:
    """An event on its way into the call. `recorded` is answered once it is written down: False for a double."""

    event: e.Event
    inbox_id: str | None = None
    recorded: asyncio.Future[bool] | None = None


class CallRunner:
    """Owner of one live call. Only its own task steps the call."""

    def __init__(
        self, row: CallRow, plan: CallPlan, parts: Parts, transcript: Transcript, undone: Sequence[UndoneCommand]
    ) -> None:
        self.parts = parts
        self.plan = plan
        self.call: Call = row.call
        self.started_at: Instant = row.started_at.timestamp()
        self.attach_attempts = 0
        self.news = News(parts.bus, row.id)
        self.talk = Talk(transcript, self.news, parts.clock)
        self.talk.began_at = row.call.session.accepted_at
        self._journal = Journal(parts.store, row.call, row.revision, self.talk)
        self._undone = undone
        self._events: asyncio.Queue[Envelope] = asyncio.Queue()
        self._timer = DeadlineTimer(parts.clock, lambda kind: self.tell(e.DeadlinePassed(kind)))
        self._tasks: set[asyncio.Task[None]] = set()
        self._sideband: Sideband | None = None
        self._listener: asyncio.Task[None] | None = None
        self._gap_from: int | None = None

    def tell(self, event: e.Event) -> None:
        """Let the call know of an event; it is taken in its turn."""
        self._events.put_nowait(Envelope(event))

    async def hand(self, event: e.Event, inbox_id: str | None = None) -> bool:
        """Let the call know, and wait until it is written down. False: it was taken in before.

        Errors: IllegalRequest, StoreError.
        """
        recorded: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._events.put_nowait(Envelope(event, inbox_id, recorded))
        return await recorded

    async def run(self) -> None:
        """Live as long as the call, and until its last orders are carried out."""
        structlog.contextvars.bind_contextvars(call_id=self.call.id)
        flusher = asyncio.create_task(self._flush_now_and_then())
        try:
            for owed in self._undone:
                await self._perform(owed.id, owed.command)
            self._timer.set(self.call.next_deadline())
            while not self.call.ended:
                await self._take(await self._events.get())
            await self._linger()
        except Superseded:
            log.warning("= another process runs this call now")
        finally:
            flusher.cancel()
            self._timer.stop()
            for task in self._tasks:
                task.cancel()
            await self._stop_listening()

    def watch(self, sideband: Sideband) -> None:
        """Take a fresh sideband; what it tells becomes facts and words."""
        self._sideband = sideband
        self._listener = asyncio.create_task(self._listen(sideband))

    async def send(self, message: dict[str, Any]) -> None:
        """Send on the sideband. If it is lost meanwhile, its listener tells the call."""
        if self._sideband is None:
            return
        try:
            await self._sideband.send(message)
        except SidebandLost as lost:
            log.info("> not sent, the sideband is lost", why=str(lost))

    async def tool_started(self, request: e.ToolRequest, at: Instant) -> bool:
        """Note that a tool runs. False: it ran before, and may have had its effect."""
        at_ms = self.talk.place_ms(at)
        arguments = _arguments(request.arguments)
        fresh = await self.parts.store.tool_calls.start(
            self.call.id, request.tool_call_id, request.name, arguments, at_ms
        )
        if fresh:
            self.news.tool(ToolCall(request.tool_call_id, request.name, arguments, at_ms))
        return fresh

    async def tool_finished(self, request: e.ToolRequest, at: Instant, result: ToolResult) -> None:
        status: Literal["done", "failed"] = "failed" if result.failed else "done"
        took_ms = round((self.parts.clock.now() - at) * 1000)
        await self.parts.store.tool_calls.finish(self.call.id, request.tool_call_id, status, result.output, took_ms)
        noted = await self.parts.store.tool_calls.get(self.call.id, request.tool_call_id)
        assert noted is not None, "It was noted when it started."
        self.news.tool(noted)

    async def _take(self, envelope: Envelope) -> None:
        now = self.parts.clock.now()
        before = self.call
        try:
            after, commands = step(before, envelope.event, now)
        except IllegalRequest as refusal:
            assert envelope.recorded is not None, "Only people's requests can be illegal, and they wait for the answer."
            envelope.recorded.set_exception(refusal)
            return
        ids: tuple[str, ...] = ()
        if commands or envelope.recorded is not None or _weighty(before, after):
            try:
                written = await self._journal.step(after, now, envelope.event, commands, envelope.inbox_id)
            except StoreError as error:
                if envelope.recorded is not None:
                    envelope.recorded.set_exception(error)
                raise
            if envelope.recorded is not None:
                envelope.recorded.set_result(written is not None)
            if written is None:
                return
            ids = written
        else:
            self._journal.note(after, now, envelope.event)
        self.call = after
        self._timer.set(after.next_deadline())
        for command_id, command in zip(ids, commands, strict=True):
            await self._perform(command_id, command)
        if before is not after:
            await self._tell_watchers(before, after)

    async def _perform(self, command_id: str, command: c.Command) -> None:
        work = self._carry_out(command_id, command)
        if isinstance(command, IN_ORDER):
            await work
        else:
            self._spawn(work)

    async def _carry_out(self, command_id: str, command: c.Command) -> None:
        await PERFORM[type(command)](self, command)
        self._journal.done(command_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug of ours: this call's deadlines end it, and its neighbours do not notice.
            log.error("! an order was not carried out", exc_info=error)

    async def _listen(self, sideband: Sideband) -> None:
        try:
            while True:
                for fact in await sideband.receive():
                    if isinstance(fact, TranscriptFact):
                        self.talk.hear(fact)
                    else:
                        self.tell(fact)
        except SidebandLost as lost:
            if self._sideband is sideband:
                self._sideband = None
                self.tell(e.SidebandClosed(str(lost)))

    async def _stop_listening(self) -> None:
        sideband, self._sideband = self._sideband, None
        if self._listener is not None:
            self._listener.cancel()
        if sideband is not None:
            await sideband.close()

    async def _tell_watchers(self, before: Call, after: Call) -> None:
        if after.session.accepted_at is not None and self.talk.began_at is None:
            self.talk.began_at = after.session.accepted_at
            if self.plan.records:
                await self.parts.store.recordings.expect(self.call.id, self.parts.clock.now())
        if after.session.state is not before.session.state:
            await self._mark_gap(after)
        if after.status != before.status:
            log.info("= status", status=after.status)
            if not after.ended:
                self.news.changed(after.status)
        elif after.outcome != before.outcome:
            self.news.changed("updated")

    async def _mark_gap(self, call: Call) -> None:
        """While nobody listens, words are lost. A stretch of that is marked, never hidden."""
        state = call.session.state
        if state is SessionState.DETACHED and self._gap_from is None:
            self._gap_from = self.talk.place_ms()
        elif state is SessionState.TALKING or call.ended:
            self.attach_attempts = 0
            await self._close_gap()

    async def _close_gap(self) -> None:
        start, end, self._gap_from = self._gap_from, self.talk.place_ms(), None
        if start is not None and end - start >= GAP_MS:
            await self.parts.store.transcripts.open_gap(self.call.id, start)
            await self.parts.store.transcripts.close_gap(self.call.id, end)
            self.news.gap(start, end)

    def missed_since(self, at: Instant) -> None:
        """Nobody listened since `at`: another process ran this call before."""
        self._gap_from = self.talk.place_ms(at)

    async def _linger(self) -> None:
        """The call has ended. Write everything, tell the watchers, and see the last orders through."""
        await self._stop_listening()
        await self._journal.flush(self.parts.clock.now())
        self.news.changed("ended")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while self._tasks:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                    while not self._events.empty():
                        await self._take(self._events.get_nowait())
        await self._journal.flush(self.parts.clock.now())

    async def _flush_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self._journal.flush(self.parts.clock.now())


def _weighty(before: Call, after: Call) -> bool:
    """Whether losing this step with the process would leave the record wrong."""
    return (
        after.status != before.status
        or after.outcome != before.outcome
        or after.session.state is not before.session.state
    )


def _arguments(text: str) -> dict[str, Any]:
    try:
        value: Any = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {"text": text}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {"value": value}
