"""What is asked of Twilio and what it reports. Its spellings stay in this room.

Source: Twilio's pages on the Call and Recording resources and on voice webhooks, and SDK 9.13, read 2026-11-22.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..calls.events import LegEnd

PROGRESS_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
"""What status callbacks are asked for; `completed` is sent for every final status."""
TIME_LIMIT_MARGIN_S: Final = 30
"""The carrier's own limit comes this much after ours, which ends the talk politely."""

RINGING: Final = "ringing"
IN_PROGRESS: Final = "in-progress"
COMPLETED: Final = "completed"
CANCELED: Final = "canceled"
WAITING: Final = frozenset({"queued", "initiated"})
ENDS: Final = {
    COMPLETED: LegEnd.COMPLETED,
    "busy": LegEnd.BUSY,
    "no-answer": LegEnd.NO_ANSWER,
    CANCELED: LegEnd.CANCELED,
    "failed": LegEnd.FAILED,
}
"""Final statuses. They never change again."""

RECORDING_SID: Final = re.compile(r"RE[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class DialOrder:
    """One phone to ring. Numbers in E.164; addresses absolute, below the public URL."""

    to: str
    from_: str
    answer_url: str
    """Where Twilio fetches TwiML when the person answers."""
    status_url: str
    machine_url: str | None
    """Where a guess about an answering machine goes; None: no guess is made, and none is paid for."""
    ring_s: float
    talk_s: float


@dataclass(frozen=True, slots=True)
class BridgeOrder:
    """A leg to be connected with the engine."""

    project_id: str
    """The engine's project, `proj_…`: the user part of its SIP address."""
    sip_host: str
    reference: str
    """Our signed reference, sent along as a SIP header."""
    caller_id: str | None
    """The number shown to the engine; None: the person's own."""
    action_url: str
    """Where Twilio asks what comes next when the engine's leg has ended."""
    recording_url: str | None
    """Where news of the recording go; None: the call is not recorded."""
    engine_leg_url: str
    """Where news of the engine's leg go."""
    talk_s: float


@dataclass(frozen=True, slots=True)
class VoiceRequest:
    """Twilio asks for TwiML. Numbers as Twilio sends them: an anonymous caller's is no number."""

    carrier_call_sid: str
    inbound: bool
    from_number: str
    to_number: str
    forwarded_from: str
    """The number the call was diverted from; empty when it was not."""


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """What Twilio says of one recording."""

    carrier_call_sid: str
    """The leg it was made on: always the person's, not the engine's."""
    recording_sid: str
    channels: int
    """2: the person first, the engine second. 0 when not told."""
    duration_s: float | None
    status: str
    """`in-progress`, `completed`, `absent` and others; audio can be fetched when `completed`."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """The account as Twilio shows it to its credentials."""

    name: str
    status: str
    """`active`, `suspended` or `closed`."""
    trial: bool
    """A trial account calls verified numbers only."""
