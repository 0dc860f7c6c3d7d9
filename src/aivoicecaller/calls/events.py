"""Facts into the machine, in the past tense, and requests of people. Each is a small frozen value.

Providers' facts may come late, twice or in any order; the machine survives all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .outcome import Outcome


class DeadlineKind(StrEnum):
    """What is waited for; one deadline of each kind at a time."""

    PREPARE = "prepare"
    DIAL = "dial"
    RING = "ring"
    OFFER = "offer"
    ACCEPT = "accept"
    ATTACH = "attach"
    CONFIGURE = "configure"
    RESPONSE = "response"
    SILENCE = "silence"
    KEYS = "keys"
    PLAYBACK = "playback"
    SPEECH = "speech"
    FAREWELL = "farewell"
    CONFIRM = "confirm"
    HANG_UP = "hang_up"
    LIMIT = "limit"


class LegEnd(StrEnum):
    """How the carrier says that a leg ended."""

    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Started:
    """The call was written down and may begin."""


@dataclass(frozen=True, slots=True)
class SessionPrepared:
    """The engine checked the call's exact configuration and minted a client secret for it."""


@dataclass(frozen=True, slots=True)
class SessionRefused:
    """The engine will not run this configuration; `outcome` holds its words."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DialAccepted:
    carrier_call_sid: str


@dataclass(frozen=True, slots=True)
class DialRefused:
    """The carrier refused to dial, and certainly did not."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DialUncertain:
    """The answer to our dial was lost: somebody's phone may already ring."""

    detail: str


@dataclass(frozen=True, slots=True)
class DialMissing:
    """The carrier was asked and knows no leg of ours."""


@dataclass(frozen=True, slots=True)
class LegRinging:
    carrier_call_sid: str


@dataclass(frozen=True, slots=True)
class LegAnswered:
    carrier_call_sid: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    carrier_call_sid: str
    end: LegEnd
    duration_s: float | None = None
    """Seconds from answer to end as the carrier counts them."""
    detail: str = ""
    """The carrier's reason, for people; empty when it gave none."""


@dataclass(frozen=True, slots=True)
class LegSeen:
    """The carrier was asked and the leg is up; tells nothing new but ends a doubt."""

    carrier_call_sid: str


@dataclass(frozen=True, slots=True)
class EngineLegEnded:
    """The carrier's leg towards the engine ended while the person's leg may go on."""

    end: LegEnd
    detail: str = ""
    person_there: bool = False
    """Whether the carrier says that the person's leg was still up at that moment."""


@dataclass(frozen=True, slots=True)
class MachineDetected:
    """Answering machine detection guessed a machine: a guess with a time, never a fact."""


@dataclass(frozen=True, slots=True)
class SessionOffered:
    """The engine holds our SIP call and asks whether to take it."""

    engine_call_id: str


@dataclass(frozen=True, slots=True)
class SessionAccepted:
    engine_call_id: str


@dataclass(frozen=True, slots=True)
class AcceptFailed:
    engine_call_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class SidebandAttached:
    engine_call_id: str


@dataclass(frozen=True, slots=True)
class SessionConfigured:
    """The engine confirmed our `session.update`: it is ready to speak."""


@dataclass(frozen=True, slots=True)
class SidebandClosed:
    """The socket is gone. That is not the end of the call until the providers confirm it."""

    detail: str


@dataclass(frozen=True, slots=True)
class SessionGone:
    """The engine says that it does not know this call any more."""


@dataclass(frozen=True, slots=True)
class CallerSpeechStarted:
    pass


@dataclass(frozen=True, slots=True)
class CallerSpeechStopped:
    pass


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key of the telephone's keypad: `0`-`9`, `*`, `#`, `A`-`D`."""

    key: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    response_id: str


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """One function call of a finished response. `arguments` is the engine's JSON text, unchecked."""

    tool_call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ResponseFinished:
    response_id: str
    spoke: bool
    """Whether it made sound."""
    tool_requests: tuple[ToolRequest, ...] = ()
    failure: str = ""
    """Why it failed, for people; empty when it did not."""


@dataclass(frozen=True, slots=True)
class ResponseRejected:
    """Our `response.create` came while another response was being made."""


@dataclass(frozen=True, slots=True)
class PlaybackStarted:
    response_id: str


@dataclass(frozen=True, slots=True)
class PlaybackStopped:
    """All of a response was heard, or the rest of it was dropped."""

    response_id: str


@dataclass(frozen=True, slots=True)
class ToolFinished:
    tool_call_id: str
    output: str
    failed: bool = False
    ends_call: bool = False
    """The tool asks for a polite end: the goodbye is heard in full, then both legs end."""


@dataclass(frozen=True, slots=True)
class HangUpFailed:
    """A provider did not carry out a hang-up of ours."""

    detail: str


@dataclass(frozen=True, slots=True)
class HangUpRequested:
    """A person at the dashboard or the command line wants the call to end."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """Another process of ours ran this call before; commands without a result were given anew."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    kind: DeadlineKind


LegEvent = DialAccepted | DialRefused | DialUncertain | DialMissing | LegRinging | LegAnswered | LegEnded | LegSeen
SessionEvent = (
    SessionPrepared
    | SessionRefused
    | SessionOffered
    | SessionAccepted
    | AcceptFailed
    | SidebandAttached
    | SessionConfigured
    | SidebandClosed
    | SessionGone
    | EngineLegEnded
)
TurnEvent = (
    CallerSpeechStarted
    | CallerSpeechStopped
    | KeyPressed
    | ResponseStarted
    | ResponseFinished
    | ResponseRejected
    | PlaybackStarted
    | PlaybackStopped
    | ToolFinished
)
Event = (
    Started
    | LegEvent
    | SessionEvent
    | TurnEvent
    | MachineDetected
    | HangUpFailed
    | HangUpRequested
    | Recovered
    | DeadlinePassed
)
