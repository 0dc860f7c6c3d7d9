"""The engine session behind the call: prepared before the phone rings, accepted once, and watched by a sideband.

The sideband's end is not the end of the call: audio runs between carrier and engine without us. It is attached again,
and only what the providers confirm ends a call.
"""

from __future__ import annotations

from dataclasses import replace

from .commands import (
    AcceptSession,
    AttachSideband,
    ConfigureSession,
    Dial,
    HangUpSession,
    LookUpLeg,
    RejectSession,
)
from .ending import finish
from .events import (
    AcceptFailed,
    DeadlineKind,
    EngineLegEnded,
    LegEnd,
    SessionAccepted,
    SessionConfigured,
    SessionEvent,
    SessionGone,
    SessionOffered,
    SessionPrepared,
    SessionRefused,
    SidebandAttached,
    SidebandClosed,
)
from .model import LegState, SessionState
from .move import Move
from .turn import resume

DIAL_S = 20.0
ACCEPT_S = 10.0
ATTACH_S = 8.0
"""From accept to an attached sideband; a session that never starts is found within this time."""
CONFIGURE_S = 5.0
REATTACH_S = 120.0
"""How long a talk may go on that we cannot steer: it is tried again and again to attach the sideband."""
DOUBT_S = 4.0
"""How long the carrier's word is awaited when the engine says that the call is over; the person hears silence."""
APOLOGY_S = 15.0
"""Time for the spoken apology that the carrier plays when the engine cannot be reached."""

OF_TALK = (
    DeadlineKind.CONFIGURE,
    DeadlineKind.RESPONSE,
    DeadlineKind.SILENCE,
    DeadlineKind.PLAYBACK,
    DeadlineKind.SPEECH,
    DeadlineKind.KEYS,
)
"""What is awaited of a sideband, and cannot come without one."""
ENDED_BY_ENGINE = "The speech engine ended the session while the person was still on the line."

Table = dict[SessionState, dict[type[SessionEvent], SessionState]]

S = SessionState
SESSION: Table = {
    S.NEW: {SessionPrepared: S.PREPARED, SessionRefused: S.CLOSED, SessionOffered: S.ACCEPTING},
    S.PREPARING: {SessionPrepared: S.PREPARED, SessionRefused: S.CLOSED, SessionOffered: S.ACCEPTING},
    S.PREPARED: {SessionOffered: S.ACCEPTING, EngineLegEnded: S.DOUBTFUL},
    S.ACCEPTING: {
        SessionAccepted: S.ATTACHING,
        AcceptFailed: S.CLOSED,
        SidebandAttached: S.CONFIGURING,
        SessionGone: S.DOUBTFUL,
        EngineLegEnded: S.DOUBTFUL,
    },
    S.ATTACHING: {
        SidebandAttached: S.CONFIGURING,
        SidebandClosed: S.ATTACHING,
        SessionGone: S.DOUBTFUL,
        EngineLegEnded: S.DOUBTFUL,
    },
    S.CONFIGURING: {
        SessionConfigured: S.TALKING,
        SidebandClosed: S.DETACHED,
        SessionGone: S.DOUBTFUL,
        EngineLegEnded: S.DOUBTFUL,
    },
    S.TALKING: {SidebandClosed: S.DETACHED, SessionGone: S.DOUBTFUL, EngineLegEnded: S.DOUBTFUL},
    S.DETACHED: {
        SidebandAttached: S.CONFIGURING,
        SidebandClosed: S.DETACHED,
        SessionGone: S.DOUBTFUL,
        EngineLegEnded: S.DOUBTFUL,
    },
    S.DOUBTFUL: {},
    S.CLOSED: {},
}

_LEG_GOING = frozenset(
    {LegState.QUEUED, LegState.ASKED, LegState.UNCERTAIN, LegState.DIALING, LegState.RINGING, LegState.ANSWERED}
)


def on_session(move: Move, event: SessionEvent) -> None:
    """Move the session by one fact of the engine."""
    before = move.call.session.state
    if isinstance(event, SessionOffered) and not _may_take(move, event):
        return
    _keep_evidence(move, event)
    after = SESSION[before].get(type(event))
    if after is None:
        if isinstance(event, SessionAccepted) and before is S.CLOSED:
            # Our accept came through although the call had ended meanwhile: nobody may be left talking.
            move.order(HangUpSession(event.engine_call_id))
        elif not _is_usual(move, event, before):
            move.oddity(f"{type(event).__name__} while the session was {before}")
        return
    if move.call.leg.state in (LegState.SETTLING, LegState.ENDING):
        return
    move.session(state=after)
    _REACTIONS[type(event)](move, event)


def _may_take(move: Move, event: SessionOffered) -> bool:
    known = move.call.session.engine_call_id
    if known == event.engine_call_id:
        move.oddity("SessionOffered twice")
        return False
    if known is not None or move.call.leg.state not in _LEG_GOING or move.call.session.state is S.CLOSED:
        move.order(RejectSession(event.engine_call_id))
        move.oddity("SessionOffered for a call that is over or has another session")
        return False
    move.session(engine_call_id=event.engine_call_id)
    return True


