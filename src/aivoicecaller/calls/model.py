"""What a call is: one frozen value. Everything a step needs is in it; nothing in it can be derived twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..clock import Instant
from .events import DeadlineKind, ToolRequest
from .outcome import Outcome


class Direction(StrEnum):
    OUTBOUND = "outbound"
    INBOUND = "inbound"


class LegState(StrEnum):
    """The person's leg at the carrier."""

    QUEUED = "queued"
    ASKED = "asked"
    """The dial was ordered; its answer is not here yet."""
    UNCERTAIN = "uncertain"
    """The answer to the dial was lost; the carrier is asked what it did."""
    DIALING = "dialing"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDING = "ending"
    """Its end was ordered and is not confirmed yet."""
    SETTLING = "settling"
    """The carrier ended it before we saw the agent connected: facts that explain why may still be on their way."""
    ENDED = "ended"


class SessionState(StrEnum):
    """The engine session behind the call."""

    NEW = "new"
    PREPARING = "preparing"
    PREPARED = "prepared"
    ACCEPTING = "accepting"
    ATTACHING = "attaching"
    CONFIGURING = "configuring"
    TALKING = "talking"
    DETACHED = "detached"
    """The sideband is lost; audio may go on without us."""
    DOUBTFUL = "doubtful"
    """The engine says it is over; the carrier is asked before we believe that the call is."""
    CLOSED = "closed"


class TurnState(StrEnum):
    """Whether the engine is making a response. Only one may be made at a time."""

    LISTENING = "listening"
    REQUESTED = "requested"
    RESPONDING = "responding"


class Farewell(StrEnum):
    """The polite end: goodbye is said, heard in full, and then both legs end."""

    NONE = "none"
    WANTED = "wanted"
    """The next words are the goodbye."""
    SAYING = "saying"
    """The goodbye is being made or played; when all is heard, hang up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds. Every live state of a call has one of these over it."""

    ring_s: float = 30.0
    talk_s: float = 900.0
    """The longest conversation; the carrier and our own deadline both enforce it."""
    silence_s: float = 12.0
    """Silence of the person after which the agent asks whether anybody is there."""
    silence_prompts: int = 2
    """How often it asks before it says goodbye."""


@dataclass(frozen=True, slots=True)
class Leg:
    state: LegState = LegState.QUEUED
    carrier_call_sid: str | None = None
    look_ups: int = 0
    hang_ups_failed: int = 0
    """How often a provider did not carry out our hang-up. Until one is confirmed, it is ordered again."""


@dataclass(frozen=True, slots=True)
class Session:
    state: SessionState = SessionState.NEW
    engine_call_id: str | None = None
    accepted_at: Instant | None = None
    """When the agent's side was connected: the zero of transcript and recording."""
    attachments: int = 0
    """How many times a sideband was attached; above 1 the talk so far is in the transcript."""
    fault: str = ""
    """Why the agent's side could not be connected, once known."""


@dataclass(frozen=True, slots=True)
class PendingTool:
    request: ToolRequest
    after_speech: bool
    """Whether the agent spoke before it asked for the tool, in the same response."""
    output: str | None = None
    """What the engine is to be told; None while the tool runs."""
    sent: bool = False
    """Given to the engine. Kept until a response proves that it arrived, so that a lost sideband loses no output."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the agent shall say next: exact words, or a hint by which the engine finds them, or neither."""

    words: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    state: TurnState = TurnState.LISTENING
    caller_speaking: bool = False
    unheard: str | None = None
    """The response whose sound is being played, or is about to be."""
    heard: str | None = None
    """The last response whose sound ended."""
    tools: tuple[PendingTool, ...] = ()
    due: Line | None = None
    """What is to be said as soon as the engine is free."""
    asked: Line | None = None
    """What the response under way was asked to say; due again when the engine rejects it."""
    keys: str = ""
    """Keys pressed and not given to the engine yet: text, since "0" and "00" differ."""
    greeted: bool = False
    farewell: Farewell = Farewell.NONE
    goodbye: Line = field(default_factory=Line)
    silent_prompts: int = 0
    missed: bool = False
    """The sideband was lost for a while: a tool may have been called that nobody ran."""
    failures: int = 0
    """Responses that failed one after the other."""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt to talk with a person by phone."""

    id: str
    direction: Direction
    greeting: str
    """The agent's exact first words; empty lets the engine find them."""
    limits: Limits = field(default_factory=Limits)
    hang_up_on_machine: bool = True
    leg: Leg = field(default_factory=Leg)
    session: Session = field(default_factory=Session)
    turn: Turn = field(default_factory=Turn)
    outcome: Outcome | None = None
    """Set once: the first cause wins, even when the end itself comes later."""
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    deadlines: tuple[tuple[DeadlineKind, Instant], ...] = ()

    @property
    def ended(self) -> bool:
        return self.leg.state is LegState.ENDED

    @property
    def status(self) -> str:
        """What the outside sees: `queued`, `dialing`, `ringing`, `answered` or `ended`."""
        if self.leg.state is LegState.ENDING and self.answered_at is not None:
            return "answered"
        return _STATUS[self.leg.state]

    def deadline(self, kind: DeadlineKind) -> Instant | None:
        return dict(self.deadlines).get(kind)

    def next_deadline(self) -> tuple[DeadlineKind, Instant] | None:
        """The deadline that passes first, or None when the call has ended."""
        return min(self.deadlines, key=lambda entry: entry[1], default=None)

    def with_deadline(self, kind: DeadlineKind, at: Instant) -> Call:
        kept = tuple(entry for entry in self.deadlines if entry[0] is not kind)
        return replace(self, deadlines=(*kept, (kind, at)))

    def without_deadline(self, *kinds: DeadlineKind) -> Call:
        if not any(entry[0] in kinds for entry in self.deadlines):
            return self
        return replace(self, deadlines=tuple(entry for entry in self.deadlines if entry[0] not in kinds))


_STATUS = {
    LegState.QUEUED: "queued",
    LegState.ASKED: "dialing",
    LegState.UNCERTAIN: "dialing",
    LegState.DIALING: "dialing",
    LegState.RINGING: "ringing",
    LegState.ANSWERED: "answered",
    LegState.ENDING: "dialing",
    LegState.SETTLING: "answered",
    LegState.ENDED: "ended",
}
