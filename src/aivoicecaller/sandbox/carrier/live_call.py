"""The life of one call made with the API: it rings, somebody answers, documents are played, it ends.

Orders (hang up, play another document) come from the person, from REST and from timers. They wait in a queue and are
taken one at a time, so a call has one cause of its end, the first.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from aivoicecaller.sandbox.carrier.detection import detect
from aivoicecaller.sandbox.carrier.documents import Page, fetch_document
from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.interpreter import Interpreter
from aivoicecaller.sandbox.carrier.line import Far, Line
from aivoicecaller.sandbox.carrier.model import Call, Status
from aivoicecaller.sandbox.carrier.requests import CreateCall, Source
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.phones.person import Person, learn
from aivoicecaller.sandbox.phones.scenario import Scenario
from aivoicecaller.sandbox.speech import SpeechError

POST_DIAL_DELAY_S: Final = 0.3
"""From dialling to the first ring."""
EXTRA_RING_S: Final = 5
"""Twilio lets it ring about this much longer than asked."""


@dataclass(frozen=True, slots=True)
class HangUp:
    by: str
    """`callee`, `rest`, `document`, `time limit`, `failure` or `shutdown`."""


Order = HangUp | Source
"""A Source takes the place of the document that is being played."""


class LiveCall:
    """One call to a person of the sandbox."""

    def __init__(self, services: Services, call: Call, asked: CreateCall, scenario: Scenario) -> None:
        self._services = services
        self._call = call
        self._asked = asked
        self._scenario = scenario
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._limit: asyncio.TimerHandle | None = None
        self._interpreter: Interpreter | None = None

    def hang_up(self, by: str) -> None:
        self._orders.put_nowait(HangUp(by))

    def redirect(self, source: Source) -> bool:
        self._orders.put_nowait(source)
        return True

    def limit(self, seconds: int) -> None:
        """End the call when it has lasted that long from now."""
        if self._limit is not None:
            self._limit.cancel()
        real_seconds = self._services.clock.real_seconds(seconds)
        self._limit = asyncio.get_running_loop().call_later(real_seconds, self.hang_up, "time limit")

    async def run(self) -> None:
        """From queued to the end. Whatever happens, the call gets a final status."""
        try:
            lines = await learn(self._scenario, self._services.speech)
            unanswered = await self._ring()
            if unanswered is None:
                await self._talk(Person(self._scenario, lines))
            else:
                self._services.move(self._call, unanswered)
        except SpeechError as error:
            self._fail(str(error))
        finally:
            self._services.move(self._call, "completed" if self._call.answered_at is not None else "failed")
            self._report_interrupted()

    async def _ring(self) -> Status | None:
        """Let the phone ring; None when it is answered, else how it ended."""
        if await self._order_within(self._call.queue_time_ms / 1000) is not None:
            return "canceled"
        self._services.initiated(self._call)
        if await self._order_within(POST_DIAL_DELAY_S) is not None:
            return "canceled"
        self._services.move(self._call, "ringing")
        longest_s = self._asked.ring_timeout_s + EXTRA_RING_S
        never = self._scenario.answer == "no_answer" or self._scenario.rings_s > longest_s
        if await self._order_within(longest_s if never else self._scenario.rings_s) is not None:
            return "canceled"
        if never:
            self._call.sip_code = 480
            return "no-answer"
        if self._scenario.answer == "busy":
            self._call.sip_code = 486
            return "busy"
        self._call.sip_code = 200
        return None

    async def _order_within(self, seconds: float) -> Order | None:
        """The next order, if one comes in time (the sandbox's clock). While it rings, every order ends the call."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._services.clock.real_seconds(seconds)):
                order = await self._orders.get()
                self._note_hang_up(order)
                return order
        return None

    async def _talk(self, person: Person) -> None:
        services, call = self._services, self._call
        services.move(call, "in-progress")
        line = Line(person, lambda: self.hang_up("callee"))
        seat = services.media.join(line.tick, lambda error: self._fail(f"{type(error).__name__}: {error}"))
        recorded = services.recordings.start(call.sid, self._asked.recording) if self._asked.recording else None
        if recorded:
            line.record(recorded[1])
        if self._asked.time_limit_s:
            self.limit(self._asked.time_limit_s)
        try:
            await self._play_until_the_end(line)
        finally:
            if self._limit is not None:
                self._limit.cancel()
            services.media.leave(seat)
            call.talked_s = line.seconds
            if recorded:
                services.recordings.finish(*recorded)

    async def _play_until_the_end(self, line: Line) -> None:
        """Play the document, and those that orders put in its place, until it is over or somebody hangs up."""
        work = asyncio.create_task(self._play(line, self._asked.source, first=True))
        try:
            while True:
                ordered = asyncio.create_task(self._orders.get())
                await asyncio.wait({work, ordered}, return_when=asyncio.FIRST_COMPLETED)
                if not ordered.done():
                    ordered.cancel()
                    failure = work.exception()
                    if failure is not None:
                        self._fail(f"{type(failure).__name__}: {failure}")
                    self._note_hang_up(HangUp("failure" if failure else "document"))
                    return
                order = ordered.result()
                await _stop(work)
                if isinstance(order, HangUp):
                    self._note_hang_up(order)
                    return
                self._report_interrupted()
                work = asyncio.create_task(self._play(line, order, first=False))
        finally:
            await _stop(work)

    async def _play(self, line: Line, source: Source, first: bool) -> None:
        interpreter = self._interpreter = Interpreter(self._services, self._call, line)
        asked = self._asked.detection if first else None
        if asked is not None:
            detecting = self._services.spawn(detect(self._services, self._call, line, self._scenario, asked))
            if asked.callback is None:
                # Without AsyncAmd the document waits for the result, and the person hears silence.
                line.connect(Far())
                await detecting
                line.disconnect()
        if first and self._asked.send_digits:
            await interpreter.press(self._asked.send_digits)
        await interpreter.run(source)

    def _report_interrupted(self) -> None:
        """Seen at Twilio in 2026: the action of an interrupted `<Dial>` is asked before the document that follows."""
        if self._interpreter is not None and self._interpreter.interrupted is not None:
            self._services.spawn(self._ask_in_vain(self._interpreter.interrupted))
            self._interpreter = None

    async def _ask_in_vain(self, page: Page) -> None:
        with contextlib.suppress(TwimlError):  # noted already, and nobody would hear it
            await fetch_document(self._services, self._call, page)

    def _note_hang_up(self, order: Order) -> None:
        if isinstance(order, HangUp):
            self._services.ledger.note("hang_up", call_sid=self._call.sid, by=order.by)

    def _fail(self, reason: str) -> None:
        """Something of the sandbox itself broke: this call ends loudly, the others go on."""
        self._services.ledger.note("sandbox_failure", call_sid=self._call.sid, message=reason)
        self._call.error = (31000, reason)
        self.hang_up("failure")


async def _stop(task: asyncio.Task[None]) -> None:
    """Cancel and see it out; what it fails with on the way no longer matters."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
