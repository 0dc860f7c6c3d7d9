"""The ways out of a call. Each is taken once; taking one twice is harmless."""

from __future__ import annotations

from dataclasses import replace

from .commands import HangUpLeg, HangUpSession
from .events import DeadlineKind, LegEnd
from .model import Farewell, LegState, Line, SessionState
from .move import Move
from .outcome import Blame, Outcome, OutcomeKind, failed

HANG_UP_S = 10.0
"""How long the carrier may take to confirm a hang-up before it is asked."""
CARRIER_MARGIN_S = 60.0
"""The carrier's own limit on the leg ends it by then, whether or not our hang-ups reached anybody."""
SETTLE_S = 3.0
"""How long facts that explain an early end may be late; callbacks of one call arrive within a second or two."""
FAREWELL_S = 15.0
"""A goodbye takes three to five seconds to make and play; past this we hang up in mid-word rather than bill on."""

OPEN_SESSIONS = frozenset(
    {
        SessionState.ACCEPTING,
        SessionState.ATTACHING,
        SessionState.CONFIGURING,
        SessionState.TALKING,
        SessionState.DETACHED,
        SessionState.DOUBTFUL,
    }
)
_UNDER_WAY = frozenset({LegState.ASKED, LegState.UNCERTAIN, LegState.DIALING, LegState.RINGING, LegState.ANSWERED})

ENDED_BY_AGENT = Outcome(OutcomeKind.COMPLETED, Blame.US, "The agent said goodbye and ended the call.")
WITHDRAWN = Outcome(OutcomeKind.CANCELED, Blame.CALLER, "The call was withdrawn before anybody answered.")

_BY_LEG = {
    LegEnd.COMPLETED: Outcome(OutcomeKind.COMPLETED, Blame.CALLEE, "The person hung up."),
    LegEnd.BUSY: Outcome(OutcomeKind.BUSY, Blame.CALLEE, "The line was busy."),
    LegEnd.NO_ANSWER: Outcome(OutcomeKind.NO_ANSWER, Blame.CALLEE, "Nobody answered."),
    LegEnd.CANCELED: WITHDRAWN,
    LegEnd.FAILED: Outcome(OutcomeKind.FAILED, Blame.CARRIER, "The carrier could not put the call through."),
}


def hang_up(move: Move, outcome: Outcome) -> None:
    """End the person's leg now. Before the carrier told us its id, the order waits for it."""
    move.decide(outcome)
    leg = move.call.leg
    if leg.state is LegState.QUEUED:
        finish(move)
    elif leg.state in _UNDER_WAY:
        if leg.carrier_call_sid is not None:
            move.order(HangUpLeg(leg.carrier_call_sid, answered=leg.state is LegState.ANSWERED))
        move.leg(state=LegState.ENDING, look_ups=0)
        move.met(*DeadlineKind)
        move.expect(DeadlineKind.HANG_UP, HANG_UP_S)
        move.expect(DeadlineKind.LIMIT, move.call.limits.talk_s + CARRIER_MARGIN_S)


def say_goodbye(move: Move, line: Line, outcome: Outcome | None = None) -> None:
    """Let the agent speak its last words, then hang up when all of them were heard."""
    if outcome is not None:
        move.decide(outcome)
    if move.call.turn.farewell is Farewell.NONE:
        move.turn(farewell=Farewell.WANTED, goodbye=line)
        move.expect(DeadlineKind.FAREWELL, FAREWELL_S)
        move.met(DeadlineKind.SILENCE)


def leg_ended(move: Move, end: LegEnd, detail: str) -> None:
    """The carrier says that the leg is over. Decide why, now or when the other facts had time to arrive."""
    connected = move.call.session.attachments > 0
    if end is LegEnd.COMPLETED and not connected and move.call.outcome is None:
        move.leg(state=LegState.SETTLING)
        move.met(*DeadlineKind)
        move.expect(DeadlineKind.CONFIRM, SETTLE_S)
        return
    if end is LegEnd.COMPLETED and move.call.session.fault:
        move.decide(failed(Blame.ENGINE, move.call.session.fault))
    outcome = _BY_LEG[end]
    move.decide(replace(outcome, detail=detail) if detail and end is LegEnd.FAILED else outcome)
    finish(move)


def settle(move: Move) -> None:
    """All facts about an early end had their time: judge by what is known."""
    session = move.call.session
    if session.fault:
        move.decide(failed(Blame.ENGINE, session.fault))
    elif session.accepted_at is not None or session.attachments:
        move.decide(_BY_LEG[LegEnd.COMPLETED])
    else:
        move.decide(failed(Blame.UNKNOWN, "The call was answered and ended before the agent was connected."))
    finish(move)


def finish(move: Move) -> None:
    """Nothing more is waited for. What was opened at the engine is closed, once."""
    session = move.call.session
    if session.state in OPEN_SESSIONS and session.engine_call_id is not None:
        move.order(HangUpSession(session.engine_call_id))
    move.session(state=SessionState.CLOSED)
    move.leg(state=LegState.ENDED)
    move.met(*DeadlineKind)
    assert move.call.outcome is not None, "No call ends without a reason."
    move.call = replace(move.call, ended_at=move.now)
