"""What the web role works with, put together by the command line."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..addresses import Addresses
from ..bus.base import Bus
from ..carrier.client import TwilioCarrier
from ..clock import Clock
from ..engine.client import RealtimeEngine
from ..numbers.rules import DialRules
from ..phone import Number
from ..store import Store
from .api.schemas import Person, ProviderState


@dataclass(frozen=True, slots=True)
class Installation:
    """What this installation is and what it lacks."""

    providers: tuple[ProviderState, ...]
    from_number: Number | None
    project_id: str
    sip_host: str
    twilio_auth_token: str
    rules: DialRules
    default_country: str
    max_live_calls: int
    people: tuple[Person, ...] = field(default=())

    @property
    def sandbox(self) -> bool:
        return any(provider.mode == "sandbox" for provider in self.providers)

    @property
    def missing(self) -> list[str]:
        return [name for provider in self.providers for name in provider.missing]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in without a log-in of the record."""

    link_token: str
    """In the address that the terminal prints; good while this process lives."""
    program_token: str
    """For the command line on this machine, from a file that only its owner can read."""
    password: str | None
    secure_cookies: bool


@dataclass(frozen=True, slots=True)
class WebParts:
    store: Store
    bus: Bus
    engine: RealtimeEngine
    carrier: TwilioCarrier
    clock: Clock
    addresses: Addresses
    installation: Installation
    access: Access
