"""Recordings attach to a call after it ended: by the carrier's callback, or by asking when none comes."""

from __future__ import annotations

import structlog

from ..calls.model import Call
from ..carrier.errors import CarrierError
from ..carrier.wire import RecordingReport
from ..store.errors import StoreError
from .news import News
from .parts import Parts
from .tasks import Tasks

log = structlog.get_logger(__name__)

ASK_AFTER_S = (15.0, 60.0, 300.0, 900.0, 3600.0)
"""When the carrier is asked, counted from the end. Callbacks usually come within seconds."""

LOST = frozenset({"absent", "failed", "deleted"})


class Recordings:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tasks = Tasks()

    async def start(self) -> None:
        """Go on asking for recordings that were awaited when another process stopped."""
        for waiting in await self._parts.store.recordings.awaited():
            self._tasks.spawn(self._ask(waiting.call_id, waiting.carrier_call_sid, waiting.ended_at.timestamp()))

    async def stop(self) -> None:
        await self._tasks.stop()

    def await_for(self, call: Call) -> None:
        """The call is over: its recording is on its way if the agent was connected. Ask when it does not come."""
        if call.session.accepted_at is not None and call.leg.carrier_call_sid is not None and call.ended_at is not None:
            self._tasks.spawn(self._ask(call.id, call.leg.carrier_call_sid, call.ended_at))

    async def arrived(self, call_id: str, report: RecordingReport) -> bool:
        """Take the carrier's word on a recording in. True when it is settled, for better or worse."""
        if report.status == "completed":
            recording = await self._parts.store.recordings.ready(
                call_id, report.recording_sid, report.channels, report.duration_s or 0.0, self._parts.clock.now()
            )
            News(self._parts.bus, call_id).recording(recording)
            return True
        if report.status in LOST:
            await self._give_up(call_id)
            return True
        return False

    async def _give_up(self, call_id: str) -> None:
        await self._parts.store.recordings.unavailable(call_id)
        News(self._parts.bus, call_id).changed("updated")

    async def _ask(self, call_id: str, carrier_call_sid: str, ended_at: float) -> None:
        clock = self._parts.clock
        for after_s in ASK_AFTER_S:
            await clock.sleep(ended_at + after_s - clock.now())
            try:
                if not await self._parts.store.recordings.expected(call_id):
                    return
                for report in await self._parts.carrier.recordings(carrier_call_sid):
                    if await self.arrived(call_id, report):
                        return
            except (CarrierError, StoreError) as error:
                log.warning("! a recording could not be asked for", call_id=call_id, why=str(error))
        await self._give_up(call_id)
