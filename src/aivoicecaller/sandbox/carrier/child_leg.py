"""The legs that `<Dial>` makes: to the engine over the trunk, or to another person of the sandbox."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final

from aivoicecaller.sandbox.carrier.errors import TwimlError
from aivoicecaller.sandbox.carrier.line import Colleague, Far
from aivoicecaller.sandbox.carrier.model import Call, Status, new_sid
from aivoicecaller.sandbox.carrier.requests import Source
from aivoicecaller.sandbox.carrier.services import Services
from aivoicecaller.sandbox.carrier.sip import ENGINE_HOST, SipAddress, make_invite, parse_sip
from aivoicecaller.sandbox.carrier.trunk_leg import TrunkLeg, jitter_frames
from aivoicecaller.sandbox.carrier.twiml import Target
from aivoicecaller.sandbox.phones.directory import MalformedNumberError, UnreachableNumberError
from aivoicecaller.sandbox.phones.person import Person, learn
from aivoicecaller.sandbox.trunk import FRAME_MS

NO_CONTACT: Final = (32011, "Error communicating with the SIP endpoint.")

_BY_SIP_STATUS: Final[dict[int, Status]] = {
    408: "no-answer",
    480: "no-answer",
    486: "busy",
    487: "canceled",
    600: "busy",
}
"""How a leg ends that was refused with this SIP status; every other refusal is `failed`."""


class ChildLeg(ABC):
    """One attempt to reach somebody for a call."""

    def __init__(self, services: Services, parent: Call, target: Target, to: str, caller_id: str) -> None:
        self.services = services
        self.far: Far = Far()
        """The audio, once answered; its `ended` also tells of an end while ringing."""
        self.sip_call_id: str | None = None
        self.call = Call(
            sid=new_sid("CA"),
            to=to,
            from_=caller_id,
            direction="outbound-dial",
            created_at=services.clock.now(),
            parent_sid=parent.sid,
            status_callback=target.status_callback,
        )
        services.add(self.call, self)
        services.initiated(self.call)

    @abstractmethod
    async def ring(self) -> bool:
        """Try to reach the target; True when it answered. When not, the call has its final status."""

    def hang_up(self, by: str) -> None:
        """End this leg only; the call that dialled it goes on."""
        self.services.ledger.note("hang_up", call_sid=self.call.sid, by=by)
        self.end("canceled")

    def redirect(self, source: Source) -> bool:
        return False

    def end(self, unanswered: Status) -> None:
        """Let go; a leg that was never answered gets the status `unanswered`."""
        self.far.close()
        if self.call.answered_at is None:
            self.services.move(self.call, unanswered)
        else:
            self.call.talked_s = self.far.ticks * FRAME_MS / 1000
            self.services.move(self.call, "completed")

    def fail(self, status: Status, sip_code: int | None, error: tuple[int, str] | None = None) -> None:
        self.call.sip_code, self.call.error = sip_code, error
        self.end(status)


class SipLeg(ChildLeg):
    """To the engine."""

    def __init__(self, services: Services, parent: Call, target: Target, address: SipAddress, caller_id: str) -> None:
        super().__init__(services, parent, target, address.address, caller_id)
        self.trunk = TrunkLeg(jitter_frames(services.clock.speed))
        self.far = self.trunk
        self._address = address

    async def ring(self) -> bool:
        address, config = self._address, self.services.config
        if address.host != ENGINE_HOST or address.parameter("transport") != "tls":
            # The real engine listens for TLS only, and the sandbox has no way to any other host.
            self.fail("failed", 503, NO_CONTACT)
            return False
        invite = make_invite(address, self.call.from_, config.account_sid, self.call.sid)
        self.sip_call_id = invite.call_id
        self.trunk.on_ringing = self._on_ringing
        try:
            await self.trunk.invite(config.trunk_url, invite)
        except OSError:
            self.fail("failed", 503, NO_CONTACT)
            return False
        # Waited for from outside: a cancelled await would cancel the future for everybody.
        await asyncio.wait({self.trunk.answered})
        refusal = self.trunk.answered.result()
        if refusal is not None:
            self.fail(_BY_SIP_STATUS.get(refusal.status, "failed"), refusal.status)
            return False
        self.call.sip_code = 200
        self.services.move(self.call, "in-progress")
        return True

    def _on_ringing(self) -> None:
        if self.call.status == "queued":
            self.services.move(self.call, "ringing")


class NumberLeg(ChildLeg):
    """To another person of the sandbox."""

    async def ring(self) -> bool:
        services, clock = self.services, self.services.clock
        try:
            scenario = services.directory.find(self.call.to)
        except MalformedNumberError as error:
            self.fail("failed", 404, (13224, str(error)))
            return False
        except UnreachableNumberError as error:
            self.fail("failed", 403, (13227, str(error)))
            return False
        if scenario.answer == "invalid":
            self.fail("failed", 404, (13224, "The number is not valid."))
            return False
        services.move(self.call, "ringing")
        lines = await learn(scenario, services.speech)
        if scenario.answer == "no_answer":
            await asyncio.wait({self.far.ended})
            return False
        await clock.sleep(scenario.rings_s)
        if self.call.over:
            return False
        if scenario.answer == "busy":
            self.fail("busy", 486)
            return False
        self.far = Colleague(Person(scenario, lines))
        self.call.sip_code = 200
        services.move(self.call, "in-progress")
        return True


def make_leg(services: Services, parent: Call, target: Target, caller_id: str) -> ChildLeg:
    """The leg for a noun of `<Dial>`. Raises TwimlError when its address cannot be dialled at all."""
    if target.kind == "Sip":
        return SipLeg(services, parent, target, parse_sip(target.address), caller_id)
    if not target.address:
        raise TwimlError(13223, "<Number> has no number.")
    return NumberLeg(services, parent, target, target.address, caller_id)
