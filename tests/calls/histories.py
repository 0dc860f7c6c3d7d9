"""Histories of calls for the tests of the pure core: facts as providers would tell them."""

from __future__ import annotations

from dataclasses import dataclass, field

from aivoicecaller.calls import events as e
from aivoicecaller.calls.commands import Command
from aivoicecaller.calls.machine import step
from aivoicecaller.calls.model import Call, Direction, Limits
from aivoicecaller.calls.outcome import Blame, failed

SID = "CA00000000000000000000000000000001"
RTC = "rtc_1"


def new_call(**changes: object) -> Call:
    return Call(id="call_1", direction=Direction.OUTBOUND, greeting="Hello.", limits=Limits(), **changes)  # pyright: ignore


@dataclass
class Played:
    """A call driven by hand: the value, all commands it gave, and a clock of its own."""

    call: Call = field(default_factory=new_call)
    commands: list[Command] = field(default_factory=list)
    now: float = 1000.0

    def feed(self, *events: e.Event) -> Played:
        for event in events:
            self.call, given = step(self.call, event, self.now)
            self.commands.extend(given)
        return self

    def wait(self, seconds: float) -> Played:
        """Let time pass, with each deadline told as it passes."""
        until = self.now + seconds
        while (pending := self.call.next_deadline()) is not None and pending[1] <= until:
            self.now = max(self.now, pending[1])
            self.feed(e.DeadlinePassed(pending[0]))
        self.now = until
        return self

    def given(self, kind: type) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]


def dialling() -> Played:
    return Played().feed(e.Started(), e.SessionPrepared())


def talking() -> Played:
    return dialling().feed(
        e.DialAccepted(SID),
        e.LegRinging(SID),
        e.LegAnswered(SID),
        e.SessionOffered(RTC),
        e.SessionAccepted(RTC),
        e.SidebandAttached(RTC),
        e.SessionConfigured(),
    )


def greeted() -> Played:
    """The greeting was made and heard; it is the caller's turn."""
    return talking().feed(
        e.ResponseStarted("resp_1"),
        e.PlaybackStarted("resp_1"),
        e.ResponseFinished("resp_1", spoke=True),
        e.PlaybackStopped("resp_1"),
    )


ANSWERED_STORY = (
    e.DialAccepted(SID),
    e.LegRinging(SID),
    e.LegAnswered(SID),
    e.SessionOffered(RTC),
    e.SessionAccepted(RTC),
    e.SidebandAttached(RTC),
    e.SessionConfigured(),
    e.SidebandClosed("gone"),
    e.SessionGone(),
    e.LegEnded(SID, e.LegEnd.COMPLETED, 12),
)

STORIES: dict[str, tuple[e.Event, ...]] = {
    "completed": ANSWERED_STORY,
    "busy": (e.DialAccepted(SID), e.LegEnded(SID, e.LegEnd.BUSY)),
    "no_answer": (e.DialAccepted(SID), e.LegRinging(SID), e.LegEnded(SID, e.LegEnd.NO_ANSWER)),
    "canceled": (e.DialAccepted(SID), e.LegRinging(SID), e.LegEnded(SID, e.LegEnd.CANCELED)),
    "failed": (e.DialAccepted(SID), e.LegEnded(SID, e.LegEnd.FAILED, detail="The number is not in service.")),
    "failed: engine unreachable": (
        e.DialAccepted(SID),
        e.LegRinging(SID),
        e.LegAnswered(SID),
        e.EngineLegEnded(e.LegEnd.FAILED, "SIP 480"),
        e.LegEnded(SID, e.LegEnd.COMPLETED, 4),
    ),
    "failed: never connected": (
        e.DialAccepted(SID),
        e.LegRinging(SID),
        e.LegAnswered(SID),
        e.LegEnded(SID, e.LegEnd.COMPLETED, 1),
    ),
}

REFUSAL = failed(Blame.ENGINE, "Unknown model.")

ONE_OF_EACH: tuple[e.Event, ...] = (
    e.Started(),
    e.SessionPrepared(),
    e.SessionRefused(REFUSAL),
    e.DialAccepted(SID),
    e.DialRefused(failed(Blame.CALLER, "Not a number.")),
    e.DialUncertain("time-out"),
    e.DialMissing(),
    e.LegRinging(SID),
    e.LegAnswered(SID),
    *(e.LegEnded(SID, end) for end in e.LegEnd),
    e.LegEnded("CA_other", e.LegEnd.COMPLETED),
    e.LegSeen(SID),
    e.EngineLegEnded(e.LegEnd.COMPLETED),
    e.EngineLegEnded(e.LegEnd.FAILED, "SIP 480"),
    e.MachineDetected(),
    e.SessionOffered(RTC),
    e.SessionOffered("rtc_2"),
    e.SessionAccepted(RTC),
    e.AcceptFailed(RTC, REFUSAL),
    e.SidebandAttached(RTC),
    e.SessionConfigured(),
    e.SidebandClosed("1006"),
    e.SessionGone(),
    e.CallerSpeechStarted(),
    e.CallerSpeechStopped(),
    e.KeyPressed("5"),
    e.KeyPressed("#"),
    e.ResponseStarted("resp_1"),
    e.ResponseFinished("resp_1", spoke=True),
    e.ResponseFinished("resp_2", spoke=False, tool_requests=(e.ToolRequest("tc_1", "book", "{}"),)),
    e.ResponseFinished("resp_3", spoke=False, failure="server_error"),
    e.ResponseRejected(),
    e.PlaybackStarted("resp_1"),
    e.PlaybackStopped("resp_1"),
    e.ToolFinished("tc_1", "ok"),
    e.ToolFinished("tc_1", "ok", ends_call=True),
    e.HangUpFailed("404"),
    e.Recovered(),
    *(e.DeadlinePassed(kind) for kind in e.DeadlineKind),
)
