"""One step of a call: three small tables, coupled.

Facts in, commands out. The person's leg (`leg.py`), the engine session (`session.py`) and the turn (`turn.py`) each
have a table of what may follow what; `ending.py` and `deadlines.py` hold the rules that join them. Time is an
argument: a call never asks the clock, it says by when something must have happened.
"""

from __future__ import annotations

from typing import get_args

from ..clock import Instant
from .commands import Command, HangUpSession, PrepareSession
from .deadlines import on_deadline
from .ending import OPEN_SESSIONS, WITHDRAWN, hang_up
from .events import (
    DeadlineKind,
    DeadlinePassed,
    Event,
    HangUpFailed,
    HangUpRequested,
    LegEvent,
    MachineDetected,
    Recovered,
    SessionEvent,
    Started,
)
from .leg import on_leg
from .model import Call, LegState, SessionState
from .move import Move
from .outcome import Blame, Outcome, OutcomeKind
from .session import on_session, recover
from .turn import on_turn

PREPARE_S = 15.0
"""The engine checks a configuration in well under a second."""
UNANSWERED_MARGIN_S = 120.0
"""Above everything that may happen before an answer; a net under the other deadlines."""

_LEG_EVENTS = get_args(LegEvent)
_SESSION_EVENTS = get_args(SessionEvent)

VOICEMAIL = Outcome(OutcomeKind.VOICEMAIL, Blame.CALLEE, "A voicemail answered, so the agent did not speak.")
ENDED_BY_HAND = Outcome(OutcomeKind.COMPLETED, Blame.CALLER, "The call was ended by hand.")


class IllegalRequest(ValueError):
    """A wish of ours that makes no sense now; the message says why."""


def step(call: Call, event: Event, now: Instant) -> tuple[Call, tuple[Command, ...]]:
    """Advance one call by one event and say what must be done about it.

    Facts from carrier, engine or timer never raise: one the tables lack (late, doubled) changes nothing and yields
    NoteOddity. A request of our own that is illegal now raises IllegalRequest.
    """
    move = Move(call, now)
    match event:
        case Started():
            _start(move)
        case DeadlinePassed():
            on_deadline(move, event.kind)
        case HangUpRequested():
            _end_by_hand(move)
        case HangUpFailed():
            _end_by_the_other_way(move)
        case MachineDetected():
            _machine(move)
        case Recovered():
            recover(move)
        case _ if isinstance(event, _LEG_EVENTS):
            on_leg(move, event)  # pyright: ignore[reportArgumentType]
        case _ if isinstance(event, _SESSION_EVENTS):
            on_session(move, event)  # pyright: ignore[reportArgumentType]
        case _:
            on_turn(move, event)  # pyright: ignore[reportArgumentType]
    return move.call, tuple(move.commands)


def _start(move: Move) -> None:
    if move.call.session.state is not SessionState.NEW or move.call.leg.state is not LegState.QUEUED:
        move.oddity("Started twice")
        return
    move.session(state=SessionState.PREPARING)
    move.order(PrepareSession())
    move.expect(DeadlineKind.PREPARE, PREPARE_S)
    move.expect(DeadlineKind.LIMIT, move.call.limits.ring_s + UNANSWERED_MARGIN_S)


def _end_by_hand(move: Move) -> None:
    state = move.call.leg.state
    if state in (LegState.ENDED, LegState.SETTLING):
        raise IllegalRequest("The call has already ended.")
    if state is not LegState.ENDING:
        hang_up(move, ENDED_BY_HAND if state is LegState.ANSWERED else WITHDRAWN)


def _end_by_the_other_way(move: Move) -> None:
    """The carrier did not end the leg. Ending the engine's side ends the bridge, and with it the leg."""
    session = move.call.session
    if move.call.leg.state is not LegState.ENDING:
        return
    move.leg(hang_ups_failed=move.call.leg.hang_ups_failed + 1)
    if session.state in OPEN_SESSIONS and session.engine_call_id:
        move.order(HangUpSession(session.engine_call_id))
        move.session(state=SessionState.CLOSED)


def _machine(move: Move) -> None:
    # The guess may overtake the callback that says "answered".
    if move.call.hang_up_on_machine and move.call.leg.state is not LegState.QUEUED:
        hang_up(move, VOICEMAIL)
