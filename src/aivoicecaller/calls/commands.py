"""Orders out of the machine, in the imperative. Data only; the supervisor has one function for each."""

from __future__ import annotations

from dataclasses import dataclass

from .events import ToolRequest


@dataclass(frozen=True, slots=True)
class PrepareSession:
    """Mint a client secret for the call's exact session, so that the engine checks it before a phone rings."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Ask the carrier once to ring the callee. Never given twice for one leg."""


@dataclass(frozen=True, slots=True)
class LookUpLeg:
    """Ask the carrier what became of our leg: by its id, or by our token when we have no id."""


@dataclass(frozen=True, slots=True)
class AcceptSession:
    engine_call_id: str


@dataclass(frozen=True, slots=True)
class RejectSession:
    engine_call_id: str


@dataclass(frozen=True, slots=True)
class AttachSideband:
    engine_call_id: str


@dataclass(frozen=True, slots=True)
class ConfigureSession:
    """Send `session.update` and have it confirmed."""


@dataclass(frozen=True, slots=True)
class CreateResponse:
    """Let the agent speak or act now."""

    words: str = ""
    """Exact words to speak."""
    hint: str = ""
    """What to speak about, for this response only. With neither, the engine answers as the conversation asks."""


@dataclass(frozen=True, slots=True)
class SendKeys:
    """Tell the engine which keys the person pressed; it does not hear them by itself."""

    keys: str


@dataclass(frozen=True, slots=True)
class RunTool:
    request: ToolRequest


@dataclass(frozen=True, slots=True)
class SendToolOutput:
    tool_call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class HangUpLeg:
    """End the person's leg at the carrier; `answered` False withdraws a call that still rings."""

    carrier_call_sid: str
    answered: bool


@dataclass(frozen=True, slots=True)
class HangUpSession:
    engine_call_id: str


@dataclass(frozen=True, slots=True)
class NoteOddity:
    """A fact that did not fit. It changes nothing and is kept for whoever looks into the call."""

    what: str


Command = (
    PrepareSession
    | Dial
    | LookUpLeg
    | AcceptSession
    | RejectSession
    | AttachSideband
    | ConfigureSession
    | CreateResponse
    | SendKeys
    | RunTool
    | SendToolOutput
    | HangUpLeg
    | HangUpSession
    | NoteOddity
)
