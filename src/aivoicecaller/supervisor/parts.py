"""What the supervisor works with, put together by the command line."""

from __future__ import annotations

from dataclasses import dataclass

from ..addresses import Addresses
from ..bus.base import Bus
from ..carrier.client import TwilioCarrier
from ..clock import Clock
from ..engine.client import RealtimeEngine
from ..store import Store
from ..tools.base import Toolbox


@dataclass(frozen=True, slots=True)
class Parts:
    store: Store
    bus: Bus
    engine: RealtimeEngine
    carrier: TwilioCarrier
    toolbox: Toolbox
    clock: Clock
    addresses: Addresses
