"""The person's leg at the carrier.

A webhook may overtake the REST answer that caused it, and a callback may overtake the one before it, so later facts
are legal in earlier states too. What a state does not list changes nothing and is noted.
"""

from __future__ import annotations

from dataclasses import replace

from .commands import HangUpLeg, LookUpLeg
from .ending import finish, leg_ended
from .events import (
    DeadlineKind,
    DialAccepted,
    DialMissing,
    DialRefused,
    DialUncertain,
    LegAnswered,
    LegEnded,
    LegEvent,
    LegRinging,
    LegSeen,
)
from .model import LegState, SessionState
from .move import Move
from .outcome import Blame, failed

RING_MARGIN_S = 20.0
"""The carrier adds about 5 s to a ring timeout, and its callback may be late."""
OFFER_S = 15.0
"""From the person's answer to the engine's webhook; about a second in life."""
LOOK_UP_S = 5.0
LOOK_UPS = 3

Table = dict[LegState, dict[type[LegEvent], LegState]]

S = LegState
LEG: Table = {
    S.QUEUED: {LegRinging: S.RINGING, LegAnswered: S.ANSWERED, LegEnded: S.ENDED, DialAccepted: S.DIALING},
    S.ASKED: {
        DialAccepted: S.DIALING,
        DialRefused: S.ENDED,
        DialUncertain: S.UNCERTAIN,
        LegSeen: S.DIALING,
        LegRinging: S.RINGING,
        LegAnswered: S.ANSWERED,
        LegEnded: S.ENDED,
    },
    S.UNCERTAIN: {
        DialAccepted: S.DIALING,
        DialMissing: S.UNCERTAIN,
        LegSeen: S.DIALING,
        LegRinging: S.RINGING,
        LegAnswered: S.ANSWERED,
        LegEnded: S.ENDED,
    },
    S.DIALING: {
        DialAccepted: S.DIALING,
        LegSeen: S.DIALING,
        LegRinging: S.RINGING,
        LegAnswered: S.ANSWERED,
        LegEnded: S.ENDED,
    },
    S.RINGING: {
        DialAccepted: S.RINGING,
        LegSeen: S.RINGING,
        LegRinging: S.RINGING,
        LegAnswered: S.ANSWERED,
        LegEnded: S.ENDED,
    },
    S.ANSWERED: {
        DialAccepted: S.ANSWERED,
        LegSeen: S.ANSWERED,
        LegRinging: S.ANSWERED,
        LegAnswered: S.ANSWERED,
        LegEnded: S.ENDED,
    },
    S.ENDING: {
        DialAccepted: S.ENDING,
        DialRefused: S.ENDED,
        DialMissing: S.ENDING,
        LegSeen: S.ENDING,
        LegRinging: S.ENDING,
        LegAnswered: S.ENDING,
        LegEnded: S.ENDED,
    },
    S.SETTLING: {
        DialAccepted: S.SETTLING,
        LegSeen: S.SETTLING,
        LegRinging: S.SETTLING,
        LegAnswered: S.SETTLING,
        LegEnded: S.SETTLING,
    },
    S.ENDED: {},
}


def on_leg(move: Move, event: LegEvent) -> None:
    """Move the leg by one fact of the carrier."""
    before = move.call.leg
    after = LEG[before.state].get(type(event))
    if after is None:
        move.oddity(f"{type(event).__name__} while the leg was {before.state}")
        return
    sid = getattr(event, "carrier_call_sid", None)
    if sid is not None and before.carrier_call_sid not in (None, sid):
        move.oddity(f"{type(event).__name__} for another leg")
        return
    if sid is not None:
        _learn_sid(move, sid)
    match event:
        case LegEnded() if before.state is not S.SETTLING:
            leg_ended(move, event.end, event.detail)
        case DialRefused():
            move.decide(event.outcome)
            finish(move)
        case DialUncertain() | DialMissing():
            _doubt(move, after, ask=isinstance(event, DialUncertain))
        case LegSeen() | LegRinging() | LegAnswered() if after is S.ENDING:
            _still_up(move)
        case _ if after is not before.state:
            move.leg(state=after)
            _entered(move, after)
        case _:
            pass


def _learn_sid(move: Move, sid: str) -> None:
    known = move.call.leg.carrier_call_sid
    move.leg(carrier_call_sid=sid)
    if known is None and move.call.leg.state is S.ENDING:
        # The end was wanted before we knew which leg to end.
        move.order(HangUpLeg(sid, answered=False))


def _still_up(move: Move) -> None:
    """The carrier says that the leg is up although its end was ordered. If the order failed, give it again."""
    leg = move.call.leg
    if leg.hang_ups_failed and leg.carrier_call_sid is not None:
        move.leg(hang_ups_failed=0)
        move.order(HangUpLeg(leg.carrier_call_sid, answered=move.call.answered_at is not None))


def _doubt(move: Move, after: LegState, *, ask: bool) -> None:
    """Whether the carrier dialled is not known. It is asked a few times; it is never told to dial again."""
    if after is S.ENDING:
        return
    looks = move.call.leg.look_ups
    if looks >= LOOK_UPS:
        move.decide(failed(Blame.CARRIER, "The carrier did not confirm the call, and it was not dialled again."))
        finish(move)
        return
    move.leg(state=after)
    if ask:
        look_up_again(move)


def look_up_again(move: Move) -> None:
    move.leg(look_ups=move.call.leg.look_ups + 1)
    move.order(LookUpLeg())
    move.expect(DeadlineKind.DIAL, LOOK_UP_S)


def _entered(move: Move, state: LegState) -> None:
    move.met(DeadlineKind.DIAL)
    if state in (S.DIALING, S.RINGING):
        move.expect(DeadlineKind.RING, move.call.limits.ring_s + RING_MARGIN_S)
    elif state is S.ANSWERED:
        move.call = replace(move.call, answered_at=move.now)
        move.met(DeadlineKind.RING)
        move.expect(DeadlineKind.LIMIT, move.call.limits.talk_s)
        if move.call.session.state in (SessionState.NEW, SessionState.PREPARING, SessionState.PREPARED):
            move.expect(DeadlineKind.OFFER, OFFER_S)