def _is_usual(move: Move, event: SessionEvent, before: SessionState) -> bool:
    """What comes after the end of every call, and every `session.updated` after the first, is not odd."""
    if isinstance(event, SessionConfigured):
        return before is S.TALKING
    return move.call.ended and isinstance(event, EngineLegEnded | SidebandClosed | SessionGone)


def _keep_evidence(move: Move, event: SessionEvent) -> None:
    """What an early end is judged by. It is kept even when the fact comes too late to act on."""
    if move.call.leg.state is LegState.ENDED:
        return
    session = move.call.session
    match event:
        case SessionAccepted() if session.accepted_at is None:
            move.session(accepted_at=move.now)
        case SidebandAttached():
            move.session(attachments=session.attachments + 1, accepted_at=session.accepted_at or move.now)
        case EngineLegEnded() if event.end in (LegEnd.FAILED, LegEnd.BUSY, LegEnd.NO_ANSWER) and not session.fault:
            move.session(fault=event.detail or "The speech engine could not be reached.")
        case EngineLegEnded() if event.person_there and not session.fault and move.call.leg.state in _LEG_GOING:
            move.session(fault=ENDED_BY_ENGINE)
        case AcceptFailed() if not session.fault:
            move.session(fault=event.outcome.detail)
        case _:
            pass


def _prepared(move: Move, event: SessionEvent) -> None:
    move.met(DeadlineKind.PREPARE)
    if move.call.leg.state is LegState.QUEUED:
        move.leg(state=LegState.ASKED)
        move.order(Dial())
        move.expect(DeadlineKind.DIAL, DIAL_S)


def _refused(move: Move, event: SessionEvent) -> None:
    assert isinstance(event, SessionRefused)
    if move.call.leg.state is LegState.QUEUED:
        move.decide(event.outcome)
        finish(move)


def _offered(move: Move, event: SessionEvent) -> None:
    assert isinstance(event, SessionOffered)
    move.met(DeadlineKind.OFFER)
    move.order(AcceptSession(event.engine_call_id))
    move.expect(DeadlineKind.ACCEPT, ACCEPT_S)


def _accepted(move: Move, event: SessionEvent) -> None:
    assert isinstance(event, SessionAccepted)
    move.met(DeadlineKind.ACCEPT)
    move.order(AttachSideband(event.engine_call_id))
    move.expect(DeadlineKind.ATTACH, ATTACH_S)


def _accept_failed(move: Move, event: SessionEvent) -> None:
    assert isinstance(event, AcceptFailed)
    move.decide(event.outcome)
    move.met(DeadlineKind.ACCEPT)
    # The engine holds the call until somebody decides: rejected, the carrier lets the person hear why.
    move.order(RejectSession(event.engine_call_id))
    move.expect(DeadlineKind.CONFIRM, APOLOGY_S)


def _attached(move: Move, event: SessionEvent) -> None:
    move.met(DeadlineKind.ACCEPT, DeadlineKind.ATTACH, DeadlineKind.CONFIRM)
    move.order(ConfigureSession())
    move.expect(DeadlineKind.CONFIGURE, CONFIGURE_S)


def _configured(move: Move, event: SessionEvent) -> None:
    move.met(DeadlineKind.CONFIGURE)
    resume(move)


def _sideband_closed(move: Move, event: SessionEvent) -> None:
    engine_call_id = move.call.session.engine_call_id
    assert engine_call_id is not None
    move.order(AttachSideband(engine_call_id))
    if move.call.session.state is S.DETACHED and move.call.deadline(DeadlineKind.CONFIRM) is None:
        move.order(LookUpLeg())
        move.met(*OF_TALK)
        move.expect(DeadlineKind.CONFIRM, REATTACH_S)


def _over_or_not(move: Move, event: SessionEvent) -> None:
    """The engine's side is over. Usually the person hung up, and the carrier is about to say so."""
    move.met(
        DeadlineKind.OFFER,
        DeadlineKind.ACCEPT,
        DeadlineKind.ATTACH,
        *OF_TALK,
    )
    if move.call.leg.state in _LEG_GOING:
        move.order(LookUpLeg())
        move.expect(DeadlineKind.CONFIRM, APOLOGY_S if move.call.session.fault else DOUBT_S)


_REACTIONS = {
    SessionPrepared: _prepared,
    SessionRefused: _refused,
    SessionOffered: _offered,
    SessionAccepted: _accepted,
    AcceptFailed: _accept_failed,
    SidebandAttached: _attached,
    SessionConfigured: _configured,
    SidebandClosed: _sideband_closed,
    SessionGone: _over_or_not,
    EngineLegEnded: _over_or_not,
}


def recover(move: Move) -> None:
    """Another process watched this session before. Take it up again where the providers say it stands."""
    session = move.call.session
    if move.call.ended:
        return
    if session.state in (S.ATTACHING, S.CONFIGURING, S.TALKING, S.DETACHED) and session.engine_call_id is not None:
        state = S.ATTACHING if session.state is S.ATTACHING else S.DETACHED
        move.call = replace(move.call, session=replace(session, state=state))
        move.order(AttachSideband(session.engine_call_id))
        move.met(*OF_TALK)
        move.expect(DeadlineKind.CONFIRM, REATTACH_S)
    if move.call.leg.carrier_call_sid is not None:
        move.order(LookUpLeg())
