"""Runs one live call: one event at a time, step, save, perform, then the next event.

What a command brings back comes in as an event again. Nothing is decided here; that is the machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from ..calls import commands as c
from ..calls import events as e
from ..calls.machine import IllegalRequest, step
from ..calls.model import Call, SessionState
from ..calls.transcript import Transcript
from ..clock import Instant
from ..store.calls import CallRow, UndoneCommand
from ..store.errors import StoreError, Superseded
from .journal import Journal
from .listening import Listening
from .news import News
from .notes import Gaps, ToolNotes
from .parts import Parts
from .perform import IN_ORDER, PERFORM
from .plan import CallPlan
from .talk import Talk
from .tasks import Tasks
from .timers import DeadlineTimer

log = structlog.get_logger(__name__)

FLUSH_S = 1.0
"""How long words and facts that ordered nothing may wait to be written."""
LAST_FLUSH_S = 2.0
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
        self._news = News(parts.bus, row.id)
        self._talk = Talk(transcript, self._news, parts.clock)
        self._talk.began_at = row.call.session.accepted_at
        self.tools = ToolNotes(row.id, parts.store, self._news, self._talk, parts.clock)
        self.gaps = Gaps(row.id, parts.store, self._news, self._talk)
        self.sideband = Listening(self.tell, self._talk.hear)
        self._journal = Journal(parts.store, row.call, row.revision, self._talk)
        self._undone = undone
        self._events: asyncio.Queue[Envelope] = asyncio.Queue()
        self._timer = DeadlineTimer(parts.clock, lambda kind: self.tell(e.DeadlinePassed(kind)))
        self._orders = Tasks()

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
            await self._orders.stop()
            await self.sideband.stop()
            await self._last_flush()

    async def _take(self, envelope: Envelope) -> None:
        now = self.parts.clock.now()
        before = self.call
        try:
            after, commands = step(before, envelope.event, now)
        except IllegalRequest as refusal:
            assert envelope.recorded is not None, "Only people's requests can be illegal, and they wait for the answer."
            if not envelope.recorded.done():
                envelope.recorded.set_exception(refusal)
            return
        ids = await self._write(envelope, before, after, commands, now)
        if ids is None:
            return
        self.call = after
        self._timer.set(after.next_deadline())
        for command_id, command in zip(ids, commands, strict=True):
            await self._perform(command_id, command)
        if before is not after:
            await self._follow_up(before, after)

    async def _write(
        self, envelope: Envelope, before: Call, after: Call, commands: tuple[c.Command, ...], now: Instant
    ) -> tuple[str, ...] | None:
        """Write a step down, at once if it matters: the ids of its commands, or None for a doubled message."""
        if not (commands or envelope.recorded is not None or _weighty(before, after)):
            self._journal.note(after, now, envelope.event)
            return ()
        try:
            ids = await self._journal.step(after, now, envelope.event, commands, envelope.inbox_id)
        except StoreError as error:
            if envelope.recorded is not None and not envelope.recorded.done():
                envelope.recorded.set_exception(error)
            raise
        if envelope.recorded is not None and not envelope.recorded.done():
            envelope.recorded.set_result(ids is not None)
        return ids

    def not_owed(self, command_id: str) -> None:
        """An order of another process that needs no carrying out any more."""
        self._journal.done(command_id)

    async def _perform(self, command_id: str, command: c.Command) -> None:
        work = self._carry_out(command_id, command)
        if isinstance(command, IN_ORDER):
            await work
        else:
            self._orders.spawn(work)

    async def _carry_out(self, command_id: str, command: c.Command) -> None:
        await PERFORM[type(command)](self, command)
        self._journal.done(command_id)

    async def _follow_up(self, before: Call, after: Call) -> None:
        """What a step means for those who watch, and for what hangs on the call."""
        if after.session.accepted_at is not None and self._talk.began_at is None:
            self._talk.began_at = after.session.accepted_at
            if self.plan.records:
                await self.parts.store.recordings.expect(self.call.id, self.parts.clock.now())
        if after.session.state is not before.session.state:
            await self.gaps.follow(after)
            if after.session.state is SessionState.TALKING:
                self.attach_attempts = 0
        if after.status != before.status:
            log.info("= status", status=after.status)
            if not after.ended:
                self._news.changed(after.status)
        elif after.outcome != before.outcome:
            self._news.changed("updated")

    async def _linger(self) -> None:
        """The call has ended. Write everything, tell the watchers, and see the last orders through."""
        await self.sideband.stop()
        self._talk.end()
        await self._journal.flush(self.parts.clock.now())
        self._news.changed("ended")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while self._orders:
                    await self._orders.any_done()
                    while not self._events.empty():
                        await self._take(self._events.get_nowait())
        await self._journal.flush(self.parts.clock.now())

    async def _flush_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self._journal.flush(self.parts.clock.now())
            except StoreError as error:
                # The next step says it again, and ends the runner if it must.
                log.error("! words could not be written", why=str(error))

    async def _last_flush(self) -> None:
        """What was heard in the last second, also when our process is asked to leave in the middle of a call."""
        with contextlib.suppress(TimeoutError, StoreError):
            async with asyncio.timeout(LAST_FLUSH_S):
                await self._journal.flush(self.parts.clock.now())


def _weighty(before: Call, after: Call) -> bool:
    """Whether losing this step with the process would leave the record wrong."""
    return (
        after.status != before.status
        or after.outcome != before.outcome
        or after.session.state is not before.session.state
    )
