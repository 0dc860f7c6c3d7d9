"""The switch: takes requests for calls, keeps the live ones, and answers what was and is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from aivoicecaller.sandbox.carrier.archive import Archive
from aivoicecaller.sandbox.carrier.callbacks import Callbacks
from aivoicecaller.sandbox.carrier.delivery import Delivery
from aivoicecaller.sandbox.carrier.errors import RestError
from aivoicecaller.sandbox.carrier.ledger import Ledger
from aivoicecaller.sandbox.carrier.live_call import LiveCall
from aivoicecaller.sandbox.carrier.model import Call, new_sid
from aivoicecaller.sandbox.carrier.recordings import Recordings
from aivoicecaller.sandbox.carrier.requests import CreateCall, UpdateCall
from aivoicecaller.sandbox.carrier.services import CarrierConfig, Services
from aivoicecaller.sandbox.faults import Faults
from aivoicecaller.sandbox.media_clock import MediaClock, SandboxClock
from aivoicecaller.sandbox.phones.directory import Directory, MalformedNumberError, UnreachableNumberError
from aivoicecaller.sandbox.phones.scenario import Scenario
from aivoicecaller.sandbox.speech import Speech

NOT_IN_PROGRESS: Final = RestError(21220, "Call is not in-progress. Cannot redirect.")


def connect_services(
    config: CarrierConfig, clock: SandboxClock, faults: Faults, speech: Speech, directory: Directory
) -> Services:
    """Everything the carrier works with, wired up; what earlier runs left is loaded."""
    archive = Archive(config.data_dir / "carrier.jsonl")
    registry = archive.load(clock.now())
    ledger = Ledger(clock)
    delivery = Delivery(config.auth_token)
    callbacks = Callbacks(delivery, faults, ledger, clock)
    folder = config.data_dir / "recordings"
    recordings = Recordings(folder, registry, archive, callbacks, clock, config.account_sid, config.base_url)
    return Services(
        config=config,
        clock=clock,
        media=MediaClock(clock),
        faults=faults,
        speech=speech,
        directory=directory,
        ledger=ledger,
        registry=registry,
        archive=archive,
        delivery=delivery,
        callbacks=callbacks,
        recordings=recordings,
    )


class Exchange:
    """What REST and the control addresses act on."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.calls_per_second: float | None = None
        """How many calls a second are dialled; None for any number. Twilio's default is 1."""
        self._next_slot = 0.0

    def place(self, asked: CreateCall) -> Call:
        """Begin a call. Raises RestError when the destination cannot be dialled."""
        services = self.services
        scenario = self._callee(asked.to)
        for fault in scenario.faults:
            services.faults.arm(fault)
        now = services.clock.now()
        call = Call(
            sid=new_sid("CA"),
            to=asked.to,
            from_=asked.from_,
            direction="outbound-api",
            created_at=now,
            queue_time_ms=self._queue_time_ms(now),
            status_callback=asked.status_callback,
        )
        live = LiveCall(services, call, asked, scenario)
        services.add(call, live)
        self._note_warnings(call, asked.warnings)
        services.spawn(live.run())
        return call

    def update(self, call: Call, asked: UpdateCall) -> None:
        """End a call or give it another document. Raises RestError 21220 for what is over or not yet answered."""
        services = self.services
        leg = services.live.get(call.sid)
        self._note_warnings(call, asked.warnings)
        if leg is None:
            raise NOT_IN_PROGRESS
        if asked.status == "completed" or (asked.status == "canceled" and call.status in ("queued", "ringing")):
            leg.hang_up("rest")
            return
        if asked.source is not None and (call.status != "in-progress" or not leg.redirect(asked.source)):
            raise NOT_IN_PROGRESS
        if asked.source is not None:
            services.ledger.note("redirected", call_sid=call.sid)
        if asked.status_callback is not None:
            call.status_callback = asked.status_callback
        if asked.time_limit_s is not None and isinstance(leg, LiveCall):
            leg.limit(asked.time_limit_s)

    def delete(self, call: Call) -> None:
        """Forget a finished call. Raises RestError 20009 for a live one."""
        if not call.over:
            raise RestError(20009, "Cannot delete this resource before it is complete", 409)
        del self.services.registry.calls[call.sid]

    def calls(self, filters: Iterable[Callable[[Call], bool]]) -> list[Call]:
        """The calls that pass all `filters`, newest first."""
        wanted = tuple(filters)
        calls = reversed(self.services.registry.calls.values())
        return [call for call in calls if all(passes(call) for passes in wanted)]

    async def close(self) -> None:
        """Hang up everything and stop."""
        for leg in tuple(self.services.live.values()):
            leg.hang_up("shutdown")
        await self.services.close()

    def _callee(self, number: str) -> Scenario:
        try:
            scenario = self.services.directory.find(number)
        except MalformedNumberError as error:
            raise RestError(21211, f"The phone number you are attempting to call is not valid. {error}") from error
        except UnreachableNumberError as error:
            raise RestError(21215, f"Account not authorized to call {number}. {error}") from error
        if scenario.answer == "invalid":
            raise RestError(21217, f"The phone number {number} does not appear to be valid.")
        return scenario

    def _queue_time_ms(self, now: float) -> int:
        if self.calls_per_second is None:
            return 0
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1 / self.calls_per_second
        return round((slot - now) * 1000)

    def _note_warnings(self, call: Call, warnings: Iterable[str]) -> None:
        for warning in warnings:
            self.services.ledger.note("request_warning", call_sid=call.sid, message=warning)
