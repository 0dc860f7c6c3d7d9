"""What it means that something did not happen in time. Every live state has a deadline, so no call can hang."""

from __future__ import annotations

from collections.abc import Callable

from .commands import LookUpLeg
from .ending import ENDED_BY_AGENT, HANG_UP_S, finish, hang_up, say_goodbye, settle
from .events import DeadlineKind
from .leg import LOOK_UPS, look_up_again
from .model import LegState, Line, SessionState
from .move import Move
from .outcome import Blame, Outcome, OutcomeKind, failed
from .session import ENDED_BY_ENGINE
from .turn import (
    NOBODY_THERE,
    STILL_THERE,
    go_on,
    keys_complete,
    playback_over,
    response_failed,
    speech_over,
)

RARELY_S = 60.0
NO_ANSWER = Outcome(OutcomeKind.NO_ANSWER, Blame.CALLEE, "Nobody answered.")
TIME_UP = Line(
    hint="The time for this call is over. Say so in one short sentence, in the language of the conversation, "
    "and say goodbye."
)


def on_deadline(move: Move, kind: DeadlineKind) -> None:
    """React to a deadline. One that is not pending any more, or not yet due, changes nothing."""
    at = move.call.deadline(kind)
    if at is None or at > move.now:
        return
    move.met(kind)
    _PASSED[kind](move)


def _prepare(move: Move) -> None:
    hang_up(move, failed(Blame.ENGINE, "The speech engine did not confirm the session in time; no phone rang."))


def _dial(move: Move) -> None:
    if move.call.leg.look_ups < LOOK_UPS:
        move.leg(state=LegState.UNCERTAIN)
        look_up_again(move)
        return
    move.decide(failed(Blame.CARRIER, "The carrier did not confirm the call, and it was not dialled again."))
    finish(move)


def _ring(move: Move) -> None:
    if move.call.leg.look_ups:
        hang_up(move, NO_ANSWER)
        return
    # The callback may be lost that says busy, or no answer, or answered.
    move.leg(look_ups=1)
    move.order(LookUpLeg())
    move.expect(DeadlineKind.RING, HANG_UP_S)


def _offer(move: Move) -> None:
    hang_up(
        move,
        failed(
            Blame.ENGINE,
            "The person answered, but OpenAI never announced the call to us. Check the webhook address and project id.",
        ),
    )


def _accept(move: Move) -> None:
    hang_up(move, failed(Blame.ENGINE, "The speech engine did not take the call in time."))


def _attach(move: Move) -> None:
    hang_up(move, failed(Blame.ENGINE, "The speech engine accepted the call, but no session started."))


def _configure(move: Move) -> None:
    hang_up(move, failed(Blame.ENGINE, "The speech engine did not confirm its configuration."))


def _response(move: Move) -> None:
    response_failed(move, "it did not finish a response in time.")


def _silence(move: Move) -> None:
    if move.call.turn.missed:
        move.turn(missed=False, due=Line())
        go_on(move)
        return
    prompts = move.call.turn.silent_prompts + 1
    move.turn(silent_prompts=prompts)
    if prompts > move.call.limits.silence_prompts:
        outcome = Outcome(OutcomeKind.COMPLETED, Blame.CALLEE, "Nobody spoke, so the agent ended the call.")
        say_goodbye(move, NOBODY_THERE, outcome)
    else:
        move.turn(due=STILL_THERE)
    go_on(move)


def _farewell(move: Move) -> None:
    hang_up(move, ENDED_BY_AGENT)


def _confirm(move: Move) -> None:
    if move.call.leg.state is LegState.SETTLING:
        settle(move)
        return
    session = move.call.session
    if session.state is SessionState.DETACHED:
        why = "The connection that controls the speech engine was lost and could not be made again."
    elif session.fault:
        why = session.fault
    else:
        why = ENDED_BY_ENGINE
    hang_up(move, failed(Blame.ENGINE, why))


def _hang_up(move: Move) -> None:
    """No word of the end yet. The carrier is asked, ever more rarely, until its own limit has ended the leg."""
    looks = move.call.leg.look_ups
    move.leg(look_ups=looks + 1)
    move.order(LookUpLeg())
    move.expect(DeadlineKind.HANG_UP, HANG_UP_S if looks < LOOK_UPS else RARELY_S)


def _limit(move: Move) -> None:
    if move.call.leg.state is LegState.ENDING:
        move.oddity("The carrier never confirmed that the leg ended")
        finish(move)
        return
    outcome = Outcome(OutcomeKind.COMPLETED, Blame.US, "The longest time for a call was reached.")
    if move.call.session.state is SessionState.TALKING:
        say_goodbye(move, TIME_UP, outcome)
        go_on(move)
    else:
        hang_up(move, outcome)


_PASSED: dict[DeadlineKind, Callable[[Move], None]] = {
    DeadlineKind.PREPARE: _prepare,
    DeadlineKind.DIAL: _dial,
    DeadlineKind.RING: _ring,
    DeadlineKind.OFFER: _offer,
    DeadlineKind.ACCEPT: _accept,
    DeadlineKind.ATTACH: _attach,
    DeadlineKind.CONFIGURE: _configure,
    DeadlineKind.RESPONSE: _response,
    DeadlineKind.SILENCE: _silence,
    DeadlineKind.KEYS: keys_complete,
    DeadlineKind.PLAYBACK: playback_over,
    DeadlineKind.SPEECH: speech_over,
    DeadlineKind.FAREWELL: _farewell,
    DeadlineKind.CONFIRM: _confirm,
    DeadlineKind.HANG_UP: _hang_up,
    DeadlineKind.LIMIT: _limit,
}
