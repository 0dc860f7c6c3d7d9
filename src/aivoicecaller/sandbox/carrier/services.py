"""What every part of the carrier works with, and the few things they do alike."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aivoicecaller.clock import Clock
from aivoicecaller.sandbox.carrier.archive import Archive
from aivoicecaller.sandbox.carrier.callbacks import Callbacks, News
from aivoicecaller.sandbox.carrier.delivery import Delivery
from aivoicecaller.sandbox.carrier.ledger import Ledger
from aivoicecaller.sandbox.carrier.model import Call, ProgressEvent, Registry, Status
from aivoicecaller.sandbox.carrier.recordings import Recordings
from aivoicecaller.sandbox.carrier.requests import Source
from aivoicecaller.sandbox.carrier.wire import call_parameters, recording_parameters, rfc2822
from aivoicecaller.sandbox.faults import Faults
from aivoicecaller.sandbox.media_clock import MediaClock
from aivoicecaller.sandbox.phones.directory import Directory
from aivoicecaller.sandbox.speech import Speech


@dataclass(frozen=True, slots=True)
class CarrierConfig:
    """Who the account is and where things are."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str
    """The account's only number."""
    number_sid: str
    """`PN` and 32 hexadecimal digits."""
    data_dir: Path
    """Holds `recordings/` and the archive of calls."""
    base_url: str
    """`http://127.0.0.1:P1`, this carrier as the application sees it."""
    trunk_url: str
    """`ws://127.0.0.1:P2/trunk`, where the engine takes calls."""


class LiveLeg(Protocol):
    """A leg that can still be told something."""

    def hang_up(self, by: str) -> None: ...

    def redirect(self, source: Source) -> bool:
        """Play another document from now on; False when this leg plays none."""
        ...


@dataclass(slots=True)
class Services:
    config: CarrierConfig
    clock: Clock
    media: MediaClock
    faults: Faults
    speech: Speech
    directory: Directory
    ledger: Ledger
    registry: Registry
    archive: Archive
    delivery: Delivery
    callbacks: Callbacks
    recordings: Recordings
    live: dict[str, LiveLeg] = field(default_factory=dict[str, LiveLeg])
    """Legs that are not over, by call SID."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def add(self, call: Call, leg: LiveLeg) -> None:
        """Take a new leg into the record."""
        self.registry.calls[call.sid] = call
        self.live[call.sid] = leg
        self.archive.save_call(call)
        self.ledger.note(
            "call_created", call_sid=call.sid, to=call.to, direction=call.direction, parent_call_sid=call.parent_sid
        )

    def initiated(self, call: Call) -> None:
        """Dialling begins. It has a callback, but no status of its own."""
        self._tell(call, "initiated", "initiated")

    def move(self, call: Call, status: Status) -> None:
        """Change a call's status and tell whoever asked to be told. A final status never changes."""
        if call.over:
            return
        call.move(status, self.clock.now())
        self.ledger.note("call_status", call_sid=call.sid, status=status)
        if call.over:
            self.live.pop(call.sid, None)
            self.archive.save_call(call)
            self._tell(call, "completed", status)
        elif status == "ringing":
            self._tell(call, "ringing", status)
        else:
            self._tell(call, "answered", status)

    def _tell(self, call: Call, event: ProgressEvent, status: str) -> None:
        callback = call.status_callback
        if callback is None or event not in callback.events:
            return
        parameters = {
            **call_parameters(call, self.config.account_sid),
            "CallStatus": status,
            "Timestamp": rfc2822(self.clock.now()) or "",
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.events_sent),
        }
        if event == "completed":
            parameters |= self._ending(call)
        call.events_sent += 1
        self.callbacks.send(News("status_callback", call.sid, event, callback, parameters))

    def _ending(self, call: Call) -> dict[str, str]:
        """What only the last callback says. `CallDuration` is seconds, `Duration` minutes as they are billed."""
        seconds = call.duration_s()
        parameters = {"CallDuration": str(seconds)}
        if call.status == "completed":
            parameters["Duration"] = str(max(1, math.ceil(seconds / 60)))
        if call.sip_code is not None:
            parameters["SipResponseCode"] = str(call.sip_code)
        if call.error is not None:
            parameters["ErrorCode"], parameters["ErrorMessage"] = str(call.error[0]), call.error[1]
        for recording in self.registry.recordings.values():
            if recording.call_sid == call.sid and recording.plan.source == "OutboundAPI":
                shown = recording_parameters(recording, self.config.account_sid, self.config.base_url)
                names = ("RecordingSid", "RecordingUrl", "RecordingDuration")
                parameters |= {name: shown[name] for name in names if name in shown}
        return parameters

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside the calls; it is awaited, and failing that cancelled, by `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self, patience_s: float = 1.0) -> None:
        """Wait a moment (of the world) for what is still to be sent, then stop everything."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.recordings.close()
        await self.callbacks.close(patience_s)
        await self.delivery.close()
        self.archive.close()
