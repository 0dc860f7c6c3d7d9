"""`<Dial>`: ring the targets, bridge the first that answers, and say how it went."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from aivoicecaller.sandbox.carrier.child_leg import ChildLeg, SipLeg, make_leg
from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.line import Line
from aivoicecaller.sandbox.carrier.model import Call, Recording
from aivoicecaller.sandbox.carrier.recordings import Recorder
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.carrier.twiml import Dial, Target
from aivoicecaller.sandbox.carrier.wire import recording_parameters

EXTRA_RING_S: Final = 5
"""Twilio lets it ring about this much longer than asked."""


@dataclass(slots=True)
class Outcome:
    """How a `<Dial>` went, as its action is told."""

    status: str
    """`completed`, `answered`, `busy`, `no-answer`, `failed` or `canceled`."""
    leg: ChildLeg | None = None
    bridged: bool = False
    error: tuple[int, str] | None = None
    refer_to: str | None = None
    """Set when the far side asked for a transfer and the document allows it."""
    extra: dict[str, str] = field(default_factory=dict[str, str])

    def parameters(self) -> dict[str, str]:
        parameters = {"DialCallStatus": self.status, "DialBridged": str(self.bridged).lower(), **self.extra}
        if self.leg is not None:
            parameters["DialCallSid"] = self.leg.call.sid
            if self.bridged:
                parameters["DialCallDuration"] = str(self.leg.call.duration_s())
            if self.leg.sip_call_id is not None:
                parameters["DialSipCallId"] = self.leg.sip_call_id
            if isinstance(self.leg, SipLeg) and self.leg.call.sip_code is not None:
                parameters["DialSipResponseCode"] = str(self.leg.call.sip_code)
        if self.error is not None:
            parameters["ErrorCode"], parameters["ErrorMessage"] = str(self.error[0]), self.error[1]
        return parameters


class Dialing:
    """One `<Dial>` being played."""

    def __init__(self, services: Services, call: Call, line: Line, verb: Dial) -> None:
        self._services = services
        self._call = call
        self._line = line
        self._verb = verb
        self._legs: list[ChildLeg] = []
        self._rings: dict[asyncio.Task[bool], ChildLeg] = {}
        self._bridged: ChildLeg | None = None
        self._recording: tuple[Recording, Recorder] | None = None
        self._refer_to: str | None = None

    async def run(self) -> Outcome:
        """Dial and wait for the end. When cancelled, `cut` must follow."""
        verb = self._verb
        if verb.record_from_ringing:
            self._start_recording()
        rounds = [[target] for target in verb.targets] if verb.sequential else [list(verb.targets)]
        error: tuple[int, str] | None = None
        for targets in rounds:
            try:
                leg = await self._first_to_answer(targets)
            except TwimlError as refused:
                for leg in self._legs:
                    leg.end("failed")
                error = (refused.code, refused.message)
                self._services.ledger.note(
                    "twiml_error", call_sid=self._call.sid, code=refused.code, message=refused.message
                )
                continue
            if leg is not None:
                await self._bridge(leg)
                return self._outcome("completed", leg)
        last = self._legs[-1] if self._legs else None
        return self._outcome(last.call.status if last else "failed", last, last.call.error if last else error)

    def cut(self) -> Outcome:
        """End everything at once: the caller hung up, or another document takes over."""
        for ring in self._rings:
            ring.cancel()
        for leg in self._legs:
            leg.end("canceled")
        self._line.disconnect()
        last = self._bridged or (self._legs[-1] if self._legs else None)
        return self._outcome("completed" if self._bridged else "canceled", last)

    def _outcome(self, status: str, leg: ChildLeg | None, error: tuple[int, str] | None = None) -> Outcome:
        self._stop_recording()
        outcome = Outcome(status, leg, leg is not None and leg is self._bridged, error, self._refer_to)
        if self._recording is not None:
            config = self._services.config
            shown = recording_parameters(self._recording[0], config.account_sid, config.base_url)
            names = ("RecordingUrl", "RecordingSid", "RecordingDuration")
            outcome.extra = {name: shown[name] for name in names if name in shown}
        return outcome

    async def _first_to_answer(self, targets: list[Target]) -> ChildLeg | None:
        """Ring all targets at once; the first to answer wins and the others are let go. Raises TwimlError."""
        verb, clock = self._verb, self._services.clock
        caller_id = verb.caller_id or self._call.from_
        for target in targets:
            leg = make_leg(self._services, self._call, target, caller_id)
            if isinstance(leg, SipLeg):
                leg.trunk.on_refer = partial(self._refer, leg)
            self._legs.append(leg)
        legs = self._legs[-len(targets) :]
        self._rings = {asyncio.create_task(leg.ring()): leg for leg in legs}
        pending = set(self._rings)
        deadline = clock.now() + verb.timeout_s + EXTRA_RING_S
        winner: ChildLeg | None = None
        while pending and winner is None:
            left = clock.real_seconds(deadline - clock.now())
            done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            winner = next((self._rings[ring] for ring in done if ring.result()), None)
            if not done:
                break
        for ring in pending:
            ring.cancel()
        for leg in legs:
            if leg is not winner:
                leg.end("canceled" if winner else "no-answer")
        return winner

    async def _bridge(self, leg: ChildLeg) -> None:
        """Connect the two until one side ends."""
        self._bridged = leg
        if self._recording is None:
            self._start_recording()
        self._line.connect(leg.far)
        limit = self._services.clock.real_seconds(self._verb.time_limit_s)
        await asyncio.wait({leg.far.ended}, timeout=limit)
        self._line.disconnect()
        how = leg.far.ended.result() if leg.far.ended.done() else "time limit"
        self._services.ledger.note("unbridged", call_sid=self._call.sid, child_call_sid=leg.call.sid, how=how)
        leg.end("completed")

    def _refer(self, leg: ChildLeg, target: str) -> None:
        """REFER: without referUrl Twilio refuses it and the call goes on as it was."""
        allowed = self._verb.refer_url is not None
        self._services.ledger.note("refer", call_sid=self._call.sid, target=target, refused=not allowed)
        if allowed:
            self._refer_to = target
            leg.far.close()

    def _start_recording(self) -> None:
        if self._verb.recording is not None:
            self._recording = self._services.recordings.start(self._call.sid, self._verb.recording)
            self._line.record(self._recording[1])

    def _stop_recording(self) -> None:
        if self._recording is not None:
            recording, recorder = self._recording
            self._line.stop_recording(recorder)
            self._services.recordings.finish(recording, recorder)
