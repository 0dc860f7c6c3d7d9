"""How one engine is set up."""

from __future__ import annotations

from dataclasses import dataclass, field

from aivoicecaller.clock import Clock


@dataclass(frozen=True, slots=True)
class EngineConfig:
    api_key: str
    project_id: str
    """`proj_...`: the user part of the SIP address it answers to."""
    webhook_url: str
    webhook_secret: str
    """`whsec_` and base64, or any other text taken as it is."""
    clock: Clock = field(default_factory=Clock)
    reply_delay_ms: int = 240
    """Media time from the end of a turn, or a response.create, to the first sound."""
    answer_delay_s: float = 0.1
    """From accept to the answer on the line."""
    decide_within_s: float = 30.0
    """A call that is neither accepted nor rejected by then is refused."""
    longest_ms: int = 3_600_000
    """Media time after which a session expires: 60 minutes."""
